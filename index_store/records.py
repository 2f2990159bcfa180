"""The values that go into the catalog and come out of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from motionfit.errors import ConfigError

FileStatus = Literal["indexed", "failed"]


@dataclass(frozen=True, kw_only=True)
class FileRecord:
    """A file as it was found on disk.

    Attributes:
        path: As the collection names it; names that are no UTF-8 survive (``surrogateescape``).
        size_bytes: Its size.
        mtime_ns: When it was last changed, nanoseconds.
        label: Class name, or None.
        note: A remark for the user, such as ``31 of 40 frames readable``, or None.
    """

    path: Path
    size_bytes: int
    mtime_ns: int
    label: str | None = None
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class VideoRecord:
    """What is known of some bytes that are a video, under whatever path they lie.

    Attributes:
        content_hash: SHA-256 of the bytes, hexadecimal; the identity of the video.
        size_bytes: How many bytes.
        duration_seconds: From the first frame's start to the last one's end.
        num_frames: Frames shown.
        frame_rate: Average frames per second; 0 where unknown.
        width: As shown, px.
        height: As shown, px.
        codec: Such as ``h264``.
        container: Such as ``mp4``.
    """

    content_hash: str
    size_bytes: int
    duration_seconds: float
    num_frames: int
    frame_rate: float
    width: int
    height: int
    codec: str
    container: str


@dataclass(frozen=True, kw_only=True)
class EmbeddedClips:
    """The clips of one video with their embeddings, in the order in which they were sampled.

    Attributes:
        start_seconds: ``(num_clips,)`` float64.
        end_seconds: ``(num_clips,)`` float64.
        vectors: ``(num_clips, embedding_dim)`` float32; brought to unit length when stored.
    """

    start_seconds: NDArray[np.float64]
    end_seconds: NDArray[np.float64]
    vectors: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or not np.isfinite(self.vectors).all():
            raise ConfigError("vectors", self.vectors.shape, "finite rows (num_clips, dim)")
        if not len(self.start_seconds) == len(self.end_seconds) == len(self.vectors):
            lengths = (len(self.start_seconds), len(self.end_seconds), len(self.vectors))
            raise ConfigError("clips", lengths, "as many starts and ends as vectors")


@dataclass(frozen=True, kw_only=True)
class Collection:
    """A named set of files."""

    collection_id: int
    name: str


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """An encoder that the store knows.

    Attributes:
        encoder_id: Row id in this store.
        identity: Hash of weights and preprocessing.
        name: For people.
        embedding_dim: Values a clip.
        header: The checkpoint's header: whatever is needed to load the encoder again.
    """

    encoder_id: int
    identity: str
    name: str
    embedding_dim: int
    header: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Indexing:
    """A collection seen by one encoder with one way to sample clips: what can be searched.

    Attributes:
        indexing_id: Row id in this store; never reused.
        collection: Whose files.
        encoder: Whose embeddings.
        sampling_key: Canonical text of the clip sampling.
        revision: Grows with every transaction that adds or removes clips seen here.
        is_complete: A run of indexing has come to its end at least once.
    """

    indexing_id: int
    collection: Collection
    encoder: Encoder
    sampling_key: str
    revision: int
    is_complete: bool


@dataclass(frozen=True, kw_only=True)
class IndexedFile:
    """What the catalog holds of a path of a collection.

    Attributes:
        file: The file when it was last looked at.
        status: Whether that look succeeded.
        content_hash: The video held by the path, or None. A failed file has one where the same
            bytes had been read before (by another encoder's indexing, say).
        error_class: Name of the error of a failed file, or None.
        message: Its one sentence, or None.
        indexed_at: When it was looked at, ISO 8601 in UTC.
    """

    file: FileRecord
    status: FileStatus
    content_hash: str | None
    error_class: str | None
    message: str | None
    indexed_at: str


@dataclass(frozen=True, kw_only=True)
class ClipRecord:
    """One clip with all that a result shows of it.

    Attributes:
        clip_id: Stable id; never reused.
        video_id: Stable id of the video; never reused.
        path: Of the video; the first in order where a collection holds the bytes twice.
        start_seconds: Where the clip starts in the video.
        end_seconds: Where it ends.
        label: Class name of the file, or None.
        content_hash: Identity of the video.
        duration_seconds: Of the video.
    """

    clip_id: int
    video_id: int
    path: Path
    start_seconds: float
    end_seconds: float
    label: str | None
    content_hash: str
    duration_seconds: float
