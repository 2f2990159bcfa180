"""Videos whose every frame shows its own number, and reading the number back.

The picture is a grid of 4 x 4 blocks. Three corners tell which way up and which colours it is, the
other blocks are bits: white is 1, black is 0. Blocks survive lossy coding and scaling.

::

    red    b0     b1     black
    b2     b3     b4     b5
    b6     b7     b8     b9
    green  b10    b11    b12
"""

import os
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

_RED, _GREEN, _BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 0)
_CORNERS = {(0, 0): _RED, (0, 3): _BLACK, (3, 0): _GREEN}
_BITS = [(row, column) for row in range(4) for column in range(4) if (row, column) not in _CORNERS]


def has_encoder(codec: str) -> bool:
    """Return whether this build of libav can write with an encoder."""
    try:
        av.Codec(codec, "w")
    except av.codec.codec.UnknownCodecError:
        return False
    return True


def draw_number(number: int, height: int, width: int) -> NDArray[np.uint8]:
    """Return the picture ``(height, width, 3)`` uint8 RGB of a number below 8192."""
    blocks = np.zeros((4, 4, 3), dtype=np.uint8)
    for place, colour in _CORNERS.items():
        blocks[place] = colour
    for bit, place in enumerate(_BITS):
        blocks[place] = 255 * (number >> bit & 1)
    rows, columns = np.arange(height) * 4 // height, np.arange(width) * 4 // width
    return blocks[rows][:, columns]


def read_number(picture: NDArray[np.uint8]) -> int:
    """Return the number in a picture ``(height, width, 3)``; -1 where it is not upright."""
    height, width, _ = picture.shape
    blocks = np.empty((4, 4, 3))
    for row, column in np.ndindex(4, 4):
        # The middle of the block, away from neighbours that scaling mixes in.
        inner = picture[
            (4 * row + 1) * height // 16 : (4 * row + 3) * height // 16,
            (4 * column + 1) * width // 16 : (4 * column + 3) * width // 16,
        ]
        blocks[row, column] = inner.reshape(-1, 3).mean(axis=0)
    for place, colour in _CORNERS.items():
        if np.abs(blocks[place] - colour).max() > 90:
            return -1
    return sum(int(blocks[place].mean() > 127) << bit for bit, place in enumerate(_BITS))


def read_numbers(pictures: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the numbers of pictures ``(..., height, width, 3)``."""
    flat = pictures.reshape(-1, *pictures.shape[-3:])
    numbers = np.array([read_number(picture) for picture in flat], dtype=np.int64)
    return numbers.reshape(pictures.shape[:-3])


def write_numbered_video(
    path: Path,
    codec: str,
    num_frames: int = 48,
    *,
    size: tuple[int, int] = (64, 96),
    pixel_format: str = "yuv420p",
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    frame_rate: int = 25,
    pts: Sequence[int] | None = None,
    rotation: tuple[float, bool, bool] | None = None,
) -> None:
    """Write a video that counts from 0.

    Args:
        path: Where; the suffix chooses the container.
        codec: An encoder's name.
        num_frames: Frames to write.
        size: ``(height, width)`` of the stored picture, px.
        pixel_format: As stored.
        options: For the encoder.
        container_options: For the muxer.
        frame_rate: Frames per second.
        pts: When each frame is shown, in frames; None is one after the other from 0.
        rotation: Degrees anticlockwise, mirrored left to right, upside down: for the header. The
            picture is stored as drawn, so that it is shown turned.
    """
    os.environ.setdefault("SVT_LOG", "1")
    with av.open(path, "w", container_options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=frame_rate, options=options or {})
        stream.height, stream.width = size
        stream.pix_fmt = pixel_format
        stream.codec_context.time_base = Fraction(1, frame_rate)
        if rotation is not None:
            stream.set_display_rotation(*rotation)
        for number in range(num_frames):
            frame = av.VideoFrame.from_ndarray(draw_number(number, *size), "rgb24")
            frame.pts = number if pts is None else pts[number]
            frame.time_base = Fraction(1, frame_rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
