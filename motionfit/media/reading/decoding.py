"""Decoding forward, over damage, and jumping to where decoding can start."""

from collections.abc import Iterator
from itertools import chain, dropwhile

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from motionfit.media.reading.container import raise_if_out_of_memory, readable_packets


def decode_frames(
    container: InputContainer,
    stream: VideoStream,
    packets: "Iterator[Packet[VideoStream]] | None" = None,
) -> Iterator[VideoFrame]:
    """Yield all frames that can be decoded, in the order shown.

    A packet that the decoder refuses is skipped; libav conceals damage where it can.

    Args:
        container: Open, standing where decoding can start.
        stream: Its video stream.
        packets: Where some were taken from the container already.
    """
    for packet in readable_packets(container, stream) if packets is None else packets:
        try:
            yield from packet.decode()
        except av.FFmpegError as error:
            raise_if_out_of_memory(error)
    try:
        yield from stream.decode(None)
    except av.FFmpegError as error:
        raise_if_out_of_memory(error)


def decode_from(
    container: InputContainer, stream: VideoStream, seek_pts: int
) -> tuple[int, Iterator[VideoFrame]] | None:
    """Jump to a key frame; return its time stamp and the frames from it on.

    Frames that are decoded first but shown before the key frame refer to pictures before the jump;
    they are left out.

    Args:
        container: Open.
        stream: Its video stream.
        seek_pts: Time stamp of the key frame to jump to; some containers land on one before.

    Returns:
        None where the container cannot jump, or lands on no key frame.
    """
    try:
        container.seek(seek_pts, stream=stream)
    except av.FFmpegError as error:
        raise_if_out_of_memory(error)
        return None
    packets = readable_packets(container, stream)
    first = next(packets, None)
    if first is None or first.pts is None or not first.is_keyframe:
        return None
    key_pts = first.pts
    frames = decode_frames(container, stream, chain([first], packets))
    return key_pts, dropwhile(lambda frame: frame.pts is not None and frame.pts < key_pts, frames)
