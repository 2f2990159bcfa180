"""Clips in, embeddings out."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motionfit.encoders.spec import EncoderSpec, PoolName
from motionfit.media.sampling import ClipSpec


class ClipEncoder:
    """A backbone with its preprocessing and pooling, ready to embed clips on one device.

    Made by ``motionfit.encoders.registry.load_encoder``.

    Attributes:
        name: Registry name, or the stem of the checkpoint's file name.
        source: What ``load_encoder`` takes to make this encoder again.
        spec: Clip shape, preprocessing and pool.
        is_trained: False for seeded random weights.
        identity: sha256 (hex) of weights and spec; equal encoders have equal identities on every
            device and in every precision.
        embedding_dim: Values in an embedding.
    """

    name: str
    source: str
    spec: EncoderSpec
    is_trained: bool
    identity: str
    embedding_dim: int

    @property
    def description(self) -> str:
        """Name for a reader: ``r2plus1d_18 (untrained, seed 0)``."""
        raise NotImplementedError

    def encode(self, clips: NDArray[np.uint8], *, normalize: bool = True) -> NDArray[np.float32]:
        """Return one vector a clip, whatever other clips it is encoded with.

        Args:
            clips: ``(num_clips, clip_length, height, width, 3)`` uint8, frames of ``spec.resize``;
                a view is fine, it is not kept.
            normalize: Scale to unit length (a zero vector stays zero); else raw pooled features.

        Returns:
            ``(num_clips, embedding_dim)`` float32.
        """
        raise NotImplementedError

    def with_pool(self, pool: PoolName) -> "ClipEncoder":
        """Return the same weights with another pool; the identity changes."""
        raise NotImplementedError

    def with_clip(self, clip: ClipSpec) -> "ClipEncoder":
        """Return the same weights for clips of another shape; the identity changes."""
        raise NotImplementedError

    def save(self, path: Path) -> None:
        """Write a checkpoint."""
        raise NotImplementedError
