"""The table of a file of packed videos: which videos, under what names, and where."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from motionfit.media.outcomes import FailedFile
from motionfit.media.packed.layout import PackedFormat, StoredVideo


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """A file that was asked for.

    Attributes:
        name: Its path, as given.
        stamp: Tells whether it is still what was packed: its length and time of modification, or
            the hash of its content. Empty where nobody will ask.
    """

    name: str
    stamp: str = ""


@dataclass(frozen=True, kw_only=True)
class PackedTable:
    """All that a file says about its rows.

    Attributes:
        format: What the rows are.
        videos: Each name with where its rows are, in the order asked for; two names of one content
            share their rows.
        failed: What was asked for and could not be packed.
        sources: Every file asked for, failed ones too, in that order.
    """

    format: PackedFormat
    videos: tuple[tuple[str, StoredVideo], ...]
    failed: tuple[FailedFile, ...] = ()
    sources: tuple[SourceFile, ...] = ()

    @property
    def num_rows(self) -> int:
        """Rows that the file must have."""
        return max((stored.first_row + stored.num_rows for _, stored in self.videos), default=0)

    def to_json(self) -> bytes:
        """Return it as JSON; names that are no UTF-8 are kept."""
        values = {
            "format": self.format.to_dict(),
            "videos": [{"name": name, **asdict(stored)} for name, stored in self.videos],
            "failed": [asdict(failed) for failed in self.failed],
            "sources": [[file.name, file.stamp] for file in self.sources],
        }
        return json.dumps(values).encode("ascii")

    @classmethod
    def from_json(cls, text: bytes) -> "PackedTable":
        """Return what `to_json` wrote.

        Raises:
            ValueError: It is no JSON, or a value is none that it can have.
            KeyError: Something is missing.
            TypeError: Something has another type, or is unknown.
        """
        values = json.loads(text)
        return cls(
            format=PackedFormat.from_dict(values["format"]),
            videos=_read_videos(values["videos"]),
            failed=tuple(FailedFile(**failed) for failed in values["failed"]),
            sources=tuple(SourceFile(name=name, stamp=stamp) for name, stamp in values["sources"]),
        )


def _read_videos(entries: Sequence[dict[str, Any]]) -> tuple[tuple[str, StoredVideo], ...]:
    videos = []
    for entry in entries:
        name = entry.pop("name")
        videos.append((name, StoredVideo(**entry)))
    return tuple(videos)
