from dataclasses import replace

import numpy as np
import pytest
import torch

from motionfit.errors import ConfigError, TooFewVideosError
from motionfit.media.packed.videos import PackedVideos
from motionfit.training.data.pseudo_labelled import LabelledGrid, PseudoLabelledClips
from motionfit.training.data.settings import ClipSettings

SMALL = ClipSettings(clip_length=5, num_clips=3, crop=(12, 14))


@pytest.fixture(scope="module")
def grid(frames: PackedVideos) -> LabelledGrid:
    """All clips of a grid of 5 frames, but none of video 3; a label tells video and start."""
    clips = [
        (video, start)
        for video, length in enumerate(frames.num_frames.tolist())
        if video != 3
        for start in range(0, length - 4, 5)
    ]
    mixed = np.random.default_rng(0).permutation(clips)
    return LabelledGrid.of(mixed[:, 0], mixed[:, 1], mixed[:, 0] * 1000 + mixed[:, 1])


def test_labels_are_those_of_exactly_the_frames_shown(
    frames: PackedVideos, grid: LabelledGrid
) -> None:
    clips = PseudoLabelledClips(frames, SMALL, grid, seed=5)
    assert clips.num_videos == 9
    shown = set()
    for epoch in range(3):
        for step in range(clips.num_steps(4)):
            batch = clips.batch(epoch, step, 4)
            assert torch.equal(batch.labels, batch.videos[:, None] * 1000 + batch.starts)
            first = batch.clips[:, :, 0, 0, 5, 5]
            assert torch.equal(first.long(), batch.starts)
            shown |= set(batch.videos.tolist())
    assert shown == set(range(10)) - {3}


def test_no_clip_is_shown_twice_before_all_were(frames: PackedVideos, grid: LabelledGrid) -> None:
    clips = PseudoLabelledClips(frames, SMALL, grid)
    batch = clips.batch(0, 0, 9)
    for video, starts in zip(batch.videos.tolist(), batch.starts.tolist(), strict=True):
        on_grid = grid.starts[grid.videos == video].tolist()
        assert len(set(starts)) == min(3, len(on_grid))
    # Video 1 has 7 frames: one clip.
    assert batch.starts[batch.videos == 1].tolist() == [[0, 0, 0]]


def test_neighbours_are_the_clips_before_and_after_in_the_same_video(
    frames: PackedVideos, grid: LabelledGrid
) -> None:
    batch = PseudoLabelledClips(frames, SMALL, grid, with_neighbours=True).batch(0, 0, 9)
    for row, video in enumerate(batch.videos.tolist()):
        on_grid = grid.starts[grid.videos == video].tolist()
        for clip, start in enumerate(batch.starts[row].tolist()):
            before = video * 1000 + start - 5 if start - 5 in on_grid else -1
            after = video * 1000 + start + 5 if start + 5 in on_grid else -1
            assert batch.previous_labels[row, clip] == before
            assert batch.next_labels[row, clip] == after
    without = PseudoLabelledClips(frames, SMALL, grid).batch(0, 0, 9)
    assert (without.previous_labels, without.next_labels) == (None, None)


def test_neighbours_on_a_drawn_grid() -> None:
    grid = LabelledGrid.of([4, 2, 2, 4, 2], [0, 16, 0, 16, 32], [7, 1, 0, 8, 2])
    assert grid.videos.tolist() == [2, 2, 2, 4, 4]
    assert grid.labels.tolist() == [0, 1, 2, 7, 8]
    assert grid.neighbour_labels(1).tolist() == [1, 2, -1, 8, -1]
    assert grid.neighbour_labels(-1).tolist() == [-1, 0, 1, -1, 7]


def test_validation_spreads_clips_over_the_grid_and_repeats(
    frames: PackedVideos, grid: LabelledGrid
) -> None:
    clips = PseudoLabelledClips(frames, SMALL.for_validation(), grid, video_indices=[2, 6])
    first, later = clips.batch(0, 0, 2), clips.batch(9, 0, 2)
    assert torch.equal(first.clips, later.clips)
    assert first.videos.tolist() == [2, 6]
    assert first.starts[0].tolist() == [0, 25, 55]


def test_processes_together_see_what_one_would_see(
    frames: PackedVideos, grid: LabelledGrid
) -> None:
    clips = PseudoLabelledClips(frames, replace(SMALL, flip=True), grid, seed=2)
    for step in range(clips.num_steps(5)):
        joint = clips.batch(1, step, 5)
        parts = [clips.batch(1, step, 5, rank=rank, world_size=2) for rank in range(2)]
        for name in ("clips", "videos", "starts", "labels"):
            together = torch.cat([getattr(part, name) for part in parts])
            assert torch.equal(together, getattr(joint, name))


def test_a_grid_that_does_not_fit_is_refused(frames: PackedVideos) -> None:
    with pytest.raises(ConfigError, match="one number a clip each"):
        LabelledGrid.of([1, 2], [0], [0, 0])
    with pytest.raises(ConfigError, match=r"videos is \(0, 10\); expected numbers from 0 to 9"):
        PseudoLabelledClips(frames, SMALL, LabelledGrid.of([0, 10], [0, 0], [1, 1]))
    with pytest.raises(TooFewVideosError, match="no video has a labelled clip"):
        PseudoLabelledClips(frames, SMALL, LabelledGrid.of([], [], []))
    with pytest.raises(TooFewVideosError, match="no video has a labelled clip"):
        PseudoLabelledClips(frames, SMALL, LabelledGrid.of([0], [0], [1]), video_indices=[4])
