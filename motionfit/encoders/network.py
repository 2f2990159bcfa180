"""A backbone made ready to run fast on one device."""

import copy
from functools import cached_property, partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from motionfit.encoders.folding import fold_batch_norms
from motionfit.encoders.onednn import use_onednn
from motionfit.encoders.pooling import pool_features
from motionfit.encoders.preprocess import clips_to_tensor, crop_centre, scale
from motionfit.encoders.runtime import Runtime
from motionfit.encoders.spec import EncoderSpec
from motionfit.encoders.streams import run_streams
from motionfit.encoders.values import digest_weights, get_weights
from motionfit.errors import DeviceMemoryError


class Network:
    """Weights in float32 as they were trained, and a copy of them that is quick to run.

    Encoders that differ only in pool or clip shape share one network.

    Attributes:
        backbone: The weights; neither changed nor moved.
        runtime: How the copy runs.
    """

    def __init__(self, backbone: nn.Module, runtime: Runtime) -> None:
        self.backbone = backbone
        self.runtime = runtime

    @cached_property
    def digest(self) -> str:
        """sha256 (hex) of the weights."""
        return digest_weights(get_weights(self.backbone))

    @cached_property
    def _quick(self) -> nn.Module:
        runtime = self.runtime
        folded = fold_batch_norms(self.backbone).requires_grad_(False)
        quick = _cast(folded, runtime).to(memory_format=runtime.memory_format)
        if runtime.use_compile:
            quick.compile()
        elif runtime.has_onednn:
            use_onednn(quick)
        return quick

    def embed(self, clips: NDArray[np.uint8], spec: EncoderSpec) -> NDArray[np.float32]:
        """Return raw pooled features, ``(num_clips, embedding_dim)`` float32.

        Args:
            clips: ``(num_clips, time, height, width, channel)`` uint8, at least one.
            spec: Says how to crop, scale and pool.

        Raises:
            DeviceMemoryError: The GPU's memory is full.
        """
        crops = crop_centre(clips, spec.crop)
        size = self.runtime.batch_size(crops[0, ..., 0].size)
        batches = [crops[start : start + size] for start in range(0, len(crops), size)]
        # Read before streams share it: two first readers would both make one.
        embed_batch = partial(self._embed_batch, self._quick, spec)
        try:
            pooled = run_streams(embed_batch, batches, self.runtime.num_streams)
            # One wait for the device, after everything is queued.
            embeddings: NDArray[np.float32] = torch.cat(pooled).cpu().numpy()
        except torch.OutOfMemoryError as error:
            raise DeviceMemoryError(str(self.runtime.device)) from error
        return embeddings

    def _embed_batch(self, quick: nn.Module, spec: EncoderSpec, crops: NDArray[np.uint8]) -> Tensor:
        runtime = self.runtime
        pixels = clips_to_tensor(crops)
        if runtime.device.type == "cuda":
            pixels = pixels.pin_memory()
        with torch.inference_mode():
            values = scale(pixels.to(runtime.device, non_blocking=True), spec)
            values = values.to(runtime.dtype, memory_format=runtime.memory_format)
            return pool_features(quick(values), spec.pool)


def _cast(network: nn.Module, runtime: Runtime) -> nn.Module:
    """Bring a network to the device and number type; what says ``stays_float32`` keeps its type.

    Returns:
        The network, changed in place, or what takes its place.
    """
    exact: dict[str, nn.Module] = {
        name: copy.deepcopy(module).to(runtime.device)
        for name, module in network.named_modules()
        if getattr(module, "stays_float32", False)
    }
    if "" in exact:
        return exact[""]
    network.to(runtime.device, runtime.dtype)
    for name, module in exact.items():
        network.set_submodule(name, module)
    return network
