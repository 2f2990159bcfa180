"""The packets of a video, listed without decoding: how many frames, when, and where to start."""

from array import array
from dataclasses import dataclass

import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from motionfit.media.reading.container import readable_packets
from motionfit.media.reading.key_frames import is_clean_start


@dataclass(frozen=True, kw_only=True)
class PacketTable:
    """When the frames of a video are due, by its packets.

    Attributes:
        pts: ``(num_frames,)`` int64, time stamps of the packets that are to be shown, in the order
            shown, in the stream's time base.
        last_duration: How long the frame of the last one is shown, same unit; 0 is not said.
        key_pts: ``(num_keys,)`` int64, increasing: frames at which decoding can start.
        num_expected: Frames promised: more than ``num_frames`` where the container's index lists
            some that the file no longer holds.
        is_clean: Every packet is whole and has a time stamp of its own, and none is missing.
        has_closed_groups: Nothing that follows a key frame in the file needs a picture before it.
    """

    pts: NDArray[np.int64]
    last_duration: int
    key_pts: NDArray[np.int64]
    num_expected: int
    is_clean: bool
    has_closed_groups: bool

    @property
    def num_frames(self) -> int:
        """Packets to be shown."""
        return len(self.pts)

    def key_before(self, frame_index: int) -> int | None:
        """Return the time stamp of the key frame to start from to decode a frame.

        It is the last one that is shown no later: of an open group of pictures, the frames shown
        before its key frame refer to the group before.

        ::

            decoded  I0 P3 B1 B2  I6 B4 B5
            shown    I0 B1 B2 P3 B4 B5 I6       frame 4 needs I0, though I6 comes before it
        """
        key = int(np.searchsorted(self.key_pts, self.pts[frame_index], side="right")) - 1
        return None if key < 0 else int(self.key_pts[key])

    def first_frame_from(self, pts: int) -> int:
        """Return the index of the first frame that is shown at a time stamp or later."""
        return int(np.searchsorted(self.pts, pts))


def scan_packets(container: InputContainer, stream: VideoStream) -> PacketTable:
    """Read a freshly opened container to its end and return the table of its packets."""
    pts, key_pts = array("q"), array("q")
    num_shown = last_pts = last_duration = 0
    is_whole = has_closed_groups = True
    for packet in readable_packets(container, stream):
        num_shown += not packet.is_discard
        is_whole &= not packet.is_corrupt
        if packet.pts is None:
            continue
        if not packet.is_discard:
            if not pts or packet.pts > last_pts:
                last_pts, last_duration = packet.pts, packet.duration or 0
            pts.append(packet.pts)
        has_closed_groups &= not key_pts or packet.pts >= key_pts[-1]
        if packet.is_keyframe:
            has_closed_groups &= is_clean_start(packet, stream)
            key_pts.append(packet.pts)
    shown = np.unique(np.frombuffer(pts, dtype=np.int64))
    num_expected = max(num_shown, _num_indexed(stream))
    return PacketTable(
        pts=shown,
        last_duration=last_duration,
        key_pts=np.unique(np.frombuffer(key_pts, dtype=np.int64)),
        num_expected=num_expected,
        is_clean=is_whole and 0 < len(shown) == num_expected,
        has_closed_groups=has_closed_groups,
    )


def _num_indexed(stream: VideoStream) -> int:
    """Return how many frames the container's index lists: in MP4 and AVI all, elsewhere fewer."""
    return sum(entry.size > 0 and not entry.is_discard for entry in stream.index_entries)
