"""One range of a video as an MP4 file of its own.

The video is decoded in a process of its own, as everywhere; what comes out of it are pixels, a few
at a time however long the range is, and these are encoded here.
"""

from collections.abc import Generator
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motionfit.errors import ExportCancelledError, UnreadableVideoError
from motionfit.media.clips import DecodedClips
from motionfit.media.decode_events import ClipsDecoded, DecodeTask, VideoFailed
from motionfit.media.pool import DecodePool
from motionfit.media.sampling import ClipSampling, ClipSpec, Sliding
from motionfit.media.video import VideoInfo
from motionfit.media.write import VideoWriter
from retrieval.export.ranges import ExportedRange
from retrieval.export.run import IsCancelled

MAX_SIDE_PX = 1280

_USUAL_FRAME_RATE = 25
_HIGHEST_FRAME_RATE = 1000
_LARGEST_DENOMINATOR = 1001


def cut_video(
    pool: DecodePool,
    wanted: ExportedRange,
    info: VideoInfo,
    target: Path,
    *,
    is_cancelled: IsCancelled,
) -> None:
    """Write a range of a video as H.264 in MP4, without sound; it plays everywhere.

    The frames are those that begin in the range, each shown as long as in the video, also where its
    rate varies. Sides are at most `MAX_SIDE_PX` and even: an odd one loses its last line.

    Args:
        pool: Decodes.
        wanted: What to cut.
        info: The video's header.
        target: The file; it is complete on return.
        is_cancelled: Asked now and then.

    Raises:
        MediaError: The video cannot be decoded.
        ConfigError: The range begins after the video's end.
        ExportCancelledError: It was stopped.
        OSError: The file cannot be written.
    """
    size = _limited_size(info.height, info.width)
    height, width = (side - side % 2 for side in size)
    task = DecodeTask(path=Path(wanted.path), sampling=_every_frame(wanted), size=size)
    with (
        closing(_decode(pool, task)) as chunks,
        VideoWriter(
            target, size=(height, width), frame_rate=_frame_rate(info), for_sharing=True
        ) as writer,
    ):
        begin_seconds = None
        for clips in chunks:
            if is_cancelled():
                raise ExportCancelledError
            if begin_seconds is None:
                begin_seconds = float(clips.start_seconds[0])
            pictures = (clips.frames[row, :height, :width] for row in clips.positions[:, 0])
            writer.write_at(
                pictures,
                (clips.start_seconds - begin_seconds).tolist(),
                (clips.end_seconds - begin_seconds).tolist(),
            )


def _every_frame(wanted: ExportedRange) -> ClipSampling:
    """Return the sampling whose clips are the frames of a range, one each."""
    return ClipSampling(
        spec=ClipSpec(clip_length=1),
        placement=Sliding(clip_hop=1),
        start_seconds=wanted.start_seconds,
        end_seconds=wanted.end_seconds,
    )


def _decode(pool: DecodePool, task: DecodeTask) -> Generator[DecodedClips, None, None]:
    """Yield the frames of a task, some at a time; those before are gone by then."""
    last_seconds = -np.inf
    with closing(pool.run([task])) as events:
        for event in events:
            match event:
                case ClipsDecoded(clips=clips, release=release):
                    _check(clips, task, last_seconds)
                    last_seconds = clips.start_seconds[-1]
                    yield clips
                    release()
                case VideoFailed(error=error):
                    raise error


def _check(clips: DecodedClips, task: DecodeTask, last_seconds: float) -> None:
    # A decoder has parsed bytes that nobody vouches for; the encoder takes no such things.
    times: NDArray[np.float64] = np.append(last_seconds, clips.start_seconds)
    if clips.frames.shape[1:3] != task.size or not (np.diff(times) > 0).all():
        raise UnreadableVideoError(task.path, "its frames are out of order")


def _limited_size(height: int, width: int) -> tuple[int, int]:
    scale = min(1.0, MAX_SIDE_PX / max(height, width, 1))
    return max(2, round(height * scale)), max(2, round(width * scale))


def _frame_rate(info: VideoInfo) -> Fraction:
    """Return the rate for the file's header; the frames have times of their own."""
    if not 0 < info.frame_rate <= _HIGHEST_FRAME_RATE:
        return Fraction(_USUAL_FRAME_RATE)
    rate = Fraction(info.frame_rate).limit_denominator(_LARGEST_DENOMINATOR)
    return rate or Fraction(1, _LARGEST_DENOMINATOR)
