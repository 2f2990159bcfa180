"""Folding, oneDNN and bfloat16: faster ways to the same embedding."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from motionfit.encoders import onednn
from motionfit.encoders.backbones.build import BACKBONE_NAMES, build_backbone, default_spec
from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.folding import fold_batch_norms
from motionfit.encoders.network import Network
from motionfit.encoders.origin import Origin
from motionfit.encoders.runtime import Runtime, choose_runtime, has_fast_bfloat16
from motionfit.errors import ConfigError, DeviceMemoryError


def as_if_trained(name, seed=5):
    """Return a backbone whose batch norms do something."""
    backbone = build_backbone(name, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    for module in backbone.modules():
        if isinstance(module, nn.BatchNorm3d):
            module.running_mean.normal_(0, 0.1, generator=generator)
            module.running_var.uniform_(0.5, 2, generator=generator)
            module.weight.data.uniform_(0.5, 1.5, generator=generator)
            module.bias.data.normal_(0, 0.1, generator=generator)
    return backbone


@pytest.mark.parametrize("name", BACKBONE_NAMES)
def test_folded_batch_norms_leave_no_norm_and_the_same_features(name):
    backbone = as_if_trained(name).eval()
    before = copy.deepcopy(backbone.state_dict())
    folded = fold_batch_norms(backbone)
    clip = torch.rand(1, 3, 16, 64, 64, generator=torch.Generator().manual_seed(2))
    with torch.inference_mode():
        expected, features = backbone(clip), folded(clip)
    assert not any(isinstance(module, nn.BatchNorm3d) for module in folded.modules())
    torch.testing.assert_close(features, expected, rtol=1e-4, atol=1e-4 * float(expected.std()))
    assert all(torch.equal(value, before[key]) for key, value in backbone.state_dict().items())


@pytest.mark.skipif(
    not (has_fast_bfloat16("cpu") and onednn.is_available()),
    reason="this CPU has no bfloat16, or this PyTorch not the operators",
)
@pytest.mark.parametrize("name", BACKBONE_NAMES)
def test_onednn_operators_give_the_plain_networks_values_bit_by_bit(name):
    plain = fold_batch_norms(as_if_trained(name)).to(torch.bfloat16)
    plain = plain.to(memory_format=torch.channels_last_3d)
    quick = copy.deepcopy(plain)
    onednn.use_onednn(quick)
    with torch.inference_mode():
        for size in ((1, 3, 16, 64, 64), (2, 3, 20, 48, 80), (1, 3, 16, 64, 64)):
            clips = torch.rand(size, generator=torch.Generator().manual_seed(3)).bfloat16()
            clips = clips.to(memory_format=torch.channels_last_3d)
            assert torch.equal(quick(clips), plain(clips))
    num_quick = sum(isinstance(module, onednn.OneDnnConvolution) for module in quick.modules())
    assert num_quick == sum(isinstance(module, nn.Conv3d) for module in plain.modules())


@pytest.mark.parametrize("name", ["r2plus1d_18", "r2plus1d_10"])
@pytest.mark.parametrize("pool", ["max", "max122"])
def test_bfloat16_embeddings_have_a_cosine_of_at_least_999_to_float32(name, pool, moving_clips):
    clips = moving_clips(2, 16, 128, 171)
    backbone = as_if_trained(name)
    embeddings = {
        precision: ClipEncoder(
            Network(backbone, choose_runtime("cpu", precision)),
            default_spec(name),
            origin=Origin(is_trained=True),
            name=name,
        )
        .with_pool(pool)
        .encode(clips)
        for precision in ("float32", "bfloat16")
    }
    cosines = (embeddings["float32"] * embeddings["bfloat16"]).sum(axis=1)
    assert cosines.min() >= 0.999
    assert not np.array_equal(embeddings["float32"], embeddings["bfloat16"])


def test_float32_can_be_forced_and_the_cpu_serves_when_asked_for():
    runtime = choose_runtime("cpu", "float32")
    assert runtime == Runtime(device=torch.device("cpu"), dtype=torch.float32)


def test_auto_takes_bfloat16_exactly_where_it_is_fast():
    is_fast = has_fast_bfloat16(choose_runtime().device.type)
    assert (choose_runtime().dtype == torch.bfloat16) == is_fast


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has the device")
def test_an_absent_device_is_refused_with_those_that_are_there():
    with pytest.raises(ConfigError, match=r"device is 'cuda'; expected one of auto, .*cpu"):
        choose_runtime("cuda")


def test_an_unknown_precision_is_refused():
    with pytest.raises(ConfigError, match=r"precision is 'float8'; expected one of"):
        choose_runtime("cpu", "float8")


def test_one_clip_at_a_time_on_a_cpu_and_fewer_large_clips_than_small_ones_on_a_gpu():
    cpu = Runtime(device=torch.device("cpu"), dtype=torch.float32)
    gpu = Runtime(device=torch.device("cuda"), dtype=torch.bfloat16)
    assert cpu.batch_size(16 * 112 * 112) == 1
    assert cpu.num_streams == min(torch.get_num_threads(), 16)
    assert gpu.num_streams == 1
    assert gpu.batch_size(16 * 112 * 112) == 32
    assert gpu.batch_size(64 * 224 * 224) == 2
    assert gpu.batch_size(1024 * 4096 * 4096) == 1


def test_full_device_memory_becomes_one_sentence(small_spec, moving_clips):
    class Hungry(nn.Module):
        def forward(self, *_clips):
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")

    network = Network(Hungry(), choose_runtime("cpu"))
    with pytest.raises(DeviceMemoryError, match="The memory of cpu is full; stop other programs"):
        network.embed(moving_clips(1, 4, 36, 44), small_spec)
