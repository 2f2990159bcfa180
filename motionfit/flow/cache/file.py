"""Reading the flow of one video from the cache."""

import os
import zlib
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from motionfit.errors import ConfigError, FlowCacheDamagedError, FlowCacheVersionError
from motionfit.flow.cache.coding import decode_block
from motionfit.flow.cache.container import SEAL_BYTES, TABLE_ROW, Extent, Seal, checksum
from motionfit.flow.cache.description import FlowDescription
from motionfit.flow.cache.imported import KeptSettings
from motionfit.flow.cache.layout import FORMAT
from motionfit.flow.quantise import restore_flow


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
        planes = np.empty((stop - start, 2, self.height, self.width), np.uint8)
        for block in range(start // per_block, -(-stop // per_block)):
            first = block * per_block
            flows = self._read_block(block)
            inside = slice(max(start, first), min(stop, first + len(flows)))
            planes[inside.start - start : inside.stop - start] = flows[
                inside.start - first : inside.stop - first
            ]
        return np.moveaxis(planes, 1, -1)

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
        size = os.fstat(self._file.fileno()).st_size
        with self.path.open("rb") as file:
            if checksum(file, size - SEAL_BYTES) != self._seal.whole:
                raise FlowCacheDamagedError(self.path, "its checksum differs")
        for block in range(self.description.num_blocks):
            self._read_block(block)

    def _open(self, content_hash: str) -> None:
        """Read the seal, the table of blocks and the description."""
        size = os.fstat(self._file.fileno()).st_size
        try:
            self._seal = Seal.from_bytes(self._read_at(max(0, size - SEAL_BYTES), SEAL_BYTES))
            if self._seal.format != FORMAT:
                raise FlowCacheVersionError(self.path, self._seal.format, FORMAT)
            self.description = FlowDescription.from_json(self._read_extent(self._seal.about))
            self._blocks = np.frombuffer(self._read_extent(self._seal.table), TABLE_ROW)
        except FlowCacheVersionError:
            raise
        except (ValueError, TypeError) as error:
            raise FlowCacheDamagedError(self.path, str(error)) from error
        about = self.description
        if (about.content_hash, about.settings_key) != (content_hash, self.settings.key()):
            raise FlowCacheDamagedError(self.path, "it is of another video or other settings")
        if len(self._blocks) != about.num_blocks:
            raise FlowCacheDamagedError(self.path, "its table of blocks has another length")

    def _read_block(self, block: int) -> NDArray[np.uint8]:
        about = self.description
        count = min(about.flows_per_block, about.num_flows - block * about.flows_per_block)
        planes = np.empty((count, 2, about.height, about.width), np.uint8)
        try:
            decode_block(self._read_extent(Extent(*self._blocks[block].item())), planes)
        except ValueError as error:
            raise FlowCacheDamagedError(self.path, f"block {block}: {error}") from error
        return planes

    def _read_extent(self, extent: Extent) -> bytes:
        data = self._read_at(extent.offset, extent.length)
        if len(data) != extent.length or zlib.crc32(data) != extent.crc32:
            raise ValueError("a checksum differs")
        return data

    def _read_at(self, offset: int, length: int) -> bytes:
        try:
            return os.pread(self._file.fileno(), length, offset)
        except OSError as error:
            raise FlowCacheDamagedError(self.path, error.strerror or str(error)) from error
