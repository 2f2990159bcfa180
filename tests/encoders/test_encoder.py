"""ClipEncoder: lengths, neighbours, views, identity."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from motionfit.encoders.backbones.build import build_backbone
from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.network import Network
from motionfit.encoders.origin import Origin
from motionfit.encoders.runtime import choose_runtime
from motionfit.encoders.spec import EncoderSpec
from motionfit.errors import ConfigError, EmbeddingError
from motionfit.media.sampling import ClipSpec

UNTRAINED = Origin(is_trained=False, seed=0)


def make_encoder(spec, change=None, **runtime):
    backbone = build_backbone("r2plus1d_10", in_channels=spec.in_channels)
    if change is not None:
        with torch.no_grad():
            change(backbone)
    network = Network(backbone, choose_runtime("cpu", **runtime))
    return ClipEncoder(network, spec, origin=UNTRAINED, name="light")


def test_embeddings_have_unit_length_and_the_announced_size(small_encoder, moving_clips):
    embeddings = small_encoder.encode(moving_clips(3, 4, 36, 44))
    assert embeddings.dtype == np.float32
    assert embeddings.shape == (3, small_encoder.embedding_dim) == (3, 256)
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-6)


def test_raw_features_are_what_normalised_ones_are_scaled_from(small_encoder, moving_clips):
    clips = moving_clips(2, 4, 36, 44)
    raw = small_encoder.encode(clips, normalize=False)
    unit = small_encoder.encode(clips)
    np.testing.assert_allclose(raw / np.linalg.norm(raw, axis=1, keepdims=True), unit, atol=1e-6)
    assert not np.allclose(np.linalg.norm(raw, axis=1), 1)


def test_raw_features_equal_the_backbones_own_forward_pass(small_spec, moving_clips):
    encoder = make_encoder(small_spec, precision="float32")
    clips = moving_clips(2, 4, 36, 44)
    pixels = torch.from_numpy(clips[:, :, 2:34, 6:38].copy()).permute(0, 4, 1, 2, 3) / 255
    with torch.inference_mode():
        expected = encoder.network.backbone.eval()(pixels).amax(dim=(2, 3, 4))
    np.testing.assert_allclose(
        encoder.encode(clips, normalize=False), expected, rtol=1e-4, atol=1e-5
    )


def test_a_zero_vector_stays_zero(small_spec, moving_clips):
    def silence(backbone):
        for parameter in backbone.parameters():
            parameter.zero_()

    encoder = make_encoder(small_spec, silence)
    assert not encoder.encode(moving_clips(2, 4, 36, 44)).any()


def test_an_embedding_does_not_depend_on_the_clips_beside_it(small_encoder, moving_clips):
    clips = moving_clips(5, 4, 36, 44)
    together = small_encoder.encode(clips)
    alone = np.concatenate([small_encoder.encode(clips[i : i + 1]) for i in range(5)])
    assert np.array_equal(together, alone)


def test_views_are_read_as_they_are_and_not_kept(small_encoder, moving_clips):
    clips = moving_clips(4, 4, 36, 44)
    expected = small_encoder.encode(clips[::2].copy())
    read_only = clips[::2]
    read_only.flags.writeable = False
    embeddings = small_encoder.encode(read_only)
    clips[:] = 0
    assert np.array_equal(embeddings, expected)


def test_no_clips_give_no_embeddings(small_encoder):
    empty = small_encoder.encode(np.empty((0, 4, 36, 44, 3), dtype=np.uint8))
    assert empty.shape == (0, 256)


def test_clips_of_another_length_are_refused(small_encoder):
    with pytest.raises(ConfigError, match=r"expected uint8 \(num_clips, 4, 36, 44, 3\)"):
        small_encoder.encode(np.zeros((1, 8, 36, 44, 3), dtype=np.uint8))


def test_flow_encoders_take_two_channels(small_spec):
    spec = replace(small_spec, in_channels=2, mean=(0.5, 0.5), std=(0.5, 0.5))
    clips = np.full((1, 4, 36, 44, 2), 128, dtype=np.uint8)
    assert make_encoder(spec).encode(clips).shape == (1, 256)


def test_values_that_are_not_finite_are_refused_with_the_encoders_name(small_spec, moving_clips):
    encoder = make_encoder(
        small_spec, lambda backbone: backbone.layer4[0].conv2[1].running_var.fill_(-1)
    )
    with pytest.raises(EmbeddingError, match=r"light \(untrained, seed 0\) turned a clip into"):
        encoder.encode(moving_clips(1, 4, 36, 44))


def test_another_pool_or_clip_shares_the_network_and_changes_size_and_identity(small_encoder):
    pooled = small_encoder.with_pool("max122")
    longer = small_encoder.with_clip(ClipSpec(clip_length=16))
    assert pooled.network is longer.network is small_encoder.network
    assert pooled.embedding_dim == 256 * 1 * 1 * 1
    assert longer.with_pool("max122").embedding_dim == 256 * 2 * 1 * 1
    assert len({small_encoder.identity, pooled.identity, longer.identity}) == 3
    assert pooled.with_pool("max").identity == small_encoder.identity


def test_a_pool_that_does_not_fit_is_refused(small_encoder):
    with pytest.raises(ConfigError, match="pool is 'max222'"):
        small_encoder.with_pool("max222")


def test_identity_is_stable_over_builds_devices_and_precisions(small_spec, small_encoder):
    assert make_encoder(small_spec).identity == small_encoder.identity
    assert make_encoder(small_spec, precision="float32").identity == small_encoder.identity


def test_identity_does_not_change_with_the_version_of_the_program(small_encoder):
    golden = "fc0c4deaf0480ca4a36730791e0bfd5552b2c8af39f27efc7d1ae3af7b1ab20e"
    assert small_encoder.identity == golden


@pytest.mark.parametrize(
    "difference",
    [
        {"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)},
        {"pool": "avg"},
        {"resize": (36, 45)},
        {"crop": (30, 32)},
        {"clip": ClipSpec(clip_length=4, stride=2)},
        {"clip": ClipSpec(clip_length=4, frame_rate=15)},
    ],
    ids=lambda difference: "-".join(difference),
)
def test_identity_changes_with_every_setting_of_preprocessing(
    small_spec, small_encoder, difference
):
    other = ClipEncoder(
        small_encoder.network, replace(small_spec, **difference), origin=UNTRAINED, name="light"
    )
    assert other.identity != small_encoder.identity


def test_identity_changes_with_one_bit_of_one_weight(small_spec, small_encoder):
    def flip(backbone):
        backbone.layer4[0].conv2[1].running_var.view(torch.int32)[3] ^= 1

    assert make_encoder(small_spec, flip).identity != small_encoder.identity


def test_identity_ignores_name_origin_and_the_count_of_training_batches(small_spec, small_encoder):
    def count(backbone):
        backbone.stem[1].num_batches_tracked += 1

    other = ClipEncoder(
        make_encoder(small_spec, count).network,
        small_spec,
        origin=Origin(is_trained=True, method="motionfit"),
        name="mine",
    )
    assert other.identity == small_encoder.identity


def test_descriptions_say_whether_an_encoder_is_trained(small_encoder):
    trained = Origin(is_trained=True, method="motionfit", data="UCF101")
    mine = ClipEncoder(small_encoder.network, small_encoder.spec, origin=trained, name="mine")
    assert (mine.is_trained, mine.description) == (True, "mine (motionfit on UCF101)")
    assert not small_encoder.is_trained
    assert small_encoder.description == "r2plus1d_10 (untrained, seed 0)"


@pytest.mark.parametrize(
    ("origin", "told"),
    [
        (Origin(is_trained=True, method="vcop", data="500 videos"), "500 videos"),
        (
            Origin(is_trained=True, data="500 videos", teacher="motion teacher on UCF101"),
            "500 videos; taught by motion teacher on UCF101",
        ),
        (Origin(is_trained=True), None),
        (Origin(is_trained=False, data="nothing", seed=0), None),
    ],
)
def test_an_origin_says_what_weights_have_learnt_from(origin, told):
    assert origin.trained_on == told


@pytest.mark.parametrize(
    ("difference", "message"),
    [
        ({"crop": (40, 32)}, "crop is"),
        ({"resize": (0, 44)}, "resize is"),
        ({"in_channels": 0}, "in_channels is 0"),
        ({"pool": "median"}, "pool is 'median'"),
        ({"mean": (0.5, 0.5, 0.5)}, "mean and std is"),
        ({"mean": (0.5,), "std": (0.5,)}, "mean is"),
        ({"mean": (0.0, 0.0, 0.0), "std": (1.0, 0.0, 1.0)}, "std is"),
        ({"mean": (float("nan"), 0.0, 0.0), "std": (1.0, 1.0, 1.0)}, "mean is"),
        ({"clip": ClipSpec(clip_length=10**6)}, "clip_length is 1000000"),
    ],
)
def test_impossible_specs_are_refused(small_spec, difference, message):
    with pytest.raises(ConfigError, match=message):
        replace(small_spec, **difference)


def test_a_spec_survives_the_way_through_json(small_spec):
    spec = replace(
        small_spec, mean=(0.1, 0.2, 0.3), std=(1.0, 2.0, 3.0), clip=ClipSpec(frame_rate=12.5)
    )
    assert EncoderSpec.from_dict(spec.to_dict()) == spec
