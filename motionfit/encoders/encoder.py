"""Clips in, embeddings out."""

import hashlib
import json
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from motionfit.encoders.backbones.build import feature_shape
from motionfit.encoders.network import Network
from motionfit.encoders.origin import Origin
from motionfit.encoders.pooling import pooled_dim
from motionfit.encoders.preprocess import check_clips
from motionfit.encoders.spec import EncoderSpec, PoolName
from motionfit.errors import EmbeddingError
from motionfit.media.sampling import ClipSpec


class ClipEncoder:
    """A backbone with its preprocessing and pooling, ready to embed clips on one device.

    Made by ``motionfit.encoders.registry.load_encoder``, or from a freshly trained backbone.

    Attributes:
        network: The backbone, ready to run.
        spec: Clip shape, preprocessing and pool.
        origin: Where the weights come from.
        name: Registry name, or the stem of the checkpoint's file name.
        source: What ``load_encoder`` takes to make this encoder again (beside the seed).
        embedding_dim: Values in an embedding.
        identity: sha256 (hex) of weights and spec: encoders of one identity give the same
            embeddings, up to rounding, on every device and in every precision.

    Raises:
        ConfigError: Clip, crop or pool do not fit the backbone.
    """

    def __init__(
        self,
        network: Network,
        spec: EncoderSpec,
        *,
        origin: Origin,
        name: str,
        source: str | None = None,
    ) -> None:
        self.network = network
        self.spec = spec
        self.origin = origin
        self.name = name
        self.source = name if source is None else source
        features = feature_shape(
            spec.architecture, spec.in_channels, spec.clip.clip_length, spec.crop
        )
        self.embedding_dim = pooled_dim(features, spec.pool)
        self.identity = _identity(network.digest, spec)

    @property
    def is_trained(self) -> bool:
        """False for seeded random weights."""
        return self.origin.is_trained

    @property
    def description(self) -> str:
        """Name and origin for a reader: ``r2plus1d_18 (untrained, seed 0)``."""
        return f"{self.name} ({self.origin.describe()})"

    def encode(self, clips: NDArray[np.uint8], *, normalize: bool = True) -> NDArray[np.float32]:
        """Return one vector a clip.

        On a CPU the result does not depend on the other clips; on a GPU it does in the last
        digits, because the library picks its sums by the size of the batch.

        Args:
            clips: ``(num_clips, *spec.clip_shape())`` uint8, that is time, height and width after
                the decoder's resize, channels last; RGB where there are 3. A view is fine and is
                not kept.
            normalize: Scale to unit length (a zero vector stays zero); else raw pooled features.

        Returns:
            ``(num_clips, embedding_dim)`` float32.

        Raises:
            ConfigError: The clips have another shape or type.
            EmbeddingError: The weights turn a clip into values that are not finite.
            DeviceMemoryError: The GPU's memory is full.
        """
        check_clips(clips, self.spec)
        if len(clips) == 0:
            return np.empty((0, self.embedding_dim), dtype=np.float32)
        embeddings = self.network.embed(clips, self.spec)
        if not np.isfinite(embeddings).all():
            raise EmbeddingError(self.description)
        return _to_unit_length(embeddings) if normalize else embeddings

    def with_pool(self, pool: PoolName) -> "ClipEncoder":
        """Return the same weights with another pool; the identity changes with it."""
        return self._with_spec(replace(self.spec, pool=pool))

    def with_clip(self, clip: ClipSpec) -> "ClipEncoder":
        """Return the same weights for clips of another shape in time; the identity changes."""
        return self._with_spec(replace(self.spec, clip=clip))

    def _with_spec(self, spec: EncoderSpec) -> "ClipEncoder":
        return ClipEncoder(
            self.network, spec, origin=self.origin, name=self.name, source=self.source
        )


def _identity(weights_digest: str, spec: EncoderSpec) -> str:
    content = {"weights": weights_digest, "spec": spec.to_dict()}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _to_unit_length(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    unit: NDArray[np.float32] = (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return unit
