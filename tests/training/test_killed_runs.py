import json
import math
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest
import torch

from motionfit.errors import RunLockedError
from motionfit.training.run_state import read_state, read_tensors

NUM_STATES = {"sgd": 1, "adamw": 3}


def begin(
    toys: ModuleType, run_dir: Path, num_lines: int = 3, **changes: object
) -> subprocess.Popen[bytes]:
    """Start a training program and return once its log has so many lines."""
    log = run_dir / "log.jsonl"
    program = subprocess.Popen(_command(toys, run_dir, changes), stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not log.exists() or log.read_bytes().count(b"\n") < num_lines:
        assert program.poll() is None, program.stderr.read().decode()
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return program


def finish(toys: ModuleType, run_dir: Path, **changes: object) -> None:
    """Run the training program to its end."""
    subprocess.run(_command(toys, run_dir, changes), check=True, timeout=100)


def _command(toys: ModuleType, run_dir: Path, changes: dict[str, object]) -> list[str]:
    return [sys.executable, toys.__file__, str(run_dir), json.dumps(changes)]


def train_uninterrupted(
    toys: ModuleType, run_dir: Path, **changes: object
) -> tuple[list[dict[str, object]], dict[str, torch.Tensor]]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    toys.train_toy(run_dir, **changes)
    torch.set_num_threads(before)
    return toys.read_curve(run_dir), read_tensors(run_dir / "run.safetensors")[0]


def steps_begun_at(toys: ModuleType, run_dir: Path) -> list[tuple[int, float]]:
    """Return epoch and step that come first each time the run was begun or continued."""
    log = toys.read_log(run_dir)
    after = [line for before, line in pairwise(log) if before["event"] == "begin"]
    # Where only the end of an epoch was left to do, no step comes first.
    return [(line["epoch"], line.get("step", math.inf)) for line in after]


# Saved after every step; or only after each epoch, of five steps, so that lines of the log which
# are about to happen again have to be cut off.
@pytest.mark.parametrize(
    ("changes", "kill_at_lines"),
    [
        ({"optimiser": "sgd"}, (3, 6)),
        ({"optimiser": "adamw"}, (3, 6)),
        ({"optimiser": "sgd", "batch_size": 2, "checkpoint_seconds": 60.0}, (9, 16)),
    ],
)
def test_a_run_killed_again_and_again_ends_bit_by_bit_as_if_it_had_not_been(
    changes: dict[str, object], kill_at_lines: tuple[int, ...], tmp_path: Path, toys: ModuleType
) -> None:
    killed = tmp_path / "killed"
    for num_lines in kill_at_lines:
        program = begin(toys, killed, num_lines, **changes)
        program.kill()
        program.communicate()
        assert program.returncode == -signal.SIGKILL
        if "checkpoint_seconds" in changes:
            assert (killed / "log.jsonl").stat().st_size > read_state(killed)[0].log_bytes
    finish(toys, killed, **changes)

    first, *later = steps_begun_at(toys, killed)
    assert first == (0, 0)
    assert len(later) == len(kill_at_lines)
    assert all(one < other for one, other in pairwise([first, *later]))
    curve, tensors = train_uninterrupted(toys, tmp_path / "whole", **changes)
    assert toys.read_curve(killed) == curve
    found, _ = read_tensors(killed / "run.safetensors")
    assert found.keys() == tensors.keys()
    num_states = NUM_STATES[changes["optimiser"]]
    num_parameters = len(list(toys.toy_network().parameters()))
    assert sum(name.startswith("optimiser.") for name in found) == num_states * num_parameters
    for name, value in tensors.items():
        assert torch.equal(found[name], value), name


def test_a_second_training_in_the_same_folder_is_refused(tmp_path: Path, toys: ModuleType) -> None:
    program = begin(toys, tmp_path)
    with pytest.raises(RunLockedError, match=f"process {program.pid} on "):
        toys.train_toy(tmp_path)
    program.kill()
    program.communicate()


def test_ctrl_c_saves_the_run_first(tmp_path: Path, toys: ModuleType) -> None:
    seldom_saved = {"checkpoint_seconds": 60.0}
    program = begin(toys, tmp_path, **seldom_saved)
    program.send_signal(signal.SIGINT)
    _, talk = program.communicate(timeout=60)
    assert b"KeyboardInterrupt" in talk
    steps = [line for line in toys.read_curve(tmp_path) if line["event"] == "step"]
    state, _ = read_state(tmp_path)
    assert 3 * state.epoch + state.step == len(steps)
    assert (steps[-1]["epoch"] * 3 + steps[-1]["step"]) == len(steps) - 1

    finish(toys, tmp_path, **seldom_saved)

    assert len(steps_begun_at(toys, tmp_path)) == 2
    assert steps_begun_at(toys, tmp_path)[1] > (0, 0)
    assert [line for line in toys.read_curve(tmp_path) if line["event"] == "step"][
        : len(steps)
    ] == steps
