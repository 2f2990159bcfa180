import os
from pathlib import Path
from types import ModuleType

import pytest
import torch

from motionfit.errors import ConfigError
from motionfit.run_lock import locked_run
from motionfit.training.distributed import join_processes
from motionfit.training.run_state import read_tensors
from tests.torchrun import run_two


def test_two_processes_give_the_curve_of_one_with_the_joint_batch(
    tmp_path: Path, toys: ModuleType
) -> None:
    code, talk = run_two([toys.__file__, str(tmp_path / "two")])
    assert code == 0, talk
    toys.train_toy(tmp_path / "one")
    two, one = (toys.read_curve(tmp_path / name) for name in ("two", "one"))
    assert len(two) == len(one) == 12  # one process writes, not both
    for first, second in zip(two, one, strict=True):
        assert first.pop("event") == second.pop("event")
        for part in ("training", "validation"):
            expected = second.pop(part, {})
            assert first.pop(part, {}) == pytest.approx(expected, rel=1e-4)
        assert first == pytest.approx(second, rel=1e-4)
    weights = [read_tensors(tmp_path / name / "run.safetensors")[0] for name in ("two", "one")]
    for name, value in weights[1].items():
        assert torch.allclose(weights[0][name], value, rtol=1e-4, atol=1e-6), name


def test_a_folder_in_use_refuses_all_processes_of_a_group(tmp_path: Path, toys: ModuleType) -> None:
    with locked_run(tmp_path):
        code, talk = run_two([toys.__file__, str(tmp_path)])
    assert code != 0
    assert f"RunLockedError: {tmp_path}: process {os.getpid()} on " in talk
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock"]


def test_more_processes_than_gpus_are_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    too_many = torch.cuda.device_count() + 2
    for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE"):
        monkeypatch.setenv(name, str(too_many))
    monkeypatch.setenv("LOCAL_RANK", "0")
    expected = f"nproc-per-node is {too_many}; expected at most {too_many - 2}, one process for"
    with pytest.raises(ConfigError, match=expected):
        join_processes("cuda")
