"""UCF101's lists: ``classInd.txt``, ``trainlist0N.txt``, ``testlist0N.txt``."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from motionfit.errors import DatasetError
from motionfit.media.datasets.dataset import ListedVideo, SplitLists
from motionfit.media.datasets.files import group_in_name, list_folder, read_lines

_LIST_NAME = re.compile(r"(?:train|test)list(\d+)\.txt")
_LABEL_COLUMN = re.compile(r"(?<=\S)\s+[+-]?\d+$")


def has_ucf_lists(directory: Path) -> bool:
    """Return whether a directory holds lists of this kind."""
    return bool(_splits_in(directory))


def read_ucf_lists(directory: Path, split: int) -> SplitLists:
    """Return one split from UCF-style lists.

    ::

        classInd.txt        1 ApplyEyeMakeup
        trainlist01.txt     ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi 1
        testlist01.txt      ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi

    A video's class is the text before the first ``/``; the label column is ignored. Labels are
    numbered from 0 in the order of ``classInd.txt``, whatever its own numbers; without that file
    the classes are those of the lists, sorted.

    Raises:
        DatasetError: A list is absent, empty or malformed, or names an unknown class.

    Source: the lists of UCF101 (Soomro et al., 2012), read as the code of VCOP reads them.
    """
    sides = {}
    for subset in ("train", "test"):
        path = directory / f"{subset}list{split:02d}.txt"
        if not path.is_file():
            found = ", ".join(map(str, _splits_in(directory))) or "none"
            raise DatasetError(path, f"no such list; lists of these splits are there: {found}")
        sides[subset] = path
    class_list = directory / "classInd.txt"
    class_names = _read_class_names(class_list) if class_list.is_file() else None
    train = tuple(_read_videos(sides["train"], class_names))
    test = tuple(_read_videos(sides["test"], class_names))
    if class_names is None:
        class_names = tuple(sorted({video.class_name for video in (*train, *test)}))
    return SplitLists(class_names=class_names, train=train, test=test)


def _splits_in(directory: Path) -> Sequence[int]:
    names = (_LIST_NAME.fullmatch(path.name) for path in list_folder(directory))
    return sorted({int(name[1]) for name in names if name})


def _read_class_names(path: Path) -> tuple[str, ...]:
    names: list[str] = []
    for number, line in read_lines(path):
        columns = line.split(maxsplit=1)
        if len(columns) != 2 or not columns[0].isdecimal():
            raise DatasetError(path, f"line {number} is {line!r}; expected 'NUMBER CLASS_NAME'")
        if columns[1] in names:
            raise DatasetError(path, f"line {number} names the class {columns[1]!r} again")
        names.append(columns[1])
    return tuple(names)


def _read_videos(path: Path, class_names: Iterable[str] | None) -> Iterator[ListedVideo]:
    known = None if class_names is None else frozenset(class_names)
    for number, line in read_lines(path):
        name = _LABEL_COLUMN.sub("", line)
        class_name, slash, file_name = name.partition("/")
        if not (slash and class_name and file_name):
            raise DatasetError(path, f"line {number} is {line!r}; expected 'CLASS_NAME/VIDEO'")
        if known is not None and class_name not in known:
            problem = f"line {number} is of class {class_name!r}, which classInd.txt does not list"
            raise DatasetError(path, problem)
        yield ListedVideo(
            name=name, class_name=class_name, group=group_in_name(file_name, class_name)
        )
