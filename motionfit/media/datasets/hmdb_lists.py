"""HMDB51's lists: one file a class and split, ``<class>_test_split<N>.txt``."""

import re
from collections.abc import Sequence
from pathlib import Path

from motionfit.errors import DatasetError
from motionfit.media.datasets.dataset import ListedVideo, SplitLists
from motionfit.media.datasets.files import group_in_name, list_folder, read_lines

_LIST_NAME = re.compile(r"(.+)_test_split(\d+)\.txt")
_SUBSETS = {"0": "unused", "1": "train", "2": "test"}


def has_hmdb_lists(directory: Path) -> bool:
    """Return whether a directory holds lists of this kind."""
    return bool(_lists_in(directory))


def read_hmdb_lists(directory: Path, split: int) -> SplitLists:
    """Return one split from per-class lists.

    ::

        brush_hair_test_split1.txt      April_09_brush_hair_u_nm_np1_ba_goo_0.avi 1

    The number is 1 for train, 2 for test, 0 for neither. The class is the list's name; labels
    follow the sorted class names. The videos are expected as ``<class>/<name>``.

    Raises:
        DatasetError: The split has no lists, one of its lists is absent, or a line is malformed.

    Source: the lists of HMDB51 (Kuehne et al., ICCV 2011).
    """
    lists = _lists_in(directory)
    class_names = tuple(sorted({class_name for class_name, _ in lists}))
    splits = sorted({number for _, number in lists})
    if split not in splits:
        found = ", ".join(map(str, splits)) or "none"
        raise DatasetError(directory, f"no *_test_split{split}.txt; splits there: {found}")
    sides: dict[str, list[ListedVideo]] = {"train": [], "test": [], "unused": []}
    for class_name in class_names:
        if (class_name, split) not in lists:
            problem = f"the list of split {split} is absent, those of other splits are there"
            raise DatasetError(directory / f"{class_name}_test_split{split}.txt", problem)
        for subset, video in _read_class(lists[class_name, split], class_name):
            sides[subset].append(video)
    return SplitLists(
        class_names=class_names,
        train=tuple(sides["train"]),
        test=tuple(sides["test"]),
        num_unused=len(sides["unused"]),
    )


def _lists_in(directory: Path) -> dict[tuple[str, int], Path]:
    named = ((_LIST_NAME.fullmatch(path.name), path) for path in list_folder(directory))
    return {(name[1], int(name[2])): path for name, path in named if name}


def _read_class(path: Path, class_name: str) -> Sequence[tuple[str, ListedVideo]]:
    videos = []
    for number, line in read_lines(path):
        file_name, _, mark = line.rpartition(" ")
        file_name = file_name.rstrip()
        if not file_name or mark not in _SUBSETS:
            problem = f"line {number} is {line!r}; expected 'VIDEO 0', 'VIDEO 1' or 'VIDEO 2'"
            raise DatasetError(path, problem)
        video = ListedVideo(
            name=f"{class_name}/{file_name}",
            class_name=class_name,
            group=group_in_name(file_name, class_name),
        )
        videos.append((_SUBSETS[mark], video))
    return videos
