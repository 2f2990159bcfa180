"""Whether decoding from a key frame needs nothing that came before it."""

from av.packet import Packet
from av.video.stream import VideoStream

_H264_SLICE_OF_IDR = 5


def is_clean_start(packet: "Packet[VideoStream]", stream: VideoStream) -> bool:
    """Return whether a key frame is complete by itself.

    Containers mark a point of gradual refresh of H.264 as a key frame too, though the picture is
    complete some frames later only. A true start holds an IDR slice.

    Args:
        packet: A key frame's.
        stream: Its stream.

    Source: ITU-T H.264, table 7-1 (types of NAL unit); ISO/IEC 14496-15, 5.3.3.1 (how long the
    lengths before them are).
    """
    if stream.codec_context.codec.canonical_name != "h264":
        return True
    configuration = stream.codec_context.extradata or b""
    if len(configuration) < 5 or configuration[0] != 1:
        return False
    num_length_bytes = (configuration[4] & 3) + 1
    data = bytes(packet)
    place = 0
    while place + num_length_bytes < len(data):
        length = int.from_bytes(data[place : place + num_length_bytes], "big")
        place += num_length_bytes
        if data[place] & 31 == _H264_SLICE_OF_IDR:
            return True
        place += length
    return False
