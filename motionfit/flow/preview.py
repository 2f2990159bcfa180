"""A frame and its flow side by side, with the key to the colours: to look at.

::

    +-----------------+-----------------+
    |                 |            key  |
    |      frame      |      flow       |
    |                 |           10 px |
    +-----------------+-----------------+
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from motionfit.flow.picture import colour_wheel_mask, draw_colour_wheel, draw_flow

_LEAST_HEIGHT, _MOST_HEIGHT, _MOST_WIDTH = 240, 480, 960
_KEY_SHARE = 5
_LEAST_KEY_PX = 16
_SCALES_PX = (2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0)
_ALMOST_ALL = 0.95
_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)


def choose_scale(flow: NDArray[np.float32]) -> float:
    """Return the displacement, in px, to draw with the full colour: a round number.

    One for a whole video, so that its colours mean the same throughout; 95% of the vectors are no
    longer. It is never below 2 px, or the noise where nothing moves would look like motion.

    Args:
        flow: ``(..., 2)`` float32, px.
    """
    length = float(np.quantile(np.linalg.norm(flow, axis=-1), _ALMOST_ALL))
    return next((scale for scale in _SCALES_PX if scale >= length), _SCALES_PX[-1])


class PreviewPainter:
    """Draws frames beside their flow.

    Args:
        size: ``(height, width)`` of the flow, px.
        scale_px: Displacement with the full colour.

    Attributes:
        size: ``(height, width)`` of the pictures, both even.
    """

    def __init__(self, size: tuple[int, int], scale_px: float) -> None:
        self._panel_size = _panel_size(*size)
        self._scale_px = scale_px
        height, width = self._panel_size
        self.size = height, 2 * width

    def paint(self, frame: NDArray[np.uint8], flow: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return a frame beside the flow from it to the next.

        Args:
            frame: ``(height, width, 3)`` uint8 RGB, of any size.
            flow: ``(height, width, 2)`` float32, px.

        Returns:
            ``(height, width, 3)`` uint8 RGB, of `size`.
        """
        _, width = self._panel_size
        picture = np.empty((*self.size, 3), np.uint8)
        picture[:, :width] = self._fit(frame, cv2.INTER_LINEAR)
        # Enlarged pixel by pixel: what is seen is what was computed.
        picture[:, width:] = self._fit(draw_flow(flow, self._scale_px), cv2.INTER_NEAREST)
        self._add_key(picture)
        return picture

    def _fit(self, picture: NDArray[np.uint8], enlarging: int) -> NDArray[np.uint8]:
        height, width = self._panel_size
        how = cv2.INTER_AREA if picture.shape[0] > height else enlarging
        return cv2.resize(picture, (width, height), interpolation=how).astype(np.uint8, copy=False)

    def _add_key(self, picture: NDArray[np.uint8]) -> None:
        side = self._panel_size[0] // _KEY_SHARE
        if side < _LEAST_KEY_PX:
            return
        margin = side // 6
        corner = picture[margin : margin + side, -margin - side : -margin]
        is_disc = colour_wheel_mask(side)
        corner[is_disc] = draw_colour_wheel(side)[is_disc]
        text = f"{self._scale_px:g} px"
        font, size = cv2.FONT_HERSHEY_SIMPLEX, side / 110
        (length, height), _ = cv2.getTextSize(text, font, size, 1)
        place = (picture.shape[1] - margin - (side + length) // 2, 2 * margin + side + height)
        for colour, thickness in ((_WHITE, 3), (_BLACK, 1)):
            cv2.putText(picture, text, place, font, size, colour, thickness, cv2.LINE_AA)


def _panel_size(height: int, width: int) -> tuple[int, int]:
    """Return the even size at which pictures of a size are shown, small ones enlarged."""
    times = max(1, -(-_LEAST_HEIGHT // height))
    scale = min(times, _MOST_HEIGHT / height, _MOST_WIDTH / width)
    return _even(height * scale), _even(width * scale)


def _even(side: float) -> int:
    return max(2, 2 * round(side / 2))
