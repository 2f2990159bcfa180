"""Names of files made of ranges: safe on every system, each its own, telling what is inside."""

import re
from collections.abc import Sequence
from pathlib import PurePath
from unicodedata import normalize

from retrieval.export.ranges import ExportedRange

_MAX_NAME_LENGTH = 40


def name_files(ranges: Sequence[ExportedRange], suffix: str) -> Sequence[str]:
    """Return names such as ``003_jump_0012.40-0014.10.mp4``: rank, label, begin and end in seconds.

    Where there is no rank, the place in the selection stands for it, for no label the video's name.
    Only ASCII letters, digits and ``_-.`` are used; no two names are the same on systems that take
    upper and lower case for one.
    """
    taken: set[str] = set()
    names: list[str] = []
    for place, each in enumerate(ranges, start=1):
        number = place if each.rank is None else each.rank
        name = stem = (
            f"{number:03}_{_plain(each.label or PurePath(each.path).stem)}"
            f"_{each.start_seconds:07.2f}-{each.end_seconds:07.2f}"
        )
        repeat = 1
        while name.lower() in taken:
            repeat += 1
            name = f"{stem}_{repeat}"
        taken.add(name.lower())
        names.append(name + suffix)
    return names


def _plain(text: str) -> str:
    ascii_text = normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub("[^A-Za-z0-9-]+", "_", ascii_text)[:_MAX_NAME_LENGTH].strip("_-") or "clip"
