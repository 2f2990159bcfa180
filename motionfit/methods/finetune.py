"""Downstream: fine-tune an encoder to name the classes of a labelled set."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from motionfit.encoders.backbones.build import build_backbone
from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.runtime import DeviceName
from motionfit.encoders.spec import EncoderSpec
from motionfit.encoders.values import get_weights, set_weights
from motionfit.errors import ConfigError
from motionfit.methods.classification import VideoClassifier
from motionfit.methods.inputs import check_flow, check_input
from motionfit.methods.model import feature_dim, keep_encoder
from motionfit.methods.multi_clip import LABEL, MultiClipTask
from motionfit.methods.settings import MethodSettings
from motionfit.methods.trained_parts import TRAINED_PARTS, TrainedParts, frozen_stages
from motionfit.methods.videos import TrainingVideos
from motionfit.training.data.clips import TrainingClips
from motionfit.training.network import ClipNetwork, build_linear, normalise_input
from motionfit.training.train import TrainingResult, train


@dataclass(frozen=True, kw_only=True)
class FinetuneSettings(MethodSettings):
    """How an encoder is fine-tuned; see `MethodSettings` for the rest.

    The clips of ``spec`` may be longer than those the encoder has learned from.

    Attributes:
        trained: Parts that are trained; see `frozen_stages`.
        statistics_move: Let the batch norms of frozen stages normalise by the batch and go on
            counting; else they stay as they are.

    Source: MotionFit: batch 8, learning rate 0.001, a tenth of it at epochs 40, 60 and 80, up to
    120 epochs, about 10 % held out. R is not stated; 1 is our choice.
    """

    trained: TrainedParts = "conv4_conv5_fc"
    statistics_move: bool = False
    num_clips: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.trained not in TRAINED_PARTS:
            raise ConfigError("trained", self.trained, f"one of {', '.join(TRAINED_PARTS)}")


def finetune(
    videos: TrainingVideos,
    encoder: ClipEncoder,
    settings: FinetuneSettings,
    run_dir: str | Path,
    *,
    places: Sequence[int] | None = None,
    data: str | None = None,
    device: DeviceName = "auto",
) -> VideoClassifier:
    """Fine-tune, or continue what was begun in ``run_dir``; return the classifier that came out.

    Args:
        videos: Labelled, and what the encoder takes: frames, or flow for a motion model.
        encoder: Where to start from; stays as it is. Its clip shape and crop do not matter.
        settings: How.
        run_dir: Gets the run's files and the fine-tuned ``encoder.safetensors``.
        places: Videos to learn from, such as those of `choose_label_subset` or the training side of
            a split; None is all.
        data: Name of the data, for the encoder's origin.
        device: Where.

    Raises:
        ConfigError: The encoder is of another architecture than the settings ask for, or does not
            take these videos.
        TooFewVideosError: There are fewer than two classes to learn.
        MotionFitError: As ``motionfit.training.train.train`` raises.
    """
    _check_start(encoder.spec, settings.spec)
    check_input(videos.packed, settings.spec)
    check_flow(videos.packed, encoder.origin)
    videos.check_classes(places)
    training, validation = (
        TrainingClips(
            videos.packed,
            clips,
            video_indices=side,
            labels=videos.labels_of(side),
            seed=settings.seed,
        )
        for side, clips in settings.sides(videos, places)
    )
    result = train(
        MultiClipTask(_build(encoder, videos.num_classes, settings)),
        training,
        validation,
        settings.training,
        run_dir,
        title="fine-tuning",
        device=device,
        facts={
            "trained": settings.trained,
            "statistics_move": settings.statistics_move,
            **videos.facts(places),
        },
    )
    return _as_classifier(result, videos, settings, data=data, device=device)


def _build(encoder: ClipEncoder, num_classes: int, settings: FinetuneSettings) -> ClipNetwork:
    """Return the encoder's weights with a new head, partly frozen."""
    spec = settings.spec
    backbone = build_backbone(spec.architecture, in_channels=spec.in_channels)
    set_weights(backbone, get_weights(encoder.network.backbone))
    head = build_linear(feature_dim(spec), num_classes, seed=settings.seed)
    network = ClipNetwork(backbone, {LABEL: head}, normalisation=normalise_input(spec))
    return network.freeze(
        frozen_stages(backbone, settings.trained), statistics_move=settings.statistics_move
    )


def _as_classifier(
    result: TrainingResult,
    videos: TrainingVideos,
    settings: FinetuneSettings,
    *,
    data: str | None,
    device: DeviceName,
) -> VideoClassifier:
    assert isinstance(result.network, ClipNetwork)
    head = result.network.heads[LABEL].state_dict()
    return VideoClassifier(
        encoder=keep_encoder(
            result,
            settings.spec,
            learnt_from=videos.packed,
            method="fine-tuned",
            data=data,
            seed=settings.seed,
            device=device,
        ),
        weight=head["weight"].numpy(),
        bias=head["bias"].numpy(),
        class_names=videos.class_names,
    )


def _check_start(encoder: EncoderSpec, wanted: EncoderSpec) -> None:
    for name in ("architecture", "in_channels", "mean", "std"):
        if getattr(encoder, name) != getattr(wanted, name):
            expected = f"the encoder's, {getattr(encoder, name)}"
            raise ConfigError(name, getattr(wanted, name), expected)
