"""Running an encoder over every grid clip of packed videos."""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motionfit.errors import ConfigError, PseudoLabelError
from motionfit.labels.features import (
    Collection,
    DenseFeatures,
    features_identity,
    load_features,
    save_features,
    saved_identity,
)
from motionfit.labels.grid import grid_starts
from motionfit.labels.settings import GridSettings
from motionfit.media.packed.clip_frames import clip_frame_indices
from motionfit.media.packed.videos import PackedVideos
from motionfit.progress import Progress

Encode = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""Clips ``(num_clips, time, height, width, channel)`` uint8 to ``(num_clips, dim)`` float32."""

_LOGGER = logging.getLogger(__name__)


def keep_dense_features(
    path: str | Path,
    packed: PackedVideos,
    encode: Encode,
    *,
    encoder_identity: str,
    grid: GridSettings | None = None,
    batch_size: int = 32,
) -> DenseFeatures:
    """Return the features in a file, after making them where the file has not exactly these.

    Args:
        path: The file; see `save_features`.
        packed: The videos.
        encode: The encoder.
        encoder_identity: Names its weights and preprocessing: with another, features are made anew.
        grid: Which clips.
        batch_size: Clips that are encoded together.

    Raises:
        PseudoLabelError: A feature is not finite, or the file cannot be written.
    """
    grid = grid or GridSettings()
    wanted = identify_features(packed, encoder_identity, grid)
    if saved_identity(path) == wanted:
        try:
            return load_features(path)
        except PseudoLabelError as error:
            _LOGGER.warning("%s It is made anew.", error)
    features = extract_dense_features(
        packed, encode, encoder_identity=encoder_identity, grid=grid, batch_size=batch_size
    )
    save_features(features, path)
    return features


def identify_features(packed: PackedVideos, encoder_identity: str, grid: GridSettings) -> str:
    """Return the identity that the features will have, without making them."""
    return features_identity(_collection(packed), packed.format.to_dict(), encoder_identity, grid)


def extract_dense_features(
    packed: PackedVideos,
    encode: Encode,
    *,
    encoder_identity: str = "",
    grid: GridSettings | None = None,
    batch_size: int = 32,
    progress: Progress | None = None,
) -> DenseFeatures:
    """Return the feature of every grid clip of packed videos.

    The clips of the next batch are read while the encoder is busy with one; memory holds two
    batches and the features.

    Source: MotionFit, section 3.2: "densely sampled" clips; that they lie side by side is our
    choice where the paper is silent.

    Args:
        packed: The videos: frames, or levels of flow.
        encode: The encoder. It crops and scales; clips come at the size that is packed.
        encoder_identity: Names its weights and preprocessing, for `features_identity`.
        grid: Which clips; None is 16 frames, side by side.
        batch_size: Clips that are encoded together.
        progress: Is told of each finished video; None shows a bar of its own.

    Raises:
        PseudoLabelError: A feature is not finite, or no video has a frame.
        ConfigError: The encoder returns something else than one vector a clip.
    """
    grid = grid or GridSettings()
    if batch_size < 1:
        raise ConfigError("batch_size", batch_size, "at least 1 clip")
    starts = [grid_starts(int(num_frames), grid) for num_frames in packed.num_frames]
    num_clips = np.array([len(of_video) for of_video in starts], np.int64)
    video = np.repeat(np.arange(packed.num_videos, dtype=np.int64), num_clips)
    start = np.concatenate([*starts, np.zeros(0, np.int64)])
    reader = _ClipReader(packed, grid, video, start)
    if progress is None:
        with Progress("features", unit="video", total=packed.num_videos) as progress:
            features = _encode_all(reader, encode, batch_size, progress)
    else:
        features = _encode_all(reader, encode, batch_size, progress)
    return DenseFeatures(
        features=features,
        video=video,
        start=start,
        grid=grid,
        collection=_collection(packed),
        identity=identify_features(packed, encoder_identity, grid),
    )


class _ClipReader:
    """Reads grid clips by number."""

    def __init__(
        self,
        packed: PackedVideos,
        grid: GridSettings,
        video: NDArray[np.int64],
        start: NDArray[np.int64],
    ) -> None:
        self._packed = packed
        self._grid = grid
        self.video = video
        self._start = start

    def __len__(self) -> int:
        return len(self.video)

    def read(self, clips: range) -> NDArray[np.uint8]:
        """Return ``(len(clips), time, height, width, channel)`` uint8."""
        return np.stack([self._read_clip(clip) for clip in clips])

    def _read_clip(self, clip: int) -> NDArray[np.uint8]:
        video = int(self.video[clip])
        indices = clip_frame_indices(
            int(self._start[clip]),
            int(self._packed.num_frames[video]),
            clip_length=self._grid.clip_length,
            stride=self._grid.stride,
            is_flow=self._packed.is_flow,
        )
        return self._packed.read(video, indices)


def _encode_all(
    reader: _ClipReader, encode: Encode, batch_size: int, progress: Progress
) -> NDArray[np.float32]:
    features = np.empty((0, 0), np.float32)
    for clips, pixels in _read_ahead(reader, batch_size):
        vectors = np.asarray(encode(pixels))
        if vectors.ndim != 2 or len(vectors) != len(clips):
            raise ConfigError("features", vectors.shape, f"one vector for each of {len(clips)}")
        if not clips.start:
            features = np.empty((len(reader), vectors.shape[1]), np.float32)
        features[clips.start : clips.stop] = vectors
        done = reader.video[clips.stop] if clips.stop < len(reader) else reader.video[-1] + 1
        for _ in range(reader.video[clips.start], done):
            progress.advance()
    return features


def _read_ahead(reader: _ClipReader, batch_size: int) -> Iterator[tuple[range, NDArray[np.uint8]]]:
    """Yield batches; the one after is being read meanwhile."""
    batches = [
        range(first, min(first + batch_size, len(reader)))
        for first in range(0, len(reader), batch_size)
    ]
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="clips") as pool:
        coming = [pool.submit(reader.read, clips) for clips in batches[:1]]
        for number, clips in enumerate(batches):
            pixels = coming.pop().result()
            if number + 1 < len(batches):
                coming.append(pool.submit(reader.read, batches[number + 1]))
            yield clips, pixels


def _collection(packed: PackedVideos) -> Collection:
    return Collection(
        names=packed.names,
        content_hashes=packed.content_hashes,
        num_frames=np.asarray(packed.num_frames, np.int64),
    )
