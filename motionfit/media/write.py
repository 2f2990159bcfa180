"""Writing frames as H.264."""

from collections.abc import Iterable
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.codec.context import Flags
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

# x264 picks its routines by processor and by where a buffer happens to lie, and their results
# differ in the last bit; `cpu-independent` and a single thread make them the same everywhere.
_ENCODER_OPTIONS = {
    "crf": "18",
    "preset": "veryfast",
    "threads": "1",
    "x264-params": "cpu-independent=1",
}
# The frames of all usual rates, 24000/1001 and 60000/1001 among them, last whole numbers of these.
_TICKS_PER_SECOND = 120_000
# Without the second one the length of the whole is rounded to milliseconds.
_SHARING_CONTAINER = {"movflags": "+faststart", "movie_timescale": str(_TICKS_PER_SECOND)}
# Where frames are stored in another order than shown, the muxer guesses how long they are shown.
_SHARING_ENCODER = {**_ENCODER_OPTIONS, "bf": "0"}


class VideoWriter:
    """Writes an MP4 file that plays everywhere, H.264 and yuv420p; a context manager.

    Equal frames give equal bytes. The file is complete once the block is left.

    Args:
        path: The file; its suffix does not matter.
        size: ``(height, width)`` of the frames, px, both even.
        frame_rate: Frames per second.
        for_sharing: Put the index first, so that the file plays while it loads; name the matrix of
            the colours, which players guess by the picture's size otherwise; let each frame have a
            time of its own. A little larger.

    Raises:
        OSError: The file cannot be written.
    """

    def __init__(
        self,
        path: Path,
        *,
        size: tuple[int, int],
        frame_rate: int | Fraction,
        for_sharing: bool = False,
    ) -> None:
        self._container = av.open(
            path, "w", format="mp4", options=_SHARING_CONTAINER if for_sharing else {}
        )
        self._stream = self._container.add_stream(
            "libx264",
            rate=frame_rate,
            options=_SHARING_ENCODER if for_sharing else _ENCODER_OPTIONS,
        )
        self._stream.height, self._stream.width = size
        self._stream.pix_fmt = "yuv420p"
        if for_sharing:
            # What swscale turns RGB into where nothing else is asked for.
            self._stream.codec_context.colorspace = Colorspace.ITU601
            self._stream.codec_context.color_range = ColorRange.MPEG
            self._stream.codec_context.flags |= Flags.frame_duration

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.finish()
        else:
            self.abandon()

    def write(self, frames: Iterable[NDArray[np.uint8]]) -> None:
        """Add frames, each ``(height, width, 3)`` uint8 RGB."""
        for frame in frames:
            self._container.mux(self._stream.encode(av.VideoFrame.from_ndarray(frame, "rgb24")))

    def write_at(
        self,
        frames: Iterable[NDArray[np.uint8]],
        start_seconds: Iterable[float],
        end_seconds: Iterable[float],
    ) -> None:
        """Add frames with times of their own, to a file for sharing that has no others.

        Args:
            frames: As in `write`.
            start_seconds: From when each is shown, to a tick of 1/120000 s; increasing.
            end_seconds: Until when.
        """
        codec = self._stream.codec_context
        if not codec.is_open:
            codec.time_base = Fraction(1, _TICKS_PER_SECOND)
        for picture, start, end in zip(frames, start_seconds, end_seconds, strict=True):
            frame = av.VideoFrame.from_ndarray(picture, "rgb24")
            frame.time_base = codec.time_base
            frame.pts = round(start * _TICKS_PER_SECOND)
            frame.duration = max(1, round(end * _TICKS_PER_SECOND) - frame.pts)
            self._container.mux(self._stream.encode(frame))

    def finish(self) -> None:
        """Write what is still held back, and the end of the file."""
        self._container.mux(self._stream.encode())
        self._container.close()

    def abandon(self) -> None:
        """Close the file as it is; what is there may not play."""
        with suppress(OSError):
            self._container.close()


def write_video(path: Path, frames: NDArray[np.uint8], frame_rate: int) -> None:
    """Write an MP4 file that plays everywhere: H.264, yuv420p.

    Equal frames give equal bytes.

    Args:
        path: The file; its suffix does not matter.
        frames: ``(time, height, width, 3)`` uint8 RGB, height and width even.
        frame_rate: Frames per second.

    Raises:
        OSError: The file cannot be written.
    """
    _, height, width, _ = frames.shape
    with VideoWriter(path, size=(height, width), frame_rate=frame_rate) as writer:
        writer.write(frames)
