import pytest
import torch

from motionfit.encoders.registry import load_encoder
from motionfit.encoders.values import get_weights
from motionfit.errors import RunFileError
from motionfit.methods.model import build_network
from motionfit.methods.random_init import make_random_init


def test_it_is_the_network_that_a_training_with_this_seed_starts_from(appearance_spec, tmp_path):
    encoder = make_random_init(appearance_spec, tmp_path / "run", seed=7, device="cpu")

    start = get_weights(build_network(appearance_spec, {"label": 3}, seed=7).backbone)
    for name, value in get_weights(encoder.network.backbone).items():
        assert torch.equal(value, start[name])


def test_the_checkpoint_says_that_nothing_was_learnt(motion_spec, tmp_path):
    encoder = make_random_init(motion_spec, tmp_path, seed=7, device="cpu")

    kept = load_encoder(encoder.source, device="cpu")
    assert kept.identity == encoder.identity
    assert kept.spec == motion_spec
    assert not kept.is_trained
    assert kept.origin.describe() == "untrained, seed 7"


def test_another_seed_is_another_network(appearance_spec, tmp_path):
    first, second = (
        make_random_init(appearance_spec, tmp_path / str(seed), seed=seed, device="cpu")
        for seed in (0, 1)
    )

    assert first.identity != second.identity


def test_a_place_that_takes_no_file_is_one_sentence(appearance_spec, tmp_path):
    (tmp_path / "encoder.safetensors").mkdir()

    with pytest.raises(RunFileError, match=r"encoder\.safetensors: it could not be written: Is a"):
        make_random_init(appearance_spec, tmp_path, device="cpu")
