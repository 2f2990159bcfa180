from dataclasses import replace

import numpy as np
import pytest
import torch

from motionfit.errors import ConfigError, TooFewVideosError
from motionfit.media.packed.videos import PackedVideos
from motionfit.training.data.labelled_grid import LabelledGrid
from motionfit.training.data.pseudo_labelled import LABELLED_STARTS, PseudoLabelledClips
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
    return LabelledGrid.of(mixed[:, 0], mixed[:, 1], mixed[:, 0] * 1000 + mixed[:, 1], span=5)


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


def test_validation_spreads_clips_over_the_grid_and_repeats(
    frames: PackedVideos, grid: LabelledGrid
) -> None:
    clips = PseudoLabelledClips(frames, SMALL.for_validation(), grid, video_indices=[2, 6])
    first, later = clips.batch(0, 0, 2), clips.batch(9, 0, 2)
    assert torch.equal(first.clips, later.clips)
    assert first.videos.tolist() == [2, 6]
    assert first.starts[0].tolist() == [0, 25, 55]


@pytest.mark.parametrize("starts", LABELLED_STARTS)
def test_processes_together_see_what_one_would_see(
    starts: str, frames: PackedVideos, grid: LabelledGrid
) -> None:
    clips = PseudoLabelledClips(frames, replace(SMALL, flip=True), grid, starts=starts, seed=2)
    for step in range(clips.num_steps(5)):
        joint = clips.batch(1, step, 5)
        parts = [clips.batch(1, step, 5, rank=rank, world_size=2) for rank in range(2)]
        for name in ("clips", "videos", "starts", "labels"):
            together = torch.cat([getattr(part, name) for part in parts])
            assert torch.equal(together, getattr(joint, name))


def test_nearest_starts_anywhere_with_the_label_of_the_clip_it_overlaps_most(
    frames: PackedVideos, grid: LabelledGrid
) -> None:
    clips = PseudoLabelledClips(frames, SMALL, grid, starts="nearest", seed=5)
    shown = set()
    for epoch in range(120):
        batch = clips.batch(epoch, 0, 9)
        first = batch.clips[:, :, 0, 0, 5, 5]
        assert torch.equal(first.long(), batch.starts)
        # On a grid of 5 frames without gaps, the nearest start; 2 frames away from two of equals.
        for video, starts, labels in zip(batch.videos, batch.starts, batch.labels, strict=True):
            last = int(frames.num_frames[video]) // 5 * 5 - 5
            for start, label in zip(starts.tolist(), labels.tolist(), strict=True):
                assert label == video * 1000 + min((start + 2) // 5 * 5, last)
        shown |= set(batch.starts[batch.videos == 0].flatten().tolist())
    assert shown == set(range(26))  # all possible starts of 30 frames


def test_nearest_keeps_away_from_where_no_clip_is_labelled(frames: PackedVideos) -> None:
    grid = LabelledGrid.of([2, 2, 6], [20, 40, 10], [1, 2, 3], span=5)
    clips = PseudoLabelledClips(frames, SMALL, grid, starts="nearest")
    found: dict[int, set[tuple[int, int]]] = {2: set(), 6: set()}
    for epoch in range(150):
        batch = clips.batch(epoch, 0, 2)
        for row, video in enumerate(batch.videos.tolist()):
            found[video] |= set(
                zip(batch.starts[row].tolist(), batch.labels[row].tolist(), strict=True)
            )
    assert found[2] == {(start, 1) for start in range(16, 25)} | {
        (start, 2) for start in range(36, 45)
    }
    assert found[6] == {(start, 3) for start in range(6, 15)}


def test_nearest_in_a_video_shorter_than_a_clip_shows_all_of_it(frames: PackedVideos) -> None:
    grid = LabelledGrid.of([1, 1], [0, 3], [8, 9], span=4)
    longer = replace(SMALL, clip_length=10)
    clips = PseudoLabelledClips(frames, longer, grid, starts="nearest", with_neighbours=True)
    batch = clips.batch(0, 0, 1)
    assert batch.starts.tolist() == [[0, 0, 0]]
    assert batch.labels.tolist() == [[8, 8, 8]]
    assert batch.next_labels.tolist() == [[9, 9, 9]]


@pytest.fixture(scope="module")
def sixteens(frames: PackedVideos) -> LabelledGrid:
    """Video 3, of 90 frames, in clips of 16; a label is a clip's number."""
    return LabelledGrid.of([3] * 5, range(0, 80, 16), range(5), span=16)


def test_a_longer_student_sees_the_frames_about_a_labelled_clip(
    frames: PackedVideos, sixteens: LabelledGrid
) -> None:
    longer = replace(SMALL, clip_length=64, num_clips=5)
    for settings in (longer, longer.for_validation()):
        batch = PseudoLabelledClips(frames, settings, sixteens).batch(0, 0, 1)
        pairs = sorted(zip(batch.labels[0].tolist(), batch.starts[0].tolist(), strict=True))
        # The last one is labelled from 64 on: frames 40 to 103 of 90 would be about it.
        assert pairs == [(0, 0), (1, 0), (2, 8), (3, 24), (4, 26)]
        first_and_last = batch.clips[0, :, 0, [0, -1], 5, 5]
        assert torch.equal(first_and_last[:, 1], first_and_last[:, 0] + 63)


def test_a_longer_student_that_starts_anywhere_has_the_label_of_its_middle(
    frames: PackedVideos, sixteens: LabelledGrid
) -> None:
    longer = replace(SMALL, clip_length=64, num_clips=30)
    clips = PseudoLabelledClips(frames, longer, sixteens, starts="nearest")
    batches = [clips.batch(epoch, 0, 1) for epoch in range(20)]
    starts, labels = (
        torch.cat([getattr(batch, name)[0] for batch in batches]) for name in ("starts", "labels")
    )
    # Middles: 32 + start of a clip, 8 + 16 n of a labelled one.
    expected = [min(range(5), key=lambda n: abs(32 + s - 8 - 16 * n)) for s in starts.tolist()]
    assert labels.tolist() == expected
    assert set(starts.tolist()) == set(range(27))


def test_validation_takes_clips_of_the_grid_even_for_nearest(
    frames: PackedVideos, grid: LabelledGrid
) -> None:
    on_grid, nearest = (
        PseudoLabelledClips(frames, SMALL.for_validation(), grid, starts=starts).batch(0, 0, 9)
        for starts in ("grid", "nearest")
    )
    assert torch.equal(nearest.starts, on_grid.starts)
    assert torch.equal(nearest.labels, on_grid.labels)


def test_a_grid_that_does_not_fit_is_refused(frames: PackedVideos) -> None:
    def clips_of(videos: list[int], firsts: list[int], **options: object) -> PseudoLabelledClips:
        grid = LabelledGrid.of(videos, firsts, [1] * len(videos), span=5)
        return PseudoLabelledClips(frames, SMALL, grid, **options)

    with pytest.raises(ConfigError, match=r"videos is \(0, 10\); expected numbers from 0 to 9"):
        clips_of([0, 10], [0, 0])
    with pytest.raises(ConfigError, match="start is 30; expected a number from 0 to 29"):
        clips_of([1, 0], [0, 30])
    with pytest.raises(ConfigError, match="starts is 'anywhere'; expected one of grid, nearest"):
        clips_of([0], [0], starts="anywhere")
    with pytest.raises(TooFewVideosError, match="no video has a labelled clip"):
        clips_of([], [])
    with pytest.raises(TooFewVideosError, match="no video has a labelled clip"):
        clips_of([0], [0], video_indices=[4])
