"""Naming the class of whole videos: clips spread over each, their logits averaged."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from motionfit.encoders.encoder import ClipEncoder
from motionfit.errors import ConfigError, TooFewVideosError
from motionfit.media.packed.clip_frames import clip_frame_indices
from motionfit.media.packed.videos import PackedVideos
from motionfit.media.sampling import sample_clip_starts
from motionfit.methods.accuracy import Classification
from motionfit.methods.inputs import check_flow, check_input
from motionfit.methods.videos import TrainingVideos
from motionfit.progress import Progress

Averaged = Literal["logits", "softmax"]


@dataclass(frozen=True, eq=False, kw_only=True)
class VideoClassifier:
    """An encoder with a linear layer on its average-pooled features.

    Attributes:
        encoder: Crops, scales and embeds clips, on its device.
        weight: ``(classes, features)`` float32.
        bias: ``(classes,)`` float32.
        class_names: The classes.
    """

    encoder: ClipEncoder
    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    class_names: tuple[str, ...]

    def clip_logits(self, clips: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return ``(num_clips, classes)`` float32.

        Args:
            clips: As `ClipEncoder.encode` takes them.
        """
        features = self.encoder.with_pool("avg").encode(clips, normalize=False)
        logits: NDArray[np.float32] = features @ self.weight.T + self.bias
        return logits


def classify_videos(
    classifier: VideoClassifier,
    videos: TrainingVideos,
    *,
    places: Sequence[int] | None = None,
    num_clips: int = 10,
    averaged: Averaged = "logits",
) -> Classification:
    """Return what the classifier says of videos with known classes.

    The clips are cut from the middle of the frames and spread evenly from the first frame to the
    last; a video shorter than a clip is begun again. Memory holds the clips of one video.

    Args:
        classifier: From ``finetune``.
        videos: Labelled, packed at the size that the encoder takes.
        places: Videos to look at, such as the test videos of a split; None is all.
        num_clips: Clips of each video.
        averaged: What is averaged over a video's clips.

    Raises:
        TooFewVideosError: There are no videos, or no labels of them.
        ConfigError: The videos are not what the classifier was trained for.

    Source: Xu et al. (VCOP), test code: 10 clips, mean of logits. MotionFit does not restate it.
    """
    if averaged not in get_args(Averaged):
        raise ConfigError("averaged", averaged, f"one of {', '.join(get_args(Averaged))}")
    if num_clips < 1:
        raise ConfigError("num_clips", num_clips, "at least 1 clip")
    if videos.class_names != classifier.class_names:
        found = f"{videos.num_classes} classes"
        expected = f"the {len(classifier.class_names)} that the classifier knows, in their order"
        raise ConfigError("class_names", found, expected)
    chosen = range(len(videos.packed)) if places is None else places
    labels = videos.labels_of(chosen)
    if not labels:
        found = "no videos" if videos.labels else "videos without labels"
        raise TooFewVideosError(videos.packed.path, found, "labelled videos to be tested on")
    check_input(videos.packed, classifier.encoder.spec)
    check_flow(videos.packed, classifier.encoder.origin)
    rows = []
    with Progress("classifying", unit="video", total=len(chosen)) as progress:
        for clips, repeats in _clips_of_each(videos.packed, chosen, classifier, num_clips):
            logits = classifier.clip_logits(clips)[repeats].astype(np.float64)
            rows.append(_mean(logits, averaged))
            progress.advance()
    return Classification(
        names=tuple(videos.packed.names[place] for place in chosen),
        class_names=videos.class_names,
        labels=np.array(labels, np.int64),
        scores=np.stack(rows),
    )


def _mean(logits: NDArray[np.float64], averaged: Averaged) -> NDArray[np.float64]:
    if averaged == "softmax":
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        logits = powers / powers.sum(axis=1, keepdims=True)
    mean: NDArray[np.float64] = logits.mean(axis=0)
    return mean


def _clips_of_each(
    packed: PackedVideos, places: Sequence[int], classifier: VideoClassifier, num_clips: int
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.int64]]]:
    """Yield each video's distinct clips, and which of them each of its clips is."""
    clip = classifier.encoder.spec.clip
    for place in places:
        num_rows = int(packed.num_frames[place])
        # Flow is placed by frames, as in training.
        num_frames = max(num_rows + packed.is_flow, clip.span)
        starts = sample_clip_starts(num_frames, num_clips, clip.span)
        distinct, repeats = np.unique(starts, return_inverse=True)
        frame_indices = [
            clip_frame_indices(
                start,
                num_rows,
                clip_length=clip.clip_length,
                stride=clip.stride,
                is_flow=packed.is_flow,
            )
            for start in distinct.tolist()
        ]
        yield np.stack([packed.read(place, indices) for indices in frame_indices]), repeats
