import math

import pytest
import torch
from torch import Tensor

from motionfit.errors import ConfigError
from motionfit.training.losses import (
    NO_LABEL,
    accuracy,
    clip_order_loss,
    combined_loss,
    feature_matching_loss,
    multi_clip_loss,
    neighbour_loss,
)


def slow_multi_clip_loss(logits: Tensor, labels: Tensor) -> float:
    """Eq. 1, letter by letter."""
    total = 0.0
    for video in range(logits.shape[0]):
        for clip in range(logits.shape[1]):
            odds = [math.exp(value) for value in logits[video, clip].tolist()]
            total -= math.log(odds[int(labels[video])] / sum(odds)) / logits.shape[1]
    return total / logits.shape[0]


def test_two_clips_lose_what_the_hand_computes() -> None:
    # -ln(e^2 / (e^2 + 1)) = 0.126928; -ln(1/2) = 0.693147
    logits = torch.tensor([[[2.0, 0.0], [0.0, 0.0]]])
    loss = multi_clip_loss(logits, torch.tensor([0]))
    assert loss.item() == pytest.approx((0.126928 + 0.693147) / 2, abs=1e-6)


def test_it_is_the_mean_of_the_losses_and_not_the_loss_of_the_mean() -> None:
    logits = torch.tensor([[[4.0, 0.0], [-4.0, 0.0]]])
    labels = torch.tensor([0])
    # The mean logits are (0, 0): ln 2. The clips lose 0.018150 and 4.018150.
    assert multi_clip_loss(logits, labels).item() == pytest.approx(2.018150, abs=1e-6)
    loss_of_mean = torch.nn.functional.cross_entropy(logits.mean(dim=1), labels)
    assert loss_of_mean.item() == pytest.approx(math.log(2))


@pytest.mark.parametrize("num_clips", [1, 2, 3, 4])
def test_multi_clip_loss_equals_the_slow_reference(num_clips: int) -> None:
    draw = torch.Generator().manual_seed(num_clips)
    logits = torch.randn(5, num_clips, 7, generator=draw)
    labels = torch.randint(0, 7, (5,), generator=draw)
    expected = slow_multi_clip_loss(logits, labels)
    assert multi_clip_loss(logits, labels).item() == pytest.approx(expected, rel=1e-5)


def test_clips_may_have_labels_of_their_own() -> None:
    logits = torch.tensor([[[9.0, 0.0], [0.0, 9.0]]])
    right = multi_clip_loss(logits, torch.tensor([[0, 1]]))
    wrong = multi_clip_loss(logits, torch.tensor([[1, 0]]))
    assert right.item() == pytest.approx(math.log1p(math.exp(-9)), rel=1e-3)
    assert wrong.item() == pytest.approx(9, abs=1e-3)


def test_an_even_guess_of_six_orders_loses_log_six() -> None:
    loss = clip_order_loss(torch.zeros(2, 6), torch.tensor([0, 5]))
    assert loss.item() == pytest.approx(math.log(6))


def test_lambda_weighs_labels_against_order() -> None:
    labels, order = torch.tensor(1.0), torch.tensor(3.0)
    assert combined_loss(labels, order, 0.25).item() == 0.25 * 1 + 0.75 * 3
    assert combined_loss(labels, order, 1.0).item() == 1
    assert combined_loss(labels, order, 0.0).item() == 3


def test_lambda_beyond_one_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"label_weight is 1\.5"):
        combined_loss(torch.tensor(1.0), torch.tensor(1.0), 1.5)


def test_clips_at_the_end_of_a_video_lose_nothing_for_a_neighbour_they_lack() -> None:
    logits = torch.zeros(1, 3, 4, requires_grad=True)
    loss = neighbour_loss(logits, torch.tensor([[2, NO_LABEL, 1]]))
    assert loss.item() == pytest.approx(2 * math.log(4) / 3)
    (gradient,) = torch.autograd.grad(loss, logits)
    assert gradient[0, 1].abs().max() == 0
    assert gradient[0, 0].abs().max() > 0


def test_a_batch_without_any_neighbour_loses_nothing() -> None:
    loss = neighbour_loss(torch.randn(2, 1, 4), torch.full((2, 1), NO_LABEL))
    assert loss.item() == 0


def test_neighbour_losses_of_two_halves_average_to_that_of_the_whole() -> None:
    logits = torch.randn(4, 2, 5, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([[0, NO_LABEL], [NO_LABEL, NO_LABEL], [1, 2], [3, 4]])
    halves = [neighbour_loss(logits[part], labels[part]) for part in (slice(2), slice(2, 4))]
    assert torch.allclose(neighbour_loss(logits, labels), (halves[0] + halves[1]) / 2)


def test_feature_matching_is_a_mean_over_videos_and_dimensions() -> None:
    student = torch.tensor([[1.0, 2.0], [0.0, 0.0]])
    teacher = torch.tensor([[0.0, 0.0], [0.0, 3.0]])
    assert feature_matching_loss(student, teacher).item() == (1 + 4 + 0 + 9) / 4


def test_the_teacher_gets_no_gradient() -> None:
    student, teacher = (torch.ones(1, 2, requires_grad=True) for _ in range(2))
    feature_matching_loss(2 * student, teacher).backward()
    assert teacher.grad is None
    assert student.grad.tolist() == [[2.0, 2.0]]  # d/ds mean((2s - 1)^2) = 2 (2s - 1) 2 / 2


def test_accuracy_counts_only_what_has_a_label() -> None:
    logits = torch.tensor([[3.0, 1.0], [0.0, 1.0], [0.0, 1.0]])
    assert accuracy(logits, torch.tensor([0, 0, NO_LABEL])).item() == 0.5
    assert accuracy(logits, torch.tensor([NO_LABEL] * 3)).item() == 0
