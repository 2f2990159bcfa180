"""The file of packed videos: what stands where, and what it says about itself.

::

    byte 0      header: magic, version, where the table is, checksums
    byte 4096   row 0, row 1, ...   a row is one frame or flow, (channel, height, width) uint8;
                                    the rows of a video lie one after the other
    the end     table: JSON, one entry a video

A colour at a time, not a pixel at a time: a crop of a clip is then copied into a network's
``(channel, time, height, width)`` by whole lines of pixels, which is several times as fast.
Uncompressed, for a frame to be had for the price of a copy.
"""

import json
import struct
import zlib
from dataclasses import asdict, dataclass, field
from math import prod
from typing import Any, Literal

PackedKind = Literal["frames", "flow"]
NUM_CHANNELS: dict[PackedKind, int] = {"frames": 3, "flow": 2}

VERSION = 1
DATA_OFFSET = 4096
_MAGIC = b"MFPACKED"
_HEADER = struct.Struct("<8sIQQI")
_CHECKSUM = struct.Struct("<I")
HEADER_BYTES = _HEADER.size + _CHECKSUM.size


@dataclass(frozen=True, kw_only=True)
class PackedFormat:
    """What is packed; files of equal format hold equal rows of equal videos.

    Attributes:
        kind: ``frames`` are RGB; ``flow`` is x and y in 8-bit levels.
        size: ``(height, width)`` px of every row.
        settings: What else decided the values: for flow, what it was computed with.
    """

    kind: PackedKind
    size: tuple[int, int]
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def row_shape(self) -> tuple[int, int, int]:
        """``(channel, height, width)`` of a row."""
        return (NUM_CHANNELS[self.kind], *self.size)

    @property
    def row_bytes(self) -> int:
        """Bytes of a row."""
        return prod(self.row_shape)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, equal to another's exactly where the formats are."""
        values: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return values

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "PackedFormat":
        """Return what `to_dict` described.

        Raises:
            KeyError: Something is missing.
            ValueError: A value is none that it can have.
        """
        height, width = values["size"]
        if values["kind"] not in NUM_CHANNELS or not (height > 0 and width > 0):
            raise ValueError("its format is none that this version knows")
        return cls(kind=values["kind"], size=(height, width), settings=values["settings"])


@dataclass(frozen=True, kw_only=True)
class StoredVideo:
    """Where the rows of one content are.

    Attributes:
        content_hash: Of the video's bytes.
        first_row: Number of its first row in the file.
        num_rows: Its frames, or its flows.
        crc32: Of the rows' bytes.
    """

    content_hash: str
    first_row: int
    num_rows: int
    crc32: int


@dataclass(frozen=True, kw_only=True)
class Header:
    """The first bytes of a file.

    Attributes:
        version: Of the layout.
        table_offset: Where the table begins, bytes.
        table_length: Its length, bytes.
        table_crc32: Of its bytes.
    """

    version: int
    table_offset: int
    table_length: int
    table_crc32: int

    @classmethod
    def of_table(cls, text: bytes, table_offset: int) -> "Header":
        """Return the header of a file whose table is ``text``."""
        return cls(
            version=VERSION,
            table_offset=table_offset,
            table_length=len(text),
            table_crc32=zlib.crc32(text),
        )

    def to_bytes(self) -> bytes:
        """Return ``HEADER_BYTES`` bytes."""
        packed = _HEADER.pack(
            _MAGIC, self.version, self.table_offset, self.table_length, self.table_crc32
        )
        return packed + _CHECKSUM.pack(zlib.crc32(packed))

    @classmethod
    def from_bytes(cls, data: bytes) -> "Header":
        """Return the header that begins ``data``.

        Raises:
            ValueError: It is none, or damaged.
        """
        if len(data) < HEADER_BYTES or not data.startswith(_MAGIC):
            raise ValueError("it is no file of packed videos")
        _, version, offset, length, crc32 = _HEADER.unpack_from(data)
        header = cls(version=version, table_offset=offset, table_length=length, table_crc32=crc32)
        if data[: _HEADER.size + _CHECKSUM.size] != header.to_bytes():
            raise ValueError("damaged, a checksum of its header differs")
        return header
