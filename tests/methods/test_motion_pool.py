"""What is fitted to clips: mixtures, projections, and the clips themselves."""

from dataclasses import replace
from functools import partial

import numpy as np
import torch

from motionfit.encoders.backbones.build import LOCAL_MOTION, build_backbone
from motionfit.encoders.backbones.local_motion import MotionPool
from motionfit.encoders.fisher import FisherVectors
from motionfit.media.packed.arrays import pack_arrays
from motionfit.media.sampling import ClipSpec
from motionfit.methods.model import rgb_spec
from motionfit.methods.motion_pool import (
    choose_videos,
    describe_videos,
    fit_mixture,
    project_classes,
    set_projection,
    some_clips,
)


def test_a_mixture_finds_blobs():
    rng = np.random.default_rng(0)
    centres = np.array([[0, 0], [10, 0], [0, 10]])
    sizes, spreads = (100, 300, 600), (0.5, 1.0, 2.0)
    points = np.concatenate(
        [
            rng.normal(centre, spread, (size, 2))
            for centre, size, spread in zip(centres, sizes, spreads, strict=True)
        ]
    ).astype(np.float32)
    fisher = FisherVectors(3, 2)

    fit_mixture(points, fisher, seed=0)

    order = fisher.weights.argsort().numpy()
    np.testing.assert_allclose(fisher.weights[order], [0.1, 0.3, 0.6], atol=0.02)
    np.testing.assert_allclose(fisher.means[order], centres, atol=0.3)
    np.testing.assert_allclose(fisher.deviations.mean(1)[order], spreads, rtol=0.1)


def test_some_clips_are_of_all_videos(packed_frames, appearance_spec):
    spec = replace(appearance_spec, mean=(0.0,) * 3, std=(1 / 255,) * 3)
    everything = np.arange(len(packed_frames))

    batches = list(some_clips(packed_frames, spec, everything, title="test"))

    clips = torch.cat([clips for _, clips in batches])
    assert clips.shape == (len(packed_frames), 4, 3, 8, 32, 32)
    assert clips.max() > 200
    assert np.concatenate([videos for videos, _ in batches]).tolist() == everything.tolist()


def test_of_too_many_videos_some_are_chosen_in_their_order():
    candidates = np.arange(0, 20_000, 2)

    chosen, others = (choose_videos(candidates, seed=seed) for seed in (0, 1))

    assert len(chosen) == 3072
    assert (np.diff(chosen) > 0).all()
    assert set(chosen) <= set(candidates)
    assert set(chosen) != set(others)
    assert choose_videos(candidates[:7], seed=0).tolist() == candidates[:7].tolist()


def test_a_video_in_which_nothing_moves_has_no_vector(tmp_path):
    network = build_backbone(LOCAL_MOTION, seed=0).eval()
    spec = rgb_spec(LOCAL_MOTION, ClipSpec(clip_length=16), resize=(32, 32), crop=(32, 32))
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 256, (18, 32, 32, 3), np.uint8) for _ in range(3)]
    packed = pack_arrays(frames, tmp_path / "frames", kind="frames", settings={})
    describe = partial(
        describe_videos, network, packed, spec, dtype=torch.float32, title="describing"
    )
    flow = network.estimator.flow[-1]
    flow.bias.data[0] = 10
    moving = describe(videos=np.array([2, 0]))
    flow.weight.data.zero_()
    flow.bias.data.zero_()
    still = describe(videos=np.array([2, 0]))

    assert moving.videos.tolist() == [2, 0]
    assert moving.vectors.shape == (2, 16896)
    assert np.linalg.norm(moving.vectors, axis=1).max() <= 1 + 1e-5
    assert still.vectors.shape == (0, 16896)


def test_a_pool_projects_as_it_is_told():
    pool = MotionPool()
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(30, pool.centre.numel())).astype(np.float32)
    projection = project_classes(vectors[:20], [0, 1] * 10, vectors[20:])

    set_projection(pool, projection)
    pooled = (torch.from_numpy(vectors[:20]) - pool.centre) @ pool.projection

    np.testing.assert_allclose(pooled.mean(0), 0, atol=1e-4)
    between = np.linalg.norm(pooled[::2].mean(0) - pooled[1::2].mean(0))
    within = np.sqrt(pooled[::2].var(0).sum().item())
    plain = vectors[:20]
    plain_between = np.linalg.norm(plain[::2].mean(0) - plain[1::2].mean(0))
    assert between / within > plain_between / np.sqrt(plain[::2].var(0).sum())
