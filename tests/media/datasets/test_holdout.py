"""Splits for data that comes without one."""

import random
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motionfit.errors import TooFewVideosError
from motionfit.media.datasets.dataset import Dataset, LabeledVideo, ListedVideo
from motionfit.media.datasets.holdout import for_tuning, hold_out

VIDEOS = st.lists(
    st.builds(
        ListedVideo,
        name=st.uuids().map(str),
        class_name=st.sampled_from("abc"),
        group=st.none(),
    )
    | st.builds(
        ListedVideo,
        name=st.uuids().map(str),
        class_name=st.sampled_from("abc"),
        group=st.sampled_from(["g1", "g2", "g3", "g4"]),
    ),
    max_size=40,
)


def make(num_videos: int, class_name: str = "run") -> list[ListedVideo]:
    return [ListedVideo(name=f"{n}.mp4", class_name=class_name) for n in range(num_videos)]


def test_three_in_ten_become_queries():
    lists = hold_out(make(100) + make(10, "jump"), 1)
    assert lists.class_names == ("jump", "run")
    assert sum(video.class_name == "run" for video in lists.test) == 30
    assert sum(video.class_name == "jump" for video in lists.test) == 3


def test_a_split_is_the_same_on_every_machine():
    assert [video.name for video in hold_out(make(10), 1).test] == ["6.mp4", "7.mp4", "8.mp4"]


def test_other_numbers_give_other_splits():
    assert hold_out(make(30), 1).test != hold_out(make(30), 2).test


def test_the_order_of_the_files_changes_nothing():
    videos = make(30)
    shuffled = random.Random(0).sample(videos, len(videos))
    assert set(hold_out(videos, 1).test) == set(hold_out(shuffled, 1).test)


def test_a_class_of_two_videos_has_one_query_and_a_class_of_one_none():
    lists = hold_out([*make(2, "jump"), *make(1, "run")], 1)
    assert [video.class_name for video in lists.test] == ["jump"]


@given(videos=VIDEOS, split=st.integers(1, 3))
def test_every_video_is_on_one_side_and_groups_stay_whole(videos: list[ListedVideo], split: int):
    lists = hold_out(videos, split)
    assert sorted(video.name for video in (*lists.train, *lists.test)) == sorted(
        video.name for video in videos
    )
    sides = defaultdict(set)
    for side, listed in (("train", lists.train), ("test", lists.test)):
        for video in listed:
            sides[video.class_name, video.group or video.name].add(side)
    assert all(len(found) == 1 for found in sides.values())
    assert {video.class_name for video in lists.train} == {video.class_name for video in videos}


def one_split(groups: str, *, split: int = 1) -> Dataset:
    """A data set with a training video of one class for each letter, and one test video."""
    videos = [
        LabeledVideo(path=Path(f"{place}.mp4"), class_name="run", label=0, group=group)
        for place, group in enumerate(groups)
    ]
    test = LabeledVideo(path=Path("test.mp4"), class_name="run", label=0)
    return Dataset(
        name="some", split=split, class_names=("run",), train=tuple(videos), test=(test,)
    )


def test_for_tuning_the_test_side_is_hidden_and_sources_stay_whole():
    dataset = one_split("aaabbbcccddd")

    tuned = for_tuning(dataset)

    assert tuned.hidden == dataset.test
    assert tuned.name == "some, train side"
    assert {*tuned.train, *tuned.test} == {*dataset.train}
    # Two of the four sources: one would be fewer than three in ten.
    assert len(tuned.test) == len(tuned.train) == 6
    assert not {video.group for video in tuned.train} & {video.group for video in tuned.test}


def test_for_tuning_another_split_gives_other_queries():
    first, second = (for_tuning(one_split("abcdefghijkl", split=split)) for split in (1, 2))

    assert first.test != second.test


def test_one_source_leaves_nothing_to_tune_on():
    with pytest.raises(TooFewVideosError, match="some: classes of one source each"):
        for_tuning(one_split("aaa"))
