"""Checkpoints: round trips, and every way a file can be wrong."""

import copy
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from motionfit.config import provenance
from motionfit.encoders.checkpoint import load_checkpoint, save_checkpoint
from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.network import Network
from motionfit.encoders.origin import Origin
from motionfit.encoders.registry import load_encoder
from motionfit.errors import CheckpointError

TRAINED = Origin(is_trained=True, method="motionfit", data="UCF101 split 1", seed=3)


@pytest.fixture(scope="module")
def saved(tmp_path_factory, small_encoder):
    """A checkpoint of a trained encoder."""
    path = tmp_path_factory.mktemp("checkpoints") / "student.safetensors"
    spec = replace(small_encoder.spec, mean=(0.4, 0.4, 0.4), std=(0.2, 0.2, 0.2), pool="avg")
    encoder = ClipEncoder(small_encoder.network, spec, origin=TRAINED, name="student")
    save_checkpoint(encoder, path)
    return encoder, path


def rewrite(path, target, *, header=None, weights=None):
    """Write a copy of a checkpoint whose header or weights went through a function."""
    tensors = load_file(path)
    content = json.loads(read_metadata(path))
    (header or dict)(content)
    save_file((weights or dict)(tensors), target, {"motionfit": json.dumps(content)})
    return target


def read_metadata(path):
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + length])["__metadata__"]["motionfit"]


def test_a_saved_encoder_comes_back_equal(saved, moving_clips):
    encoder, path = saved
    loaded = load_encoder(str(path), device="cpu")
    clips = moving_clips(2, 4, 36, 44)
    assert loaded.identity == encoder.identity
    assert (loaded.spec, loaded.origin) == (encoder.spec, TRAINED)
    assert (loaded.name, loaded.source) == ("student", str(path.resolve()))
    assert loaded.description == "student (motionfit on UCF101 split 1)"
    assert np.array_equal(loaded.encode(clips), encoder.encode(clips))


def test_half_precision_halves_the_file_and_hardly_changes_embeddings(
    saved, moving_clips, tmp_path
):
    encoder, path = saved
    clips = moving_clips(2, 4, 36, 44)

    save_checkpoint(encoder, tmp_path / "half.safetensors", half_precision=True)
    halved = load_encoder(str(tmp_path / "half.safetensors"), device="cpu", precision="float32")

    assert (tmp_path / "half.safetensors").stat().st_size < 0.52 * path.stat().st_size
    exact = load_encoder(str(path), device="cpu", precision="float32").encode(clips)
    assert (halved.encode(clips) * exact).sum(1).min() > 0.9999
    # What was rounded once is not rounded again.
    save_checkpoint(halved, tmp_path / "again.safetensors", half_precision=True)
    again = load_encoder(str(tmp_path / "again.safetensors"), device="cpu")
    assert again.identity == halved.identity != encoder.identity


def test_weights_too_large_for_half_precision_are_refused(small_encoder, tmp_path):
    backbone = copy.deepcopy(small_encoder.network.backbone)
    next(backbone.parameters()).data[0] = 70000
    large = ClipEncoder(
        Network(backbone, small_encoder.network.runtime),
        small_encoder.spec,
        origin=TRAINED,
        name="large",
    )

    with pytest.raises(CheckpointError, match=r"stem\.0\.weight is too large for half precision"):
        save_checkpoint(large, tmp_path / "half.safetensors", half_precision=True)
    assert not (tmp_path / "half.safetensors").exists()


def test_the_header_says_what_made_the_weights(saved):
    header = json.loads(read_metadata(saved[1]))
    assert header["format_version"] == 1
    assert header["origin"]["version"] == provenance()["version"]
    assert header["spec"]["architecture"] == "r2plus1d_10"


def test_saving_again_replaces_the_file_and_leaves_nothing_beside_it(tmp_path, small_encoder):
    path = tmp_path / "encoder.safetensors"
    path.write_text("old")
    save_checkpoint(small_encoder, path)
    assert load_checkpoint(path).spec == small_encoder.spec
    assert list(tmp_path.iterdir()) == [path]


def test_a_save_that_fails_keeps_the_old_file_and_leaves_nothing_beside_it(tmp_path, small_encoder):
    path = tmp_path / "encoder.safetensors"
    path.mkdir()
    with pytest.raises(OSError, match="directory"):
        save_checkpoint(small_encoder, path)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_another_float_type_become_float32(saved, tmp_path, dtype):
    path = rewrite(
        saved[1],
        tmp_path / "half.safetensors",
        weights=lambda tensors: {key: value.to(dtype) for key, value in tensors.items()},
    )
    weights = load_checkpoint(path).weights
    assert {value.dtype for value in weights.values()} == {torch.float32}
    assert load_encoder(str(path), device="cpu").embedding_dim == 256


def drop(tensors):
    return {key: value for key, value in tensors.items() if key != "stem.0.weight"}


def add(tensors):
    return {**tensors, "fc.weight": torch.zeros(2, 2)}


def reshape(tensors):
    return {**tensors, "stem.0.weight": tensors["stem.0.weight"].transpose(0, 1).contiguous()}


def spoil(tensors):
    return {**tensors, "stem.0.weight": torch.full_like(tensors["stem.0.weight"], torch.nan)}


def quantise(tensors):
    return {**tensors, "stem.0.weight": tensors["stem.0.weight"].to(torch.int8)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (drop, "1 weights are missing, the first is stem.0.weight"),
        (add, "1 weights are unknown, the first is fc.weight"),
        (reshape, r"stem.0.weight has shape \[3, 22, 1, 7, 7\], expected \[22, 3, 1, 7, 7\]"),
        (spoil, "stem.0.weight has values that are not finite"),
        (quantise, "stem.0.weight has type torch.int8"),
    ],
)
def test_weights_that_are_not_the_architectures_are_refused(saved, tmp_path, change, message):
    path = rewrite(saved[1], tmp_path / "wrong.safetensors", weights=change)
    with pytest.raises(CheckpointError, match=message):
        load_checkpoint(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda h: h.clear(), "its header is wrong: no 'format_version'"),
        (lambda h: h.update(format_version=2), "format 2 is newer than this program's 1; update"),
        (lambda h: h.update(format_version="1"), "its format version is '1'"),
        (lambda h: h.pop("spec"), "its header is wrong: no 'spec'"),
        (lambda h: h.update(spec=3), "its header is wrong"),
        (lambda h: h.pop("origin"), "its header is wrong: no 'origin'"),
        (lambda h: h["origin"].update(is_trained="yes"), "is_trained is 'yes'"),
        (lambda h: h["origin"].update(flow=3), "all but is_trained and seed must be texts"),
        (lambda h: h["spec"].pop("crop"), "no 'crop'"),
        (lambda h: h["spec"].update(shiny=1), "shiny"),
        (lambda h: h["spec"].update(architecture="vit"), "architecture is 'vit'; expected one of"),
        (lambda h: h["spec"].update(architecture=["a"]), "architecture is"),
        (lambda h: h["spec"].update(resize=[10**9, 10**9]), "resize is"),
        (lambda h: h["spec"].update(resize="large"), "expected 2 numbers"),
        (lambda h: h["spec"].update(resize=[36, True]), "expected 2 numbers"),
        (lambda h: h["spec"].update(in_channels=10**9), "in_channels is 1000000000"),
        (lambda h: h["spec"].update(mean=[float("nan")] * 3), "mean is"),
        (lambda h: h["spec"].update(pool="median"), "pool is 'median'"),
        (lambda h: h["spec"]["clip"].update(clip_length=10**9), "clip_length is 1000000000"),
        (lambda h: h["spec"]["clip"].update(clip_length=True), "clip_length is True"),
        (lambda h: h["spec"]["clip"].update(frame_rate="fast"), "frame_rate is 'fast'"),
    ],
)
def test_a_header_that_lies_is_refused_in_one_sentence(saved, tmp_path, change, message):
    path = rewrite(saved[1], tmp_path / "lie.safetensors", header=change)
    with pytest.raises(CheckpointError, match=message) as caught:
        load_checkpoint(path)
    assert str(caught.value).startswith(f"{path}: not a usable encoder checkpoint: ")
    assert "\n" not in str(caught.value)


def test_a_safetensors_file_of_another_program_is_refused(tmp_path):
    save_file({"weight": torch.zeros(3)}, tmp_path / "other.safetensors")
    with pytest.raises(CheckpointError, match="its metadata has no entry 'motionfit'"):
        load_checkpoint(tmp_path / "other.safetensors")


@given(share=st.floats(0, 1, exclude_max=True))
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_file_cut_short_anywhere_is_refused(saved, tmp_path, share):
    content = saved[1].read_bytes()
    path = tmp_path / "cut.safetensors"
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(CheckpointError, match="damaged or no safetensors file"):
        load_checkpoint(path)


def test_a_declared_header_larger_than_memory_is_refused(tmp_path):
    path = tmp_path / "huge.safetensors"
    path.write_bytes((2**62).to_bytes(8, "little") + b"{}")
    with pytest.raises(CheckpointError, match="damaged or no safetensors file"):
        load_checkpoint(path)


@pytest.mark.parametrize("is_zipped", [True, False])
def test_a_pickled_file_is_refused_without_being_opened(tmp_path, is_zipped):
    path = tmp_path / "model.pt"
    torch.save({"a": torch.zeros(1)}, path, _use_new_zipfile_serialization=is_zipped)
    with pytest.raises(CheckpointError, match="a pickled PyTorch file, which could run code"):
        load_checkpoint(path)


def test_an_absent_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "none.safetensors", tmp_path):
        with pytest.raises(CheckpointError, match="there is no file"):
            load_checkpoint(path)
