"""What has changed on disk since a collection was last indexed."""

import logging
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from index_store.records import FileRecord, IndexedFile
from motionfit.media.datasets.labels import Labeler

logger = logging.getLogger(__name__)

FindVideos = Callable[[Iterable[Path]], Iterable[Path]]


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What an indexing run has to do.

    Attributes:
        to_read: New or changed files, and those that failed the last time.
        relabeled: Unchanged files whose label is another now.
        num_unchanged: Files that need nothing (relabelled ones among them).
        vanished: Files that the catalog knows and the disk has no more.
        left_out: Files that the catalog knows and this run was not asked about.
    """

    to_read: tuple[FileRecord, ...]
    relabeled: tuple[FileRecord, ...]
    num_unchanged: int
    vanished: tuple[Path, ...]
    left_out: tuple[Path, ...]


def find_changes(
    paths: Iterable[Path],
    known: Mapping[Path, IndexedFile],
    embedded_hashes: Collection[str],
    *,
    find_videos: FindVideos,
    labeler: Labeler | None,
) -> Changes:
    """Compare files and folders with what the catalog knows of a collection; nothing is opened.

    A file is unchanged when its size and time of modification are, and its clips are stored.

    Args:
        paths: Files and folders as the user named them.
        known: The collection's files by absolute path.
        embedded_hashes: Videos whose clips this encoder has already embedded.
        find_videos: Yields the videos among files and folders.
        labeler: Gives labels; None leaves the labels as they are.
    """
    roots = [_absolute(path) for path in paths]
    to_read: list[FileRecord] = []
    relabeled: list[FileRecord] = []
    num_unchanged = 0
    found = dict.fromkeys(find_videos(roots))
    for path in found:
        before = known.get(path)
        file = _look_at(path)
        label = labeler(path) if labeler else (before.file.label if before else None)
        file = replace(file, label=label)
        if before is None or not _is_done(before, file, embedded_hashes):
            to_read.append(file)
            continue
        num_unchanged += 1
        if before.file.label != label:
            relabeled.append(replace(file, note=before.file.note))
    vanished = dict.fromkeys(_vanished(roots, known, found))
    return Changes(
        to_read=tuple(to_read),
        relabeled=tuple(relabeled),
        num_unchanged=num_unchanged,
        vanished=tuple(vanished),
        left_out=tuple(path for path in known if path not in found and path not in vanished),
    )


def _absolute(path: Path) -> Path:
    # Not `resolve`: a collection keeps the names that its user gave, links included.
    return Path(os.path.abspath(path.expanduser()))  # noqa: PTH100


def _look_at(path: Path) -> FileRecord:
    try:
        status = path.stat()
    except OSError:
        # The decoder will say what is wrong with it.
        return FileRecord(path=path, size_bytes=0, mtime_ns=0)
    return FileRecord(path=path, size_bytes=status.st_size, mtime_ns=status.st_mtime_ns)


def _is_done(before: IndexedFile, file: FileRecord, embedded_hashes: Collection[str]) -> bool:
    return (
        before.status == "indexed"
        and before.file.size_bytes == file.size_bytes
        and before.file.mtime_ns == file.mtime_ns
        and before.content_hash in embedded_hashes
    )


def _vanished(
    roots: Iterable[Path], known: Mapping[Path, IndexedFile], found: Collection[Path]
) -> Iterable[Path]:
    """Yield known files that are gone; a folder found empty is taken for an unmounted disk."""
    for root in roots:
        if not root.is_dir():
            if root in known and not os.path.lexists(root):
                yield root
            continue
        inside = [path for path in known if root in path.parents]
        gone = [path for path in inside if path not in found and not os.path.lexists(path)]
        if len(gone) < len(inside) or len(gone) <= 1:
            yield from gone
        else:
            logger.warning(
                "%s: all %d indexed videos are gone; if that is meant (and no disk is missing), "
                "remove the collection with `motionfit collections remove`.",
                root,
                len(gone),
            )
