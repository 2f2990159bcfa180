import itertools
import math

import pytest
import torch

from motionfit.errors import ConfigError
from motionfit.training.clip_order import ClipOrderHead, clip_orders


def test_three_clips_are_numbered_as_itertools_has_them() -> None:
    assert clip_orders(3) == ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))


@pytest.mark.parametrize("num_clips", [2, 3, 4])
def test_orders_are_all_permutations_in_the_order_of_itertools(num_clips: int) -> None:
    assert clip_orders(num_clips) == tuple(itertools.permutations(range(num_clips)))
    assert len(clip_orders(num_clips)) == math.factorial(num_clips)


def test_the_head_equals_a_slow_reference_of_pairs_in_order() -> None:
    head = ClipOrderHead(5, 3, hidden=4).eval()
    features = torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(0))
    for video in range(2):
        comparisons = []
        for first, second in ((0, 1), (0, 2), (1, 2)):
            pair = torch.cat([features[video, first], features[video, second]])
            comparisons.append((head.compare.weight @ pair + head.compare.bias).clamp(min=0))
        joined = torch.cat(comparisons)
        expected = head.classify.weight @ joined + head.classify.bias
        assert torch.allclose(head(features)[video], expected, atol=1e-6)


@pytest.mark.parametrize(("num_clips", "num_pairs"), [(2, 1), (3, 3), (4, 6)])
def test_sizes_follow_the_number_of_clips(num_clips: int, num_pairs: int) -> None:
    head = ClipOrderHead(8, num_clips)
    assert head.compare.weight.shape == (512, 16)
    assert head.classify.weight.shape == (math.factorial(num_clips), 512 * num_pairs)
    assert head(torch.zeros(3, num_clips, 8)).shape == (3, math.factorial(num_clips))


def test_dropout_works_in_training_only() -> None:
    head = ClipOrderHead(8, 3)
    features = torch.ones(1, 3, 8)
    assert not torch.equal(head(features), head(features))
    head.eval()
    assert torch.equal(head(features), head(features))


@pytest.mark.parametrize("num_clips", [1, 7])
def test_a_number_of_clips_without_orders_to_tell_is_refused(num_clips: int) -> None:
    with pytest.raises(ConfigError, match="to tell orders apart"):
        ClipOrderHead(8, num_clips)


def test_a_head_learns_to_tell_the_order() -> None:
    draw = torch.Generator().manual_seed(0)
    head = ClipOrderHead(2, 3, hidden=32, seed=1)
    optimiser = torch.optim.SGD(head.parameters(), lr=0.1, momentum=0.9)
    orders = torch.tensor(clip_orders(3))
    for _ in range(150):
        labels = torch.randint(0, 6, (32,), generator=draw)
        features = torch.stack([orders[labels], torch.ones(32, 3)], dim=-1)
        loss = torch.nn.functional.cross_entropy(head(features), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    head.eval()
    features = torch.stack([orders, torch.ones(6, 3)], dim=-1)
    assert head(features).argmax(dim=1).tolist() == [0, 1, 2, 3, 4, 5]
