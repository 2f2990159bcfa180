"""Backbones: equal to torchvision's, deterministic, of the published shapes."""

import pytest
import torch
from torchvision.models.video import r2plus1d_18, r3d_18, s3d

from motionfit.encoders.backbones import s3dg
from motionfit.encoders.backbones.build import (
    BACKBONE_NAMES,
    backbone_shapes,
    build_backbone,
    default_spec,
    feature_shape,
)
from motionfit.encoders.values import digest_weights, get_weights
from motionfit.errors import ConfigError

CLIP = torch.rand(1, 3, 8, 40, 48, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("name", "published"), [("r2plus1d_18", r2plus1d_18), ("r3d_18", r3d_18)])
def test_features_equal_those_of_torchvisions_model_with_the_same_weights(name, published):
    ours = build_backbone(name, seed=3).eval()
    theirs = published().eval()
    missing, unexpected = theirs.load_state_dict(ours.state_dict(), strict=False)
    theirs.avgpool = theirs.fc = torch.nn.Identity()
    with torch.inference_mode():
        expected = theirs(CLIP).view(1, 512, 1, 3, 3)
        features = ours(CLIP)
    assert missing == ["fc.weight", "fc.bias"]
    assert unexpected == []
    assert torch.equal(features, expected)


def test_s3dg_without_its_gates_equals_torchvisions_s3d(monkeypatch):
    ours = build_backbone("s3dg", seed=3).eval()
    theirs = s3d().eval()
    missing, unexpected = theirs.load_state_dict(ours.state_dict(), strict=False)
    with torch.inference_mode():
        clip = CLIP.repeat(1, 1, 2, 2, 2)
        gated = ours(clip)
        expected = theirs.features(clip)
        monkeypatch.setattr(s3dg.FeatureGate, "forward", lambda _gate, features: features)
        ungated = ours(clip)
    assert all(key.startswith("classifier.") for key in missing)
    assert len(unexpected) == 37
    assert torch.equal(ungated, expected)
    assert not torch.equal(gated, expected)


def test_a_gate_scales_channels_by_the_sigmoid_of_a_mix_of_their_averages():
    gate = s3dg.FeatureGate(2)
    with torch.no_grad():
        gate.weight.copy_(torch.tensor([[1.0, 0.0], [2.0, -1.0]]))
    features = torch.tensor([[4.0, 8.0], [1.0, 3.0]]).reshape(1, 2, 2, 1, 1)
    gated = gate(features).flatten()
    share = torch.sigmoid(torch.tensor([6.0, 6.0, 2 * 6.0 - 2.0, 2 * 6.0 - 2.0]))
    torch.testing.assert_close(gated, torch.tensor([4.0, 8.0, 1.0, 3.0]) * share)


@pytest.mark.parametrize(
    ("name", "clip_length", "crop_px", "expected"),
    [
        ("r2plus1d_18", 16, 112, (512, 2, 7, 7)),
        ("r3d_18", 16, 112, (512, 2, 7, 7)),
        ("r2plus1d_18", 32, 112, (512, 4, 7, 7)),
        ("s3dg", 64, 224, (1024, 8, 7, 7)),
        ("r2plus1d_10", 16, 112, (256, 2, 7, 7)),
        ("r2plus1d_18", 1, 1, (512, 1, 1, 1)),
    ],
)
def test_features_have_the_published_shape(name, clip_length, crop_px, expected):
    assert feature_shape(name, 3, clip_length, (crop_px, crop_px)) == expected


def test_a_clip_too_short_for_s3dg_is_refused_in_one_sentence():
    with pytest.raises(ConfigError, match=r"clip is '4 frames of 224x224 px'; expected a longer"):
        feature_shape("s3dg", 3, 4, (224, 224))


@pytest.mark.parametrize("in_channels", [1, 2])
@pytest.mark.parametrize("name", BACKBONE_NAMES)
def test_any_number_of_input_channels_changes_only_the_first_convolution(name, in_channels):
    rgb = backbone_shapes(name, 3)
    other = backbone_shapes(name, in_channels)
    differing = [key for key in rgb if rgb[key] != other[key]]
    assert len(differing) == 1
    assert other[differing[0]][1] == in_channels
    assert feature_shape(name, in_channels, 16, (64, 64)) == feature_shape(name, 3, 16, (64, 64))


def test_equal_seeds_give_equal_weights_and_other_seeds_others():
    digests = [
        digest_weights(get_weights(build_backbone("r2plus1d_10", seed=s))) for s in (0, 0, 1)
    ]
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize("name", BACKBONE_NAMES)
def test_building_a_backbone_leaves_the_global_generator_alone(name):
    torch.manual_seed(7)
    expected = torch.rand(4)
    torch.manual_seed(7)
    build_backbone(name)
    assert torch.equal(torch.rand(4), expected)


@pytest.mark.parametrize("name", BACKBONE_NAMES)
def test_an_untrained_backbone_has_only_finite_weights_of_plausible_size(name):
    for key, value in get_weights(build_backbone(name)).items():
        assert value.isfinite().all(), key
        assert value.abs().max() < 5, key


def test_an_unknown_architecture_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match="expected one of r2plus1d_18, r3d_18, s3dg, r2plus1d_10"):
        default_spec("resnet50")
