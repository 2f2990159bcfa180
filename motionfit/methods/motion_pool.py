"""What is fitted to clips, not trained: kinds of motion, and vectors of many videos.

Source of the mixture and of Fisher vectors: see ``motionfit.encoders.fisher``; of the projection,
``motionfit.methods.projection``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.mixture import GaussianMixture
from torch import Tensor

from motionfit.encoders.backbones.local_motion import (
    EMBEDDING_DIM,
    LocalMotionNetwork,
    MotionPool,
)
from motionfit.encoders.fisher import FisherVectors
from motionfit.encoders.spec import EncoderSpec
from motionfit.media.packed.videos import PackedVideos
from motionfit.methods.projection import UNKNOWN, Projection, fit_projection
from motionfit.progress import Progress
from motionfit.training.data.clips import TrainingClips
from motionfit.training.data.settings import ClipSettings
from motionfit.training.network import normalise_input

_NUM_CLIPS = 3072
_MAX_CLIPS_A_VIDEO = 4
_BATCH_SIZE = 8
# Descriptors that the mixture is fitted to: thousands for each Gaussian bring nothing more.
_NUM_DESCRIPTORS = 60_000
# Added to variances, of values of deviation 1 or so.
_LEAST_VARIANCE = 1e-4


@dataclass(frozen=True, kw_only=True, eq=False)
class DescribedVideos:
    """Videos, each as one vector.

    Attributes:
        videos: ``(number,)`` int64, their places among the packed videos.
        vectors: ``(number, 16896)`` float32, the mean Fisher vector of a video's clips.
    """

    videos: NDArray[np.int64]
    vectors: NDArray[np.float32]


def choose_videos(candidates: NDArray[np.int64], *, seed: int) -> NDArray[np.int64]:
    """Return some of the videos, as many as the fits need, in their order.

    Args:
        candidates: ``(number,)`` places among packed videos.
        seed: Which ones, where there are more than enough.
    """
    drawn = np.random.default_rng(seed).permutation(len(candidates))[:_NUM_CLIPS]
    return candidates[np.sort(drawn)]


def some_clips(
    packed: PackedVideos, spec: EncoderSpec, videos: NDArray[np.int64], *, title: str
) -> Iterator[tuple[NDArray[np.int64], Tensor]]:
    """Yield clips of videos, in their order: as many of each as make some thousand, at most four.

    Args:
        packed: Holds the videos.
        spec: What the network takes.
        videos: Their places, as `choose_videos` returns them.
        title: For the progress bar.

    Yields:
        ``(videos,)`` places, and ``(videos, clips, channel, time, height, width)`` float32, scaled
        as the spec says.
    """
    settings = ClipSettings(
        clip_length=spec.clip.clip_length,
        stride=spec.clip.stride,
        num_clips=min(_MAX_CLIPS_A_VIDEO, max(1, _NUM_CLIPS // max(1, len(videos)))),
        crop=spec.crop,
    )
    source = TrainingClips(packed, settings.for_validation(), video_indices=videos)
    normalise = normalise_input(spec)
    with Progress(title, unit="video", total=source.num_videos) as progress:
        for step in range(source.num_steps(_BATCH_SIZE)):
            batch = source.batch(0, step, _BATCH_SIZE)
            clips = normalise(batch.clips.flatten(0, 1))
            yield batch.videos.numpy(), clips.view(batch.clips.shape)
            for _ in range(len(batch)):
                progress.advance()


def fit_mixture(values: NDArray[np.float32], fisher: FisherVectors, *, seed: int) -> None:
    """Set the mixture of Gaussians of Fisher vectors.

    Args:
        values: ``(number, dim)``, descriptors.
        fisher: Gets the mixture.
        seed: Of its start.
    """
    chosen = np.random.default_rng(seed).permutation(len(values))[:_NUM_DESCRIPTORS]
    mixture = GaussianMixture(
        len(fisher.weights),
        covariance_type="diag",
        max_iter=60,
        # Enough for Fisher vectors; the default goes on for the third digit of the likelihood.
        tol=1e-2,
        reg_covar=_LEAST_VARIANCE,
        random_state=seed,
    ).fit(values[chosen])
    fisher.weights.data = torch.from_numpy(mixture.weights_).float()
    fisher.means.data = torch.from_numpy(mixture.means_).float()
    fisher.deviations.data = torch.from_numpy(np.sqrt(mixture.covariances_)).float()


def project_classes(
    vectors: NDArray[np.float32], classes: Sequence[int], others: NDArray[np.float32]
) -> Projection:
    """Return the projection of a pool after which videos of one class are near each other.

    Args:
        vectors: ``(number, 16896)``, of videos.
        classes: Of these.
        others: ``(others, 16896)``, of videos that may be of any class.
    """
    unknown = np.full(len(others), UNKNOWN, np.int64)
    return fit_projection(
        np.concatenate([vectors, others]),
        np.concatenate([np.asarray(classes, np.int64), unknown]),
        kept=EMBEDDING_DIM,
    )


def set_projection(pool: MotionPool, projection: Projection) -> None:
    """Let a pool centre and project its vectors so."""
    pool.centre.data = torch.from_numpy(projection.centre)
    pool.projection.data = torch.from_numpy(projection.matrix)


def describe_videos(
    network: LocalMotionNetwork,
    packed: PackedVideos,
    spec: EncoderSpec,
    videos: NDArray[np.int64],
    *,
    dtype: torch.dtype,
    title: str,
) -> DescribedVideos:
    """Return those of the videos in which something moves, as Fisher vectors.

    Args:
        network: In evaluation mode; its mixture is in place.
        packed: Holds the videos.
        spec: What the network takes.
        videos: Their places.
        dtype: In which the network runs.
        title: For the progress bar.
    """
    device = next(network.parameters()).device
    found, places = [], []
    with torch.inference_mode():
        for of_batch, clips in some_clips(packed, spec, videos, title=title):
            with torch.autocast(device.type, dtype=dtype, enabled=dtype != torch.float32):
                what = network.describe(clips.flatten(0, 1).to(device))
            vectors = network.pool.fisher_vectors(what).view(*clips.shape[:2], -1).mean(1)
            moves = vectors.any(1)
            found.append(vectors[moves].cpu().numpy())
            places.append(of_batch[moves.cpu().numpy()])
    return DescribedVideos(videos=np.concatenate(places), vectors=np.concatenate(found))
