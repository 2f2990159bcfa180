"""A file under construction: invisible until it is whole, gone when its process is."""

import fcntl
import os
from contextlib import suppress
from io import BufferedRandom
from pathlib import Path
from secrets import token_hex

from motionfit.flow.cache.durable import make_folder, sync_folder

_SUFFIX = ".part"


class TemporaryFile:
    """A file beside its target, locked as long as this process lives.

    Args:
        folder: Where to make it, on the target's disk.
        stem: Begin of its name, to tell what it was meant to be.
    """

    def __init__(self, folder: Path, stem: str) -> None:
        self.file, self._path = _open_locked(folder, stem)

    def publish(self, target: Path) -> None:
        """Put it in the place of its target in one step, once the disk has all of it."""
        self.file.flush()
        os.fsync(self.file.fileno())
        make_folder(target.parent)
        self._path.replace(target)
        sync_folder(target.parent)

    def close(self) -> None:
        """Remove it, unless it was published."""
        # On a disk that has failed there is nothing to do about it; what went wrong is known.
        with suppress(OSError):
            self._path.unlink()
        # What a full disk did not take is tried once more by closing.
        with suppress(OSError):
            self.file.close()


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files of processes that are gone."""
    for path in folder.glob(f".*{_SUFFIX}"):
        with suppress(OSError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()


def _open_locked(folder: Path, stem: str) -> tuple[BufferedRandom, Path]:
    while True:
        path = folder / f".{stem}.{token_hex(4)}{_SUFFIX}"
        file = path.open("x+b")
        # Without locks on its disk, leftovers stay there: nobody can lock them to remove them.
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        # Another process may have taken the file for a leftover before it was locked.
        if os.fstat(file.fileno()).st_nlink:
            return file, path
        file.close()
