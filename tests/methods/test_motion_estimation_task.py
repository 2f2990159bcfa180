"""The loss of a student that is to see flow in frames, by hand."""

import pytest
import torch
from torch import Tensor, nn

from motionfit.encoders.backbones.local_motion import FlowMotion, FrameMotion
from motionfit.methods.motion_estimation_task import MotionEstimationTask
from motionfit.training.data.batch import ClipBatch
from motionfit.training.network import ClipNetwork, InputNormalisation
from motionfit.training.pairs import PairedBatch

NUM_FRAMES = 10


class Told(nn.Module):
    """Says the same flow of every two frames, and keeps what it was asked about."""

    def __init__(self, x: float, y: float) -> None:
        super().__init__()
        self.said = nn.Parameter(torch.tensor([x, y]))
        self.asked: tuple[Tensor, Tensor] | None = None

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        self.asked = first, second
        batch, _, pairs, height, width = first.shape
        return self.said.view(1, 2, 1, 1, 1).expand(batch, 2, pairs, height // 2, width // 2)


def network(backbone: nn.Module) -> ClipNetwork:
    return ClipNetwork(backbone, {}, normalisation=InputNormalisation(shift=(0.0,), scale=(1.0,)))


def task_of(x: float, y: float) -> MotionEstimationTask:
    student = FrameMotion()
    student.estimator = Told(x, y)
    return MotionEstimationTask(network(student), network(FlowMotion()))


def clips(of_time: Tensor) -> ClipBatch:
    """Return one clip of 4x6 px whose frames are all of one value each: ``(channel, time)``."""
    videos = of_time[None, None, :, :, None, None].expand(1, 1, *of_time.shape, 4, 6)
    return ClipBatch(
        clips=videos.to(torch.uint8),
        videos=torch.zeros(1, dtype=torch.int64),
        starts=torch.zeros(1, 1, dtype=torch.int64),
        num_videos_joint=1,
    )


@pytest.fixture
def batch() -> PairedBatch:
    """Return a clip whose frames are numbered, and a flow of (number, 1) after each."""
    number = torch.arange(float(NUM_FRAMES))
    flow = torch.stack([number, torch.ones(NUM_FRAMES)])
    return PairedBatch(rgb=clips(number.expand(3, -1)), flow=clips(flow))


def test_what_is_seen_is_held_against_the_flow_of_the_same_two_frames(batch):
    task = task_of(3.0, 1.0)

    parts = task.loss(task.network, batch)

    first, second = task.network.backbone.estimator.asked
    assert first[0, 0, :, 0, 0].tolist() == [0, 4, 8]
    assert second[0, 0, :, 0, 0].tolist() == [1, 5, 9]
    # x is 3 and was to be 0, 4 and 8; y is right.
    squares = [9.0, 1.0, 25.0]
    assert parts.numbers["flow_error"].item() == pytest.approx(sum(squares) / 3)
    assert parts.numbers["flow_without_student"].item() == pytest.approx((1 + 17 + 65) / 3)
    expected = sum((square + 1e-4) ** 0.4 for square in squares) / 3
    assert parts.total.item() == pytest.approx(expected, rel=1e-5)


def test_a_flow_that_leads_out_of_the_clip_is_not_asked_for(batch):
    rgb = clips(torch.arange(9.0).expand(3, -1))
    task = task_of(0.0, 0.0)

    task.loss(task.network, PairedBatch(rgb=rgb, flow=batch.flow))

    first, second = task.network.backbone.estimator.asked
    assert first[0, 0, :, 0, 0].tolist() == [0, 4]
    assert second[0, 0, :, 0, 0].tolist() == [1, 5]


def test_the_student_learns_and_the_teacher_does_not(batch):
    task = task_of(3.0, 1.0)

    task.loss(task.network, batch).total.backward()

    (teacher,) = task.companions
    assert task.network.backbone.estimator.said.grad[0] < 0
    assert all(parameter.grad is None for parameter in teacher.parameters())


def test_where_all_is_right_the_loss_has_a_slope(batch):
    """At 0 the exponent's slope would be infinite."""
    still = PairedBatch(rgb=batch.rgb, flow=clips(torch.zeros(2, NUM_FRAMES)))
    task = task_of(0.0, 0.0)

    parts = task.loss(task.network, still)
    parts.total.backward()

    assert parts.total.item() == pytest.approx(1e-4**0.4, rel=1e-5)
    assert task.network.backbone.estimator.said.grad.abs().max() == 0
