"""What files hold, to know a video again wherever it lies and whatever it is called."""

from pathlib import Path

from motionfit.errors import MediaError
from motionfit.media.identity import identify_video


def length_bytes(path: Path) -> int:
    """Return the length of a file; -1 where there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return -1


def hash_file(path: Path) -> str | None:
    """Return the hash of a file's bytes; None where they cannot be read."""
    try:
        return identify_video(path).content_hash
    except MediaError:
        return None
