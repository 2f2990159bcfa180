"""Ranges as a playlist: a player shows one after the other.

Source: the extended M3U format as VLC reads and writes it, with its ``EXTVLCOPT`` lines for where
to start and stop; other players play each file as a whole.
"""

from collections.abc import Sequence

from motionfit.errors import one_line
from retrieval.export.ranges import ExportedRange
from retrieval.export.wording import absolute_path, file_uri, title_of


def format_playlist(ranges: Sequence[ExportedRange]) -> bytes:
    """Return an M3U8 playlist (UTF-8) with an entry for each range.

    A path is written as it is, or as a ``file://`` address where it would not come back from a
    line of text: control characters, blanks at its end, bytes that are no UTF-8.
    """
    lines = ["#EXTM3U"]
    for each in ranges:
        lines += [
            f"#EXTINF:{each.num_seconds:.3f},{title_of(each)}",
            f"#EXTVLCOPT:start-time={each.start_seconds:.3f}",
            f"#EXTVLCOPT:stop-time={each.end_seconds:.3f}",
            _location(each.path),
        ]
    return "".join(f"{line}\n" for line in lines).encode()


def _location(path: str) -> str:
    whole = absolute_path(path)
    is_plain = whole == one_line(whole) == whole.strip() and "://" not in whole
    return whole if is_plain else file_uri(path)
