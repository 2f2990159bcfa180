"""The file format: a zip archive with a seal in its comment.

Anyone can open it as a zip file: ``flows/00000000.zst``, ``flows/00000004.zst``, ... each a block
of flows; ``blocks.bin``, a table of where they lie; ``flow.json``, what they are. Members are
stored as they are. To read one clip of an hour, a reader should not have to read a zip's directory
of thousands of members, so the archive's comment, its last bytes, says where table and description
lie, and of the table only some rows are read::

    | block | block | ... | blocks.bin | flow.json | directory of the zip | seal |

Nothing is believed unchecked: the seal holds checksums of the description and of the whole file,
and a row of the table that of its block and the block's number, so that neither can be altered,
nor rows exchanged, unseen.
"""

import os
import re
import zlib
from dataclasses import dataclass
from io import BufferedRandom
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import numpy as np

BLOCK_NAME = "flows/{:08d}.zst"
TABLE_NAME = "blocks.bin"
DESCRIPTION_NAME = "flow.json"
TABLE_ROW = np.dtype([("offset", "<u8"), ("length", "<u4"), ("crc32", "<u4")])
_UNIX = 3

_SEAL = re.compile(
    rb"motionfit-flow (\d{4}) table (\d{16}) (\d{16}) "
    rb"about (\d{16}) (\d{8}) ([0-9a-f]{8}) whole ([0-9a-f]{8})\n"
)


@dataclass(frozen=True)
class Extent:
    """Where some bytes lie in a file."""

    offset: int
    length: int


@dataclass(frozen=True, kw_only=True)
class Seal:
    """The last bytes of a file.

    Attributes:
        format: Version of the format.
        table: Where the blocks' table lies.
        about: Where the description lies.
        about_crc32: Checksum of the description.
        whole_crc32: Checksum of all that is before the seal.
    """

    format: int
    table: Extent
    about: Extent
    about_crc32: int
    whole_crc32: int

    def to_bytes(self) -> bytes:
        """Return the seal as text, always of the same length."""
        return (
            f"motionfit-flow {self.format:04d} "
            f"table {self.table.offset:016d} {self.table.length:016d} "
            f"about {self.about.offset:016d} {self.about.length:08d} {self.about_crc32:08x} "
            f"whole {self.whole_crc32:08x}\n"
        ).encode()

    @classmethod
    def from_bytes(cls, text: bytes) -> "Seal":
        """Return what `to_bytes` wrote.

        Raises:
            ValueError: It is something else.
        """
        match = _SEAL.fullmatch(text)
        if match is None:
            raise ValueError("its end is missing")
        version, table, table_length, about, about_length, about_crc32, whole_crc32 = match.groups()
        return cls(
            format=int(version),
            table=Extent(int(table), int(table_length)),
            about=Extent(int(about), int(about_length)),
            about_crc32=int(about_crc32, 16),
            whole_crc32=int(whole_crc32, 16),
        )


_NOWHERE = Extent(0, 0)
_NO_SEAL = Seal(format=0, table=_NOWHERE, about=_NOWHERE, about_crc32=0, whole_crc32=0)
SEAL_BYTES = len(_NO_SEAL.to_bytes())


class ContainerWriter:
    """The members of a file, one after the other, then its end.

    Args:
        file: An empty file, open for reading and writing.
    """

    def __init__(self, file: BufferedRandom) -> None:
        self._file = file
        self._zip = ZipFile(file, "w", ZIP_STORED)
        self._zip.comment = _NO_SEAL.to_bytes()
        self._rows: list[tuple[int, int, int]] = []

    def add_block(self, first_flow: int, data: bytes) -> None:
        """Append a block of flows.

        Args:
            first_flow: Number of its first flow, which names it.
            data: Its bytes.
        """
        extent = self._add(BLOCK_NAME.format(first_flow), data)
        self._rows.append((extent.offset, extent.length, block_checksum(len(self._rows), data)))

    def finish(self, format_version: int, description: bytes) -> None:
        """Append the table of blocks and the description, and end the file."""
        table = self._add(TABLE_NAME, np.array(self._rows, TABLE_ROW).tobytes())
        about = self._add(DESCRIPTION_NAME, description)
        self._zip.close()
        size = self._file.seek(0, os.SEEK_END) - SEAL_BYTES
        seal = Seal(
            format=format_version,
            table=table,
            about=about,
            about_crc32=zlib.crc32(description),
            whole_crc32=self._checksum(size),
        )
        self._file.seek(size)
        self._file.write(seal.to_bytes())

    def close(self) -> None:
        """Leave the file as it is."""
        # Else the zip file would write its directory when it is collected, into a closed file.
        self._zip.fp = None

    def _checksum(self, size: int) -> int:
        """Return the CRC-32 of the first ``size`` bytes, some of which were written twice."""
        self._file.seek(0)
        crc32 = 0
        while size and (piece := self._file.read(min(size, 1 << 20))):
            crc32 = zlib.crc32(piece, crc32)
            size -= len(piece)
        return crc32

    def _add(self, name: str, data: bytes) -> Extent:
        # ZipInfo's own defaults are a fixed date but this system's number and no permissions.
        info = ZipInfo(name)
        info.create_system = _UNIX
        info.external_attr = 0o644 << 16
        self._zip.writestr(info, data)
        return Extent(self._file.tell() - len(data), len(data))


def block_checksum(block: int, data: bytes | memoryview) -> int:
    """Return the CRC-32 of a block's number (64 bits, lowest first) followed by its bytes."""
    return zlib.crc32(data, zlib.crc32(block.to_bytes(8, "little")))
