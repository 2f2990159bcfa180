"""The loss of teacher and student, worked by hand.

The backbone hands pixels on, and every head is a table of chances: log 4 is what a clip loses by a
label that was given a chance of 1/4.
"""

from dataclasses import replace
from math import log

import pytest
import torch
from torch import Tensor, nn

from motionfit.errors import ConfigError
from motionfit.methods.multi_clip import LABEL, NEXT, ORDER, PREVIOUS, MultiClipTask
from motionfit.training.data.batch import ClipBatch
from motionfit.training.network import ClipNetwork, InputNormalisation

# Chances of label 0 and 1 of a dark clip, and of a bright one.
HEADS = {
    LABEL: ((1 / 4, 3 / 4), (2 / 3, 1 / 3)),
    PREVIOUS: ((1 / 8, 7 / 8), (1 / 6, 5 / 6)),
    NEXT: ((1 / 3, 2 / 3), (4 / 5, 1 / 5)),
}
# Of orders 0 and 1, by the first clip shown.
ORDERS = ((1 / 5, 4 / 5), (4 / 7, 3 / 7))

LABEL_LOSS = (log(4) + log(3) + log(3) + log(4 / 3)) / 4
ORDER_LOSS = (log(5 / 4) + log(7 / 3)) / 2
# Clips at the ends of a video have one neighbour; the missing ones lose nothing.
PREVIOUS_LOSS = (log(6) + log(8 / 7)) / 4
NEXT_LOSS = (log(3 / 2) + log(5 / 4)) / 4


class Chances(nn.Module):
    """Logits of a dark and of a bright clip."""

    def __init__(self, dark: tuple[float, ...], bright: tuple[float, ...]) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.tensor([dark, bright]).log())

    def forward(self, features: Tensor) -> Tensor:
        return self.logits[features[..., 0].long()]


class OrderChances(Chances):
    """Logits of the order of a video's clips."""

    def forward(self, features: Tensor) -> Tensor:
        return super().forward(features[:, 0])


@pytest.fixture
def batch() -> ClipBatch:
    """Two videos of two clips: dark and bright, bright and dark."""
    brightness = torch.tensor([[0, 1], [1, 0]], dtype=torch.uint8)
    return ClipBatch(
        clips=brightness.view(2, 2, 1, 1, 1, 1).expand(2, 2, 1, 2, 3, 3),
        videos=torch.arange(2),
        starts=torch.zeros(2, 2, dtype=torch.int64),
        labels=torch.tensor([[0, 1], [1, 1]]),
        previous_labels=torch.tensor([[-1, 0], [-1, 1]]),
        next_labels=torch.tensor([[1, -1], [0, -1]]),
        order=torch.tensor([1, 1]),
        num_videos_joint=2,
    )


def network(*heads: str) -> ClipNetwork:
    chosen = {
        name: OrderChances(*ORDERS) if name == ORDER else Chances(*HEADS[name]) for name in heads
    }
    normalisation = InputNormalisation(shift=(0.0,), scale=(1.0,))
    return ClipNetwork(nn.Identity(), chosen, normalisation=normalisation)


@pytest.mark.parametrize(
    ("label_weight", "heads", "expected"),
    [
        (0.0, (ORDER,), ORDER_LOSS),
        (0.3, (LABEL, ORDER), 0.3 * LABEL_LOSS + 0.7 * ORDER_LOSS),
        (1.0, (LABEL,), LABEL_LOSS),
    ],
)
def test_labels_and_order_are_weighed_by_lambda(label_weight, heads, expected, batch):
    made = network(*heads)

    loss = MultiClipTask(made, label_weight=label_weight).loss(made, batch)

    assert loss.total.item() == pytest.approx(expected)
    assert ("label_loss" in loss.numbers) == (label_weight > 0)
    assert ("order_loss" in loss.numbers) == (label_weight < 1)


@pytest.mark.parametrize("label_weight", [0.3, 1.0])
def test_neighbours_come_on_top_with_their_full_weight(label_weight, batch):
    made = network(LABEL, ORDER, PREVIOUS, NEXT)

    loss = MultiClipTask(made, label_weight=label_weight).loss(made, batch)

    of_eq_3 = label_weight * LABEL_LOSS + (1 - label_weight) * ORDER_LOSS
    assert loss.total.item() == pytest.approx(of_eq_3 + PREVIOUS_LOSS + NEXT_LOSS)


def test_every_part_is_logged_under_its_name(batch):
    made = network(LABEL, ORDER, PREVIOUS, NEXT)

    numbers = MultiClipTask(made, label_weight=0.3).loss(made, batch).numbers

    assert {name: value.item() for name, value in numbers.items()} == pytest.approx(
        {
            "label_loss": LABEL_LOSS,
            "accuracy": 1 / 4,
            "order_loss": ORDER_LOSS,
            "order_accuracy": 1 / 2,
            "previous_loss": PREVIOUS_LOSS,
            "next_loss": NEXT_LOSS,
        }
    )
    assert not any(value.requires_grad for value in numbers.values())


def test_the_label_of_a_video_is_that_of_each_of_its_clips(batch):
    made = network(LABEL)

    loss = MultiClipTask(made).loss(made, replace(batch, labels=torch.tensor([0, 1])))

    expected = (log(4) + log(3 / 2) + log(3) + log(4 / 3)) / 4
    assert loss.total.item() == pytest.approx(expected)


@pytest.mark.parametrize(("label_weight", "heads"), [(0.3, (LABEL,)), (1.0, (ORDER,))])
def test_a_weight_without_its_head_is_refused(label_weight, heads):
    with pytest.raises(ConfigError, match="expected heads for it"):
        MultiClipTask(network(*heads), label_weight=label_weight)
