import pytest
from hypothesis import given
from hypothesis import strategies as st

from motionfit.errors import ConfigError
from motionfit.training.data.holdout import split_validation


@given(
    videos=st.lists(
        st.tuples(st.integers(0, 5), st.one_of(st.none(), st.integers(0, 8))), max_size=60
    ),
    fraction=st.floats(0, 0.9),
    seed=st.integers(0, 20),
)
def test_groups_stay_whole_and_every_class_keeps_something(
    videos: list[tuple[int, int | None]], fraction: float, seed: int
) -> None:
    names = [f"video {number}" for number in range(len(videos))]
    labels = [label for label, _ in videos]
    groups = [None if group is None else f"group {group}" for _, group in videos]
    train, held_out = split_validation(
        names, groups=groups, labels=labels, fraction=fraction, seed=seed
    )
    assert sorted(train + held_out) == list(range(len(videos)))
    assert {labels[place] for place in train} == set(labels)
    sides = [{groups[place] for place in side} - {None} for side in (train, held_out)]
    assert not sides[0] & sides[1]


def test_a_tenth_is_held_out_from_as_many_classes_as_possible() -> None:
    names = [f"{label}/{number}" for label in range(12) for number in range(20)]
    labels = [label for label in range(12) for _ in range(20)]
    train, held_out = split_validation(names, labels=labels)
    assert (len(train), len(held_out)) == (216, 24)
    assert sorted(labels[place] for place in held_out) == sorted([*range(12)] * 2)


def test_sides_depend_on_names_and_seed_alone() -> None:
    names = [f"video {number}" for number in range(100)]
    _, held_out = split_validation(names)
    _, reversed_out = split_validation(names[::-1])
    assert {names[place] for place in held_out} == {names[::-1][place] for place in reversed_out}
    assert len(held_out) == 10
    assert split_validation(names, seed=1)[1] != held_out


def test_few_videos_give_one_and_a_single_one_none() -> None:
    assert [len(side) for side in split_validation(["a", "b", "c"])] == [2, 1]
    assert split_validation(["a"]) == ([0], [])
    assert split_validation(["a", "b"], labels=[0, 1]) == ([0, 1], [])
    assert split_validation(["a", "b"], fraction=0)[1] == []


def test_a_share_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"fraction is 1\.0; expected"):
        split_validation(["a"], fraction=1.0)
