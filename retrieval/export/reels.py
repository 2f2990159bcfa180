"""Names of sources as edit lists have them: short, and each its own.

Source: CMX 3600 and SMPTE ST 258: up to eight letters and digits; BL is black, AX an auxiliary.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from unicodedata import normalize

MAX_LENGTH = 8

_RESERVED = ("BL", "BLACK", "BARS", "AX", "NONE")
_FALLBACK = "SOURCE"


def name_reels(paths: Iterable[str]) -> Mapping[str, str]:
    """Return a reel name for each path, read off its file name and unlike all others."""
    taken = set(_RESERVED)
    reels: dict[str, str] = {}
    for path in dict.fromkeys(paths):
        reel = stem = _short_name(path)
        number = 1
        while reel in taken:
            number += 1
            reel = f"{stem[: MAX_LENGTH - len(str(number))]}{number}"
        taken.add(reel)
        reels[path] = reel
    return reels


def _short_name(path: str) -> str:
    ascii_name = normalize("NFKD", PurePath(path).stem).encode("ascii", "ignore").decode()
    return re.sub("[^A-Z0-9]", "", ascii_name.upper())[:MAX_LENGTH] or _FALLBACK
