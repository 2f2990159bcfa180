"""Packing of what is in memory already."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motionfit.errors import ConfigError
from motionfit.media.packed.layout import PackedFormat, PackedKind
from motionfit.media.packed.videos import PackedVideos
from motionfit.media.packed.writer import PackedWriter


def pack_arrays(
    videos: Sequence[NDArray[np.uint8]],
    out_path: str | Path,
    *,
    kind: PackedKind = "frames",
    names: Sequence[str] | None = None,
    settings: dict[str, Any] | None = None,
) -> PackedVideos:
    """Write videos that are in memory, and return them opened.

    Args:
        videos: Each ``(time, height, width, channel)`` uint8: RGB, or the levels of flow.
        out_path: The file; what stands there is replaced.
        kind: What they are.
        names: One each; None numbers them.
        settings: What else is to be known of the values; see `PackedFormat`.

    Raises:
        ConfigError: There is no video, or they are not all of one size and kind.
        PackedVideosError: The file cannot be written.
    """
    if not videos:
        raise ConfigError("videos", [], "at least one")
    packed_format = PackedFormat(
        kind=kind, size=(videos[0].shape[1], videos[0].shape[2]), settings=settings or {}
    )
    listing = []
    with PackedWriter(out_path, packed_format) as writer:
        for number, frames in enumerate(videos):
            rows = np.ascontiguousarray(np.moveaxis(frames, -1, 1))
            if (
                rows.dtype != np.uint8
                or rows.shape[1:] != packed_format.row_shape
                or len(rows) == 0
            ):
                found = f"{frames.dtype} {frames.shape}"
                raise ConfigError("video", found, f"uint8 frames of {packed_format.row_shape}")
            name = f"video {number}" if names is None else names[number]
            content_hash = sha256(rows.data).hexdigest()
            if content_hash not in writer.stored:
                spool = writer.spool()
                spool.append(rows)
                writer.add(content_hash, spool)
            listing.append((name, content_hash))
        writer.finish(listing)
    return PackedVideos(out_path)
