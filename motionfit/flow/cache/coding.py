"""A block of quantised flows as bytes, and back; without loss."""

import numpy as np
import zstandard
from numpy.typing import NDArray

FLOWS_PER_BLOCK = 8
_LEVEL = 3


def encode_block(levels: NDArray[np.uint8]) -> bytes:
    """Return the bytes of some flows.

    Args:
        levels: ``(num_flows, height, width, 2)`` uint8.
    """
    planes = np.ascontiguousarray(np.moveaxis(levels, -1, 1))
    return zstandard.ZstdCompressor(level=_LEVEL).compress(planes.data)


def decode_block(data: bytes, planes: NDArray[np.uint8]) -> None:
    """Write the flows of a block into an array.

    Args:
        data: What `encode_block` returned.
        planes: ``(num_flows, 2, height, width)`` uint8, C-contiguous, of just the block's size.

    Raises:
        ValueError: The bytes are not such a block.
    """
    try:
        raw = zstandard.ZstdDecompressor().decompress(data, max_output_size=planes.nbytes)
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from error
    if len(raw) != planes.nbytes:
        raise ValueError(f"{len(raw)} bytes in a block of {planes.nbytes}")
    planes[...] = np.frombuffer(raw, np.uint8).reshape(planes.shape)
