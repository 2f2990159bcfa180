"""Writing frames as H.264."""

from pathlib import Path

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
    num_frames, height, width, _ = frames.shape
    with av.open(path, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=frame_rate, options=_ENCODER_OPTIONS)
        stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
        for index in range(num_frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frames[index], "rgb24")))
        container.mux(stream.encode())
