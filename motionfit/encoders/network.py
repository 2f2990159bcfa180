"""A backbone made ready to run fast on one device."""

from collections.abc import Iterator
from functools import cached_property

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
from motionfit.encoders.weights import digest_weights, get_weights
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
        quick = folded.to(runtime.device, runtime.dtype).to(memory_format=runtime.memory_format)
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
        try:
            with torch.inference_mode():
                pooled = [self._embed_batch(batch, spec) for batch in self._batches(crops)]
                # One wait for the device, after everything is queued.
                embeddings: NDArray[np.float32] = torch.cat(pooled).cpu().numpy()
        except torch.OutOfMemoryError as error:
            raise DeviceMemoryError(str(self.runtime.device)) from error
        return embeddings

    def _batches(self, crops: NDArray[np.uint8]) -> Iterator[Tensor]:
        size = self.runtime.batch_size(crops[0, ..., 0].size)
        for start in range(0, len(crops), size):
            batch = clips_to_tensor(crops[start : start + size])
            if self.runtime.device.type == "cuda":
                batch = batch.pin_memory()
            yield batch.to(self.runtime.device, non_blocking=True)

    def _embed_batch(self, batch: Tensor, spec: EncoderSpec) -> Tensor:
        clips = scale(batch, spec).to(self.runtime.dtype, memory_format=self.runtime.memory_format)
        return pool_features(self._quick(clips), spec.pool)
