"""Train a network: the one function that methods call."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from motionfit.encoders.runtime import DeviceName
from motionfit.errors import ConfigError
from motionfit.progress import Progress
from motionfit.run_lock import locked_run
from motionfit.training.data.loader import Loader
from motionfit.training.data.source import ClipSource
from motionfit.training.distributed import Processes, join_processes
from motionfit.training.dropout import check_dropout
from motionfit.training.followers import followed
from motionfit.training.gradients import GradientMachine
from motionfit.training.identity import check_same_run, identify_run
from motionfit.training.loop import NETWORK, Loop, Workplace, weights_path
from motionfit.training.memory import keep_freed_memory
from motionfit.training.optimiser import Optimiser
from motionfit.training.run_log import RunLog
from motionfit.training.run_state import RunState, read_state, read_tensors
from motionfit.training.runtime import TrainingRuntime, choose_device, choose_training_runtime
from motionfit.training.settings import TrainingSettings
from motionfit.training.task import Task


@dataclass(frozen=True, kw_only=True)
class TrainingResult:
    """A finished run.

    Attributes:
        network: The task's network with the kept epoch's weights, on the CPU, in evaluation mode.
        epoch: The kept epoch.
        epochs: One record an epoch, as in ``log.jsonl``.
        run_dir: The run's folder.
    """

    network: nn.Module
    epoch: int
    epochs: tuple[dict[str, Any], ...]
    run_dir: Path


def train(
    task: Task,
    training_clips: ClipSource,
    validation_clips: ClipSource | None,
    settings: TrainingSettings,
    run_dir: str | Path,
    *,
    title: str = "training",
    device: DeviceName = "auto",
    facts: Mapping[str, Any] | None = None,
) -> TrainingResult:
    """Train ``task.network``, or continue what an earlier call began in ``run_dir``.

    A run that was killed at any moment goes on where it was saved last, and on a CPU ends bit by
    bit as if nothing had happened. Started by ``torchrun``, all processes train one network; see
    ``motionfit.training.distributed`` and ``motionfit.training.followers``.

    Args:
        task: The method; its network as it starts, seeded, even where a run is continued.
        training_clips: What to learn from.
        validation_clips: What chooses the epoch; needed unless the last one is kept.
        settings: How.
        run_dir: Holds ``run.safetensors`` (to continue), ``epoch_N.safetensors`` (the weights
            kept), ``log.jsonl`` and ``tensorboard``. A finished run returns at once.
        title: What the progress bar says.
        device: ``auto``, ``cpu`` or ``cuda``.
        facts: JSON values that tell this run from others, beside settings, start weights and clips.

    Raises:
        ConfigError: The settings do not fit the machine or the data.
        RunMismatchError: ``run_dir`` was begun with other settings, data or another network.
        RunLockedError: Another process trains in ``run_dir``.
        RunFileError: The run cannot be saved or read.
        DivergedError: Loss or gradients are no finite numbers; the last checkpoint is kept.
        DeviceMemoryError: The GPU's memory is full.
        KeyboardInterrupt: Ctrl-C; the run is saved first.
    """
    if validation_clips is None and settings.keep == "lowest validation loss":
        raise ConfigError("keep", settings.keep, "'last' where there are no validation clips")
    check_dropout(task.network)
    chosen = choose_device(device)
    processes = join_processes(chosen.type)
    if chosen.type == "cuda":
        chosen = torch.device("cuda", processes.local_rank)
    else:
        keep_freed_memory()
    run_dir = Path(run_dir)
    with (
        followed(
            task=task,
            training_clips=training_clips,
            validation_clips=validation_clips,
            settings=settings,
            run_dir=run_dir.absolute(),
            title=title,
            device=device,
            facts=facts,
        ),
        processes.entered_by_first(locked_run(run_dir)),
    ):
        saved = read_state(run_dir)
        runtime = choose_training_runtime(
            settings,
            chosen,
            task.network,
            world_size=processes.world_size,
            begun=saved[0].identity if saved else None,
        )
        identity = identify_run(
            task, training_clips, validation_clips, settings, runtime, facts or {}
        )
        if saved is not None:
            check_same_run(run_dir, saved[0].identity, identity)
        state = RunState(identity=identity) if saved is None else saved[0]
        # Nobody writes before everybody has read.
        processes.gather(None)
        if not state.is_finished:
            clips = (training_clips, validation_clips)
            tensors = {} if saved is None else saved[1]
            _run(task, clips, settings, runtime, processes, run_dir, state, tensors, title)
            processes.gather(None)
        return _result(task.network, run_dir, state)


def _run(
    task: Task,
    clips: tuple[ClipSource, ClipSource | None],
    settings: TrainingSettings,
    runtime: TrainingRuntime,
    processes: Processes,
    run_dir: Path,
    state: RunState,
    tensors: Mapping[str, Tensor],
    title: str,
) -> None:
    network = _place(task, runtime.device)
    optimiser = Optimiser(network, settings)
    _restore(network, optimiser, tensors)
    with ExitStack() as stack:
        training, validation = (
            None
            if source is None
            else stack.enter_context(_load(source, settings, runtime, processes, num_epochs))
            for source, num_epochs in zip(clips, (settings.epochs, 1), strict=True)
        )
        assert training is not None
        num_done = state.epoch * training.num_steps + state.step
        log = progress = None
        if processes.is_first:
            log = RunLog(run_dir, log_bytes=state.log_bytes, first_step=num_done)
            stack.enter_context(log)
            place = {"processes": processes.world_size, **runtime.to_dict()}
            log.write("begin", place, step=num_done)
            num_left = settings.epochs * training.num_steps - num_done
            progress = stack.enter_context(Progress(title, unit="step", total=num_left))
        workplace = Workplace(
            run_dir=run_dir,
            settings=settings,
            micro_batches=runtime.micro_batches,
            network=network,
            machine=GradientMachine(
                task, runtime.device, autocast=runtime.autocast, num_parallel=runtime.num_parallel
            ),
            optimiser=optimiser,
            training=training,
            validation=validation,
            processes=processes,
            log=log,
            progress=progress,
        )
        Loop(workplace, state).run()


def _restore(network: nn.Module, optimiser: Optimiser, tensors: Mapping[str, Tensor]) -> None:
    """Bring network and optimiser to where a saved run stands; nothing where it only begins."""
    if not tensors:
        return
    weights = {name: value for name, value in tensors.items() if name.startswith(NETWORK)}
    network.load_state_dict({name[len(NETWORK) :]: value for name, value in weights.items()})
    optimiser.load(tensors)


def _load(
    source: ClipSource,
    settings: TrainingSettings,
    runtime: TrainingRuntime,
    processes: Processes,
    num_epochs: int,
) -> Loader:
    return Loader(
        source,
        batch_size=settings.batch_size,
        rank=processes.rank,
        world_size=processes.world_size,
        num_epochs=num_epochs,
        pin_memory=runtime.device.type == "cuda",
    )


def _place(task: Task, device: torch.device) -> nn.Module:
    """Bring the task's networks to the device; in place, so that the task goes on using them."""
    for companion in task.companions:
        companion.to(device).eval().requires_grad_(False)
    network = task.network.to(device)
    if device.type == "cuda":
        network = network.to(memory_format=torch.channels_last_3d)
    return network


def _result(network: nn.Module, run_dir: Path, state: RunState) -> TrainingResult:
    assert state.kept_epoch is not None
    path = weights_path(run_dir, state.kept_epoch)
    weights, _ = read_tensors(path)
    network.to("cpu").to(memory_format=torch.contiguous_format).load_state_dict(weights)
    return TrainingResult(
        network=network.eval(),
        epoch=state.kept_epoch,
        epochs=tuple(state.epochs),
        run_dir=run_dir,
    )
