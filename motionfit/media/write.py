"""Writing frames as H.264."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from numpy.typing import NDArray

# x264 picks its routines by processor and by where a buffer happens to lie, and their results
# differ in the last bit; `cpu-independent` and a single thread make them the same everywhere.
_ENCODER_OPTIONS = {
    "crf": "18",
    "preset": "veryfast",
    "threads": "1",
    "x264-params": "cpu-independent=1",
}


class VideoWriter:
    """Writes an MP4 file that plays everywhere, H.264 and yuv420p; a context manager.

    Equal frames give equal bytes. The file is complete once the block is left.

    Args:
        path: The file; its suffix does not matter.
        size: ``(height, width)`` of the frames, px, both even.
        frame_rate: Frames per second.

    Raises:
        OSError: The file cannot be written.
    """

    def __init__(self, path: Path, *, size: tuple[int, int], frame_rate: int) -> None:
        self._container = av.open(path, "w", format="mp4")
        self._stream = self._container.add_stream(
            "libx264", rate=frame_rate, options=_ENCODER_OPTIONS
        )
        self._stream.height, self._stream.width = size
        self._stream.pix_fmt = "yuv420p"

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
