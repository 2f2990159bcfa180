"""What is fitted to clips, not trained: kinds of motion, and the pool of a network of local motion.

Source of the mixture and of Fisher vectors: see ``motionfit.encoders.fisher``. The projection is
that of principal components, each divided by the fourth root of its variance: halfway between the
plain vectors, where a few kinds of motion that all videos have decide, and whitened ones, where
noise counts as much as anything else. Source: Jégou and Chum, "Negative Evidences and
Co-occurences in Image Retrieval: The Benefit of PCA and Whitening", ECCV 2012, which whitens.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture
from torch import Tensor

from motionfit.encoders.backbones.local_motion import (
    LocalMotionNetwork,
    MotionPool,
)
from motionfit.encoders.fisher import FisherVectors
from motionfit.encoders.spec import EncoderSpec
from motionfit.media.packed.videos import PackedVideos
from motionfit.progress import Progress
from motionfit.training.data.clips import TrainingClips
from motionfit.training.data.settings import ClipSettings
from motionfit.training.network import normalise_input

_NUM_CLIPS = 2048
_MAX_CLIPS_A_VIDEO = 4
_BATCH_SIZE = 8
# Dimensions that vary less than this share of the first are rounding: whitened, they would count.
_LEAST_SHARE = 1e-4
# Descriptors that the mixture is fitted to: thousands for each Gaussian bring nothing more.
_NUM_DESCRIPTORS = 60_000
# Added to variances, of values of deviation 1 or so.
_LEAST_VARIANCE = 1e-4


def some_clips(
    packed: PackedVideos, spec: EncoderSpec, *, seed: int, title: str
) -> Iterator[Tensor]:
    """Yield batches of some thousand clips, of as many videos as there are.

    Args:
        packed: The videos.
        spec: What the network takes.
        seed: Which videos, where there are more than enough.
        title: For the progress bar.

    Yields:
        ``(clips, channel, time, height, width)`` float32, scaled as the spec says.
    """
    rng = np.random.default_rng(seed)
    videos = np.sort(rng.permutation(len(packed))[:_NUM_CLIPS])
    settings = ClipSettings(
        clip_length=spec.clip.clip_length,
        stride=spec.clip.stride,
        num_clips=min(_MAX_CLIPS_A_VIDEO, max(1, _NUM_CLIPS // len(videos))),
        crop=spec.crop,
    )
    source = TrainingClips(packed, settings.for_validation(), video_indices=videos, seed=seed)
    normalise = normalise_input(spec)
    with Progress(title, unit="video", total=source.num_videos) as progress:
        for step in range(source.num_steps(_BATCH_SIZE)):
            batch = source.batch(0, step, _BATCH_SIZE)
            yield normalise(batch.clips.flatten(0, 1))
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


def fit_projection(pool: MotionPool, vectors: NDArray[np.float32], *, seed: int) -> None:
    """Set the centre of a pool and its projection.

    Where vectors vary in fewer dimensions than are to be kept, the last dimensions are zero.

    Args:
        pool: Its mixture is in place.
        vectors: ``(clips, 16896)``, Fisher vectors.
        seed: Of the approximate decomposition.
    """
    kept = pool.projection.shape[1]
    number = min(kept, len(vectors) - 1)
    pool.centre.data = torch.from_numpy(vectors.mean(0))
    pool.projection.data.zero_()
    if number < 1:
        return
    analysis = PCA(number, svd_solver="randomized", random_state=seed).fit(vectors)
    deviations = np.sqrt(analysis.explained_variance_)
    is_there = deviations > _LEAST_SHARE * deviations[0]
    scales = is_there / np.sqrt(np.where(is_there, deviations, 1))
    # What comes out is of deviation 1 on the average: a size at which layers on top of it learn.
    scales /= np.sqrt(((deviations * scales) ** 2).sum() / is_there.sum())
    scaled = analysis.components_ * scales[:, None]
    pool.projection.data[:, :number] = torch.from_numpy(scaled.T.astype(np.float32))


def fisher_vectors(
    network: LocalMotionNetwork, clips: Iterable[Tensor], *, dtype: torch.dtype
) -> NDArray[np.float32]:
    """Return ``(clips, 16896)`` Fisher vectors of those clips in which something moves.

    Args:
        network: In evaluation mode; its mixture is in place.
        clips: Batches, see `some_clips`.
        dtype: In which the network runs.
    """
    device = next(network.parameters()).device
    found = []
    with torch.inference_mode():
        for batch in clips:
            with torch.autocast(device.type, dtype=dtype, enabled=dtype != torch.float32):
                places = network.describe(batch.to(device))
            vectors = network.pool.fisher_vectors(places)
            found.append(vectors[vectors.any(1)].cpu().numpy())
    return np.concatenate(found)
