"""Encoders by name, published weights, checkpoints by path."""

import logging
import time

import numpy as np
import pytest
import torch
from torchvision.models.video import r2plus1d_18

from motionfit.encoders.checkpoint import save_checkpoint
from motionfit.encoders.registry import known_encoders, load_encoder
from motionfit.errors import ConfigError, UnknownEncoderError, WeightsUnavailableError


def test_an_untrained_encoder_says_so_in_its_description_and_in_the_log(caplog):
    with caplog.at_level(logging.WARNING):
        encoder = load_encoder("r2plus1d_10", device="cpu", seed=4)
    assert not encoder.is_trained
    assert (encoder.name, encoder.source) == ("r2plus1d_10", "r2plus1d_10")
    assert encoder.description == "r2plus1d_10 (untrained, seed 4)"
    assert "r2plus1d_10 has random weights (seed 4)" in caplog.text


def test_the_seed_decides_the_identity_of_an_untrained_encoder():
    identities = [load_encoder("r2plus1d_10", device="cpu", seed=s).identity for s in (0, 0, 1)]
    assert identities[0] == identities[1] != identities[2]


def test_a_pool_can_be_chosen_at_loading():
    encoder = load_encoder("r2plus1d_10", device="cpu", pool="max122")
    assert encoder.spec.pool == "max122"
    assert encoder.embedding_dim == 256 * 2 * 3 * 3
    assert (
        encoder.identity == load_encoder("r2plus1d_10", device="cpu").with_pool("max122").identity
    )


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(UnknownEncoderError) as caught:
        load_encoder("r2plus1d_34")
    assert all(name in str(caught.value) for name in known_encoders())


def test_a_name_with_a_null_character_is_unknown_like_any_other():
    with pytest.raises(UnknownEncoderError):
        load_encoder("weights\0.safetensors")


def test_an_unknown_pool_is_refused():
    with pytest.raises(ConfigError, match="pool is 'gmax'"):
        load_encoder("r2plus1d_10", device="cpu", pool="gmax")


def test_a_checkpoint_is_loaded_by_its_path_and_knows_its_way_back(tmp_path, small_encoder):
    path = tmp_path / "mine.safetensors"
    save_checkpoint(small_encoder, path)
    loaded = load_encoder(str(path), device="cpu")
    assert loaded.identity == small_encoder.identity
    assert load_encoder(loaded.source, device="cpu").identity == loaded.identity


@pytest.fixture
def torch_home(tmp_path, monkeypatch):
    """torchvision's cache in an empty folder, and no way to the network."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


@pytest.mark.parametrize("name", ["torchvision:r2plus1d_18", "torchvision:r3d_18"])
def test_without_a_network_published_weights_fail_quickly_in_one_sentence(torch_home, name, capsys):
    begin = time.monotonic()
    with pytest.raises(WeightsUnavailableError) as caught:
        load_encoder(name, device="cpu")
    assert time.monotonic() - begin < 15
    assert str(caught.value).startswith(f"The weights of {name} could not be downloaded (")
    assert "\n" not in str(caught.value)
    assert capsys.readouterr().out == ""
    assert list(torch_home.iterdir()) == []


def test_published_weights_in_the_cache_are_used_with_their_own_preprocessing(
    torch_home, moving_clips
):
    torch.manual_seed(11)
    published = r2plus1d_18().eval()
    torch.save(published.state_dict(), torch_home / "r2plus1d_18-91a641e6.pth")
    encoder = load_encoder("torchvision:r2plus1d_18", device="cpu", precision="float32")
    assert encoder.is_trained
    assert encoder.description == "torchvision:r2plus1d_18 (supervised on Kinetics-400)"
    assert encoder.spec.mean == (0.43216, 0.394666, 0.37645)
    assert encoder.spec.std == (0.22803, 0.22145, 0.216989)
    assert (encoder.spec.resize, encoder.spec.crop) == ((128, 171), (112, 112))
    assert encoder.spec.clip.frame_rate == 15

    clips = moving_clips(1, 16, 128, 171)
    pixels = torch.from_numpy(clips[:, :, 8:120, 30:142].copy()).permute(0, 4, 1, 2, 3) / 255
    mean, std = (torch.tensor(v).view(3, 1, 1, 1) for v in (encoder.spec.mean, encoder.spec.std))
    published.avgpool = torch.nn.AdaptiveMaxPool3d(1)
    published.fc = torch.nn.Identity()
    with torch.inference_mode():
        expected = published((pixels - mean) / std).numpy()
    features = encoder.encode(clips, normalize=False)
    np.testing.assert_allclose(features, expected, rtol=1e-3, atol=1e-4 * expected.max())


@pytest.mark.parametrize("content", [b"", b"no weights", b"PK\x03\x04 damaged"])
def test_a_damaged_file_in_the_cache_is_refused_in_one_sentence(torch_home, content):
    (torch_home / "r3d_18-b3b3357e.pth").write_bytes(content)
    with pytest.raises(WeightsUnavailableError) as caught:
        load_encoder("torchvision:r3d_18", device="cpu")
    assert "\n" not in str(caught.value)


def test_a_file_of_another_network_in_the_cache_is_refused(torch_home):
    torch.save({"fc.weight": torch.zeros(2)}, torch_home / "r3d_18-b3b3357e.pth")
    with pytest.raises(WeightsUnavailableError, match="weights are missing"):
        load_encoder("torchvision:r3d_18", device="cpu")
