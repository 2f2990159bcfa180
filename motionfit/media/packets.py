"""The packets of a video, listed without decoding: how many frames, when, and where to start."""

from array import array
from dataclasses import dataclass

import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from motionfit.media.container import readable_packets


@dataclass(frozen=True, kw_only=True)
class PacketTable:
    """When the frames of a video are due, by its packets.

    Attributes:
        pts: ``(num_frames,)`` int64, time stamps of the packets that are to be shown, in the order
            shown, in the stream's time base.
        last_duration: How long the frame of the last one is shown, same unit; 0 is not said.
        key_pts: ``(num_keys,)`` int64, increasing: frames at which decoding can start.
        key_seek: ``(num_keys,)`` int64, the time to ask the container for, to get there.
        num_expected: Frames promised: more than ``num_frames`` where the container's index lists
            some that the file no longer holds.
        is_clean: Every packet is whole and has a time stamp of its own, and none is missing.
    """

    pts: NDArray[np.int64]
    last_duration: int
    key_pts: NDArray[np.int64]
    key_seek: NDArray[np.int64]
    num_expected: int
    is_clean: bool

    @property
    def num_frames(self) -> int:
        """Packets to be shown."""
        return len(self.pts)

    def key_before(self, frame_index: int) -> int:
        """Return which key frame to start from to decode a frame; -1 where there is none.

        It is the last one that is shown no later: of an open group of pictures, the frames shown
        before its key frame refer to the group before.

        ::

            decoded  I0 P3 B1 B2  I6 B4 B5
            shown    I0 B1 B2 P3 B4 B5 I6       frame 4 needs I0, though I6 comes before it
        """
        wanted = self.pts[frame_index]
        return int(np.searchsorted(self.key_pts, wanted, side="right")) - 1

    def first_frame_of(self, key: int) -> int:
        """Return the index of the first frame that is shown from a key frame on."""
        return int(np.searchsorted(self.pts, self.key_pts[key]))


def scan_packets(container: InputContainer, stream: VideoStream) -> PacketTable:
    """Read a freshly opened container to its end and return the table of its packets."""
    pts, key_pts, key_seek = array("q"), array("q"), array("q")
    num_shown = last_pts = last_duration = 0
    is_whole = True
    for packet in readable_packets(container, stream):
        num_shown += not packet.is_discard
        is_whole &= not packet.is_corrupt
        if packet.pts is None:
            continue
        if not packet.is_discard:
            if not pts or packet.pts > last_pts:
                last_pts, last_duration = packet.pts, packet.duration or 0
            pts.append(packet.pts)
        if packet.is_keyframe:
            key_pts.append(packet.pts)
            key_seek.append(packet.pts if packet.dts is None else min(packet.pts, packet.dts))
    shown = np.unique(np.frombuffer(pts, dtype=np.int64))
    keys, first = np.unique(np.frombuffer(key_pts, dtype=np.int64), return_index=True)
    num_expected = max(num_shown, _num_indexed(stream))
    return PacketTable(
        pts=shown,
        last_duration=last_duration,
        key_pts=keys,
        key_seek=np.frombuffer(key_seek, dtype=np.int64)[first],
        num_expected=num_expected,
        is_clean=is_whole and 0 < len(shown) == num_expected,
    )


def _num_indexed(stream: VideoStream) -> int:
    """Return how many frames the container's index lists: in MP4 and AVI all, elsewhere fewer."""
    return sum(entry.size > 0 and not entry.is_discard for entry in stream.index_entries)
