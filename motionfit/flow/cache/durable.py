"""Files and folders of the cache that outlast a loss of power, and errors as sentences."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from motionfit.errors import ConfigError, FlowCacheWriteError, FlowError


@contextmanager
def translated_write_errors(path: Path) -> Iterator[None]:
    """Turn what the system says into `FlowCacheWriteError`; ``path`` is what was to be written."""
    try:
        yield
    except FlowError:
        raise
    except OSError as error:
        raise FlowCacheWriteError(path, error.strerror or str(error)) from error


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, and wait until the disk knows of each."""
    if folder.is_dir():
        return
    if not folder.parent.is_dir():
        make_folder(folder.parent)
    try:
        # Others may be making it at this moment: only what stands there afterwards counts.
        folder.mkdir(exist_ok=True)
    except FileExistsError as error:
        raise ConfigError("cache", str(folder), "a folder") from error
    sync_folder(folder.parent)


def replace_durably(path: Path, content: bytes) -> None:
    """Write a small file in one step: readers see the whole of it or what was there before."""
    # Threads, and processes of two machines, may write the same file at once.
    aside = path.with_name(f".{path.name}.{token_hex(4)}")
    try:
        with aside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the disk has a folder's list of names."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
