"""The loop: steps, validation, the epoch to keep, and a run that is always ready to be killed."""

import math
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from motionfit.errors import DeviceMemoryError, DivergedError
from motionfit.progress import Progress
from motionfit.training.batches import count_clips
from motionfit.training.data.loader import Loader
from motionfit.training.distributed import Processes
from motionfit.training.gradients import LOSS, GradientMachine, Numbers
from motionfit.training.interruption import Interruption
from motionfit.training.learning_rate import learning_rate
from motionfit.training.micro_batches import cut_into_micro_batches
from motionfit.training.optimiser import Optimiser
from motionfit.training.run_log import RunLog
from motionfit.training.run_state import RunState, write_state, write_tensors
from motionfit.training.settings import TrainingSettings

NETWORK = "network."


@dataclass(frozen=True, kw_only=True)
class Workplace:
    """What a loop works with, all of it ready.

    Attributes:
        run_dir: The run's folder.
        settings: How to train.
        micro_batches: Parts of a batch, in all processes together.
        network: What is trained.
        machine: Computes its gradients.
        optimiser: Updates it.
        training: Batches to learn from.
        validation: Batches that choose the epoch.
        processes: Who else trains it.
        log: None in all processes but the first.
        progress: None in all processes but the first.
    """

    run_dir: Path
    settings: TrainingSettings
    micro_batches: int
    network: nn.Module
    machine: GradientMachine
    optimiser: Optimiser
    training: Loader
    validation: Loader | None
    processes: Processes
    log: RunLog | None
    progress: Progress | None


class Loop:
    """Trains from where ``state`` stands to the end.

    Args:
        workplace: What it works with; the network and the optimiser as they are at ``state``.
        state: How far the run is; kept up to date.
    """

    def __init__(self, workplace: Workplace, state: RunState) -> None:
        self._at = workplace
        self._state = state
        self._num_steps = workplace.training.num_steps
        self._saved_at = time.monotonic()

    def run(self) -> None:
        """Train.

        Raises:
            DivergedError: Loss or gradients are no finite numbers; what was saved before stays.
            DeviceMemoryError: The GPU's memory is full.
            KeyboardInterrupt: Ctrl-C; the run is saved.
        """
        state, settings = self._state, self._at.settings
        with Interruption() as interruption:
            try:
                while state.epoch < settings.epochs:
                    self._train(interruption)
                    self._finish_epoch()
                    # Also after the last epoch: what comes after this training is to stop too.
                    if any(self._at.processes.gather(interruption.is_asked_for)):
                        raise KeyboardInterrupt
            except torch.OutOfMemoryError as error:
                raise DeviceMemoryError("the GPU") from error

    def _train(self, interruption: Interruption) -> None:
        state, pace = self._state, self._state.pace
        waited = self._at.training.wait_seconds
        started = time.perf_counter()
        for batch in self._at.training.batches(state.epoch, state.step):
            numbers, wants_stop = self._step(batch, interruption)
            now = time.perf_counter()
            news = {
                "seconds": now - started,
                "wait_seconds": self._at.training.wait_seconds - waited,
                "clips": count_clips(batch) * batch.num_videos_joint / max(1, len(batch)),
            }
            started, waited = now, self._at.training.wait_seconds
            for name, value in news.items():
                pace[name] = pace.get(name, 0.0) + value
            self._report_step(numbers, news)
            state.step += 1
            if wants_stop:
                self._save()
                raise KeyboardInterrupt
            if time.monotonic() - self._saved_at > self._at.settings.checkpoint_seconds:
                self._save()

    def _step(self, batch: Any, interruption: Interruption) -> tuple[Numbers, bool]:
        at, state = self._at, self._state
        rate = learning_rate(at.settings, state.epoch, state.step, self._num_steps)
        place = (at.settings.seed, state.epoch, state.step)
        share = at.machine.differentiate(self._cut(batch), place)
        at.processes.sum_gradients(at.network)
        shares = at.processes.gather((share, interruption.is_asked_for))
        numbers = _sum_numbers([numbers for numbers, _ in shares])
        norm = at.optimiser.gradient_norm()
        if not (math.isfinite(numbers[LOSS]) and math.isfinite(norm)):
            raise DivergedError(state.epoch, state.step, rate)
        at.optimiser.step(rate, norm)
        _add(state.sums, numbers, batch.num_videos_joint)
        state.num_videos += batch.num_videos_joint
        numbers = {**numbers, "learning_rate": rate, "gradient_norm": norm}
        return numbers, any(wants_stop for _, wants_stop in shares)

    def _finish_epoch(self) -> None:
        """Validate, log, keep the weights if they are the best so far, and save."""
        at, state = self._at, self._state
        validation = self._validate()
        record = {
            "epoch": state.epoch,
            "training": _divide(state.sums, state.num_videos),
            "validation": validation,
            "learning_rate": learning_rate(at.settings, state.epoch, 0, self._num_steps),
            **_describe_pace(state.pace),
        }
        if at.log is not None:
            # At its last step, which a run that is continued from here keeps.
            at.log.write("epoch", record, step=self._num_done - 1)
        state.epochs.append(record)
        self._keep_if_best(validation)
        state.epoch, state.step = state.epoch + 1, 0
        state.sums, state.num_videos, state.pace = {}, 0, {}
        state.is_finished = state.epoch == at.settings.epochs
        self._save()
        if at.processes.is_first:
            _remove_all_but(at.run_dir, state.kept_epoch)

    def _validate(self) -> Numbers | None:
        at, state = self._at, self._state
        if at.validation is None:
            return None
        sums: Numbers = {}
        shares: list[tuple[Numbers, int]] = []
        # Validation clips are the same in every epoch.
        for batch in at.validation.batches(0):
            shares.append((at.machine.evaluate(self._cut(batch)), batch.num_videos_joint))
        num_videos = 0
        for of_processes in zip(*at.processes.gather(shares), strict=True):
            weight = of_processes[0][1]
            _add(sums, _sum_numbers([numbers for numbers, _ in of_processes]), weight)
            num_videos += weight
        means = _divide(sums, num_videos)
        if not all(math.isfinite(value) for value in means.values()):
            rate = learning_rate(at.settings, state.epoch, self._num_steps - 1, self._num_steps)
            raise DivergedError(state.epoch, state.step, rate)
        return means

    def _keep_if_best(self, validation: Numbers | None) -> None:
        at, state = self._at, self._state
        if at.settings.keep == "last":
            if state.epoch + 1 < at.settings.epochs:
                return
        elif validation is not None:
            if state.kept_loss is not None and validation[LOSS] >= state.kept_loss:
                return
            state.kept_loss = validation[LOSS]
        state.kept_epoch = state.epoch
        if at.processes.is_first:
            write_tensors(weights_path(at.run_dir, state.epoch), at.network.state_dict())

    def _save(self) -> None:
        at = self._at
        self._saved_at = time.monotonic()
        if not at.processes.is_first:
            return
        self._state.log_bytes = at.log.sync() if at.log is not None else 0
        weights = {NETWORK + name: value for name, value in at.network.state_dict().items()}
        write_state(at.run_dir, self._state, {**weights, **at.optimiser.tensors()})

    def _cut(self, batch: Any) -> Any:
        at = self._at.processes
        return cut_into_micro_batches(
            batch, self._at.micro_batches, rank=at.rank, world_size=at.world_size
        )

    def _report_step(self, numbers: Numbers, news: Numbers) -> None:
        at, state = self._at, self._state
        if at.log is not None and self._num_done % at.settings.log_every == 0:
            place = {"epoch": state.epoch, "step": state.step}
            at.log.write("step", {**place, **numbers, **_describe_pace(news)}, step=self._num_done)
        if at.progress is not None:
            rate = state.pace["clips"] / state.pace["seconds"]
            where = f"epoch {state.epoch + 1} of {at.settings.epochs}"
            at.progress.advance(f"{where}, loss {numbers[LOSS]:.3f}, {rate:.1f} clips/s")

    @property
    def _num_done(self) -> int:
        return self._state.epoch * self._num_steps + self._state.step


def weights_path(run_dir: Path, epoch: int) -> Path:
    """Return where the weights after an epoch are."""
    return run_dir / f"epoch_{epoch:04d}.safetensors"


def _remove_all_but(run_dir: Path, kept_epoch: int | None) -> None:
    """Remove weights that are not kept any more; the run as it is saved does not name them."""
    kept = None if kept_epoch is None else weights_path(run_dir, kept_epoch)
    for path in run_dir.glob("epoch_*.safetensors"):
        if path != kept:
            with suppress(OSError):
                path.unlink()


def _describe_pace(pace: Mapping[str, float]) -> Numbers:
    seconds = pace["seconds"]
    return {
        "seconds": seconds,
        "clips_per_second": pace["clips"] / seconds,
        "loader_share": pace["wait_seconds"] / seconds,
    }


def _sum_numbers(shares: list[Numbers]) -> Numbers:
    total: Numbers = {}
    for share in shares:
        _add(total, share, 1)
    return total


def _add(totals: Numbers, numbers: Numbers, weight: float) -> None:
    for name, value in numbers.items():
        totals[name] = totals.get(name, 0.0) + weight * value


def _divide(sums: Numbers, count: int) -> Numbers:
    return {name: value / count for name, value in sums.items()}
