import json
import math
import signal
import time
from contextlib import suppress
from pathlib import Path
from types import ModuleType

import pytest
import torch

from motionfit.errors import ConfigError, DivergedError, RunFileError, RunMismatchError
from motionfit.run_lock import LOCK_FILE
from motionfit.training.run_state import read_state
from motionfit.training.task import LossParts
from motionfit.training.train import train


@pytest.fixture(autouse=True)
def two_threads() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_a_run_learns_and_keeps_the_epoch_of_the_lowest_validation_loss(
    tmp_path: Path, toys: ModuleType
) -> None:
    result = toys.train_toy(tmp_path, epochs=8, milestones=(6,), learning_rate=0.2)
    losses = [epoch["validation"]["loss"] for epoch in result.epochs]
    assert losses[result.epoch] == min(losses) < losses[0]
    assert [path.name for path in tmp_path.glob("epoch_*")] == [
        f"epoch_{result.epoch:04d}.safetensors"
    ]
    assert not result.network.training


def test_the_kept_network_has_the_kept_epochs_validation_loss(
    tmp_path: Path, toys: ModuleType
) -> None:
    result = toys.train_toy(tmp_path, epochs=4)
    task = toys.ToyTask(result.network)
    batches = [toys.ToyClips(6, seed=1).batch(0, step, 4) for step in range(2)]
    with torch.no_grad():
        losses = [task.loss(result.network, batch).total.item() for batch in batches]
    expected = (4 * losses[0] + 2 * losses[1]) / 6
    assert result.epochs[result.epoch]["validation"]["loss"] == pytest.approx(expected, rel=1e-5)


def test_the_last_epoch_is_kept_where_nothing_validates(tmp_path: Path, toys: ModuleType) -> None:
    settings = toys.toy_settings(keep="last")
    result = train(toys.ToyTask(), toys.ToyClips(10), None, settings, tmp_path, device="cpu")
    assert result.epoch == 2
    assert result.epochs[0]["validation"] is None


def test_choosing_by_validation_without_any_is_refused(tmp_path: Path, toys: ModuleType) -> None:
    with pytest.raises(ConfigError, match="'last' where there are no validation clips"):
        train(toys.ToyTask(), toys.ToyClips(10), None, toys.toy_settings(), tmp_path)


def test_the_log_tells_each_step_and_each_epoch(tmp_path: Path, toys: ModuleType) -> None:
    toys.train_toy(tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    events = [line["event"] for line in lines]
    assert events == ["begin", *["step", "step", "step", "epoch"] * 3]
    begin, step, epoch = lines[0], lines[1], lines[4]
    assert (begin["device"], begin["precision"], begin["micro_batches"]) == ("cpu", "float32", 2)
    assert {"epoch", "step", "loss", "label_loss", "order_loss", "accuracy"} <= set(step)
    assert 0 <= step["loader_share"] <= 1
    assert step["clips_per_second"] > 0
    rates = [line["learning_rate"] for line in lines if line["event"] == "epoch"]
    assert rates == pytest.approx([0.05, 0.05, 0.005])
    # The last of three steps has 2 of the 10 videos.
    losses = [line["loss"] for line in lines[1:4]]
    expected = (4 * losses[0] + 4 * losses[1] + 2 * losses[2]) / 10
    assert epoch["training"]["loss"] == pytest.approx(expected)


def test_tensorboard_gets_the_same_numbers(tmp_path: Path, toys: ModuleType) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    toys.train_toy(tmp_path)
    board = accumulator.EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    losses = [line["loss"] for line in toys.read_curve(tmp_path) if line["event"] == "step"]
    assert [event.value for event in board.Scalars("step/loss")] == pytest.approx(losses)
    assert "epoch/validation/accuracy" in board.Tags()["scalars"]


@pytest.mark.parametrize(
    ("num_steps", "checkpoint_seconds"),
    [(3, 1e-9), (4, 1e-9), (5, 60.0), (2, 60.0)],
    ids=["after an epoch", "within an epoch", "some steps after it was saved", "before it was"],
)
def test_tensorboard_has_every_point_once_after_a_run_was_stopped(
    num_steps: int, checkpoint_seconds: float, tmp_path: Path, toys: ModuleType
) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")

    class Stopping(toys.ToyTask):
        num_left = math.inf

        def loss(self, network: torch.nn.Module, batch: object) -> LossParts:
            if network.training and self.num_left == 0:
                raise RuntimeError("stopped")
            self.num_left -= network.training
            return super().loss(network, batch)

    changes = {"micro_batches": 1, "checkpoint_seconds": checkpoint_seconds}
    stopped = Stopping()
    stopped.num_left = num_steps
    with pytest.raises(RuntimeError, match="stopped"):
        toys.train_toy(tmp_path, stopped, **changes)
    # TensorBoard orders its files by the second in their names.
    time.sleep(1.1)
    toys.train_toy(tmp_path, Stopping(), **changes)

    board = accumulator.EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    curve = toys.read_curve(tmp_path)
    steps = [line["loss"] for line in curve if line["event"] == "step"]
    epochs = [line["training"]["loss"] for line in curve if line["event"] == "epoch"]
    for name, values, places in (
        ("step/loss", steps, range(9)),
        # At the epoch's last step.
        ("epoch/training/loss", epochs, (2, 5, 8)),
    ):
        points = board.Scalars(name)
        assert [point.step for point in points] == list(places)
        assert [point.value for point in points] == pytest.approx(values)


def test_a_finished_run_returns_at_once(tmp_path: Path, toys: ModuleType) -> None:
    first = toys.train_toy(tmp_path)
    files = [path for path in tmp_path.iterdir() if path.name != LOCK_FILE]
    before = {path: path.stat().st_mtime_ns for path in files}
    task = toys.ToyTask()
    task.loss = None  # never asked
    second = toys.train_toy(tmp_path, task)
    assert second.epochs == first.epochs
    assert {path: path.stat().st_mtime_ns for path in files} == before
    for one, other in zip(first.network.parameters(), second.network.parameters(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"learning_rate": 0.01}, "learning_rate 0.05, not 0.01"),
        ({"epochs": 5}, "epochs 3, not 5"),
        ({"micro_batches": 1}, "micro_batches 2, not 1"),
    ],
)
def test_a_run_is_not_continued_with_other_settings(
    changes: dict[str, object], difference: str, tmp_path: Path, toys: ModuleType
) -> None:
    toys.train_toy(tmp_path)
    with pytest.raises(RunMismatchError, match=difference):
        toys.train_toy(tmp_path, **changes)


def test_a_run_is_not_continued_with_other_data_or_start_weights(
    tmp_path: Path, toys: ModuleType
) -> None:
    toys.train_toy(tmp_path)
    with pytest.raises(RunMismatchError, match="start weights"):
        toys.train_toy(tmp_path, toys.ToyTask(toys.toy_network(seed=1)))
    settings, other = toys.toy_settings(), toys.ToyClips(10, seed=5)
    with pytest.raises(RunMismatchError, match="training clips '10 videos"):
        train(toys.ToyTask(), other, toys.ToyClips(6, seed=1), settings, tmp_path, device="cpu")


def test_a_run_continued_on_fewer_cores_keeps_the_micro_batches_it_was_begun_with(
    tmp_path: Path, toys: ModuleType
) -> None:
    class Stopping(toys.ToyTask):
        num_left = math.inf

        def loss(self, network: torch.nn.Module, batch: object) -> LossParts:
            self.num_left -= 1
            if self.num_left < 0:
                raise RuntimeError("stopped")
            return super().loss(network, batch)

    settings = toys.toy_settings(batch_size=16, micro_batches=None, epochs=2, milestones=())
    for folder, num_threads, num_left in (
        ("whole", 2, math.inf),
        ("stopped", 2, 3),
        ("stopped", 1, math.inf),
    ):
        torch.set_num_threads(num_threads)
        task = Stopping()
        task.num_left = num_left
        with suppress(RuntimeError):
            train(task, toys.ToyClips(32), toys.ToyClips(6), settings, tmp_path / folder)
    lines = (tmp_path / "stopped" / "log.jsonl").read_text().splitlines()
    begins = [line for line in map(json.loads, lines) if line["event"] == "begin"]
    assert [(line["micro_batches"], line["num_parallel"]) for line in begins] == [(2, 2), (2, 1)]
    assert toys.read_curve(tmp_path / "stopped") == toys.read_curve(tmp_path / "whole")


def test_how_often_a_run_is_saved_may_change(tmp_path: Path, toys: ModuleType) -> None:
    toys.train_toy(tmp_path)
    assert toys.train_toy(tmp_path, checkpoint_seconds=60.0, log_every=2).epoch >= 0


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_what_was_saved(
    tmp_path: Path, toys: ModuleType
) -> None:
    class Diverging(toys.ToyTask):
        calls = 0

        def loss(self, network: torch.nn.Module, batch: object) -> LossParts:
            self.calls += network.training
            parts = super().loss(network, batch)
            # Two micro-batches a step: the fifth step is the second of the second epoch.
            return LossParts(parts.total * math.nan) if self.calls in (9, 10) else parts

    with pytest.raises(DivergedError, match=r"epoch 1, step 1, at learning rate 0\.05"):
        toys.train_toy(tmp_path / "run", Diverging())
    curve = toys.read_curve(tmp_path / "run")
    assert len(curve) == 5
    continued = Diverging()
    continued.calls = 10
    toys.train_toy(tmp_path / "run", continued)
    toys.train_toy(tmp_path / "never diverged")
    assert toys.read_curve(tmp_path / "run")[:5] == curve
    assert toys.read_curve(tmp_path / "run") == toys.read_curve(tmp_path / "never diverged")


def test_gradients_that_are_infinite_stop_the_run_before_they_do_harm(
    tmp_path: Path, toys: ModuleType
) -> None:
    class Exploding(toys.ToyTask):
        def loss(self, network: torch.nn.Module, batch: object) -> LossParts:
            parts = super().loss(network, batch)
            # sqrt has an infinite slope at 0, where its value is fine.
            return LossParts(parts.total + (parts.total - parts.total).sqrt(), parts.numbers)

    with pytest.raises(DivergedError, match="epoch 0, step 0"):
        toys.train_toy(tmp_path, Exploding())


def test_a_clipped_gradient_moves_the_weights_no_farther_than_allowed(
    tmp_path: Path, toys: ModuleType
) -> None:
    task = toys.ToyTask()
    before = [parameter.detach().clone() for parameter in task.network.parameters()]
    toys.train_toy(
        tmp_path,
        task,
        epochs=1,
        batch_size=10,
        micro_batches=1,
        milestones=(),
        learning_rate=1.0,
        weight_decay=0.0,
        clip_gradient_norm=0.01,
    )
    moves = [
        (now - then).norm() for now, then in zip(task.network.parameters(), before, strict=True)
    ]
    assert torch.stack(moves).norm().item() == pytest.approx(0.01, rel=1e-4)


def test_frozen_stages_keep_weights_and_statistics(tmp_path: Path, toys: ModuleType) -> None:
    network = toys.toy_network().freeze(["0", "1"])
    before = {name: value.clone() for name, value in network.state_dict().items()}
    toys.train_toy(tmp_path, toys.ToyTask(network))
    changed = {
        name.split(".")[1]
        for name, value in network.state_dict().items()
        if name.startswith("backbone.")
        and value.is_floating_point()
        and not torch.equal(value, before[name])
    }
    assert changed == {"3", "4"}


def test_statistics_of_frozen_stages_may_move(tmp_path: Path, toys: ModuleType) -> None:
    network = toys.toy_network().freeze(["0", "1"], statistics_move=True)
    weight = network.backbone[0].weight.clone()
    mean = network.backbone[1].running_mean.clone()
    toys.train_toy(tmp_path, toys.ToyTask(network))
    assert torch.equal(network.backbone[0].weight, weight)
    assert not torch.equal(network.backbone[1].running_mean, mean)


def test_companions_are_neither_trained_nor_in_training_mode(
    tmp_path: Path, toys: ModuleType
) -> None:
    task = toys.ToyTask()
    teacher = toys.toy_network(seed=3)
    task.companions = (teacher,)
    toys.train_toy(tmp_path, task)
    assert not teacher.training
    assert not any(parameter.requires_grad for parameter in teacher.parameters())


def test_dropout_that_cannot_be_repeated_is_refused(tmp_path: Path, toys: ModuleType) -> None:
    network = toys.toy_network()
    network.heads["label"] = torch.nn.Sequential(torch.nn.Dropout(0.5), network.heads["label"])
    with pytest.raises(ConfigError, match=r"heads\.label\.0 is 'Dropout'"):
        toys.train_toy(tmp_path, toys.ToyTask(network))


def test_a_damaged_run_file_is_named(tmp_path: Path, toys: ModuleType) -> None:
    (tmp_path / "run.safetensors").write_bytes(b"nonsense")
    with pytest.raises(RunFileError, match=r"run\.safetensors: the run cannot be read"):
        toys.train_toy(tmp_path)


def test_a_run_folder_that_is_a_file_is_named(tmp_path: Path, toys: ModuleType) -> None:
    (tmp_path / "run").touch()
    with pytest.raises(RunFileError, match="the folder cannot be made"):
        toys.train_toy(tmp_path / "run")


def test_a_log_that_the_disk_does_not_take_is_one_sentence(
    tmp_path: Path, toys: ModuleType
) -> None:
    (tmp_path / "log.jsonl").symlink_to("/dev/full")
    with pytest.raises(RunFileError, match=r"log\.jsonl: it could not be written: No space left"):
        toys.train_toy(tmp_path)


def test_ctrl_c_during_the_last_validation_is_not_forgotten(
    tmp_path: Path, toys: ModuleType
) -> None:
    class Interrupted(toys.ToyTask):
        is_interrupted = False

        def loss(self, network: torch.nn.Module, batch: object) -> LossParts:
            if not network.training and not self.is_interrupted:
                self.is_interrupted = True
                signal.raise_signal(signal.SIGINT)
            return super().loss(network, batch)

    with pytest.raises(KeyboardInterrupt):
        toys.train_toy(tmp_path, Interrupted(), epochs=1, micro_batches=1, milestones=())
    assert read_state(tmp_path)[0].is_finished
