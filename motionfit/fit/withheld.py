"""Test videos that stand among the unlabelled ones too: no training may see them."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from motionfit.fit.contents import hash_file, length_bytes


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
    lengths = {length_bytes(path) for path in tests} & {length_bytes(path) for path in others}
    contents = {hash_file(path) for path in tests if length_bytes(path) in lengths} - {None}
    return tuple(
        path
        for path in others
        if length_bytes(path) not in lengths or hash_file(path) not in contents
    )
