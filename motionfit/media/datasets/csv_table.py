"""A CSV file with a line a video: its path, its class, and perhaps its side and its group."""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from motionfit.errors import DatasetError
from motionfit.media.datasets.dataset import ListedVideo, SplitLists
from motionfit.media.datasets.files import group_in_name, read_text
from motionfit.media.datasets.holdout import hold_out

_SIDES = {"train": "train", "test": "test"} | dict.fromkeys(
    ("unused", "val", "validation", ""), "unused"
)
_ONLY_SPLIT = ("subset", "split")
_NEEDED = ("path", "label")


@dataclass(frozen=True, kw_only=True)
class VideoTable:
    """A CSV file of videos.

    Attributes:
        path: The file.
        columns: What its header names.
        lines: The number in the file and the columns of each line.
    """

    path: Path
    columns: tuple[str, ...]
    lines: tuple[tuple[int, Mapping[str, str]], ...]


def is_video_table(path: Path) -> bool:
    """Return whether a file is a CSV table with the columns ``path`` and ``label``."""
    if not path.is_file():
        return False
    try:
        return set(_NEEDED) <= set(next(csv.reader(_open(path)), []))
    except csv.Error:
        return False


def read_table(path: Path) -> VideoTable:
    """Return a table of videos.

    Raises:
        DatasetError: The file cannot be read, has not the columns ``path`` and ``label``, or a
            line is malformed or leaves one of them empty.
    """
    reader = csv.DictReader(_open(path), restkey="", restval="", strict=True)
    try:
        columns = tuple(reader.fieldnames or ())
        if absent := [column for column in _NEEDED if column not in columns]:
            have = ", ".join(map(repr, columns)) or "nothing"
            problem = f"the header has no column {' and '.join(absent)}; it has {have}"
            raise DatasetError(path, problem)
        lines = tuple((reader.line_num, line) for line in reader)
    except csv.Error as error:
        raise DatasetError(path, f"line {reader.reader.line_num} is no CSV: {error}") from error
    for number, line in lines:
        if not all(line[column] for column in _NEEDED):
            raise DatasetError(path, f"line {number} has no path or no label")
        if len(line) > len(columns):
            raise DatasetError(path, f"line {number} has more columns than the header")
    return VideoTable(path=path, columns=columns, lines=lines)


def read_csv_lists(path: Path, split: int) -> SplitLists:
    """Return a split from a CSV table; paths are relative to the table's folder.

    ::

        path,label,group,split1,split2
        jump/v_jump_g01_c01.mp4,jump,jump_g01,train,test

    The side of split ``N`` stands in the column ``splitN``; a column ``subset`` or ``split`` is
    split 1. Values are ``train`` and ``test``; ``val``, ``validation``, ``unused`` and nothing are
    in neither. A table that names no test video serves training only. Without any such column
    `hold_out` makes the split. The group stands in ``group``, or else in the file's name.

    Raises:
        DatasetError: The table is malformed, or does not have the split.
    """
    table = read_table(path)
    column = _side_column(table, split)
    videos = [_video(line) for _, line in table.lines]
    if column is None:
        return hold_out(videos, split)
    sides: dict[str, list[ListedVideo]] = {"train": [], "test": [], "unused": []}
    for (number, line), video in zip(table.lines, videos, strict=True):
        if line[column] not in _SIDES:
            problem = f"line {number}: {column} is {line[column]!r}; expected train, test or unused"
            raise DatasetError(path, problem)
        sides[_SIDES[line[column]]].append(video)
    return SplitLists(
        class_names=tuple(sorted({video.class_name for video in videos})),
        train=tuple(sides["train"]),
        test=tuple(sides["test"]),
        num_unused=len(sides["unused"]),
    )


def _open(path: Path) -> io.StringIO:
    return io.StringIO(read_text(path), newline="")


def _side_column(table: VideoTable, split: int) -> str | None:
    wanted = [f"split{split}"]
    if split == 1:
        wanted += _ONLY_SPLIT
    for column in wanted:
        if column in table.columns:
            return column
    if others := [name for name in table.columns if re.fullmatch(r"subset|split\d*", name)]:
        problem = f"no column for split {split}; there are {', '.join(others)}"
        raise DatasetError(table.path, problem)
    return None


def _video(line: Mapping[str, str]) -> ListedVideo:
    name, class_name = line["path"], line["label"]
    group = line.get("group") or group_in_name(name, class_name)
    return ListedVideo(name=name, class_name=class_name, group=group)
