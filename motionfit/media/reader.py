"""Clips of a video as pixels: which reader serves, and how long videos are cut into chunks.

``auto`` is PyAV: `benchmarks/decode.py` finds decord no faster (core-milliseconds a video, PyAV
against decord by hand: short clips 7.0 and 9.3, a minute of 720p 1017 and 1136), and decord's
frames need PyAV's list of packets to be trusted at all. Measure on your own videos before asking
for it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from motionfit.errors import ConfigError
from motionfit.media.clips import DecodedClips
from motionfit.media.reading.clip_stream import Allocate, stream_chunks
from motionfit.media.reading.container import DEFAULT_MAX_PIXELS, translated_errors
from motionfit.media.reading.decord_reader import DecordReader, can_serve
from motionfit.media.reading.frame_source import FrameMismatchError, FrameSource
from motionfit.media.reading.pyav_reader import PyavReader
from motionfit.media.sampling import ClipSampling

ReaderChoice = Literal["auto", "pyav", "decord"]
READER_CHOICES: tuple[ReaderChoice, ...] = ("auto", "pyav", "decord")


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
        reader: ``pyav``; ``decord`` where it is proven right, else PyAV serves; or ``auto``, which
            is the faster one that is right. The result says which one served.
        max_pixels: Largest accepted ``width * height`` of the stored picture.
        threads: Codec threads; None is 1 for small pictures and one a core for large ones.

    Raises:
        VideoNotFoundError: No regular file stands at ``path``.
        UnreadableVideoError: The file is no video, or no frame of it can be decoded.
        VideoTooLargeError: The frames are larger than ``max_pixels``.
        VideoTooShortError: The video is shorter than a clip and the sampling refuses that.
        ConfigError: An index lies outside the video, or the stretch begins after its end.
    """
    chunks = stream_clips(
        path,
        clips,
        size,
        reader=reader,
        max_frames=None,
        max_pixels=max_pixels,
        threads=threads,
    )
    return next(chunks)


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
    single clip that needs more is a chunk of its own. There is always a first chunk: where the
    sampling drops the video it holds no clip.

    Args:
        path: As in `read_clips`.
        clips: As in `read_clips`.
        size: As in `read_clips`.
        reader: As in `read_clips`.
        max_frames: Most frames that a chunk holds; None is no limit, hence one chunk.
        allocate: Returns the uint8 array of a given shape ``(num_frames, height, width, 3)`` that a
            chunk's frames are decoded into; None is ``numpy.empty``. Where a file proves damaged
            on the way, it may be asked again for the same chunk, and the later array counts.
        max_pixels: As in `read_clips`.
        threads: As in `read_clips`.

    Raises:
        MediaError: As in `read_clips`.
    """
    if reader not in READER_CHOICES:
        raise ConfigError("reader", reader, f"one of {', '.join(READER_CHOICES)}")
    if size is not None and min(size) < 1:
        raise ConfigError("size", size, "a height and a width of at least 1 px")
    if max_frames is not None and max_frames < 1:
        raise ConfigError("max_frames", max_frames, "at least 1 frame")
    video_path = Path(path)
    with (
        translated_errors(video_path),
        PyavReader(video_path, size, max_pixels=max_pixels, threads=threads) as pyav_reader,
    ):
        source: FrameSource = pyav_reader
        if reader == "decord" and can_serve(pyav_reader):
            source = _decord_or(pyav_reader, threads)
        yield from stream_chunks(
            source, clips, max_frames=max_frames, allocate=allocate or _new_array
        )


def _decord_or(pyav_reader: PyavReader, threads: int | None) -> FrameSource:
    try:
        return DecordReader(pyav_reader, threads)
    except FrameMismatchError:
        return pyav_reader


def _new_array(shape: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    return np.empty(shape, dtype=np.uint8)
