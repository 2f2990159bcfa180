"""Files that are there as a whole or not at all, whatever happens: a kill, a full disk, no power.

A file is written beside its place under a hidden name of its own, brought to the disk, and renamed;
then the folder's list of names is brought to the disk too. While it is written it is locked, so
that what a killed process left behind can be told from what another one is writing, and removed.

Every error here is an ``OSError``, for the caller to put into words.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from io import BufferedRandom
from pathlib import Path
from secrets import token_hex

_SUFFIX = ".part"
_NUM_RANDOM_BYTES = 4


class TemporaryFile:
    """A file under construction: invisible until it is published, gone when its process is.

    Args:
        folder: Where to make it, on the target's disk.
        stem: Begin of its name, to tell what it was meant to be.

    Attributes:
        file: To write to.
        path: The same, for those who write to names. A file put in its place would have no lock.
    """

    def __init__(self, folder: Path, stem: str) -> None:
        self.file, self.path = _open_locked(folder, stem)

    def publish(self, target: Path) -> None:
        """Put it in the place of its target in one step, once the disk has all of it."""
        self.file.flush()
        sync(self.path)
        make_folder(target.parent)
        self.path.replace(target)
        sync(target.parent)

    def close(self) -> None:
        """Remove it, unless it was published."""
        # On a disk that has failed there is nothing to do about it; what went wrong is known.
        with suppress(OSError):
            self.path.unlink()
        # What a full disk did not take is tried once more by closing.
        with suppress(OSError):
            self.file.close()


@contextmanager
def replacing(target: Path) -> Iterator[TemporaryFile]:
    """Give a file that takes the place of ``target`` where the block ends without an error.

    The target's folder is made where it is missing, and what killed writers of the same target left
    is removed. Several threads and processes may write one target: the last one's stays.
    """
    make_folder(target.parent)
    remove_leftovers(target.parent, target.name)
    temporary = TemporaryFile(target.parent, target.name)
    try:
        yield temporary
        temporary.publish(target)
    finally:
        temporary.close()


def write_durably(target: Path, content: bytes) -> None:
    """Write a file in one step: readers see the whole of it or what was there before."""
    with replacing(target) as temporary:
        temporary.file.write(content)


def remove_leftovers(folder: Path, stem: str | None = None) -> None:
    """Remove the temporary files of processes that are gone; None is those of all stems."""
    begin = "*" if stem is None else escape(stem)
    for path in folder.glob(f".{begin}.{'[0-9a-f]' * 2 * _NUM_RANDOM_BYTES}{_SUFFIX}"):
        with suppress(OSError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, and wait until the disk knows of each."""
    if folder.is_dir():
        return
    if not folder.parent.is_dir():
        make_folder(folder.parent)
    # Others may be making it at this moment: only what stands there afterwards counts.
    folder.mkdir(exist_ok=True)
    sync(folder.parent)


def sync(path: Path) -> None:
    """Wait until the disk has a file's content, or a folder's list of names."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _open_locked(folder: Path, stem: str) -> tuple[BufferedRandom, Path]:
    while True:
        path = folder / f".{stem}.{token_hex(_NUM_RANDOM_BYTES)}{_SUFFIX}"
        file = path.open("x+b")
        # Without locks on its disk, leftovers stay there: nobody can lock them to remove them.
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        # Another process may have taken the file for a leftover before it was locked.
        if os.fstat(file.fileno()).st_nlink:
            return file, path
        file.close()
