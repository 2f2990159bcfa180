"""The vector of a query: a video, or a stretch of one."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motionfit.encoders.encoder import ClipEncoder
from motionfit.media.pool import decode_clips
from motionfit.media.sampling import ClipSampling, Uniform

NUM_QUERY_CLIPS = 10


def embed_stretch(
    encoder: ClipEncoder,
    path: Path,
    *,
    start_seconds: float | None = None,
    end_seconds: float | None = None,
) -> tuple[NDArray[np.float32], float, float]:
    """Return one vector for a stretch of a video, and the stretch that was really seen.

    Ten clips are spread over the stretch and their vectors averaged, as the protocol of Xu et al.
    does for a query video; a stretch shorter than a clip is looped.

    Returns:
        ``(embedding_dim,)`` float32 of unit length, start and end in seconds.

    Raises:
        MediaError: The video cannot be decoded.
        ConfigError: The stretch is empty or begins after the video's end.
    """
    sampling = ClipSampling(
        spec=encoder.spec.clip,
        placement=Uniform(num_clips=NUM_QUERY_CLIPS),
        start_seconds=start_seconds or 0.0,
        end_seconds=end_seconds,
        distinct=True,
    )
    clips = decode_clips(path, sampling, encoder.spec.resize)
    vector = encoder.encode(clips.gather()).mean(axis=0)
    length = max(float(np.linalg.norm(vector)), np.finfo(np.float32).tiny)
    seen = float(clips.start_seconds.min()), float(clips.end_seconds.max())
    return (vector / length).astype(np.float32), *seen
