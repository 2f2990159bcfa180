"""Files that are whole or absent, whenever the power goes."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_durably(path: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Write a new file and wait until the disk has it.

    Args:
        path: Where.
        content: What.
        mode: Who may do what with it, less what the process's umask takes away.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def replace_durably(path: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Put a file in place of another in one step: readers see the old one or the new one."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write_durably(aside, content, mode=mode)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    sync(path.parent)


def sync(path: Path) -> None:
    """Wait until the disk has a file's content, or a folder's list of names."""
    with _descriptor(path) as descriptor:
        os.fsync(descriptor)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _descriptor(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
