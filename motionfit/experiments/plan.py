"""What an experiment compares: variants of a training, on the same videos, with several seeds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from motionfit.fit.choices import MethodName, PresetName
from motionfit.media.synthetic import SyntheticSettings
from motionfit.methods.trained_parts import TrainedParts


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One way to train.

    Attributes:
        name: Of its folder.
        title: Of its rows in the table.
        method: One of `METHOD_NAMES`.
        preset: The settings that it changes; None is the experiment's.
        changes: Settings that differ from the preset, by name.
        teacher_of: The variant whose teacher, of the same seed, it learns from: what differs comes
            after the teacher. None trains its own.
        label_fraction: Share of the training videos whose labels may be learnt from; without
            labels, all of them are learnt from. None is the experiment's.
        source_share: Share of the further unlabelled videos that are learnt from, beside the train
            side; a larger share contains a smaller one.
        finetuned: Parts that are trained on the labels afterwards, to see how many test videos are
            named rightly; None leaves that out.
    """

    name: str
    title: str
    method: MethodName = "motionfit"
    preset: PresetName | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    teacher_of: str | None = None
    label_fraction: float | None = None
    source_share: float = 1.0
    finetuned: TrainedParts | None = None


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """Variants to compare.

    Attributes:
        name: On the command line.
        title: Of the table.
        videos: The synthetic set that all are trained and tried on; None is a labelled data set,
            and videos without labels, of the user's.
        label_fraction: As of a variant.
        preset: The settings that variants change, unless they name others.
        shown_k: Of R@k.
        changes: Settings that differ from it for all variants with that preset, by name.
        variants: What is compared. The first is what it is about: the table says how far it is
            ahead of the others.
    """

    name: str
    title: str
    videos: SyntheticSettings | None = None
    label_fraction: float = 1.0
    preset: PresetName
    shown_k: tuple[int, ...] = (1, 5, 20)
    changes: Mapping[str, Any] = field(default_factory=dict)
    variants: tuple[Variant, ...]
