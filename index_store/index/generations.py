"""Generations of one indexing's vector index on disk: written aside, checked, then made current.

::

    indexes/<indexing id>/CURRENT                   "<generation> <SHA-256 of its manifest>"
    indexes/<indexing id>/000007/manifest.json      names the SHA-256 of the other files
    indexes/<indexing id>/000007/vectors.faiss
    indexes/<indexing id>/000007/clip_ids.npy       (count, 2) int64: clip id, video id

A flipped bit in a FAISS file loads without complaint, hence the chain of checksums.
"""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from index_store.durable_files import replace_durably, sha256, sync, write_durably
from index_store.index.manifest import Manifest
from index_store.index.segment import CompressedSegment, ExactSegment, Rows, Segment
from motionfit.errors import IndexDamagedError

CURRENT, MANIFEST, VECTORS, CLIP_IDS = "CURRENT", "manifest.json", "vectors.faiss", "clip_ids.npy"
_UNFINISHED = "unfinished"

WriteIndex = Callable[[Any, Path], None]
"""Writes a FAISS index to a path."""


def write_faiss_index(index: Any, path: Path) -> None:
    """Write a FAISS index to a path."""
    faiss.write_index(index, str(path))


@dataclass(frozen=True, kw_only=True)
class Generation:
    """A generation in memory.

    Attributes:
        manifest: What it is.
        segment: Its vectors, ready to be searched.
    """

    manifest: Manifest
    segment: Segment


class Generations:
    """The folder of one indexing's generations. Writing needs the writer's lock, reading does not.

    Args:
        directory: The folder.
        write_index: How a FAISS index gets to disk.
    """

    def __init__(self, directory: Path, write_index: WriteIndex = write_faiss_index) -> None:
        self.directory = directory
        self._write_index = write_index

    def current(self) -> str:
        """Return what ``CURRENT`` says; empty where nothing was ever published."""
        try:
            return (self.directory / CURRENT).read_text(encoding="ascii", errors="replace")
        except FileNotFoundError:
            return ""

    def write_files(self, index: Any, rows: NDArray[np.int64]) -> dict[str, str]:
        """Write an index aside and return the SHA-256 of each file; nothing is current yet.

        Raises:
            OSError: The disk is full, for example.
            RuntimeError: The same, as FAISS says it.
        """
        self.discard_unfinished()
        unfinished = self.directory / _UNFINISHED
        unfinished.mkdir(parents=True)
        self._write_index(index, unfinished / VECTORS)
        with (unfinished / CLIP_IDS).open("wb") as file:
            np.save(file, rows)
        for name in (VECTORS, CLIP_IDS):
            sync(unfinished / name)
        return {name: sha256(unfinished / name) for name in (VECTORS, CLIP_IDS)}

    def write_manifest(self, manifest: Manifest) -> Generation:
        """Write the manifest beside the files, read all of it back and check it.

        Raises:
            IndexDamagedError: What was read is not what was written.
            OSError: The disk is full, for example.
        """
        unfinished = self.directory / _UNFINISHED
        write_durably(unfinished / MANIFEST, manifest.to_json())
        sync(unfinished)
        return _load(unfinished, sha256(unfinished / MANIFEST))

    def make_current(self) -> None:
        """Give the written generation its number, and readers the number.

        Raises:
            OSError: The folder cannot be written.
        """
        previous = self.current().partition(" ")[0]
        numbers = [int(path.name) for path in self._numbered()]
        name = f"{max(numbers, default=0) + 1:06d}"
        (self.directory / _UNFINISHED).rename(self.directory / name)
        sync(self.directory)
        checksum = sha256(self.directory / name / MANIFEST)
        replace_durably(self.directory / CURRENT, f"{name} {checksum}\n".encode())
        # A reader may just have read the old name and be about to open its files.
        for path in self._numbered():
            if path.name not in {name, previous}:
                shutil.rmtree(path, ignore_errors=True)

    def discard_unfinished(self) -> None:
        """Remove what was written and did not become current."""
        shutil.rmtree(self.directory / _UNFINISHED, ignore_errors=True)

    def load(self, current: str) -> Generation:
        """Return the generation that a text of ``CURRENT`` names.

        Raises:
            IndexDamagedError: It is missing or damaged.
        """
        name, _, checksum = current.strip().partition(" ")
        if not name.isdigit():
            raise IndexDamagedError(self.directory, f"{CURRENT} names no generation")
        return _load(self.directory / name, checksum)

    def _numbered(self) -> list[Path]:
        return [path for path in self.directory.glob("[0-9]*") if path.name.isdigit()]


def _load(directory: Path, manifest_checksum: str) -> Generation:
    try:
        content = (directory / MANIFEST).read_bytes()
        _check(directory, MANIFEST, hashlib.sha256(content).hexdigest(), manifest_checksum)
        manifest = Manifest.from_json(content, directory)
        for name in (VECTORS, CLIP_IDS):
            _check(directory, name, sha256(directory / name), manifest.files.get(name, ""))
        index = faiss.read_index(str(directory / VECTORS))
        ids = np.load(directory / CLIP_IDS, allow_pickle=False)
    except (OSError, ValueError, RuntimeError) as error:
        if isinstance(error, IndexDamagedError):
            raise
        raise IndexDamagedError(directory, f"a file is missing or unreadable ({error})") from error
    held, promised = (index.ntotal, len(ids), index.d), (manifest.count,) * 2 + (manifest.dim,)
    if held != promised:
        raise IndexDamagedError(directory, f"it holds {held}, its manifest promises {promised}")
    clip_ids, video_ids = np.ascontiguousarray(ids.T)
    return Generation(
        manifest=manifest, segment=make_segment(index, clip_ids, video_ids, manifest.parameters)
    )


def make_segment(
    index: Any,
    clip_ids: NDArray[np.int64],
    video_ids: NDArray[np.int64],
    parameters: Any,
) -> Segment:
    """Return a FAISS index, of whatever kind, as a segment."""
    rows = Rows.all_live(clip_ids, video_ids)
    if isinstance(index, faiss.IndexFlat):
        return ExactSegment(index=index, rows=rows)
    return CompressedSegment(index=index, rows=rows, parameters=parameters)


def _check(directory: Path, name: str, found: str, expected: str) -> None:
    if found != expected:
        raise IndexDamagedError(directory, f"the checksum of {name} is wrong")
