"""From what a decoder says of a video to what the catalog keeps of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index_store.records import EmbeddedClips, VideoRecord
from motionfit.media.clips import DecodedClips
from motionfit.media.decode_events import VideoDecoded
from motionfit.media.identity import VideoIdentity
from motionfit.media.outcomes import damage_note
from motionfit.media.video import VideoInfo


@dataclass(frozen=True, kw_only=True)
class ChunkTimes:
    """What is kept of a chunk of clips once its pixels are with the encoder."""

    start_seconds: NDArray[np.float64]
    end_seconds: NDArray[np.float64]
    is_stretched: bool

    @classmethod
    def of(cls, clips: DecodedClips) -> "ChunkTimes":
        """Return the times of some decoded clips."""
        return cls(
            start_seconds=clips.start_seconds,
            end_seconds=clips.end_seconds,
            is_stretched=clips.is_stretched,
        )


def video_record(info: VideoInfo, identity: VideoIdentity, num_frames: int) -> VideoRecord:
    """Return the catalog's record of a video that was found to have ``num_frames``."""
    return VideoRecord(
        content_hash=identity.content_hash,
        size_bytes=identity.size_bytes,
        duration_seconds=info.duration_seconds,
        num_frames=num_frames,
        frame_rate=info.frame_rate,
        width=info.width,
        height=info.height,
        codec=info.codec,
        container=info.container,
    )


def embedded_clips(chunks: Sequence[ChunkTimes], vectors: NDArray[np.float32]) -> EmbeddedClips:
    """Return a video's clips from its chunks, in order."""
    return EmbeddedClips(
        start_seconds=np.concatenate([chunk.start_seconds for chunk in chunks]),
        end_seconds=np.concatenate([chunk.end_seconds for chunk in chunks]),
        vectors=vectors,
    )


def remark_on(end: VideoDecoded) -> str | None:
    """Return what a user should know of a video that is indexed, but not as it should be."""
    if end.num_clips == 0:
        return "shorter than a clip and left out, as asked"
    return damage_note(end.num_frames_decoded, end.num_frames_expected)
