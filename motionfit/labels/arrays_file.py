"""Arrays and their description in one file that anybody can read.

The file is NumPy's ``.npz``, uncompressed, with one more member, ``description.json``::

    file = np.load("pseudo_labels.npz")
    description = json.loads(file["description.json"])
    label = file["label"]

Equal content gives equal bytes. ZIP keeps a checksum of every member, so a damaged one is noticed
when it is read.
"""

import json
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motionfit.durable import replacing
from motionfit.errors import PseudoLabelError

_DESCRIPTION = "description.json"
# What zipfile and NumPy raise for files that are damaged, by where the damage lies.
_UNREADABLE = (
    OSError,
    ValueError,
    EOFError,
    KeyError,
    RuntimeError,
    NotImplementedError,
    MemoryError,
    zipfile.BadZipFile,
    struct.error,
    SyntaxError,
    TypeError,
)


@dataclass(frozen=True, kw_only=True)
class ArraysFile:
    """What such a file holds.

    Attributes:
        arrays: By name.
        description: JSON values; ``kind`` and ``format_version`` say what the file is.
    """

    arrays: Mapping[str, NDArray[Any]]
    description: Mapping[str, Any]


def write_arrays(path: str | Path, content: ArraysFile) -> None:
    """Write the file; readers see the whole of it or what was there before.

    Raises:
        PseudoLabelError: The disk is full, or fails, or may not be written to.
    """
    path = Path(path)
    try:
        with replacing(path) as temporary:
            _write_members(temporary.file, content)
    except OSError as error:
        problem = f"it could not be written: {error.strerror or error}"
        raise PseudoLabelError(path, problem) from error


def read_arrays(path: str | Path, *, kind: str, format_version: int) -> ArraysFile:
    """Return what a file holds.

    Args:
        path: The file.
        kind: What it must be of.
        format_version: The newest version of that kind that the caller knows.

    Raises:
        PseudoLabelError: There is no such file; it is damaged, of another kind, or newer.
    """
    path = Path(path)
    description = read_description(path)
    if description.get("kind") != kind:
        raise PseudoLabelError(path, f"it holds no {kind.replace('_', ' ')}")
    version = description.get("format_version")
    if type(version) is not int or not 1 <= version <= format_version:
        problem = f"its format version is {version!r}; this program reads up to {format_version}"
        raise PseudoLabelError(path, problem)
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files if name != _DESCRIPTION}
    except _UNREADABLE as error:
        raise _damaged(path, error) from error
    return ArraysFile(arrays=arrays, description=description)


def read_description(path: str | Path) -> dict[str, Any]:
    """Return only the description, which is quick however large the arrays are.

    Raises:
        PseudoLabelError: There is no such file, or it is damaged.
    """
    path = Path(path)
    if not path.is_file():
        raise PseudoLabelError(path, "there is no such file")
    try:
        with zipfile.ZipFile(path) as file:
            description = json.loads(file.read(_DESCRIPTION))
    except _UNREADABLE as error:
        raise _damaged(path, error) from error
    if not isinstance(description, dict):
        raise PseudoLabelError(path, "its description is no JSON object")
    return description


def _write_members(file: Any, content: ArraysFile) -> None:
    text = json.dumps(content.description, indent=1, sort_keys=True)
    # ZipInfo's default date is fixed, so that equal content gives equal bytes.
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(_DESCRIPTION), text.encode("ascii"))
        for name, array in content.arrays.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)


def _damaged(path: Path, error: Exception) -> PseudoLabelError:
    return PseudoLabelError(path, f"it is damaged, or none of our files ({error})")
