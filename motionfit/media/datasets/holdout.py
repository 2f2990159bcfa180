"""A train and test split for data that comes without one."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from hashlib import sha256

from motionfit.media.datasets.dataset import ListedVideo, SplitLists

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
        queries = _query_groups(by_class[class_name], split)
        for video in by_class[class_name]:
            (test if _unit(video) in queries else train).append(video)
    return SplitLists(class_names=tuple(sorted(by_class)), train=tuple(train), test=tuple(test))


def _unit(video: ListedVideo) -> str:
    return video.name if video.group is None else video.group


def _query_groups(videos: Sequence[ListedVideo], split: int) -> set[str]:
    sizes: defaultdict[str, int] = defaultdict(int)
    for video in videos:
        sizes[_unit(video)] += 1
    drawn = sorted(sizes, key=lambda unit: _rank(unit, split))
    queries: set[str] = set()
    num_queries = 0
    for unit in drawn[:-1]:
        if num_queries >= TEST_SHARE * len(videos):
            break
        queries.add(unit)
        num_queries += sizes[unit]
    return queries


def _rank(unit: str, split: int) -> bytes:
    return sha256(f"{split}:{unit}".encode(errors="surrogateescape")).digest()
