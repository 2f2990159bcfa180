"""A place in an open video: take frames by index, each checked to be the one that is due."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path

from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from motionfit.media.reading.container import open_video
from motionfit.media.reading.decoding import decode_frames, decode_from
from motionfit.media.reading.frame_source import FrameMismatchError
from motionfit.media.reading.packets import PacketTable

# A jump empties the decoder's pipeline; this many frames decoded in vain cost about the same.
_JUMP_FRAMES = 8
_LARGE_PICTURE_PIXELS = 1920 * 1088


class FrameCursor:
    """Decodes forward, jumps ahead where that saves decoding, starts again to go back.

    Attributes:
        container: The open file; another one after `restart`.
        stream: Its video stream.
    """

    container: InputContainer
    stream: VideoStream

    def __init__(self, path: Path, *, max_pixels: int, threads: int | None) -> None:
        """Open a video.

        Args:
            path: The file.
            max_pixels: Largest accepted ``width * height``.
            threads: Codec threads; None is 1 for pictures up to full HD and one a core above.
        """
        self._path, self._max_pixels, self._threads = path, max_pixels, threads
        self._file = ExitStack()
        self._expected_pts: Sequence[int | None] = ()
        self._keys: PacketTable | None = None
        self.restart()

    @property
    def can_jump(self) -> bool:
        """Whether frames were promised together with key frames to jump to."""
        return self._keys is not None

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def restart(self) -> None:
        """Open the file anew and stand before its first frame."""
        self._file.close()
        self.container, self.stream = self._file.enter_context(
            open_video(self._path, max_pixels=self._max_pixels)
        )
        codec = self.stream.codec_context
        is_large = codec.width * codec.height > _LARGE_PICTURE_PIXELS
        codec.thread_count = (0 if is_large else 1) if self._threads is None else self._threads
        codec.thread_type = "AUTO"
        self._continue_with(decode_frames(self.container, self.stream), 0)

    def expect(self, pts: Sequence[int | None], keys: PacketTable | None) -> None:
        """Say which frames there are, and stand before the first.

        Args:
            pts: Time stamps of the frames, in the order shown.
            keys: Where to jump to; None is nowhere.
        """
        self._expected_pts, self._keys = pts, keys
        if keys is None:
            self.restart()
        else:
            self._position = len(pts)
            self._approach(0)

    def peek(self) -> VideoFrame:
        """Return the frame that is due, and stay before it.

        Raises:
            FrameMismatchError: Another frame came, or none.
        """
        frame = self._next_frame()
        self._continue_with(chain([frame], self._frames), self._position - 1)
        return frame

    def take(self, index: int) -> VideoFrame:
        """Return the frame of an index, and stand after it.

        Raises:
            FrameMismatchError: A frame on the way was not the one due, or none came.
        """
        self._approach(index)
        while True:
            frame = self._next_frame()
            if self._position > index:
                return frame

    def _approach(self, index: int) -> None:
        if self._keys is not None:
            key_pts = self._keys.key_before(index)
            if key_pts is None:
                raise FrameMismatchError
            is_far = self._keys.first_frame_from(key_pts) > self._position + _JUMP_FRAMES
            if is_far or index < self._position:
                self._jump(self._keys, key_pts, index)
        elif index < self._position:
            self.restart()

    def _jump(self, keys: PacketTable, key_pts: int, index: int) -> None:
        landed = decode_from(self.container, self.stream, key_pts)
        if landed is None:
            raise FrameMismatchError
        landed_pts, frames = landed
        self._continue_with(frames, keys.first_frame_from(landed_pts))
        if self._position > index:
            raise FrameMismatchError

    def _continue_with(self, frames: Iterator[VideoFrame], position: int) -> None:
        self._frames, self._position = frames, position

    def _next_frame(self) -> VideoFrame:
        frame = next(self._frames, None)
        if frame is None or self._position >= len(self._expected_pts):
            raise FrameMismatchError
        if frame.pts != self._expected_pts[self._position]:
            raise FrameMismatchError
        self._position += 1
        return frame
