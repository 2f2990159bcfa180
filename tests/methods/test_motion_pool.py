"""What is fitted to clips: mixtures, projections, and the clips themselves."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from motionfit.encoders.backbones.build import LOCAL_MOTION, build_backbone
from motionfit.encoders.backbones.local_motion import MotionPool
from motionfit.encoders.fisher import FisherVectors
from motionfit.methods.motion_pool import (
    fisher_vectors,
    fit_mixture,
    fit_projection,
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


def pool_and_vectors(number: int) -> tuple[MotionPool, np.ndarray]:
    rng = np.random.default_rng(1)
    pool = MotionPool()
    hidden = rng.normal(0, np.geomspace(10, 1, 20), (number, 20))
    mixed = hidden @ np.linalg.qr(rng.normal(size=(pool.centre.numel(), 20)))[0].T + 3
    return pool, mixed.astype(np.float32)


def test_a_projection_centres_and_whitens_halfway():
    pool, vectors = pool_and_vectors(2000)

    fit_projection(pool, vectors, seed=0)
    projected = (torch.from_numpy(vectors) - pool.centre) @ pool.projection

    np.testing.assert_allclose(projected.mean(0), 0, atol=1e-2)
    covariance = np.cov(projected.numpy()[:, :20], rowvar=False)
    deviations = np.sqrt(np.diag(covariance))
    assert np.abs(covariance - np.diag(np.diag(covariance))).max() < 1e-2 * covariance.max()
    # Ten to one becomes root ten to one, about 1 on the average.
    assert deviations[0] / deviations[19] == pytest.approx(10**0.5, rel=0.1)
    assert (deviations**2).mean() == pytest.approx(1, rel=0.01)


def test_fewer_vectors_than_dimensions_leave_the_last_ones_empty():
    pool, vectors = pool_and_vectors(6)

    fit_projection(pool, vectors, seed=0)

    assert pool.projection[:, :5].abs().sum(0).min() > 0
    assert pool.projection[:, 5:].abs().max() == 0


def test_one_vector_is_projected_to_nothing():
    pool, vectors = pool_and_vectors(1)

    fit_projection(pool, vectors, seed=0)

    assert pool.projection.abs().max() == 0


def test_some_clips_are_of_all_videos(packed_frames, appearance_spec):
    spec = replace(appearance_spec, mean=(0.0,) * 3, std=(1 / 255,) * 3)

    batches = list(some_clips(packed_frames, spec, seed=0, title="test"))

    clips = torch.cat(batches)
    assert clips.shape == (4 * len(packed_frames), 3, 8, 32, 32)
    assert clips.max() > 200
    # Nothing is drawn but which videos, and here all are.
    again = torch.cat(list(some_clips(packed_frames, spec, seed=1, title="test")))
    assert sorted(clips.sum((1, 2, 3, 4)).tolist()) == sorted(again.sum((1, 2, 3, 4)).tolist())


def test_clips_in_which_nothing_moves_have_no_vector():
    network = build_backbone(LOCAL_MOTION, seed=0).eval()
    clips = 255 * torch.rand(3, 3, 16, 32, 32, generator=torch.Generator().manual_seed(0))
    flow = network.estimator.flow[-1]
    flow.bias.data[0] = 10
    everywhere = fisher_vectors(network, [clips[:2], clips[2:]], dtype=torch.float32)
    flow.weight.data.zero_()
    flow.bias.data.zero_()
    nowhere = fisher_vectors(network, [clips], dtype=torch.float32)

    assert everywhere.shape == (3, 16896)
    np.testing.assert_allclose(np.linalg.norm(everywhere, axis=1), 1, rtol=1e-5)
    assert nowhere.shape == (0, 16896)
