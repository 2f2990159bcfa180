"""The same videos in two files: frames in one, flow in the other."""

import numpy as np
from numpy.typing import NDArray

from motionfit.errors import PackedVideosError
from motionfit.media.packed.videos import PackedVideos


def match_videos(
    frames: PackedVideos, flow: PackedVideos
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the places of the videos that both files hold, in the order of the first.

    Videos are the same where name and content are.

    Returns:
        Places in ``frames`` and places in ``flow``, each ``(num_shared,)`` int64.

    Raises:
        PackedVideosError: A video has not one flow less than frames: clips of the two would not be
            of the same time.
    """
    place_of = {
        known: place
        for place, known in enumerate(zip(flow.names, flow.content_hashes, strict=True))
    }
    pairs = [
        (place, place_of[known])
        for place, known in enumerate(zip(frames.names, frames.content_hashes, strict=True))
        if known in place_of
    ]
    shared = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    in_frames, in_flow = shared[:, 0].copy(), shared[:, 1].copy()
    num_frames, num_flows = frames.num_frames[in_frames], flow.num_frames[in_flow]
    for place in np.flatnonzero(num_flows + 1 != num_frames)[:1].tolist():
        name = frames.names[in_frames[place]]
        found = f"{num_flows[place]} flows of the {num_frames[place]} frames of {name}"
        raise PackedVideosError(flow.path, f"{found}, expected {num_frames[place] - 1}")
    return in_frames, in_flow
