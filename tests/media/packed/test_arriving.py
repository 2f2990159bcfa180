from pathlib import Path

import numpy as np

from motionfit.media.packed.arriving import ArrivingFrames
from motionfit.media.packed.spool import RowSpool


def numbers_taken(chunks: list[tuple[list[int], int]], folder: Path) -> list[int]:
    """Return the frames kept of chunks of numbered frames, each with the video's known length."""
    spool = RowSpool(folder)
    arriving = ArrivingFrames(spool)
    for numbers, num_frames_known in chunks:
        frames = np.empty((len(numbers), 2, 2, 3), np.uint8)
        frames[:] = np.array(numbers, np.uint8).reshape(-1, 1, 1, 1)
        arriving.take(frames, num_frames_known)
    with (folder / "out").open("w+b") as file:
        spool.copy_to(file)
    spool.close()
    return np.fromfile(folder / "out", np.uint8)[:: 2 * 2 * 3].tolist()


def test_chunks_follow_each_other(tmp_path: Path) -> None:
    assert numbers_taken([([0, 1], 5), ([], 5), ([2, 3, 4], 5)], tmp_path) == [0, 1, 2, 3, 4]


def test_a_decoder_that_counts_anew_may_hand_its_last_frame_out_again(tmp_path: Path) -> None:
    assert numbers_taken([([0, 1, 2], 9), ([2, 3], 7)], tmp_path) == [0, 1, 2, 3]
    assert numbers_taken([([0, 1, 2], 9), ([3, 4], 7)], tmp_path) == [0, 1, 2, 3, 4]
    assert numbers_taken([([0, 1], 9), ([1], 2)], tmp_path) == [0, 1]


def test_a_picture_that_stands_still_is_kept_as_often_as_it_is_shown(tmp_path: Path) -> None:
    assert numbers_taken([([4, 4], 4), ([4, 4], 4)], tmp_path) == [4, 4, 4, 4]
