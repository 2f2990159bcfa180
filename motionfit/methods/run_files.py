"""Small files of a run: written as a whole or not at all, and read."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from motionfit import durable
from motionfit.errors import RunFileError


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, where it is not there yet.

    Raises:
        RunFileError: That is not possible.
    """
    try:
        durable.make_folder(folder)
    except OSError as error:
        problem = f"the folder cannot be made: {error.strerror or error}"
        raise RunFileError(folder, problem) from error


def read_json(path: Path) -> dict[str, Any]:
    """Return a JSON object.

    Raises:
        RunFileError: The file is missing, damaged or holds something else.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunFileError(path, f"it cannot be read: {error}") from error
    if not isinstance(values, dict):
        raise RunFileError(path, "it is no JSON object")
    return values


def write_json_file(path: Path, values: Mapping[str, Any]) -> None:
    """Write a JSON object; see `write_file`."""
    write_file(path, (json.dumps(values, indent=2) + "\n").encode())


def write_file(path: Path, content: bytes) -> None:
    """Write a file that is there as a whole or not at all, whatever happens.

    Raises:
        RunFileError: The disk does not take it.
    """
    with writing(path):
        durable.write_durably(path, content)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Put into words what a disk says that does not take a file.

    Raises:
        RunFileError: It does not.
    """
    try:
        yield
    except OSError as error:
        problem = f"it could not be written: {error.strerror or error}"
        raise RunFileError(path, problem) from error
