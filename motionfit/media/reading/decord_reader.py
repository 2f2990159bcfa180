"""The decord reader: served by decord where it is proven right, by PyAV where it is not.

decord aborts the whole process on some hostile headers, so it only ever opens what PyAV has opened
and listed before, and belongs into a process that may die. It is imported here and nowhere else,
and only when this reader is made.
"""

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motionfit.media.clips import ReaderName
from motionfit.media.reading.frame_source import FrameMismatchError, FrameSource
from motionfit.media.reading.pyav_reader import PyavReader
from motionfit.media.reading.trust import may_use_decord
from motionfit.media.video import FrameTimeline, VideoInfo

_BATCH_FRAMES = 64


class DecordReader:
    """One open video; a `FrameSource` that hands over to PyAV when decord fails.

    Attributes:
        name: ``decord``.
        size: ``(height, width)`` of the pictures, px.
    """

    name: ReaderName = "decord"

    def __init__(self, approved: PyavReader, threads: int | None) -> None:
        """Open with decord what `can_serve` says it may.

        Args:
            approved: The same video, open in PyAV.
            threads: Codec threads; None is 1.

        Raises:
            FrameMismatchError: decord does not open it, or counts its frames differently.
        """
        self._approved = approved
        self.size = approved.size
        height, width = approved.size
        decord: Any = import_module("decord")
        # decord raises its own error while reading and a plain RuntimeError while opening.
        self._errors = (decord.DECORDError, RuntimeError)
        try:
            self._video = decord.VideoReader(
                str(approved.info.path.absolute()),
                width=width,
                height=height,
                num_threads=threads or 1,
            )
        except self._errors as error:
            raise FrameMismatchError from error
        if len(self._video) != approved.timeline.num_frames:
            raise FrameMismatchError

    @property
    def info(self) -> VideoInfo:
        """The video's header, as PyAV reads it."""
        return self._approved.info

    @property
    def num_frames_expected(self) -> int:
        """Frames that the container promises, by its packets and its index."""
        return self._approved.num_frames_expected

    @property
    def has_size_change(self) -> bool:
        """Whether frames differ in size; decord does not tell."""
        return self._approved.has_size_change

    @property
    def timeline(self) -> FrameTimeline:
        """When each frame is shown, by the packets."""
        return self._approved.timeline

    def read_into(
        self,
        frame_indices: NDArray[np.int64],
        frames: NDArray[np.uint8],
        rows: NDArray[np.int64],
    ) -> None:
        """Write the frames of given indices into rows of ``frames``, see `FrameSource`."""
        for first in range(0, len(frame_indices), _BATCH_FRAMES):
            batch = slice(first, first + _BATCH_FRAMES)
            try:
                pictures = self._video.get_batch(frame_indices[batch].tolist()).asnumpy()
            except self._errors as error:
                raise FrameMismatchError from error
            frames[rows[batch]] = pictures

    def look_again(self) -> FrameSource:
        """Return the PyAV reader of the same video."""
        return self._approved


def can_serve(approved: PyavReader) -> bool:
    """Return whether decord is proven right for a video: see `motionfit.media.reading.trust`."""
    info = approved.info
    return (
        approved.has_trusted_packets
        and approved.table.has_closed_groups
        and not approved.is_turned
        and may_use_decord(info.container, info.codec)
    )
