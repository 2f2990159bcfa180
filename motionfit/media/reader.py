"""Clips of a video as pixels: which reader serves, and how long videos are cut into chunks."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from motionfit.media.clips import DecodedClips
from motionfit.media.probe import DEFAULT_MAX_PIXELS
from motionfit.media.sampling import ClipSampling

ReaderChoice = Literal["auto", "pyav", "decord"]
READER_CHOICES: tuple[ReaderChoice, ...] = ("auto", "pyav", "decord")

Allocate = Callable[[tuple[int, int, int, int]], NDArray[np.uint8]]


def read_clips(
    path: str | Path,
    clips: ClipSampling | NDArray[np.int64],
    size: tuple[int, int] | None = None,
    *,
    reader: ReaderChoice = "auto",
    max_pixels: int = DEFAULT_MAX_PIXELS,
    threads: int | None = None,
) -> DecodedClips:
    """Return clips of a video, resized while decoding.

    Args:
        path: A regular file in a container that holds video.
        clips: What to take; or ``(num_clips, clip_length)`` int64 frame indices, counted from 0 in
            the order shown among the frames that can be decoded.
        size: ``(height, width)`` of the picture as shown, px; None is the video's own.
        reader: ``pyav`` (any container), ``decord`` (where it is proven right, else PyAV serves) or
            ``auto``.
        max_pixels: Largest accepted ``width * height`` of the stored picture.
        threads: Codec threads; None is 1 for small pictures and one a core for large ones.

    Raises:
        VideoNotFoundError: No regular file stands at ``path``.
        UnreadableVideoError: The file is no video, or no frame of it can be decoded.
        VideoTooLargeError: The frames are larger than ``max_pixels``.
        VideoTooShortError: The video is shorter than a clip and the sampling refuses that.
        ConfigError: An index lies outside the video, or the stretch begins after its end.
    """
    raise NotImplementedError


def stream_clips(
    path: str | Path,
    clips: ClipSampling | NDArray[np.int64],
    size: tuple[int, int] | None = None,
    *,
    reader: ReaderChoice = "auto",
    max_frames: int | None = 1024,
    allocate: Allocate | None = None,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    threads: int | None = None,
) -> Iterator[DecodedClips]:
    """Yield the clips of a video in chunks of bounded memory, in one pass over the file.

    A chunk holds consecutive clips whose frames, each counted once, are at most ``max_frames``; a
    single clip that needs more is a chunk of its own. A sampling that drops the video yields
    nothing. ``VideoInfo`` stands in each chunk.

    Args:
        path: As in `read_clips`.
        clips: As in `read_clips`.
        size: As in `read_clips`.
        reader: As in `read_clips`.
        max_frames: Most frames that a chunk holds; None is no limit, hence one chunk.
        allocate: Returns the uint8 array of a given shape ``(num_frames, height, width, 3)`` that a
            chunk's frames are decoded into; None is ``numpy.empty``.
        max_pixels: As in `read_clips`.
        threads: As in `read_clips`.

    Raises:
        MediaError: As in `read_clips`.
    """
    raise NotImplementedError
