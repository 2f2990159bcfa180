"""Ranges as a JSON document, for programs."""

import json
from collections.abc import Sequence

from retrieval.export.ranges import ExportedRange

FORMAT_VERSION = 1


def format_json(ranges: Sequence[ExportedRange]) -> bytes:
    r"""Return a JSON document ``{"format_version": 1, "ranges": [...]}`` in UTF-8.

    A range has the keys of a hit in ``query --format json``, and ``collection``, ``frame_rate``,
    ``duration_seconds``; what is unknown is null. Keys are added in later versions, never renamed.
    Where a name is no UTF-8 the document is ASCII, and such bytes are ``\udcXX`` in it, which
    Python's ``json`` reads back as the name.
    """
    document = {"format_version": FORMAT_VERSION, "ranges": [each.to_json() for each in ranges]}
    try:
        return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
    except UnicodeEncodeError:
        return (json.dumps(document, indent=2) + "\n").encode()
