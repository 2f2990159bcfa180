"""Which number type a run computes in, and what happens where bfloat16 fails."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import nn

from motionfit.encoders.backbones.build import build_backbone
from motionfit.encoders.runtime import has_fast_bfloat16
from motionfit.errors import ConfigError
from motionfit.training.fast_convolution import use_flat_convolutions
from motionfit.training.gradients import GradientMachine, moving_statistics
from motionfit.training.micro_batches import cut_into_micro_batches
from motionfit.training.network import ClipNetwork, InputNormalisation, build_linear
from motionfit.training.runtime import choose_training_runtime
from motionfit.training.settings import TrainingSettings
from motionfit.training.task import LossParts

CPU = torch.device("cpu")
SEPARABLE = build_backbone("r2plus1d_10", in_channels=2, seed=0)
SOLID = build_backbone("r3d_18", in_channels=2, seed=0)


def chosen(precision: str, network: nn.Module, begun: str | None = None) -> str:
    settings = TrainingSettings(precision=precision)
    record = None if begun is None else {"precision": begun}
    return choose_training_runtime(settings, CPU, network, begun=record).precision


def test_a_cpu_computes_in_float32_unless_asked_otherwise() -> None:
    assert chosen("auto", SEPARABLE) == chosen("float32", SEPARABLE) == "float32"


def test_the_fastest_on_a_cpu_is_bfloat16_where_hardware_and_network_allow_it() -> None:
    assert chosen("fastest", SOLID) == "float32"
    expected = "bfloat16" if has_fast_bfloat16("cpu") else "float32"
    assert chosen("fastest", SEPARABLE) == expected


def test_bfloat16_on_a_cpu_is_refused_for_networks_with_3d_kernels() -> None:
    assert chosen("bfloat16", SEPARABLE) == "bfloat16"
    with pytest.raises(ConfigError, match="precision is 'bfloat16'; expected float32 on a CPU"):
        chosen("bfloat16", SOLID)


@pytest.mark.parametrize("begun", ["float32", "bfloat16"])
def test_a_run_continued_elsewhere_keeps_the_number_type_it_was_begun_with(begun: str) -> None:
    assert chosen("auto", SEPARABLE, begun) == chosen("fastest", SEPARABLE, begun) == begun
    assert chosen("float32", SEPARABLE, begun) == "float32"
    assert chosen("bfloat16", SEPARABLE, begun) == "bfloat16"


def test_a_run_begun_in_bfloat16_is_refused_where_it_cannot_be_continued() -> None:
    with pytest.raises(ConfigError, match="precision is 'bfloat16'; expected float32 on a CPU"):
        chosen("auto", SOLID, begun="bfloat16")


class BreaksInBfloat16:
    """A task whose gradients are infinite in bfloat16."""

    companions: Sequence[nn.Module] = ()

    def __init__(self, task: Any) -> None:
        self.network = task.network
        self._task = task

    def loss(self, network: Any, batch: Any) -> LossParts:
        parts = self._task.loss(network, batch)
        if torch.is_autocast_enabled("cpu"):
            return LossParts(total=parts.total * torch.inf, numbers=parts.numbers)
        return parts


def test_gradients_that_are_not_finite_in_bfloat16_are_those_of_float32(toys: ModuleType) -> None:
    found = []
    for task, autocast in (
        (toys.ToyTask(), None),
        (BreaksInBfloat16(toys.ToyTask()), torch.bfloat16),
    ):
        machine = GradientMachine(task, CPU, autocast=autocast, num_parallel=2)
        parts = cut_into_micro_batches(toys.ToyClips(10).batch(0, 0, 8), 3)
        numbers = machine.differentiate(parts, (0, 0, 0))
        gradients = [p.grad for p in task.network.parameters() if p.grad is not None]
        found.append((numbers, [*gradients, *moving_statistics(task.network)]))
    (numbers, tensors), (expected_numbers, expected) = reversed(found)
    assert numbers == expected_numbers
    assert len(tensors) == len(expected) > 8
    assert all(map(torch.equal, tensors, expected))


def test_gradients_in_bfloat16_point_where_those_of_float32_do() -> None:
    directions = []
    for dtype in (None, torch.bfloat16):
        network = ClipNetwork(
            build_backbone("r2plus1d_10", in_channels=3, seed=0),
            {"label": build_linear(256, 5, seed=0)},
            normalisation=InputNormalisation(shift=(127.5,), scale=(1 / 64,)),
        )
        if dtype is not None:
            assert use_flat_convolutions(network)
        clips = torch.randint(0, 256, (8, 3, 8, 32, 32), generator=torch.manual_seed(0))
        with torch.autocast("cpu", dtype=dtype, enabled=dtype is not None):
            logits = network(clips.to(torch.uint8))["label"].float()
        nn.functional.cross_entropy(logits, torch.arange(8) % 5).backward()
        grads = [p.grad.flatten() for p in network.parameters() if p.grad is not None]
        directions.append(torch.cat(grads))
    assert directions[1].isfinite().all()
    assert nn.functional.cosine_similarity(*directions, dim=0) > 0.9
