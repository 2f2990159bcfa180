"""How ranges are named to people: times, titles, addresses."""

import os
from pathlib import Path

from motionfit.errors import one_line
from retrieval.export.ranges import ExportedRange


def clock_time(seconds: float) -> str:
    """Return seconds as ``m:ss.cc``; minutes go on above 60."""
    minutes, centiseconds = divmod(round(100 * seconds), 6000)
    return f"{minutes}:{centiseconds // 100:02}.{centiseconds % 100:02}"


def clock_range(wanted: ExportedRange) -> str:
    """Return begin and end of a range as ``m:ss.cc-m:ss.cc``."""
    return f"{clock_time(wanted.start_seconds)}-{clock_time(wanted.end_seconds)}"


def title_of(wanted: ExportedRange) -> str:
    """Return what a range is called in a list, on one line: rank, file name, label, times."""
    parts = [
        "" if wanted.rank is None else f"{wanted.rank}.",
        one_line(wanted.file_name),
        f"[{one_line(wanted.label)}]" if wanted.label else "",
        clock_range(wanted),
    ]
    return " ".join(part for part in parts if part)


def absolute_path(path: str) -> str:
    """Return a path from the root, no symbolic link resolved."""
    return os.path.abspath(path)  # noqa: PTH100 (Path.absolute leaves `..` in)


def file_uri(path: str) -> str:
    """Return the ``file://`` address of a path, ASCII whatever bytes the name has.

    Source: RFC 8089.
    """
    return Path(absolute_path(path)).as_uri()
