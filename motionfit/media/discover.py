"""Which video files stand in the files and folders that a user names."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

VIDEO_SUFFIXES = frozenset(
    f".{name}"
    for name in (
        *("3g2", "3gp", "amv", "asf", "avi", "divx", "f4v", "flv", "gif", "h264", "h265", "hevc"),
        *("ivf", "m1v", "m2ts", "m2v", "m4v", "mjpeg", "mjpg", "mkv", "mov", "mp4", "mpe", "mpeg"),
        *("mpg", "mts", "mxf", "ogm", "ogv", "qt", "rm", "rmvb", "ts", "vob", "webm", "wmv", "y4m"),
    )
)


def find_videos(paths: Iterable[str | Path]) -> Iterator[Path]:
    """Yield the video files among ``paths`` and in the folders among them.

    What is named itself is yielded as it is, whatever its suffix and even where nothing stands
    there: whoever reads it says what is wrong. A folder is walked to the bottom, sorted by name;
    its entries with a video suffix (`VIDEO_SUFFIXES`, either case) are yielded, pipes and dangling
    links among them, and hidden entries are left out. Links to folders are followed; each folder is
    walked once. A folder that cannot be listed is yielded itself, so that it is reported where
    videos are.
    """
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises on names too long to exist
            yield from _walk(Path(path))
        else:
            yield Path(path)


def _walk(root: Path) -> Iterator[Path]:
    walked: set[tuple[int, int]] = set()
    remaining = [(root, True)]  # a stack of our own: folders nest deeper than Python recurses
    while remaining:
        path, is_directory = remaining.pop()
        if not is_directory:
            yield path
            continue
        try:
            entries = _list_new(path, walked)
        except OSError:
            yield path
        else:
            remaining.extend((path / name, is_folder) for name, is_folder in reversed(entries))


def _list_new(directory: Path, walked: set[tuple[int, int]]) -> list[tuple[str, bool]]:
    """Return a folder's videos and sub-folders (True), by name; none where it was walked before."""
    status = directory.stat()
    identity = status.st_dev, status.st_ino
    if identity in walked:
        return []
    walked.add(identity)
    with os.scandir(directory) as listing:
        entries = [(entry.name, _is_directory(entry)) for entry in listing]
    return sorted(
        (name, is_directory)
        for name, is_directory in entries
        if not name.startswith(".")
        and (is_directory or Path(name).suffix.lower() in VIDEO_SUFFIXES)
    )


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads round in a circle, or where one may not look
        return False
