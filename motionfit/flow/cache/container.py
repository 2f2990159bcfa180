"""The file format: a zip archive with a seal in its comment.

Anyone can open it as a zip file: ``flows/00000000.zst``, ``flows/00000008.zst``, ... each a block
of flows; ``blocks.bin``, where they lie; ``flow.json``, what they are. Members are stored as they
are. A reader of one clip should not read a directory of thousands of members, so the archive's
comment, its last bytes, says where ``blocks.bin`` and ``flow.json`` lie::

    | block | block | ... | blocks.bin | flow.json | directory of the zip | seal |

Every reading is checked: the seal holds checksums of the two, ``blocks.bin`` one of each block. One
more is of the whole file.
"""

import re
import zlib
from dataclasses import dataclass
from io import BufferedRandom
from typing import BinaryIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import numpy as np

BLOCK_NAME = "flows/{:08d}.zst"
TABLE_NAME = "blocks.bin"
DESCRIPTION_NAME = "flow.json"
TABLE_ROW = np.dtype([("offset", "<u8"), ("length", "<u4"), ("crc32", "<u4")])

_SEAL = re.compile(
    rb"motionfit-flow (\d{4}) table (\d{16}) (\d{12}) ([0-9a-f]{8}) "
    rb"about (\d{16}) (\d{12}) ([0-9a-f]{8}) whole ([0-9a-f]{8})\n"
)


@dataclass(frozen=True)
class Extent:
    """Where some bytes lie in a file, and their checksum."""

    offset: int
    length: int
    crc32: int


@dataclass(frozen=True, kw_only=True)
class Seal:
    """The last bytes of a file.

    Attributes:
        format: Version of the format.
        table: Where the blocks' table lies.
        about: Where the description lies.
        whole: Checksum of all that is before the seal.
    """

    format: int
    table: Extent
    about: Extent
    whole: int

    def to_bytes(self) -> bytes:
        """Return the seal as text, always of the same length."""
        table, about = (
            f"{e.offset:016d} {e.length:012d} {e.crc32:08x}" for e in (self.table, self.about)
        )
        text = (
            f"motionfit-flow {self.format:04d} table {table} about {about} whole {self.whole:08x}\n"
        )
        return text.encode()

    @classmethod
    def from_bytes(cls, tail: bytes) -> "Seal":
        """Return the seal at the end of a file's last bytes.

        Raises:
            ValueError: There is none.
        """
        match = _SEAL.fullmatch(tail[-SEAL_BYTES:])
        if match is None:
            raise ValueError("its end is missing")
        version, *numbers, whole = match.groups()
        table, about = (
            Extent(int(offset), int(length), int(crc32, 16))
            for offset, length, crc32 in (numbers[:3], numbers[3:])
        )
        return cls(format=int(version), table=table, about=about, whole=int(whole, 16))


_NOWHERE = Extent(0, 0, 0)
_NO_SEAL = Seal(format=0, table=_NOWHERE, about=_NOWHERE, whole=0)
SEAL_BYTES = len(_NO_SEAL.to_bytes())


class ContainerWriter:
    """Members of a file, one after the other; sealed at the end.

    Args:
        file: An empty file, open for reading and writing.
    """

    def __init__(self, file: BufferedRandom) -> None:
        self._file = file
        self._zip = ZipFile(file, "w", ZIP_STORED)
        self._zip.comment = _NO_SEAL.to_bytes()

    def add(self, name: str, data: bytes) -> Extent:
        """Append a member."""
        # A fixed date and system: equal flow gives equal bytes, whenever and wherever.
        info = ZipInfo(name)
        info.create_system = 3
        info.external_attr = 0o644 << 16
        self._zip.writestr(info, data)
        return Extent(self._file.tell() - len(data), len(data), zlib.crc32(data))

    def seal(self, format_version: int, table: Extent, about: Extent) -> None:
        """Write the zip's directory and the seal."""
        self._zip.close()
        size = self._file.seek(0, 2) - SEAL_BYTES
        whole = checksum(self._file, size)
        seal = Seal(format=format_version, table=table, about=about, whole=whole)
        self._file.seek(size)
        self._file.write(seal.to_bytes())

    def close(self) -> None:
        """Leave the file as it is."""
        # A zip file that is merely forgotten writes its directory whenever it is collected.
        self._zip.fp = None


def checksum(file: BinaryIO, size: int) -> int:
    """Return the CRC-32 of the first ``size`` bytes of a file."""
    file.seek(0)
    crc32, left = 0, size
    while left and (piece := file.read(min(left, 1 << 20))):
        crc32 = zlib.crc32(piece, crc32)
        left -= len(piece)
    return crc32
