"""From a decoder's frame to RGB pixels: scaled, turned upright, written where they are wanted."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

# swscale widens the bilinear kernel where it shrinks, as Pillow does. Without full chroma its RGB
# of even widths comes out 1.5 grey levels too dark.
_SCALING = (
    Interpolation.BILINEAR
    | Interpolation.ACCURATE_RND
    | Interpolation.FULL_CHR_H_INT
    | Interpolation.FULL_CHR_H_INP
)


@dataclass(frozen=True, kw_only=True)
class Orientation:
    """How the stored picture is turned to be shown: transposed first, then flipped.

    Attributes:
        is_transposed: Rows become columns.
        flips_rows: Then top and bottom change places.
        flips_columns: And left and right.
    """

    is_transposed: bool = False
    flips_rows: bool = False
    flips_columns: bool = False

    @classmethod
    def of(cls, frame: VideoFrame) -> "Orientation":
        """Return the orientation that a frame's display matrix asks for.

        The matrix maps stored to shown points as ``x' = a x + c y``, ``y' = b x + d y``; here a
        quarter turn is all that is told apart.

        Source: ISO/IEC 14496-12, track header box.
        """
        matrix: Any = frame.side_data.get("DISPLAYMATRIX")
        if matrix is None:
            return cls()
        a, b, _, c, d = np.frombuffer(matrix, dtype=np.int32)[:5].tolist()
        if abs(a) + abs(d) >= abs(b) + abs(c):
            return cls(flips_rows=d < 0, flips_columns=a < 0)
        return cls(is_transposed=True, flips_rows=b < 0, flips_columns=c < 0)

    @property
    def degrees(self) -> int:
        """Clockwise turn, 0, 90, 180 or 270; a mirrored picture is mirrored left to right after.

        ::

            transposed            x  x
            rows flipped       x     x
            degrees         0 180 90 270
        """
        if self.is_transposed:
            return 270 if self.flips_rows else 90
        return 180 if self.flips_rows else 0

    def shown_size(self, height: int, width: int) -> tuple[int, int]:
        """Return ``(height, width)`` as shown of a stored size, or the other way round."""
        return (width, height) if self.is_transposed else (height, width)

    def apply(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return a view of a stored ``(height, width, 3)`` picture as it is to be shown."""
        if self.is_transposed:
            picture = picture.transpose(1, 0, 2)
        rows = -1 if self.flips_rows else 1
        columns = -1 if self.flips_columns else 1
        return picture[::rows, ::columns]


class PictureWriter:
    """Writes frames as shown, all at one size, into arrays.

    Attributes:
        orientation: Applied to every frame.
        size: ``(height, width)`` of the pictures written, px.
        has_size_change: A frame was stored in another size than the first one.
    """

    def __init__(self, first_frame: VideoFrame, size: tuple[int, int] | None) -> None:
        """Take orientation, and the size where ``size`` is None, from a video's first frame."""
        self.orientation = Orientation.of(first_frame)
        native = self.orientation.shown_size(first_frame.height, first_frame.width)
        self.size = native if size is None else size
        self.has_size_change = False
        self._first_stored_size = first_frame.height, first_frame.width
        self._reformatter = VideoReformatter()

    def write(self, frame: VideoFrame, picture: NDArray[np.uint8]) -> None:
        """Fill ``picture``, ``(height, width, 3)`` uint8 RGB, with a frame.

        Colour matrix and range are the frame's own, as swscale understands them.
        """
        self.has_size_change |= (frame.height, frame.width) != self._first_stored_size
        height, width = self.orientation.shown_size(*self.size)
        scaled = self._reformatter.reformat(
            frame, width, height, "rgb24", interpolation=_SCALING, threads=1
        )
        plane = scaled.planes[0]
        lines = np.frombuffer(memoryview(plane), dtype=np.uint8).reshape(height, plane.line_size)
        stored = lines[:, : 3 * width].reshape(height, width, 3)
        picture[...] = self.orientation.apply(stored)
