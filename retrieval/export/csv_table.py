"""Ranges as a table that spreadsheets open: CSV.

Source: RFC 4180; the byte order mark is what tells Excel that the text is UTF-8. Guarding of cells
as OWASP advises against CSV injection.
"""

import csv
import io
from collections.abc import Sequence
from typing import Any

from retrieval.export.ranges import ExportedRange

COLUMNS = (
    "rank",
    "similarity",
    "clip_id",
    "video_id",
    "path",
    "start_seconds",
    "end_seconds",
    "label",
    "collection",
)

# A cell that begins so is run by spreadsheets, the wide forms in East Asian ones.
_FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def format_csv(ranges: Sequence[ExportedRange], files: Sequence[str] | None = None) -> bytes:
    r"""Return a CSV file with a header and a row for each range.

    Text that a spreadsheet would take for a formula gets an apostrophe in front; numbers stay
    numbers. Bytes of a name that are no UTF-8 are written as ``\udcXX``.

    Args:
        ranges: What to list.
        files: A file made of each range, for a first column ``file``.
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(COLUMNS if files is None else ("file", *COLUMNS))
    for place, each in enumerate(ranges):
        row = [_cell(getattr(each, name)) for name in COLUMNS]
        writer.writerow(row if files is None else [_cell(files[place]), *row])
    return b"\xef\xbb\xbf" + stream.getvalue().encode("utf-8", "backslashreplace")


def _cell(value: object) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA_BEGINS):
        return f"'{value}"
    return value
