"""Features that an earlier evaluation made, one file a video.

A stopped evaluation continues, and split 2 re-uses what split 1 computed. A file is found by what
its content depends on: the video's bytes, how they became pixels, the encoder (weights, pool,
sizes), the sampling and the order of frames in a clip.
"""

import json
import zipfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motionfit.durable import replacing
from motionfit.errors import ConfigError
from retrieval.evaluation.query_time import QueryTime

# To be raised whenever the same key stands for other features.
GENERATION = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class CachedVideo:
    """What is kept of a video.

    Attributes:
        features: ``(num_clips, dim)`` float32; no clips where sampling dropped the video.
        is_stretched: The video was shorter than a clip and was looped or held.
        damage: Remark on a video that was decoded only in part, or nothing.
    """

    features: NDArray[np.float32]
    is_stretched: bool
    damage: str


class FeatureCache:
    """A folder of features for one encoder, sampling and order of frames.

    Args:
        directory: Shared by all encoders and samplings; made when absent.
        encoder_identity: Of weights and preprocessing.
        number_type: That the encoder computes in, which machines choose differently.
        sampling_key: Of the sampling.
        query_time: What is done to the frames of a clip.
        pixels: What clips are cut from, where that is not the video as it is decoded.
    """

    def __init__(
        self,
        directory: Path,
        *,
        encoder_identity: str,
        number_type: str,
        sampling_key: str,
        query_time: QueryTime = "forward",
        pixels: str = "",
    ) -> None:
        self._directory = directory
        self._key = [
            GENERATION,
            encoder_identity,
            number_type,
            sampling_key,
            query_time,
            pixels,
        ]

    def load(self, content_hash: str) -> CachedVideo | None:
        """Return what is kept of the video with these bytes; None if nothing, or damaged."""
        try:
            # The zip format that NumPy writes carries a checksum, checked when it is read.
            with np.load(self._path(content_hash), allow_pickle=False) as arrays:
                return CachedVideo(
                    features=arrays["features"],
                    is_stretched=bool(arrays["is_stretched"]),
                    damage=str(arrays["damage"]),
                )
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None

    def features_of(self, content_hash: str) -> NDArray[np.float32]:
        """Return the features of a video that was saved or found before.

        Raises:
            ConfigError: They are gone.
        """
        video = self.load(content_hash)
        if video is None:
            expected = "a folder that nothing else empties meanwhile"
            raise ConfigError("feature_cache", str(self._directory), expected)
        return video.features

    def save(self, content_hash: str, video: CachedVideo) -> None:
        """Keep a video's features.

        Raises:
            ConfigError: The folder cannot be written.
        """
        path = self._path(content_hash)
        try:
            with replacing(path) as temporary:
                np.savez(temporary.file, **vars(video))
        except OSError as error:
            expected = f"a writable folder ({error.strerror or error})"
            raise ConfigError("feature_cache", str(self._directory), expected) from error

    def _path(self, content_hash: str) -> Path:
        name = sha256(json.dumps([*self._key, content_hash]).encode()).hexdigest()
        return self._directory / name[:2] / f"{name}.npz"
