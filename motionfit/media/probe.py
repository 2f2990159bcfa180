"""What a video's header says."""

from fractions import Fraction
from pathlib import Path

from av.container import InputContainer
from av.video.stream import VideoStream

from motionfit.errors import UnreadableVideoError
from motionfit.media.reading.container import DEFAULT_MAX_PIXELS, open_video
from motionfit.media.reading.decoding import decode_frames
from motionfit.media.reading.picture import Orientation
from motionfit.media.reading.timestamps import plausible_frame_rate
from motionfit.media.video import VideoInfo

_MICROSECONDS = 1_000_000


def probe(path: str | Path, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> VideoInfo:
    """Return what the header of a video says.

    One frame is decoded: libav hands a stream's rotation out with its frames only, and a file
    without a single decodable frame is better refused here.

    Args:
        path: A regular file. Playlists, addresses and devices are refused.
        max_pixels: Largest accepted ``width * height``.

    Raises:
        VideoNotFoundError: No regular file stands at ``path``.
        UnreadableVideoError: The file is no video, may not be read, or holds no decodable frame.
        VideoTooLargeError: The header promises frames larger than ``max_pixels``.
    """
    with open_video(path, max_pixels=max_pixels) as (container, stream):
        first = next(decode_frames(container, stream), None)
        if first is None:
            raise UnreadableVideoError(path, "no frame of it can be decoded")
        return describe(path, container, stream, Orientation.of(first))


def describe(
    path: str | Path, container: InputContainer, stream: VideoStream, orientation: Orientation
) -> VideoInfo:
    """Return what an open video's header says, the picture's size given as shown."""
    codec = stream.codec_context
    height, width = orientation.shown_size(codec.height, codec.width)
    duration_seconds = _duration_seconds(container, stream)
    frame_rate = float(plausible_frame_rate(stream) or 0)
    return VideoInfo(
        path=Path(path),
        duration_seconds=duration_seconds,
        num_frames=stream.frames or round(duration_seconds * frame_rate),
        frame_rate=frame_rate,
        height=height,
        width=width,
        rotation_degrees=orientation.degrees,
        codec=codec.codec.canonical_name,
        container=container_name(container, Path(path)),
        pixel_format=codec.pix_fmt or "unknown",
    )


def _duration_seconds(container: InputContainer, stream: VideoStream) -> float:
    if stream.duration is not None:
        return float(stream.duration * (stream.time_base or Fraction(0)))
    return (container.duration or 0) / _MICROSECONDS


def container_name(container: InputContainer, path: Path) -> str:
    """Return that one of the demuxer's names which is the file's suffix, else the first.

    ``mov,mp4,m4a,3gp,3g2,mj2`` is one demuxer: ``clip.mp4`` gives ``mp4``, ``clip.m4v`` gives
    ``mov``.
    """
    names = container.format.name.split(",")
    suffix = path.suffix.lower().removeprefix(".")
    return suffix if suffix in names else names[0]
