"""Which content a file holds, by its bytes, and whether it stays the same while it is read."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from motionfit.errors import UnreadableVideoError, VideoChangedError
from motionfit.media.reading.container import check_regular_file


@dataclass(frozen=True, kw_only=True)
class VideoIdentity:
    """The content of a file, wherever it lies and whatever it is called.

    Attributes:
        content_hash: SHA-256 of the file's bytes, 64 hexadecimal digits.
        size_bytes: Length of the file.
    """

    content_hash: str
    size_bytes: int


def identify_video(path: str | Path) -> VideoIdentity:
    """Return the identity of a regular file, whether or not it can be decoded.

    Raises:
        VideoNotFoundError: Nothing, or no regular file, stands at ``path``.
        UnreadableVideoError: The file may not be read, or the disk fails.
        VideoChangedError: The file was written to meanwhile.
    """
    with unchanging_file(path) as file:
        return hash_content(file, path)


@contextmanager
def unchanging_file(path: str | Path) -> Iterator[BufferedReader]:
    """Open a regular file, and refuse to have read it if it was changed or replaced meanwhile.

    The same file stands at ``path`` when the block ends as when it began: same inode, size and time
    of modification. So what the block read by name is what it read from the open file.

    Raises:
        VideoNotFoundError: Nothing, or no regular file, stands at ``path``.
        UnreadableVideoError: The file may not be read.
        VideoChangedError: The file changed while the block ran.
    """
    with _open_regular(path) as file:
        before = _stamp(os.fstat(file.fileno()))
        yield file
        try:
            after = _stamp(os.stat(path))  # noqa: PTH116 - next to fstat
        except OSError as error:
            raise VideoChangedError(path) from error
        if before != after:
            raise VideoChangedError(path)


def hash_content(file: BufferedReader, path: str | Path) -> VideoIdentity:
    """Return the identity of an open file, read from its begin; ``path`` names it in errors.

    Raises:
        UnreadableVideoError: The disk fails.
    """
    try:
        content_hash = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UnreadableVideoError(path, error.strerror or str(error)) from error
    return VideoIdentity(content_hash=content_hash, size_bytes=file.tell())


def _open_regular(path: str | Path) -> BufferedReader:
    check_regular_file(path)
    try:
        # Without O_NONBLOCK a pipe put there just now would wait for a writer, for ever.
        return open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")  # noqa: PTH123
    except OSError as error:
        raise UnreadableVideoError(path, error.strerror or str(error)) from error


def _stamp(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
