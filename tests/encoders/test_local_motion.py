"""Networks of local motion: where places lie, what the pool makes of them, and in which numbers."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from motionfit.encoders.backbones.build import (
    LOCAL_MOTION,
    LOCAL_MOTION_FLOW,
    build_backbone,
    feature_shape,
)
from motionfit.encoders.backbones.local_motion import Places
from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.motion_descriptors import MotionDescriptors, halve_flow
from motionfit.encoders.network import Network
from motionfit.encoders.origin import Origin
from motionfit.encoders.runtime import choose_runtime
from motionfit.encoders.values import get_weights
from motionfit.errors import ConfigError
from motionfit.media.sampling import ClipSpec
from motionfit.methods.model import flow_spec, rgb_spec

SIZES = [(16, (64, 86)), (32, (64, 86)), (20, (32, 44)), (25, (17, 23))]
CHANNELS = {LOCAL_MOTION: 3, LOCAL_MOTION_FLOW: 2}


def built(name: str, seed: int = 0) -> nn.Module:
    return build_backbone(name, in_channels=CHANNELS[name], seed=seed).eval()


def some(channels: int, time: int, size: tuple[int, int], batch: int = 2) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.rand(batch, channels, time, *size, generator=generator)


@pytest.mark.parametrize(("time", "size"), SIZES)
def test_a_student_of_frames_has_the_places_of_its_teacher_of_flow(time, size):
    with torch.inference_mode():
        seen = built(LOCAL_MOTION).describe(255 * some(3, time, size))
        there = built(LOCAL_MOTION_FLOW).describe(4 * some(2, time - 1, size))

    assert seen.values.shape == there.values.shape
    assert seen.evidence.shape == there.evidence.shape


@pytest.mark.parametrize(("top", "left"), [(0, 0), (24, 36), (48, 70)])
def test_what_happens_at_one_place_is_seen_there(top, left):
    """Noise in 16x16 px changes the flow there most, wherever it is."""
    network = built(LOCAL_MOTION)
    quiet = torch.full((1, 3, 16, 64, 86), 128.0)
    noisy = quiet.clone()
    patch = noisy[..., top : top + 16, left : left + 16]
    patch += 60 * torch.randn(patch.shape, generator=torch.Generator().manual_seed(0))

    with torch.inference_mode():
        changes = network.halved_flow(noisy) - network.halved_flow(quiet)

    strength = changes.square().sum((0, 1, 2))
    inside = strength[top // 2 : top // 2 + 8, left // 2 : left // 2 + 8]
    # What moves everywhere is seen too, so that elsewhere something changes as well.
    assert inside.mean() > 3 * strength.mean()


def test_flow_is_described_by_its_descriptors_on_a_basis():
    network = built(LOCAL_MOTION_FLOW)
    fitted = network.places
    fitted.mean.data.uniform_(generator=torch.Generator().manual_seed(2))
    flow = 4 * some(2, 23, (20, 24)) - 2

    with torch.inference_mode():
        places = network.describe(flow)
        descriptors, motion = MotionDescriptors()(halve_flow(flow))
        expected = torch.einsum("bdtrc,de->betrc", descriptors, fitted.basis) - (
            fitted.mean @ fitted.basis
        ).view(1, -1, 1, 1, 1)

    torch.testing.assert_close(places.values[:, :64], expected, rtol=1e-4, atol=1e-4)
    assert torch.equal(places.evidence > 0, motion > 60)
    # Two rows and three columns of places, two times.
    assert places.values.shape[2:] == (2, 2, 3)
    assert places.values[0, 64, 1].tolist() == [[-1.0, 0.0, 1.0]] * 2
    assert places.values[0, 65, 1].tolist() == [[-1.0] * 3, [1.0] * 3]


def test_frames_are_described_by_the_flow_that_is_seen_in_them():
    seeing, given = built(LOCAL_MOTION), built(LOCAL_MOTION_FLOW)
    for part in ("places", "pool"):
        getattr(given, part).load_state_dict(getattr(seeing, part).state_dict())
    clips = 255 * some(3, 16, (64, 86))

    with torch.inference_mode():
        flow = seeing.halved_flow(clips)
        # Each value four times: halved, it is what it was.
        whole = flow.repeat_interleave(2, 3).repeat_interleave(2, 4)
        assert flow.shape == (2, 2, 15, 32, 43)
        torch.testing.assert_close(seeing(clips), given(whole))


def test_two_frames_are_seen_as_they_are_in_any_clip():
    estimator = built(LOCAL_MOTION).estimator
    frames = 255 * some(3, 6, (33, 45))

    with torch.inference_mode():
        flow = estimator(frames[:, :, :-1], frames[:, :, 1:])
        alone = estimator(frames[:, :, 3:4], frames[:, :, 4:5])

    assert flow.shape == (2, 2, 5, 16, 22)
    torch.testing.assert_close(flow[:, :, 3:4], alone, rtol=1e-4, atol=1e-4)


def test_gradients_through_a_clip_that_stands_still_are_finite():
    network = built(LOCAL_MOTION).train()
    clips = 255 * some(3, 16, (32, 44))
    clips[1] = 100

    network(clips).square().sum().backward()

    gradients = [p.grad for p in network.estimator.parameters()]
    assert all(gradient.isfinite().all() for gradient in gradients)
    assert max(gradient.abs().max() for gradient in gradients) > 0


@pytest.mark.parametrize("name", [LOCAL_MOTION, LOCAL_MOTION_FLOW])
@pytest.mark.parametrize(("time", "size"), [(15, (64, 86)), (8, (64, 86)), (16, (15, 64))])
def test_clips_without_a_place_are_refused(name, time, size):
    if name == LOCAL_MOTION_FLOW and time == 15:
        assert feature_shape(name, 2, time, size) == (448, 1, 1, 1)
        return
    with pytest.raises(ConfigError, match=f"a longer or larger clip for {name}"):
        feature_shape(name, CHANNELS[name], time, size)


@pytest.mark.parametrize(("name", "channels"), [(LOCAL_MOTION, 2), (LOCAL_MOTION_FLOW, 3)])
def test_what_a_network_does_not_see_is_refused(name, channels):
    with pytest.raises(ConfigError, match=f"in_channels is {channels}; expected {5 - channels}"):
        build_backbone(name, in_channels=channels)


def test_places_where_nothing_moves_do_not_count():
    pool = built(LOCAL_MOTION).pool
    values = torch.randn(1, 66, 1, 2, 2, generator=torch.Generator().manual_seed(3))
    evidence = torch.tensor([[[[1.0, -1.0], [2.0, -0.1]]]])
    moving = Places(values[..., [[0], [1]], [0]], torch.ones(1, 1, 2, 1))

    with torch.inference_mode():
        torch.testing.assert_close(pool(Places(values, evidence)), pool(moving))
        nothing = pool.fisher_vectors(Places(values, -evidence.abs()))

    assert nothing.abs().max() == 0


def test_the_pool_centres_and_projects():
    pool = built(LOCAL_MOTION).pool
    places = Places(some(66, 1, (3, 4)), torch.ones(2, 1, 3, 4))
    with torch.inference_mode():
        vectors = pool.fisher_vectors(places)
        pool.centre.copy_(vectors[0])
        pooled = pool(places)

    assert pooled[0].abs().max() == 0
    torch.testing.assert_close(pooled[1], (vectors[1] - vectors[0]) @ pool.projection)


@pytest.mark.parametrize("name", [LOCAL_MOTION, LOCAL_MOTION_FLOW])
def test_start_values_follow_from_the_seed_and_are_all_finite(name):
    torch.manual_seed(7)
    expected = torch.rand(4)
    torch.manual_seed(7)
    first, again, other = (get_weights(built(name, seed)) for seed in (0, 0, 1))

    assert torch.equal(torch.rand(4), expected)
    assert all(value.isfinite().all() and value.abs().max() < 10 for value in first.values())
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not all(torch.equal(first[key], other[key]) for key in first)


def test_only_the_estimator_is_trained():
    names = {n for n, p in built(LOCAL_MOTION).named_parameters() if p.requires_grad}

    assert names
    assert all(name.startswith("estimator.") for name in names)
    assert not any(p.requires_grad for p in built(LOCAL_MOTION_FLOW).parameters())


def encoder_of(name: str, precision: str) -> ClipEncoder:
    clip = ClipSpec(clip_length=16)
    size = {"resize": (64, 86), "crop": (64, 86)}
    spec = (
        rgb_spec(name, clip, **size)
        if name == LOCAL_MOTION
        else flow_spec(name, clip, **size, bound_px=5.0)
    )
    return ClipEncoder(
        Network(built(name), choose_runtime("cpu", precision)),
        spec,
        origin=Origin(is_trained=True),
        name=name,
    )


@pytest.mark.parametrize("name", [LOCAL_MOTION, LOCAL_MOTION_FLOW])
def test_embeddings_in_bfloat16_are_those_in_float32(name, moving_clips):
    clips = moving_clips(2, 16, 64, 86)[..., : CHANNELS[name]]

    exact, quick = (encoder_of(name, kind).encode(clips) for kind in ("float32", "bfloat16"))

    assert exact.shape == (2, 448)
    assert (exact * quick).sum(1).min() > 0.99


def test_in_bfloat16_what_is_fitted_keeps_all_its_digits(moving_clips):
    encoder = encoder_of(LOCAL_MOTION, "bfloat16")
    encoder.encode(moving_clips(1, 16, 64, 86))
    quick = encoder.network._quick

    exact = (*quick.pool.parameters(), *quick.places.parameters())
    assert {p.dtype for p in exact} == {torch.float32}
    assert torch.bfloat16 in {p.dtype for p in quick.estimator.parameters()}
    before = encoder.network.backbone.pool.projection
    assert torch.equal(quick.pool.projection, before)
    assert quick.pool.projection.data_ptr() != before.data_ptr()


def test_levels_and_px_reach_the_networks_as_they_are():
    levels = np.arange(256, dtype=np.uint8)
    for name in CHANNELS:
        spec = encoder_of(name, "float32").spec
        scaled = (levels / 255 - spec.mean[0]) / spec.std[0]
        if name == LOCAL_MOTION:
            np.testing.assert_allclose(scaled, levels, atol=1e-9)
            exact = torch.from_numpy(scaled).to(torch.bfloat16).float().numpy()
            assert [b - a for a, b in pairwise(exact)] == [1.0] * 255
        else:
            np.testing.assert_allclose(scaled, (levels - 127.5) / 127.5 * 5, atol=1e-9)
