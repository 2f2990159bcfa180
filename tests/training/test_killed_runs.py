import signal
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest
import torch

from motionfit.errors import RunLockedError
from motionfit.training.run_state import read_tensors


def begin(toys: ModuleType, run_dir: Path, optimiser: str = "sgd") -> subprocess.Popen[bytes]:
    """Start a training program and return once its log tells of two more steps."""
    log = run_dir / "log.jsonl"
    enough = (log.read_bytes().count(b"\n") if log.exists() else 0) + 3
    program = subprocess.Popen(
        [sys.executable, toys.__file__, str(run_dir), optimiser], stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 60
    while not log.exists() or log.read_bytes().count(b"\n") < enough:
        assert program.poll() is None, program.stderr.read().decode()
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return program


def train_uninterrupted(
    toys: ModuleType, run_dir: Path, optimiser: str
) -> tuple[list[dict[str, object]], dict[str, torch.Tensor]]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    toys.train_toy(run_dir, optimiser=optimiser)
    torch.set_num_threads(before)
    return toys.read_curve(run_dir), read_tensors(run_dir / "run.safetensors")[0]


@pytest.mark.parametrize("optimiser", ["sgd", "adamw"])
def test_a_run_killed_again_and_again_ends_bit_by_bit_as_if_it_had_not_been(
    optimiser: str, tmp_path: Path, toys: ModuleType
) -> None:
    killed = tmp_path / "killed"
    for _ in range(2):
        program = begin(toys, killed, optimiser)
        program.kill()
        program.communicate()
        assert program.returncode == -signal.SIGKILL
    command = [sys.executable, toys.__file__, str(killed), optimiser]
    subprocess.run(command, check=True, timeout=100)
    curve, tensors = train_uninterrupted(toys, tmp_path / "whole", optimiser)
    assert toys.read_curve(killed) == curve
    found, _ = read_tensors(killed / "run.safetensors")
    assert found.keys() == tensors.keys()
    num_states = {"sgd": 1, "adamw": 3}[optimiser]
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
    program = begin(toys, tmp_path)
    program.send_signal(signal.SIGINT)
    _, talk = program.communicate(timeout=60)
    assert b"KeyboardInterrupt" in talk
    steps = [line for line in toys.read_curve(tmp_path) if line["event"] == "step"]
    subprocess.run([sys.executable, toys.__file__, str(tmp_path)], check=True, timeout=100)
    assert [line for line in toys.read_curve(tmp_path) if line["event"] == "step"][
        : len(steps)
    ] == steps
