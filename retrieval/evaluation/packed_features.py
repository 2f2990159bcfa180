"""Clip features of packed videos: nothing is decoded, and what is known is not encoded again."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motionfit.encoders.encoder import ClipEncoder
from motionfit.media.packed.videos import PackedVideos
from motionfit.progress import Progress
from retrieval.evaluation.feature_cache import CachedVideo, FeatureCache
from retrieval.evaluation.features import FeatureSet
from retrieval.evaluation.packed_clips import PackedClips
from retrieval.indexing.batches import ClipBatcher

# A core that finishes its share of a batch first waits for the other, so batches are long: 64 clips
# of 16x64x86 are 17 MB and a second of work.
BATCH_SIZE = 64


@dataclass(frozen=True, kw_only=True, eq=False)
class PackedFeatures:
    """What became of the videos of one side.

    Attributes:
        side: Features of the videos that have a clip, perhaps of none.
        stretched: Names of videos shorter than a clip that were looped or held.
        dropped: Names of videos without clips.
    """

    side: FeatureSet
    stretched: tuple[str, ...]
    dropped: tuple[str, ...]


def extract_packed(
    packed: PackedVideos,
    labels: Sequence[int],
    clips: PackedClips,
    encoder: ClipEncoder,
    cache: FeatureCache | None = None,
) -> PackedFeatures:
    """Return the features of all clips; the next ones are copied while the encoder is busy.

    Args:
        packed: The videos.
        labels: One for each video.
        clips: Which clips of them.
        encoder: Clips to vectors.
        cache: Has the features of some, gets those of the others; None keeps nothing.

    Raises:
        ConfigError: The cache cannot be written.
        VideoTooShortError: A video is shorter than a clip and the protocol refuses such.
        EmbeddingError: The weights turn a clip into values that are not finite.
    """
    features: dict[int, NDArray[np.float32]] = {}
    place_of: dict[int, NDArray[np.int64]] = {}
    stretched: set[int] = set()
    batcher: ClipBatcher[int] = ClipBatcher(
        lambda pixels: encoder.encode(pixels, normalize=False),
        embedding_dim=encoder.embedding_dim,
        batch_size=BATCH_SIZE,
    )
    with batcher, Progress("evaluating", unit="video", total=len(packed)) as progress:

        def keep_completed() -> None:
            for video, vectors in batcher.completed():
                features[video] = vectors[place_of.pop(video)]
                if cache is not None:
                    made = CachedVideo(
                        features=features[video], is_stretched=video in stretched, damage=""
                    )
                    cache.save(packed.content_hashes[video], made)
                progress.advance()

        for video in range(len(packed)):
            known = None if cache is None else cache.load(packed.content_hashes[video])
            if known is not None:
                features[video] = known.features
                if known.is_stretched:
                    stretched.add(video)
                progress.advance()
                continue
            found = clips.read(video)
            place_of[video] = found.place_of
            if found.is_stretched:
                stretched.add(video)
            batcher.add(video, found.pixels)
            batcher.close(video)
            keep_completed()
        batcher.flush()
        keep_completed()
    dropped = tuple(name for video, name in enumerate(packed.names) if not len(features[video]))
    names_stretched = tuple(name for video, name in enumerate(packed.names) if video in stretched)
    side = _stack(packed, labels, features, encoder.embedding_dim)
    return PackedFeatures(side=side, stretched=names_stretched, dropped=dropped)


def _stack(
    packed: PackedVideos, labels: Sequence[int], features: dict[int, NDArray[np.float32]], dim: int
) -> FeatureSet:
    """Return the features of videos that have any, padded to the largest number of clips."""
    videos = [video for video in range(len(packed)) if len(features[video])]
    num_clips = np.array([len(features[video]) for video in videos], np.int64)
    stacked = np.zeros((len(videos), num_clips.max(initial=0), dim), np.float32)
    for row, video in zip(stacked, videos, strict=True):
        row[: len(features[video])] = features[video]
    return FeatureSet(
        features=stacked,
        labels=np.asarray(labels, np.int64)[videos],
        num_clips=num_clips,
        video_ids=np.array([packed.content_hashes[video] for video in videos], np.str_),
    )
