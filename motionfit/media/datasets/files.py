"""What the readers share: folders, lines of text, and the source video that a name tells."""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from motionfit.errors import DatasetError

_GROUP = re.compile(r"_g(\d+)_c\d+$")


def list_folder(folder: Path) -> list[Path]:
    """Return what stands in a folder, sorted by name; nothing where no folder stands.

    Raises:
        DatasetError: The folder may not be listed.
    """
    try:
        return sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise DatasetError(folder, f"the folder cannot be listed ({error.strerror})") from error


def read_text(path: Path) -> str:
    """Return a list's text without a byte order mark and carriage returns.

    Bytes that are no UTF-8 are kept the way Python keeps them in file names, so that a name in
    another encoding still finds its file.

    Raises:
        DatasetError: The file cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8-sig", errors="surrogateescape")
    except OSError as error:
        raise DatasetError(path, f"the list cannot be read ({error.strerror})") from error


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the number (from 1) and the stripped text of each line that is not blank.

    Raises:
        DatasetError: The file cannot be read.
    """
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if stripped := line.strip():
            yield number, stripped


def group_in_name(name: str, class_name: str) -> str | None:
    """Return the source video that UCF101's naming scheme tells, or None.

    ``v_PlayingFlute_g08_c02.avi`` of class ``PlayingFlute`` is of group ``PlayingFlute_g08``:
    numbers are counted anew in each class.
    """
    found = _GROUP.search(PurePosixPath(name).stem)
    return f"{class_name}_g{found[1]}" if found else None
