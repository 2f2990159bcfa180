import copy
from types import ModuleType

import pytest
import torch

from motionfit.training.gradients import GradientMachine, statistics_of
from motionfit.training.micro_batches import cut_into_micro_batches

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def one_core_an_operator() -> None:
    # An operator on two cores adds up in another order than on one.
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("micro_batches", "world_size"), [(1, 1), (2, 1), (3, 1), (8, 1), (2, 2), (8, 2)]
)
def test_micro_batches_are_the_same_however_many_processes_cut_them(
    micro_batches: int, world_size: int, toys: ModuleType
) -> None:
    parts = []
    for rank in range(world_size):
        batch = toys.ToyClips(10).batch(0, 0, 7, rank=rank, world_size=world_size)
        parts += cut_into_micro_batches(batch, micro_batches, rank=rank, world_size=world_size)
    whole = cut_into_micro_batches(toys.ToyClips(10).batch(0, 0, 7), micro_batches)
    assert [part.number for part in parts] == [part.number for part in whole]
    for one, other in zip(parts, whole, strict=True):
        assert torch.equal(one.content.videos, other.content.videos)
        assert torch.equal(one.content.clips, other.content.clips)
        assert one.weight == other.weight == len(one.content) / 7
    assert torch.cat([part.content.videos for part in whole]).tolist() == list(range(7))


def test_accumulated_gradients_of_two_halves_are_those_of_the_whole(toys: ModuleType) -> None:
    batch = toys.ToyClips(10).batch(0, 0, 8)
    gradients = []
    for micro_batches in (1, 2, 4):
        network = toys.toy_network().freeze(["1", "4"])  # batch norm by statistics, not by batch
        network.heads["order"].dropout.share = 0.0
        machine = GradientMachine(toys.ToyTask(network), CPU)
        machine.differentiate(cut_into_micro_batches(batch, micro_batches), (0, 0, 0))
        gradients.append([p.grad for p in network.parameters() if p.grad is not None])
    assert len(gradients[0]) == 8  # two convolutions, three linear layers with biases
    for other in gradients[1:]:
        for one, two in zip(gradients[0], other, strict=True):
            assert torch.allclose(one, two, rtol=1e-4, atol=1e-6)


def test_threads_change_nothing_not_even_the_last_bit(toys: ModuleType) -> None:
    batch = toys.ToyClips(10).batch(0, 0, 10)
    found = []
    for num_parallel in (1, 2, 3):
        network = toys.toy_network()
        machine = GradientMachine(toys.ToyTask(network), CPU, num_parallel=num_parallel)
        numbers = machine.differentiate(cut_into_micro_batches(batch, 3), (0, 0, 0))
        found.append((numbers, [p.grad for p in network.parameters()], statistics_of(network)))
    for numbers, gradients, statistics in found[1:]:
        assert numbers == found[0][0]
        for one, other in zip(gradients, found[0][1], strict=True):
            assert torch.equal(one, other)
        for one, other in zip(statistics, found[0][2], strict=True):
            assert torch.equal(one, other)


def test_a_single_micro_batch_is_plain_backward(toys: ModuleType) -> None:
    batch = toys.ToyClips(10).batch(0, 0, 6)
    plain = toys.toy_network().train()
    plain.heads["order"].dropout.share = 0.0
    network = copy.deepcopy(plain)
    parts = toys.ToyTask(plain).loss(plain, batch)
    parts.total.backward()
    numbers = GradientMachine(toys.ToyTask(network), CPU).differentiate(
        cut_into_micro_batches(batch, 1), (0, 0, 0)
    )
    assert numbers["loss"] == pytest.approx(parts.total.item(), rel=1e-6)
    for one, other in zip(network.parameters(), plain.parameters(), strict=True):
        assert torch.allclose(one.grad, other.grad, rtol=1e-4, atol=1e-6)
    for one, other in zip(statistics_of(network), statistics_of(plain), strict=True):
        assert torch.allclose(one, other, rtol=1e-5)


def test_statistics_are_the_mean_of_what_each_micro_batch_made_of_them(toys: ModuleType) -> None:
    batch = toys.ToyClips(10).batch(0, 0, 6)
    expected = []
    for half in cut_into_micro_batches(batch, 2):
        network = toys.toy_network().train()
        network.video_features(half.content.clips)
        expected.append(network.backbone[1].running_mean)
    network = toys.toy_network()
    machine = GradientMachine(toys.ToyTask(network), CPU, num_parallel=2)
    machine.differentiate(cut_into_micro_batches(batch, 2), (0, 0, 0))
    mean = (expected[0] + expected[1]) / 2
    assert torch.allclose(network.backbone[1].running_mean, mean, rtol=1e-4, atol=1e-6)


def test_evaluation_does_not_depend_on_how_a_batch_is_cut(toys: ModuleType) -> None:
    batch = toys.ToyClips(10).batch(0, 0, 10)
    network = toys.toy_network()
    machine = GradientMachine(toys.ToyTask(network), CPU, num_parallel=2)
    machine.differentiate(cut_into_micro_batches(batch, 2), (0, 0, 0))
    before = [values.clone() for values in statistics_of(network)]
    losses = [machine.evaluate(cut_into_micro_batches(batch, n))["loss"] for n in (1, 2, 5)]
    assert losses == pytest.approx([losses[0]] * 3, rel=1e-5)
    for one, other in zip(statistics_of(network), before, strict=True):
        assert torch.equal(one, other)


def test_dropout_depends_on_the_step_and_on_nothing_before(toys: ModuleType) -> None:
    batch = toys.ToyClips(10).batch(0, 0, 6)
    parts = cut_into_micro_batches(batch, 2)
    machine = GradientMachine(toys.ToyTask(), CPU)
    losses = [machine.differentiate(parts, place)["loss"] for place in ((0, 0, 0), (0, 0, 1))]
    again = GradientMachine(toys.ToyTask(), CPU).differentiate(parts, (0, 0, 1))["loss"]
    assert losses[0] != losses[1] == again
