"""The reference reader: any container, rotation applied, only the needed stretches decoded.

Frames are known by their place in the order shown. The packets, listed without decoding, say which
time stamps there are; while decoding, each frame must carry the next one. Where that fails (hidden
packets, pairs of fields, missing or made-up time stamps, damage) nothing is guessed: the video is
decoded once to count its frames and again to take them.
"""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from motionfit.errors import UnreadableVideoError
from motionfit.media.clips import ReaderName
from motionfit.media.probe import container_name, describe
from motionfit.media.reading.decoding import decode_frames
from motionfit.media.reading.frame_cursor import FrameCursor
from motionfit.media.reading.frame_source import FrameMismatchError, FrameSource
from motionfit.media.reading.packets import scan_packets
from motionfit.media.reading.picture import Orientation, PictureWriter
from motionfit.media.reading.timestamps import timeline_from_pts
from motionfit.media.reading.trust import may_seek


class PyavReader:
    """One open video; a `FrameSource`, and a context manager that closes it.

    Attributes:
        name: ``pyav``.
        table: The video's packets.
        timeline: When its frames are shown: by its packets, or as counted.
        size: ``(height, width)`` of the pictures, px.
        info: The video's header.
    """

    name: ReaderName = "pyav"

    def __init__(
        self, path: Path, size: tuple[int, int] | None, *, max_pixels: int, threads: int | None
    ) -> None:
        """Open a video.

        Args:
            path: The file.
            size: ``(height, width)`` of the picture as shown; None is the first frame's own.
            max_pixels: Largest accepted ``width * height``.
            threads: Codec threads, see `FrameCursor`.

        Raises:
            MediaError: As in `motionfit.media.reader.read_clips`.
        """
        self._path = path
        with ExitStack() as on_failure:
            self._cursor = FrameCursor(path, max_pixels=max_pixels, threads=threads)
            on_failure.callback(self._cursor.close)
            self.table = scan_packets(self._cursor.container, self._cursor.stream)
            self._is_counted = False
            self._writer = PictureWriter(self._find_first_frame(), size)
            self.size = self._writer.size
            self.info = describe(
                path, self._cursor.container, self._cursor.stream, self._writer.orientation
            )
            on_failure.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._cursor.close()

    @property
    def has_trusted_packets(self) -> bool:
        """Whether `timeline` is the packets' and decoding may jump; false once it was counted."""
        return self._cursor.can_jump

    @property
    def is_turned(self) -> bool:
        """Whether pictures are turned or mirrored to be shown."""
        return self._writer.orientation != Orientation()

    @property
    def num_frames_expected(self) -> int:
        """Frames that the container promises, by its packets and its index."""
        return self.table.num_expected

    @property
    def has_size_change(self) -> bool:
        """Whether a frame written so far was stored in another size than the first one."""
        return self._writer.has_size_change

    def read_into(
        self,
        frame_indices: NDArray[np.int64],
        frames: NDArray[np.uint8],
        rows: NDArray[np.int64],
    ) -> None:
        """Write the frames of given indices into rows of ``frames``, see `FrameSource`."""
        for index, row in zip(frame_indices.tolist(), rows.tolist(), strict=True):
            self._writer.write(self._cursor.take(index), frames[row])

    def look_again(self) -> FrameSource:
        """Count the frames by decoding all of them; from now on decode from the start.

        Raises:
            UnreadableVideoError: They were counted before.
        """
        if self._is_counted:
            raise UnreadableVideoError(self._path, "its frames changed while they were read")
        self._count_frames()
        return self

    def _find_first_frame(self) -> VideoFrame:
        if self.table.is_clean:
            try:
                self._trust_packets()
                return self._cursor.peek()
            except FrameMismatchError:
                pass
        self._count_frames()
        return self._cursor.peek()

    def _trust_packets(self) -> None:
        stream = self._cursor.stream
        name = container_name(self._cursor.container, self._path)
        can_jump = may_seek(name, stream.codec_context.codec.canonical_name)
        self.timeline = timeline_from_pts(self.table.pts, self.table.last_duration, stream)
        self._cursor.expect(self.table.pts.tolist(), self.table if can_jump else None)

    def _count_frames(self) -> None:
        self._cursor.restart()
        stream = self._cursor.stream
        pts = [frame.pts for frame in decode_frames(self._cursor.container, stream)]
        if not pts:
            raise UnreadableVideoError(self._path, "no frame of it can be decoded")
        self.timeline = timeline_from_pts(pts, self.table.last_duration, stream)
        self._cursor.expect(pts, None)
        self._is_counted = True
