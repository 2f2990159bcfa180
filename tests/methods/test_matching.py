"""The losses of MERS and MARS against the formulas."""

import pytest
import torch

from motionfit.encoders.values import get_weights
from motionfit.methods.matching import MatchingTask
from motionfit.methods.model import build_network
from motionfit.training.data.batch import ClipBatch
from motionfit.training.data.clips import TrainingClips
from motionfit.training.data.settings import ClipSettings
from motionfit.training.pairs import PairedBatch, PairedClips
from motionfit.training.train import train

LABELS = torch.tensor([0, 2, 1])


@pytest.fixture
def teacher(motion_spec):
    return build_network(motion_spec, {}, seed=1).eval().requires_grad_(False)


@pytest.fixture
def batch() -> PairedBatch:
    """Three videos of two clips."""
    rng = torch.Generator().manual_seed(0)
    starts = torch.zeros(3, 2, dtype=torch.int64)
    rgb, flow = (
        ClipBatch(
            clips=torch.randint(
                0, 256, (3, 2, channels, 8, 32, 32), dtype=torch.uint8, generator=rng
            ),
            videos=torch.arange(3),
            starts=starts,
            labels=LABELS if channels == 3 else None,
            num_videos_joint=3,
        )
        for channels in (3, 2)
    )
    return PairedBatch(rgb=rgb, flow=flow)


def _squared_difference(student, teacher, batch) -> torch.Tensor:
    """Squares of all dimensions of all clips, over their number."""
    wanted, found = (
        teacher.video_features(batch.flow.clips),
        student.video_features(batch.rgb.clips),
    )
    squares = [
        (one - other) ** 2 for one, other in zip(wanted.flatten(), found.flatten(), strict=True)
    ]
    return sum(squares) / len(squares)


def test_mers_is_fifty_times_the_mean_squared_difference(appearance_spec, teacher, batch):
    student = build_network(appearance_spec, {}, seed=2).eval()

    loss = MatchingTask(student, teacher).loss(student, batch)

    torch.testing.assert_close(loss.total, 50 * _squared_difference(student, teacher, batch))
    assert set(loss.numbers) == {"matching_loss"}


def test_mars_adds_the_cross_entropy_of_the_labels(appearance_spec, teacher, batch):
    student = build_network(appearance_spec, {"label": 3}, seed=2).eval()

    loss = MatchingTask(student, teacher, weight=2.0).loss(student, batch)

    logits = student.heads["label"](student.video_features(batch.rgb.clips)).log_softmax(dim=-1)
    of_labels = -torch.stack([logits[row, :, label] for row, label in enumerate(LABELS)]).mean()
    expected = 2 * _squared_difference(student, teacher, batch) + of_labels
    torch.testing.assert_close(loss.total, expected)


def test_the_labels_of_mars_train_the_backbone_too(appearance_spec, teacher, batch):
    def gradient(heads: dict[str, int]) -> torch.Tensor:
        student = build_network(appearance_spec, heads, seed=2).eval()
        MatchingTask(student, teacher).loss(student, batch).total.backward()
        return next(student.backbone.parameters()).grad

    assert not torch.allclose(gradient({"label": 3}), gradient({}))


def test_nothing_flows_back_into_the_teacher(appearance_spec, motion_spec, batch):
    teacher = build_network(motion_spec, {}, seed=1).eval()
    student = build_network(appearance_spec, {}, seed=2).eval()

    MatchingTask(student, teacher).loss(student, batch).total.backward()

    assert all(weight.grad is None for weight in teacher.parameters())
    assert all(weight.grad is not None for weight in student.parameters())


def test_a_training_leaves_the_teacher_as_it_is(
    appearance_spec, motion_spec, packed_frames, packed_flow, one_epoch, tmp_path
):
    # Not in evaluation mode, as its batch norms would count on.
    teacher = build_network(motion_spec, {}, seed=1).train()
    before = {name: value.clone() for name, value in get_weights(teacher).items()}
    cut = ClipSettings(clip_length=8, num_clips=1, crop=(32, 32))
    clips = PairedClips(TrainingClips(packed_frames, cut), TrainingClips(packed_flow, cut))
    student = build_network(appearance_spec, {}, seed=2)

    train(MatchingTask(student, teacher), clips, clips, one_epoch, tmp_path, device="cpu")

    for name, value in get_weights(teacher).items():
        assert torch.equal(value, before[name]), name
