from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motionfit.errors import ConfigError
from motionfit.methods.label_subset import choose_label_subset

LABELS = st.lists(st.integers(0, 5), min_size=1, max_size=60)
FRACTIONS = st.floats(0.01, 1)
SEEDS = st.integers(0, 20)


def _names(labels: list[int]) -> list[str]:
    return [f"video {number}" for number in range(len(labels))]


@given(labels=LABELS, fraction=FRACTIONS, seed=SEEDS)
def test_every_class_gives_its_share_and_at_least_one(labels, fraction, seed):
    chosen = choose_label_subset(_names(labels), labels, fraction=fraction, seed=seed)

    assert chosen == sorted(set(chosen))
    taken = Counter(labels[place] for place in chosen)
    for label, count in Counter(labels).items():
        assert 1 <= taken[label] <= count
        assert abs(taken[label] - fraction * count) <= 0.5 + 1e-9 or taken[label] == 1


@given(
    videos=st.lists(
        st.tuples(st.integers(0, 3), st.one_of(st.none(), st.integers(0, 8))),
        min_size=1,
        max_size=60,
    ),
    seed=SEEDS,
    fractions=st.tuples(FRACTIONS, FRACTIONS),
)
def test_a_larger_fraction_adds_to_a_smaller_one(videos, seed, fractions):
    labels = [label for label, _ in videos]
    groups = [None if group is None else f"group {group}" for _, group in videos]
    small, large = (
        choose_label_subset(_names(labels), labels, fraction=fraction, seed=seed, groups=groups)
        for fraction in sorted(fractions)
    )

    assert set(small) <= set(large)


def test_a_large_group_does_not_shut_out_a_small_one_that_a_smaller_fraction_has():
    groups = ["large"] * 10 + [f"small {place}" for place in range(10)]
    for seed in range(20):
        few, more = (
            choose_label_subset(
                _names(groups), [0] * 20, fraction=fraction, seed=seed, groups=groups
            )
            for fraction in (0.2, 0.5)
        )
        assert set(few) <= set(more)


@given(sizes=st.lists(st.integers(1, 9), min_size=1, max_size=12), fraction=FRACTIONS, seed=SEEDS)
def test_the_share_is_missed_by_half_a_group_at_most_but_for_the_first(sizes, fraction, seed):
    groups = [f"group {group}" for group, size in enumerate(sizes) for _ in range(size)]
    names = _names(groups)

    chosen = choose_label_subset(
        names, [0] * len(names), fraction=fraction, seed=seed, groups=groups
    )

    taken = {groups[place] for place in chosen}
    assert len(taken) == 1 or len(chosen) - fraction * len(groups) <= max(sizes) / 2 + 1e-9
    assert len(chosen) - fraction * len(groups) >= -max(sizes) / 2 - 1e-9


@given(videos=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 8)), min_size=1), seed=SEEDS)
def test_groups_stay_whole_and_no_class_goes_without(videos, seed):
    labels = [label for label, _ in videos]
    groups = [f"group {group}" for _, group in videos]

    chosen = choose_label_subset(_names(labels), labels, fraction=0.3, seed=seed, groups=groups)

    left = set(range(len(labels))) - set(chosen)
    assert {labels[place] for place in chosen} == set(labels)
    assert not {groups[place] for place in chosen} & {groups[place] for place in left}


def test_the_order_of_the_videos_does_not_matter_and_the_seed_does():
    labels = [number % 3 for number in range(90)]
    names = _names(labels)

    def chosen_names(step: int, seed: int) -> set[str]:
        shown = names[::step]
        places = choose_label_subset(shown, labels[::step], fraction=0.2, seed=seed)
        return {shown[place] for place in places}

    assert len(chosen_names(1, 0)) == 18
    assert chosen_names(1, 0) == chosen_names(-1, 0)
    assert chosen_names(1, 0) != chosen_names(1, 1)


@pytest.mark.parametrize("fraction", [0, -0.1, 1.5, float("nan")])
def test_a_fraction_that_is_none_is_refused(fraction):
    with pytest.raises(ConfigError, match="expected a number above 0, at most 1"):
        choose_label_subset(["a"], [0], fraction=fraction)


def test_labels_of_other_videos_are_refused():
    with pytest.raises(ConfigError, match="expected 2, one for each video"):
        choose_label_subset(["a", "b"], [0], fraction=0.5)
