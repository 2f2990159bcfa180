"""The loss of a student of local motion, by hand."""

import math

import pytest
import torch
from torch import Tensor, nn

from motionfit.encoders.backbones.local_motion import LocalMotionNetwork, Places
from motionfit.methods.local_motion_task import LocalMotionTask
from motionfit.training.data.batch import ClipBatch
from motionfit.training.network import ClipNetwork, InputNormalisation
from motionfit.training.pairs import PairedBatch


class Told(LocalMotionNetwork):
    """Says what it is told, of clips of one video after the other."""

    def __init__(self, values: Tensor, evidence: Tensor) -> None:
        super().__init__()
        self.values, self.evidence = nn.Parameter(values), evidence

    def _describe(self, _clips: Tensor) -> Places:
        return Places(1 * self.values, self.evidence)


def network_of(values: list[list[float]], evidence: list[float]) -> ClipNetwork:
    """Return a network that says of one clip so many values at each of two places."""
    as_map = torch.tensor(values).T.reshape(1, -1, 1, 1, len(evidence))
    told = Told(as_map, torch.tensor(evidence).reshape(1, 1, 1, -1))
    return ClipNetwork(told, {}, normalisation=InputNormalisation(shift=(0.0,), scale=(1.0,)))


@pytest.fixture
def batch() -> PairedBatch:
    one = ClipBatch(
        clips=torch.zeros(1, 1, 3, 2, 2, 2, dtype=torch.uint8),
        videos=torch.zeros(1, dtype=torch.int64),
        starts=torch.zeros(1, 1, dtype=torch.int64),
        num_videos_joint=1,
    )
    return PairedBatch(rgb=one, flow=one)


def test_only_places_that_move_have_values_to_learn(batch):
    student = network_of([[1.0, 0.0], [5.0, 5.0]], [0.0, math.log(3)])
    teacher = network_of([[0.0, 2.0], [9.0, 9.0]], [10.0, -10.0])
    task = LocalMotionTask(student, teacher)

    parts = task.loss(student, batch)

    # (1 + 4) / 2 at the place that moves, nothing at the other: half of it on average.
    assert parts.numbers["values_loss"].item() == pytest.approx(1.25)
    assert parts.numbers["values_without_student"].item() == pytest.approx(1.0)
    # It says 1/2 where it moves and 3/4 where it does not.
    expected = (math.log(2) + math.log(4)) / 2
    assert parts.numbers["moves_loss"].item() == pytest.approx(expected)
    assert parts.total.item() == pytest.approx(3 * 1.25 + expected)


def test_the_teacher_learns_nothing(batch):
    student = network_of([[1.0, 0.0]], [0.0])
    teacher = network_of([[0.0, 2.0]], [10.0])
    task = LocalMotionTask(student, teacher)

    task.loss(student, batch).total.backward()

    assert task.companions == (teacher,)
    assert student.backbone.values.grad is not None
    assert teacher.backbone.values.grad is None


def test_where_nothing_moves_there_is_nothing_to_learn_but_that(batch):
    student = network_of([[1.0, 0.0]], [-20.0])
    teacher = network_of([[0.0, 2.0]], [-1.0])
    task = LocalMotionTask(student, teacher)

    assert task.loss(student, batch).total.item() == pytest.approx(0, abs=1e-6)
