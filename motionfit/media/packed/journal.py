"""The journal of a file under construction: which videos are in it for certain."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from io import BufferedWriter
from pathlib import Path

from motionfit.media.packed.layout import PackedFormat, StoredVideo


class Journal:
    """A file of JSON lines: the format, then a line a video. What a kill cut off is not read.

    Args:
        path: Where it stands.
        packed_format: Of the file under construction; the journal of another one counts as empty.
    """

    def __init__(self, path: Path, packed_format: PackedFormat) -> None:
        self._path = path
        self._format = packed_format

    def videos(self) -> Iterator[StoredVideo]:
        """Yield what an earlier run has noted, in its order."""
        try:
            lines = self._path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return
        try:
            if json.loads(lines[0]) != self._format.to_dict():
                return
            for line in lines[1:-1]:
                yield StoredVideo(**json.loads(line))
        except (ValueError, TypeError):
            return

    def begin(self, videos: Sequence[StoredVideo]) -> None:
        """Start a new one that names these videos."""
        with self._path.open("wb") as file:
            file.write(_line(self._format.to_dict()))
            _write(file, videos)

    def add(self, videos: Sequence[StoredVideo]) -> None:
        """Note that more videos are on disk."""
        with self._path.open("ab") as file:
            _write(file, videos)

    def remove(self) -> None:
        """Remove it: the file is complete."""
        self._path.unlink()


def _write(file: BufferedWriter, videos: Sequence[StoredVideo]) -> None:
    file.writelines(_line(asdict(video)) for video in videos)
    file.flush()
    os.fsync(file.fileno())


def _line(values: dict[str, object]) -> bytes:
    return json.dumps(values, sort_keys=True).encode() + b"\n"
