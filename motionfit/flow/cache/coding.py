"""A block of quantised flows as bytes, and back; without loss.

Plain zstd, without the filters that help photographs: levels of flow lie in runs and rows repeat,
which zstd finds by itself, and differences only hide. docs/flow_cache.md has the table.
"""

import numpy as np
import zstandard
from numpy.typing import NDArray

FLOWS_PER_BLOCK = 4
_LEVEL = 6


def encode_block(levels: NDArray[np.uint8]) -> bytes:
    """Return the bytes of some flows: for each one its plane of x, then its plane of y.

    Args:
        levels: ``(num_flows, height, width, 2)`` uint8.
    """
    planes = np.ascontiguousarray(np.moveaxis(levels, -1, 1))
    return zstandard.ZstdCompressor(level=_LEVEL).compress(planes.data)


def decode_block(data: bytes | memoryview, planes: NDArray[np.uint8]) -> None:
    """Write the first flows of a block into an array.

    Args:
        data: What `encode_block` returned.
        planes: ``(num_flows, 2, height, width)`` uint8, C-contiguous, for as many flows as wanted.

    Raises:
        ValueError: The bytes are no such block.
    """
    buffer, filled = planes.data.cast("B"), 0
    try:
        with zstandard.ZstdDecompressor().stream_reader(data) as reader:
            while filled < planes.nbytes and (count := reader.readinto(buffer[filled:])):
                filled += count
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from error
    if filled < planes.nbytes:
        raise ValueError("it has too few flows")
