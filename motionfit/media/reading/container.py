"""The one place where a video file is opened, and where libav's errors become ours.

A file from a stranger is input to judge. Only regular files are opened, only by demuxers that hold
video in the file itself (a playlist names other files or addresses, and these are never followed),
only through the ``file`` protocol, and only up to a size of picture.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard, Disposition
from av.video.stream import VideoStream

from motionfit.errors import UnreadableVideoError, VideoNotFoundError, VideoTooLargeError

DEFAULT_MAX_PIXELS = 8192 * 8192

# libav counts the padding at the end of each line of pixels too; here the limit is on the picture.
_PADDING_PIXELS = 128 * 16384

_DEMUXERS = (
    "mov,matroska,avi,mpegts,mpeg,mpegvideo,m4v,h264,hevc,vvc,av1,obu,ivf,gif,apng,flv,asf,ogg,"
    "nut,rm,mxf,dv,mjpeg,wtv,vc1,h263,dirac,yuv4mpegpipe"
)

_KINDS = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a character device"),
    (stat.S_ISBLK, "a block device"),
)


@contextmanager
def open_video(
    path: str | Path, *, max_pixels: int = DEFAULT_MAX_PIXELS
) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open a video and give its container and first video stream; close it in the end.

    A cover picture attached to music does not count as video.

    Args:
        path: A regular file.
        max_pixels: Largest accepted ``width * height``, also where the size changes later.

    Raises:
        VideoNotFoundError: No regular file stands at ``path``.
        UnreadableVideoError: The file is no video, or may not be read.
        VideoTooLargeError: The header promises frames larger than ``max_pixels``.
    """
    check_regular_file(path)
    libav_limit = {"max_pixels": str(max_pixels + _PADDING_PIXELS)}
    with translated_errors(path), _open(path, libav_limit) as container:
        stream = _first_video_stream(container, path)
        if stream.codec_context.width == 0:
            # libav clears the size of a picture that it refuses; ask once more, decoding nothing.
            with _open(path, {"skip_frame": "all"}) as again:
                refused = _first_video_stream(again, path).codec_context
                _check_size(path, refused.width, refused.height, max_pixels)
            raise UnreadableVideoError(path, "its header tells no picture size")
        _check_size(path, stream.codec_context.width, stream.codec_context.height, max_pixels)
        stream.codec_context.options = libav_limit
        for other in container.streams:
            if other.index != stream.index:
                other.discard = Discard.all
        yield container, stream


def readable_packets(
    container: InputContainer, stream: VideoStream
) -> "Iterator[Packet[VideoStream]]":
    """Yield a stream's packets, from where the container stands to where it cannot go on."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError:  # lack of memory included: a damaged index tells absurd sizes
            return
        except IndexError:  # PyAV's own, at the end of a file where a stream turned up late
            return
        if packet is None:
            return
        # An empty packet in the middle would tell the decoder that the stream ends there.
        if packet.size:
            yield packet


def raise_if_out_of_memory(error: av.FFmpegError) -> None:
    """Raise libav's error again where it says that memory ran out: no fault of the video."""
    if isinstance(error, MemoryError):
        raise error


def check_regular_file(path: str | Path) -> None:
    """Raise `VideoNotFoundError`, saying what was found, unless a regular file stands at a path."""
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 (Path() would hide an embedded null)
    except PermissionError as error:
        raise UnreadableVideoError(path, "permission denied on its folder") from error
    except (OSError, ValueError) as error:
        is_link = os.path.islink(path)  # noqa: PTH114 (Path.is_symlink refuses long names)
        found = "a link that leads nowhere" if is_link else "nothing"
        raise VideoNotFoundError(path, found) from error
    for is_kind, found in _KINDS:
        if is_kind(mode):
            raise VideoNotFoundError(path, found)


@contextmanager
def translated_errors(path: str | Path) -> Iterator[None]:
    """Turn what libav raises inside into `UnreadableVideoError`; lack of memory passes through."""
    try:
        yield
    except av.FFmpegError as error:
        raise_if_out_of_memory(error)
        raise UnreadableVideoError(path, _reason(error, Path(path))) from error


def _open(path: str | Path, codec_options: dict[str, str]) -> InputContainer:
    # The scheme keeps libav from reading one into a name such as "concat:a.mp4" or "12:30.mp4".
    address = "file:" + os.path.abspath(path)  # noqa: PTH100 (no symbolic link is resolved)
    options = {"format_whitelist": _DEMUXERS, "protocol_whitelist": "file", **codec_options}
    try:
        return av.open(address, "r", options=options, metadata_errors="replace")
    except MemoryError as error:
        raise UnreadableVideoError(path, "its header asks for too much memory") from error


def _first_video_stream(container: InputContainer, path: str | Path) -> VideoStream:
    streams = [
        stream
        for stream in container.streams.video
        if not stream.disposition & Disposition.attached_pic
    ]
    if not streams:
        held = ", ".join(sorted({stream.type for stream in container.streams})) or "nothing"
        raise UnreadableVideoError(path, f"it has no video stream (only {held})")
    if streams[0].codec_context is None:
        raise UnreadableVideoError(path, "no decoder knows its video codec")
    return streams[0]


def _check_size(path: str | Path, width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise VideoTooLargeError(path, width, height, max_pixels)


def _reason(error: av.FFmpegError, path: Path) -> str:
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except PermissionError:
        return "permission denied"
    except OSError as unreadable:
        return unreadable.strerror or "the file cannot be opened"
    if not head:
        return "the file is empty"
    if head[4:8] in (b"ftyp", b"mdat", b"moov"):
        return "its MP4 index is missing or damaged (a recording cut off?)"
    if isinstance(error, av.ArgumentError):
        return "it is a playlist, or of a format that is not accepted here"
    if isinstance(error, av.InvalidDataError):
        return "it is no video file that is known here, or its header is damaged"
    return f"its header is damaged ({error.strerror})"
