"""A train and test split for data that comes without one, and for choosing settings."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import sha256

from motionfit.errors import TooFewVideosError
from motionfit.media.datasets.dataset import Dataset, LabeledVideo, ListedVideo, SplitLists

TEST_SHARE = 0.3


def hold_out(videos: Iterable[ListedVideo], split: int) -> SplitLists:
    """Return a split of each class into about 70 % train and 30 % test (the shares of HMDB51).

    Groups stay whole: videos of one group differ too little to tell whether a search works. Which
    groups become queries is decided by a hash of their name and ``split``, so a split is the same
    on every machine, in every order of the files, and other numbers give other splits. A class
    of a single group has no queries.
    """
    by_class: defaultdict[str, list[ListedVideo]] = defaultdict(list)
    for video in videos:
        by_class[video.class_name].append(video)
    train: list[ListedVideo] = []
    test: list[ListedVideo] = []
    for class_name in sorted(by_class):
        units = [video.group or video.name for video in by_class[class_name]]
        queries = _query_units(units, split)
        for video, unit in zip(by_class[class_name], units, strict=True):
            (test if unit in queries else train).append(video)
    return SplitLists(class_names=tuple(sorted(by_class)), train=tuple(train), test=tuple(test))


def for_tuning(dataset: Dataset) -> Dataset:
    """Return the train side, split once more: to choose settings without a look at the test side.

    The share, and what decides, are those of `hold_out`; without groups, videos are known by the
    names of their files.

    Args:
        dataset: One split; its test side becomes ``hidden``.

    Raises:
        TooFewVideosError: No class has videos of two groups.
    """
    by_class: defaultdict[int, list[LabeledVideo]] = defaultdict(list)
    for video in dataset.train:
        by_class[video.label].append(video)
    queries = {
        (label, unit)
        for label, videos in by_class.items()
        for unit in _query_units([_unit(video) for video in videos], dataset.split)
    }
    if not queries:
        found = "classes of one source each"
        raise TooFewVideosError(dataset.name, found, "videos of two sources of some class")
    sides: tuple[list[LabeledVideo], list[LabeledVideo]] = ([], [])
    for video in dataset.train:
        sides[(video.label, _unit(video)) in queries].append(video)
    return replace(
        dataset,
        name=f"{dataset.name}, train side",
        train=tuple(sides[False]),
        test=tuple(sides[True]),
        missing_test=(),
        hidden=dataset.test,
    )


def _unit(video: LabeledVideo) -> str:
    return video.group or video.path.name


def _query_units(units: Sequence[str], split: int) -> set[str]:
    """Return which sources of a class become queries.

    Args:
        units: The source of each of its videos.
        split: Another one gives others.
    """
    sizes = Counter(units)
    drawn = sorted(sizes, key=lambda unit: _rank(unit, split))
    queries: set[str] = set()
    num_queries = 0
    for unit in drawn[:-1]:
        if num_queries >= TEST_SHARE * len(units):
            break
        queries.add(unit)
        num_queries += sizes[unit]
    return queries


def _rank(unit: str, split: int) -> bytes:
    return sha256(f"{split}:{unit}".encode(errors="surrogateescape")).digest()
