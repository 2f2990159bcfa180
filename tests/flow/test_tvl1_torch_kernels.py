"""The Triton kernels: right by Triton's interpreter, compiled ahead of time, and left if wrong."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from motionfit.flow.tvl1_torch.backend import TorchBackend
from motionfit.flow.tvl1_torch.choice import choose_backend, find_disagreement, keep_if_right
from motionfit.flow.tvl1_torch.estimator import TorchTvL1

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def report():
    """What ``kernels_by_interpreter.py`` found."""
    pytest.importorskip("triton", reason="Triton is not installed")
    program = Path(__file__).with_name("kernels_by_interpreter.py")
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, str(program)],
        env={"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def test_the_kernels_pass_the_check_made_before_they_are_used(report):
    assert report["self_check"] is None


def test_the_kernels_stop_each_pair_at_the_iteration_where_torch_does(report):
    result = report["early_stop"]

    assert result["iterations"] == result["torch_iterations"]
    assert result["iterations"][0] == 1
    assert min(result["iterations"][1:]) > 1
    assert result["flow"] < 1e-5


@pytest.mark.parametrize("case", ["early_stop", "two_rounds", "median_3", "no_median"])
def test_the_kernels_give_the_flow_and_dual_variable_of_the_torch_steps(report, case):
    assert report[case]["iterations"] == report[case]["torch_iterations"]
    assert report[case]["flow"] < 1e-5
    assert report[case]["dual"] < 1e-4


def test_the_kernels_give_the_flow_of_the_torch_steps_down_a_pyramid(report):
    assert report["solve"] < 1e-2


@pytest.mark.parametrize("architecture", [80, 90])
def test_the_kernels_compile_without_spilling_and_fit_a_multiprocessor(
    architecture, tmp_path, monkeypatch, record_property
):
    """For A100 and H100; a program's registers must fit a multiprocessor's 65,536."""
    triton = pytest.importorskip("triton", reason="Triton is not installed")
    from motionfit.flow.tvl1_torch.kernels import ahead_of_time

    dump_tool = Path(triton.__path__[0]) / "backends" / "nvidia" / "bin" / "cuobjdump"
    if not dump_tool.exists():
        pytest.skip("this Triton comes without cuobjdump, which tells what a kernel uses")
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path / "cache"))
    for name, kernel in ahead_of_time.compile_all(architecture).items():
        program = tmp_path / f"{name}.cubin"
        program.write_bytes(kernel.asm["cubin"])
        usage = subprocess.run(
            [dump_tool, "-res-usage", program], capture_output=True, text=True, check=True
        ).stdout
        used = {key: int(value) for key, value in re.findall(r"(REG|STACK|LOCAL):(\d+)", usage)}
        record_property(name, used)
        assert used["STACK"] == used["LOCAL"] == 0, f"{name} spills registers: {usage}"
        assert used["REG"] * kernel.metadata.num_warps * 32 <= 65536


class WrongBorder(TorchBackend):
    """Sees the flow one grey level off at one pixel of the edge."""

    def linearise(self, first, target, flow):
        linear = super().linearise(first, target, flow)
        linear.constant[-1, -1, -1] += 1
        return linear


class NeverFinished(TorchBackend):
    """Leaves the last pair as it was."""

    def minimise(self, linear, flow, dual, parameters):
        before = flow[-1].clone()
        iterations = super().minimise(linear, flow, dual, parameters)
        flow[-1] = before
        return iterations


class NotANumber(TorchBackend):
    """Divides by nothing."""

    def minimise(self, linear, flow, dual, parameters):
        iterations = super().minimise(linear, flow, dual, parameters)
        flow.fill_(float("nan"))
        return iterations


class NoLaunch(TorchBackend):
    """Fails as a compiler would."""

    def linearise(self, *_):
        raise RuntimeError("ptxas: no such file")


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (WrongBorder(), "grey levels apart"),
        (NeverFinished(), "px apart"),
        (NotANumber(), "px apart"),
        (NoLaunch(), "RuntimeError: ptxas: no such file"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else None,
)
def test_a_backend_that_is_wrong_is_left_with_one_warning(broken, reason, caplog):
    chosen = keep_if_right(broken, CPU)

    assert type(chosen) is TorchBackend
    assert len(caplog.records) == 1
    assert reason in caplog.records[0].getMessage()


def test_a_backend_that_is_right_is_kept(caplog):
    right = TorchBackend()

    assert keep_if_right(right, CPU) is right
    assert not caplog.records


def test_a_cpu_is_served_by_torch():
    assert type(choose_backend(CPU)) is TorchBackend


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_a_gpu_the_kernels_run_and_agree():
    from motionfit.flow.tvl1_torch.kernels.triton_backend import TritonBackend

    cuda = torch.device("cuda")

    assert isinstance(TorchTvL1(device="cuda").backend, TritonBackend)
    assert find_disagreement(TritonBackend(), TorchBackend(), cuda) is None
