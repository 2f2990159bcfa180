"""Where errors of the disk are put into words, for all that writes packed videos."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from motionfit.errors import PackedVideosError


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the disk refuses into one sentence about the file of packed videos.

    Raises:
        PackedVideosError: The disk is full, or fails.
    """
    try:
        yield
    except PackedVideosError:
        raise
    except OSError as error:
        problem = f"could not be written: {error.strerror or error}"
        advice = "nothing is lost, run the same command again once that is mended"
        raise PackedVideosError(path, problem, advice) from error
