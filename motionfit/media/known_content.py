"""Which bytes need no decoding: stored by an earlier run, or by this one under another path."""

from collections.abc import Iterable
from pathlib import Path


class KnownContent:
    """Content hashes that are stored, and those that this run is working on.

    Two paths with the same bytes are one video. The first one to come is decoded; the others wait
    until it is stored, or fail with it.

    Args:
        stored: Hashes of videos whose clips are stored already.
    """

    def __init__(self, stored: Iterable[str]) -> None:
        self._stored = set(stored)
        self._claimed: dict[str, Path] = {}
        self._waiting: dict[str, list[Path]] = {}

    def claim(self, content_hash: str, path: Path) -> bool:
        """Return whether ``path`` is the one to decode these bytes."""
        if content_hash in self._stored:
            return False
        return self._claimed.setdefault(content_hash, path) == path

    def wait_for(self, content_hash: str, path: Path) -> bool:
        """Return whether the bytes are stored by now; if not, ``path`` waits for them."""
        if content_hash in self._stored:
            return True
        self._waiting.setdefault(content_hash, []).append(path)
        return False

    def settle(self, content_hash: str) -> list[Path]:
        """Note that the bytes are stored; return the paths that waited for them."""
        self._stored.add(content_hash)
        return self._waiting.pop(content_hash, [])

    def still_waiting(self) -> list[tuple[Path, Path]]:
        """Return each path whose bytes were never stored, with the path that was to do it."""
        return [
            (path, self._claimed[content_hash])
            for content_hash, paths in self._waiting.items()
            for path in paths
        ]
