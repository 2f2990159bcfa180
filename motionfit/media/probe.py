"""What a video's header says, without decoding it."""

from pathlib import Path

from motionfit.media.video import VideoInfo

DEFAULT_MAX_PIXELS = 8192 * 8192


def probe(path: str | Path, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> VideoInfo:
    """Return what the header of a video says.

    Args:
        path: A regular file. Playlists, addresses and devices are refused.
        max_pixels: Largest accepted ``width * height``.

    Raises:
        VideoNotFoundError: No regular file stands at ``path``.
        UnreadableVideoError: The file is no video, or may not be read.
        VideoTooLargeError: The header promises frames larger than ``max_pixels``.
    """
    raise NotImplementedError
