from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from motionfit.errors import ConfigError, TooFewVideosError
from motionfit.media.packed.videos import PackedVideos
from motionfit.training.batches import to_device
from motionfit.training.data.batch import ClipBatch
from motionfit.training.data.clips import TrainingClips
from motionfit.training.data.colour import ColourJitter
from motionfit.training.data.settings import ClipSettings

SMALL = ClipSettings(clip_length=5, num_clips=3, crop=(12, 14))


def times(batch: ClipBatch) -> np.ndarray:
    """Return which frame each frame of each clip is: ``(videos, clips, time)``."""
    return batch.clips[:, :, 0, :, 5, 5].numpy()


def corners(batch: ClipBatch) -> np.ndarray:
    """Return row and column of each frame's first pixel: ``(videos, clips, 2, time)``."""
    return batch.clips[:, :, 1:, :, 0, 0].numpy()


def are_equal(one: ClipBatch, other: ClipBatch) -> bool:
    names = ("clips", "videos", "starts", "labels", "order")
    pairs = [(getattr(one, name), getattr(other, name)) for name in names]
    return all(a is b or torch.equal(a, b) for a, b in pairs)


def test_a_batch_has_the_shape_and_layout_of_a_networks_input(frames: PackedVideos) -> None:
    batch = TrainingClips(frames, SMALL, labels=np.arange(10) * 7).batch(0, 0, 4)
    assert batch.clips.shape == (4, 3, 3, 5, 12, 14)
    assert batch.clips.dtype == torch.uint8
    assert batch.clips.is_contiguous()
    assert torch.equal(batch.labels, batch.videos * 7)
    assert (batch.order, batch.num_videos_joint, len(batch)) == (None, 4, 4)


@pytest.mark.parametrize("stride", [1, 3])
def test_a_clip_is_neighbouring_frames_seen_through_one_window(
    stride: int, frames: PackedVideos
) -> None:
    clips = TrainingClips(frames, replace(SMALL, stride=stride))
    for step in range(clips.num_steps(4)):
        batch = clips.batch(2, step, 4)
        for video, starts, shown in zip(batch.videos, batch.starts, times(batch), strict=True):
            wanted = starts.numpy()[:, None] + np.arange(5) * stride
            assert np.array_equal(shown, wanted % int(frames.num_frames[video]))
        assert (corners(batch) == corners(batch)[..., :1]).all()
        rows, columns = batch.clips[:, :, 1, :, :, 0], batch.clips[:, :, 2, :, 0]
        assert (rows.diff(dim=-1) == 1).all()
        assert (columns.diff(dim=-1) == 1).all()


def test_crops_are_drawn_anew_for_each_clip_and_reach_every_place(frames: PackedVideos) -> None:
    clips = TrainingClips(frames, SMALL)
    drawn = np.concatenate([corners(clips.batch(epoch, 0, 10))[..., 0] for epoch in range(30)])
    assert set(drawn[..., 0].ravel()) == set(range(20 - 12 + 1))
    assert set(drawn[..., 1].ravel()) == set(range(24 - 14 + 1))
    assert (drawn[:, 0] != drawn[:, 1]).any(axis=-1).mean() > 0.9


def test_a_short_video_is_begun_again(frames: PackedVideos) -> None:
    clips = TrainingClips(frames, replace(SMALL, clip_length=10), video_indices=[1])
    shown = times(clips.batch(0, 0, 1))
    assert (shown == [0, 1, 2, 3, 4, 5, 6, 0, 1, 2]).all()


def test_flow_repeats_its_last(flow: PackedVideos) -> None:
    whole = replace(SMALL, clip_length=10, crop=None)
    batch = TrainingClips(flow, whole, video_indices=[1]).batch(0, 0, 1)
    levels = flow.read(1, np.array([0, 1, 2, 3, 4, 5, 5, 5, 5, 5]))
    assert np.array_equal(batch.clips[0, 0].numpy(), levels.transpose(3, 0, 1, 2))


def test_a_flow_clip_may_start_where_its_last_frame_pair_is_missing(flow: PackedVideos) -> None:
    whole = replace(SMALL, clip_length=29, crop=None, num_clips=20)
    batch = TrainingClips(flow, whole, video_indices=[0]).batch(0, 0, 1)
    assert set(batch.starts[0].tolist()) == {0, 1}
    for start, clip in zip(batch.starts[0].tolist(), batch.clips[0].numpy(), strict=True):
        levels = flow.read(0, np.minimum(start + np.arange(29), 28))
        assert np.array_equal(clip, levels.transpose(3, 0, 1, 2))


def test_a_flip_mirrors_half_of_the_clips_whole(frames: PackedVideos) -> None:
    clips = TrainingClips(frames, replace(SMALL, flip=True, num_clips=4))
    steps = np.concatenate(
        [clips.batch(epoch, 0, 10).clips[:, :, 2].int().diff(dim=-1).numpy() for epoch in range(20)]
    )
    flat = steps.reshape(800, -1)
    assert (flat == flat[:, :1]).all()
    assert set(flat[:, 0]) == {-1, 1}
    assert 340 < (flat[:, 0] == -1).sum() < 460


def test_a_flip_of_flow_turns_its_x_component_round(flow: PackedVideos) -> None:
    plain = TrainingClips(flow, replace(SMALL, num_clips=8))
    flipping = TrainingClips(flow, replace(SMALL, num_clips=8, flip=True))
    one, other = (source.batch(0, 0, 10).clips.flatten(0, 1) for source in (plain, flipping))
    mirrored = one.flip(-1)
    mirrored[:, 0] = 255 - mirrored[:, 0]
    is_plain = (one == other).flatten(1).all(1)
    is_mirrored = (mirrored == other).flatten(1).all(1)
    assert (is_plain ^ is_mirrored).all()
    assert 20 < is_mirrored.sum() < 60


def test_frames_and_flow_of_a_video_are_of_the_same_time_and_place(
    frames: PackedVideos, flow: PackedVideos
) -> None:
    drawing = replace(SMALL, flip=True)
    batch = TrainingClips(frames, drawing, seed=4).batch(1, 1, 4)
    flow_batch = TrainingClips(flow, drawing, seed=4).batch(1, 1, 4)
    assert torch.equal(batch.videos, flow_batch.videos)
    assert torch.equal(batch.starts, flow_batch.starts)
    for number, video in enumerate(batch.videos.tolist()):
        for clip, start in enumerate(batch.starts[number].tolist()):
            shown = batch.clips[number, clip].numpy()
            rows, columns = shown[1, 0, :, 0], shown[2, 0, 0, :]
            last = int(flow.num_frames[video]) - 1
            levels = flow.read(video, np.minimum(start + np.arange(5), last))[:, rows][
                :, :, columns
            ]
            x = 255 - levels[..., 0] if columns[0] > columns[1] else levels[..., 0]
            assert np.array_equal(flow_batch.clips[number, clip, 0].numpy(), x)
            assert np.array_equal(flow_batch.clips[number, clip, 1].numpy(), levels[..., 1])


def test_colours_change_alike_in_all_frames_of_a_clip(frames: PackedVideos) -> None:
    colour = ColourJitter(brightness=0.9, contrast=0, saturation=0, grey_probability=0)
    plain, changed = (
        TrainingClips(frames, replace(SMALL, colour=one)).batch(0, 0, 10).clips[:, 0].double()
        for one in (None, colour)
    )
    factors = changed.sum((1, 2, 3, 4), keepdim=True) / plain.sum((1, 2, 3, 4), keepdim=True)
    assert (changed - factors * plain).abs().max() < 1
    assert factors.max() - factors.min() > 0.5


def test_vcop_shuffles_clips_and_says_how(frames: PackedVideos) -> None:
    vcop = ClipSettings(clip_length=8, num_clips=3, gap=3, placement="vcop", crop=(12, 14))
    clips = TrainingClips(frames, vcop, labels=np.arange(10))
    # Video 0 has the 30 frames that are needed, and not one more.
    assert clips.video_indices.tolist() == [0, 2, 3, 4, 6, 7, 9]
    orders = list(permutations(range(3)))
    seen = set()
    for epoch in range(6):
        batch = clips.batch(epoch, 0, 10)
        assert torch.equal(batch.labels, batch.videos)
        for starts, order in zip(batch.starts.numpy(), batch.order.tolist(), strict=True):
            in_time = np.sort(starts)
            assert np.diff(in_time).tolist() == [11, 11]
            assert np.array_equal(starts, in_time[list(orders[order])])
            seen.add(order)
        assert np.array_equal(times(batch)[..., 0], batch.starts.numpy())
    assert seen == set(range(6))


@pytest.mark.parametrize("placement", ["random", "segments", "vcop"])
def test_validation_is_always_the_same_and_looks_at_the_middle(
    placement: str, frames: PackedVideos
) -> None:
    training = ClipSettings(
        clip_length=8, gap=4, placement=placement, crop=(13, 15), flip=True, colour=ColourJitter()
    )
    clips = TrainingClips(frames, training.for_validation())
    first, later = clips.batch(0, 1, 3), clips.batch(5, 1, 3)
    assert are_equal(first, later)
    assert torch.equal(first.videos, torch.from_numpy(clips.video_indices[3:6]))
    # (20 - 13) / 2 = 3.5 and (24 - 15) / 2 = 4.5 both go to the even 4.
    assert (corners(first) == 4).all()
    if placement != "vcop":
        assert first.starts[0].tolist() == [0, 41, 82]


@settings(max_examples=25, deadline=None)
@given(
    world_size=st.integers(1, 5),
    batch_size=st.integers(1, 12),
    epoch=st.integers(0, 3),
    placement=st.sampled_from(["random", "segments", "vcop"]),
)
def test_processes_together_see_what_one_would_see(
    frames: PackedVideos, world_size: int, batch_size: int, epoch: int, placement: str
) -> None:
    drawing = ClipSettings(clip_length=4, gap=2, placement=placement, crop=(8, 8), flip=True)
    clips = TrainingClips(frames, drawing, labels=np.arange(10), seed=11)
    for step in range(clips.num_steps(batch_size)):
        joint = clips.batch(epoch, step, batch_size)
        parts = [
            clips.batch(epoch, step, batch_size, rank=rank, world_size=world_size)
            for rank in range(world_size)
        ]
        for name in ("clips", "videos", "starts", "labels"):
            assert torch.equal(
                torch.cat([getattr(part, name) for part in parts]), getattr(joint, name)
            )
        assert {part.num_videos_joint for part in parts} == {len(joint)}
        assert sum(map(len, parts)) == len(joint)


def test_what_is_drawn_of_a_video_does_not_depend_on_the_batch_size(frames: PackedVideos) -> None:
    clips = TrainingClips(frames, SMALL, seed=3)
    whole = clips.batch(2, 0, 10)
    halves = [clips.batch(2, step, 5) for step in range(2)]
    assert torch.equal(torch.cat([half.clips for half in halves]), whole.clips)


def test_seeds_and_epochs_differ_and_a_second_object_repeats(frames: PackedVideos) -> None:
    batch = TrainingClips(frames, SMALL, seed=1).batch(3, 0, 10)
    assert are_equal(batch, TrainingClips(frames, SMALL, seed=1).batch(3, 0, 10))
    assert not are_equal(batch, TrainingClips(frames, SMALL, seed=2).batch(3, 0, 10))
    assert not are_equal(batch, TrainingClips(frames, SMALL, seed=1).batch(4, 0, 10))


def test_only_the_videos_asked_for_are_shown(frames: PackedVideos) -> None:
    clips = TrainingClips(frames, SMALL, video_indices=[7, 2, 4], labels=[70, 20, 40])
    batch = clips.batch(0, 0, 8)
    assert sorted(batch.videos.tolist()) == [2, 4, 7]
    assert torch.equal(batch.labels, batch.videos * 10)


def test_a_batch_moves_as_a_whole(frames: PackedVideos) -> None:
    whole = TrainingClips(frames, SMALL, labels=np.arange(10)).batch(0, 0, 4)
    batch = to_device(whole, torch.device("meta"))
    assert {batch.clips.device.type, batch.labels.device.type} == {"meta"}
    assert (batch.order, batch.num_videos_joint) == (None, 4)


def test_settings_that_do_not_fit_are_refused(frames: PackedVideos, flow: PackedVideos) -> None:
    with pytest.raises(ConfigError, match=r"crop is \(21, 14\); expected at most .*\(20, 24\)"):
        TrainingClips(frames, replace(SMALL, crop=(21, 14)))
    with pytest.raises(ConfigError, match="None for flow"):
        TrainingClips(flow, replace(SMALL, colour=ColourJitter()))
    with pytest.raises(ConfigError, match="labels is 3; expected 10, one for each video"):
        TrainingClips(frames, SMALL, labels=[1, 2, 3])
    with pytest.raises(TooFewVideosError, match="training needs videos of 216 frames"):
        TrainingClips(frames, ClipSettings(clip_length=64, gap=12, placement="vcop", crop=None))
    with pytest.raises(TooFewVideosError, match="none to train or to validate on"):
        TrainingClips(frames, SMALL, video_indices=[])
    for wrong in ({"num_clips": 0}, {"placement": "odd"}, {"gap": -1}, {"crop": (0, 4)}):
        with pytest.raises(ConfigError, match=next(iter(wrong))):
            replace(SMALL, **wrong)


def test_trainings_step_on_full_batches_only_and_validation_misses_no_video(
    frames: PackedVideos,
) -> None:
    learnt = TrainingClips(frames, SMALL)
    validated = TrainingClips(frames, SMALL.for_validation())
    for clips, sizes in ((learnt, [3, 3, 3]), (validated, [3, 3, 3, 1])):
        batches = [clips.batch(0, step, 3) for step in range(clips.num_steps(3))]
        assert [len(batch) for batch in batches] == sizes
    assert len(learnt.batch(0, 0, 16)) == 10
