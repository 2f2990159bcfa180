"""Test videos that stand among the unlabelled ones too: no training may see them."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from motionfit.errors import MediaError
from motionfit.media.identity import identify_video


def withhold_videos(videos: Sequence[Path], tests: Iterable[Path]) -> tuple[Path, ...]:
    """Return the videos that are no test videos: neither the same files nor the same bytes.

    Only files that are as long as one of the others are read. What cannot be read is kept: it fails
    later, where that is told.

    Args:
        videos: Files to be learnt from, such as a whole data set without its labels.
        tests: Files that are to be searched with afterwards.
    """
    tests = list(tests)
    files = {path.resolve() for path in tests}
    others = [path for path in videos if path.resolve() not in files]
    sizes = {_size_bytes(path) for path in tests} & {_size_bytes(path) for path in others}
    contents = {_content(path) for path in tests if _size_bytes(path) in sizes} - {None}
    return tuple(
        path for path in others if _size_bytes(path) not in sizes or _content(path) not in contents
    )


def _size_bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _content(path: Path) -> str | None:
    try:
        return identify_video(path).content_hash
    except MediaError:
        return None
