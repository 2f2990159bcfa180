"""What is searched for: a stretch of a video file, or a clip that is indexed already."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index_store.records import Indexing
from index_store.store import Store
from motionfit.encoders.encoder import ClipEncoder
from motionfit.errors import ClipNotFoundError
from motionfit.media.identity import identify_video
from motionfit.media.pool import decode_clips
from motionfit.media.sampling import ClipSampling, Uniform

NUM_QUERY_CLIPS = 10


@dataclass(frozen=True, kw_only=True)
class Question:
    """A query as the index understands it.

    Attributes:
        vector: ``(embedding_dim,)`` float32 of unit length.
        path: The video.
        start_seconds: Begin of the stretch that ``vector`` stands for.
        end_seconds: Its end.
        content_hash: Of the video's bytes; None where nobody needs to know.
    """

    vector: NDArray[np.float32]
    path: Path
    start_seconds: float
    end_seconds: float
    content_hash: str | None


def ask_about_file(
    encoder: ClipEncoder,
    path: Path,
    *,
    start_seconds: float | None = None,
    end_seconds: float | None = None,
    identify: bool = False,
) -> Question:
    """Return the question "what moves like this stretch of this file?".

    Ten clips are spread over the stretch and their vectors averaged, as the protocol of Xu et al.
    does for a query video; a stretch shorter than a clip is looped.

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
    mean = encoder.encode(clips.gather()).mean(axis=0)
    length = np.linalg.norm(mean)
    return Question(
        vector=(mean / length if length > 0 else mean).astype(np.float32),
        path=path,
        start_seconds=float(clips.start_seconds.min()),
        end_seconds=float(clips.end_seconds.max()),
        content_hash=identify_video(path).content_hash if identify else None,
    )


def ask_about_clip(store: Store, indexings: Sequence[Indexing], clip_id: int) -> Question:
    """Return the question "what moves like this clip?"; nothing is decoded.

    Raises:
        ClipNotFoundError: None of the indexings has the clip.
    """
    for indexing in indexings:
        clips = store.catalog.clips.describe(indexing.collection.collection_id, [clip_id])
        if clip_id in clips:
            clip = clips[clip_id]
            return Question(
                vector=store.catalog.clips.vectors([clip_id], indexing.encoder)[0],
                path=clip.path,
                start_seconds=clip.start_seconds,
                end_seconds=clip.end_seconds,
                content_hash=clip.content_hash,
            )
    raise ClipNotFoundError(clip_id)
