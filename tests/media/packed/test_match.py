from pathlib import Path

import numpy as np
import pytest

from motionfit.errors import PackedVideosError
from motionfit.media.packed.arrays import pack_arrays
from motionfit.media.packed.layout import PackedFormat
from motionfit.media.packed.match import match_videos
from motionfit.media.packed.videos import PackedVideos
from motionfit.media.packed.writer import PackedWriter


def pack(path: Path, kind: str, lengths: dict[str, int]) -> PackedVideos:
    """Pack videos whose content is called as they are."""
    packed_format = PackedFormat(kind=kind, size=(4, 4))
    with PackedWriter(path, packed_format) as writer:
        for name, length in lengths.items():
            spool = writer.spool()
            spool.append(np.zeros((length, *packed_format.row_shape), np.uint8))
            writer.add(f"content of {name}", spool)
        writer.finish([(name, f"content of {name}") for name in lengths])
    return PackedVideos(path)


def test_videos_in_both_files_are_found_in_the_order_of_the_frames(tmp_path: Path) -> None:
    frames = pack(tmp_path / "frames", "frames", {"a": 5, "b": 6, "c": 7, "d": 1})
    flow = pack(tmp_path / "flow", "flow", {"c": 6, "x": 9, "a": 4})
    in_frames, in_flow = match_videos(frames, flow)
    assert in_frames.tolist() == [0, 2]
    assert in_flow.tolist() == [2, 0]


def test_flow_of_other_frames_is_refused(tmp_path: Path) -> None:
    frames = pack(tmp_path / "frames", "frames", {"a": 5})
    flow = pack(tmp_path / "flow", "flow", {"a": 5})
    with pytest.raises(PackedVideosError, match="5 flows of the 5 frames of a, expected 4"):
        match_videos(frames, flow)


def test_files_with_nothing_in_common_match_nowhere(tmp_path: Path) -> None:
    frames = pack_arrays([np.zeros((3, 4, 4, 3), np.uint8)], tmp_path / "frames")
    flow = pack(tmp_path / "flow", "flow", {"a": 2})
    assert [len(places) for places in match_videos(frames, flow)] == [0, 0]
