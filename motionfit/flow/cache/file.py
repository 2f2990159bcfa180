"""Reading the flow of one video from the cache."""

import os
import zlib
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from motionfit.errors import ConfigError, FlowCacheDamagedError, FlowCacheVersionError, FlowError
from motionfit.flow.cache.coding import decode_block
from motionfit.flow.cache.container import (
    SEAL_BYTES,
    TABLE_ROW,
    Extent,
    Seal,
    block_checksum,
)
from motionfit.flow.cache.description import FlowDescription
from motionfit.flow.cache.imported import KeptSettings
from motionfit.flow.cache.layout import FORMAT
from motionfit.flow.quantise import restore_flow

_PIECE_BYTES = 1 << 20


class FlowFile:
    """The flow of one video; a context manager.

    Opening reads some hundred bytes, and a clip only the blocks that it needs, each checked.
    Several threads may read at once. It holds an open file and cannot be pickled: a worker process
    opens its own, which costs less than reading a clip.

    Args:
        path: The file.
        content_hash: The video's, as it must stand in the file.
        settings: What the flow was computed with, as it must stand in the file.

    Attributes:
        description: What the file says about itself, with the video's numbers of frames.

    Raises:
        FileNotFoundError: There is no such file.
        FlowCacheVersionError: It was written in another format.
        FlowCacheDamagedError: It is cut off, altered, or of another video.
    """

    def __init__(self, path: Path, content_hash: str, settings: KeptSettings) -> None:
        self.path = path
        self.settings = settings
        self._file = path.open("rb", buffering=0)
        try:
            self._open(content_hash)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> "FlowFile":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    @property
    def num_flows(self) -> int:
        """Flows in the file, one less than the frames they are between."""
        return self.description.num_flows

    @property
    def height(self) -> int:
        """Height of each flow, px."""
        return self.description.height

    @property
    def width(self) -> int:
        """Width of each flow, px."""
        return self.description.width

    @property
    def bound(self) -> float:
        """Largest displacement that is kept, px."""
        return self.description.bound

    @property
    def saturated_share(self) -> float | None:
        """Share of vectors that were clipped, 0 to 1; None where nobody counted."""
        return self.description.saturated_share

    def read_quantised(self, start: int = 0, stop: int | None = None) -> NDArray[np.uint8]:
        """Return flows as 8-bit levels, the network's input.

        Args:
            start: First flow, counted from 0.
            stop: Flow after the last one; None is all from ``start``.

        Returns:
            ``(stop - start, height, width, 2)`` uint8. In memory each flow is one plane of x after
            another of y.

        Raises:
            ConfigError: There are no such flows.
            FlowCacheDamagedError: The bytes are not those that were written.
        """
        stop = self.num_flows if stop is None else stop
        if not 0 <= start <= stop <= self.num_flows:
            raise ConfigError("flows", (start, stop), f"a range within 0 to {self.num_flows}")
        per_block = self.description.flows_per_block
        first = start - start % per_block
        # Flows before `start` that share its block are decoded too: views of the rest are returned.
        planes = np.empty((stop - first, 2, self.height, self.width), np.uint8)
        blocks = self._read_blocks(first // per_block, -(-stop // per_block))
        for block, data in enumerate(blocks):
            self._decode(data, planes[block * per_block : (block + 1) * per_block])
        return np.moveaxis(planes[start - first :], 1, -1)

    def read(self, start: int = 0, stop: int | None = None) -> NDArray[np.float32]:
        """Return flows in px: ``(stop - start, height, width, 2)`` float32.

        Raises:
            FlowError: As `read_quantised` raises.
        """
        return restore_flow(self.read_quantised(start, stop), self.bound)

    def verify(self) -> None:
        """Read and check every byte of the file.

        Raises:
            FlowCacheDamagedError: One is not as it was written.
        """
        before_seal, crc32 = self._size - SEAL_BYTES, 0
        for offset in range(0, before_seal, _PIECE_BYTES):
            piece = Extent(offset, min(_PIECE_BYTES, before_seal - offset))
            crc32 = zlib.crc32(self._read_extent(piece), crc32)
        if crc32 != self._seal.whole_crc32:
            raise FlowCacheDamagedError(self.path, "a checksum differs")
        per_block = self.description.flows_per_block
        for first in range(0, self.num_flows, per_block):
            self.read_quantised(first, min(first + per_block, self.num_flows))

    def _open(self, content_hash: str) -> None:
        """Read the seal and the description, and check that they are of the video wanted."""
        self._size = os.fstat(self._file.fileno()).st_size
        try:
            seal_at = Extent(max(0, self._size - SEAL_BYTES), min(self._size, SEAL_BYTES))
            self._seal = Seal.from_bytes(self._read_extent(seal_at))
            if self._seal.format != FORMAT:
                raise FlowCacheVersionError(self.path, self._seal.format, FORMAT)
            text = self._read_extent(self._seal.about)
            if zlib.crc32(text) != self._seal.about_crc32:
                raise ValueError("a checksum differs")
            about = self.description = FlowDescription.from_json(text)
        except FlowError:
            raise
        except (ValueError, TypeError, KeyError) as error:
            raise FlowCacheDamagedError(self.path, str(error)) from error
        if (about.content_hash, about.settings_key) != (content_hash, self.settings.key()):
            raise FlowCacheDamagedError(self.path, "it is of another video or other settings")
        if self._seal.table.length != about.num_blocks * TABLE_ROW.itemsize:
            raise FlowCacheDamagedError(self.path, "its table of blocks has another length")

    def _read_blocks(self, first: int, stop: int) -> list[memoryview]:
        """Return the checked bytes of some blocks, which lie one after the other."""
        if first == stop:
            return []
        row = TABLE_ROW.itemsize
        table = Extent(self._seal.table.offset + first * row, (stop - first) * row)
        rows = np.frombuffer(self._read_extent(table), TABLE_ROW).tolist()
        begin = rows[0][0]
        data = memoryview(self._read_extent(Extent(begin, rows[-1][0] + rows[-1][1] - begin)))
        blocks = [data[offset - begin : offset - begin + length] for offset, length, _ in rows]
        for block, (_, length, crc32), part in zip(range(first, stop), rows, blocks, strict=True):
            if len(part) != length or block_checksum(block, part) != crc32:
                raise FlowCacheDamagedError(self.path, f"a checksum of block {block} differs")
        return blocks

    def _decode(self, data: memoryview, planes: NDArray[np.uint8]) -> None:
        try:
            decode_block(data, planes)
        except ValueError as error:
            raise FlowCacheDamagedError(self.path, str(error)) from error

    def _read_extent(self, extent: Extent) -> bytes:
        # A damaged table may name any place; one outside the file is not worth trying.
        if not 0 <= extent.offset <= extent.offset + extent.length <= self._size:
            raise FlowCacheDamagedError(self.path, "a part of it is missing")
        try:
            data = os.pread(self._file.fileno(), extent.length, extent.offset)
        except OSError as error:
            raise FlowCacheDamagedError(self.path, error.strerror or str(error)) from error
        if len(data) != extent.length:
            raise FlowCacheDamagedError(self.path, "a part of it is missing")
        return data
