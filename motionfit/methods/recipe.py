"""Teacher, pseudo-labels, student: the three stages that MotionFit and ClusterFit share.

What differs is what the teacher sees, flow or frames, and at which level its features are
clustered; each method has a file of its own that says which.

Source: MotionFit, section 3; Yan et al., "ClusterFit", CVPR 2020, section 3.
"""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.registry import load_encoder
from motionfit.encoders.runtime import DeviceName
from motionfit.errors import PseudoLabelError, TooFewVideosError
from motionfit.labels.pseudo_labels import (
    PseudoLabels,
    load_pseudo_labels,
    make_pseudo_labels,
    save_pseudo_labels,
)
from motionfit.labels.report import report_pseudo_labels
from motionfit.labels.report_text import format_report
from motionfit.labels.settings import LabelSettings
from motionfit.labels.sheet import draw_sheet, write_sheet
from motionfit.media.packed.videos import PackedVideos
from motionfit.methods.labelled import LabelledSettings
from motionfit.methods.model import ENCODER_NAME
from motionfit.methods.pseudo_labelled import describe_clips, place_labels
from motionfit.methods.run_files import make_folder, read_json, write_file, write_json_file
from motionfit.methods.settings import MethodSettings
from motionfit.methods.student import StudentSettings, train_student
from motionfit.methods.supervised import train_supervised
from motionfit.methods.teacher import train_teacher
from motionfit.methods.videos import TrainingVideos
from motionfit.training.identity import check_same_run, identify_settings

_LOGGER = logging.getLogger(__name__)
_STAGE_NAME = "stage.json"


@dataclass(frozen=True, kw_only=True)
class RecipeSettings:
    """How the three stages are run.

    Attributes:
        teacher: Its spec says whether it sees flow or frames.
        labels: Level and clustering.
        student: It sees frames.
        clip_hop: Frames from one described clip to the next; None lays them side by side.
    """

    teacher: LabelledSettings
    labels: LabelSettings
    student: StudentSettings
    clip_hop: int | None = None


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """The stages of one run, to be called one after the other; what is finished is not done again.

    ::

        teacher/    a training; encoder.safetensors, and last stage.json: what it was of
        labels/     features.npz, report.json, report.txt, sheet.png, and last pseudo_labels.npz
        student/    as teacher/

    Attributes:
        run_dir: Where everything goes.
        settings: How.
        device: Where networks run.
    """

    run_dir: Path
    settings: RecipeSettings
    device: DeviceName = "auto"

    @property
    def teacher_dir(self) -> Path:
        """Folder of the teacher's training."""
        return self.run_dir / "teacher"

    @property
    def labels_dir(self) -> Path:
        """Folder of features, pseudo-labels and what is said of them."""
        return self.run_dir / "labels"

    @property
    def student_dir(self) -> Path:
        """Folder of the student's training."""
        return self.run_dir / "student"

    def teacher(
        self,
        labelled: TrainingVideos,
        *,
        places: Sequence[int] | None = None,
        data: str | None = None,
    ) -> ClipEncoder:
        """Return the teacher: of flow where the labelled videos are flow, else of frames.

        Args:
            labelled: What it learns from.
            places: Those of them that may be used, such as of `choose_labelled`; None is all.
            data: Name of the data, for the encoder's origin.

        Raises:
            RunMismatchError: The folder has a teacher of other settings or videos.
            MotionFitError: As `train_on_labels` raises.
        """
        settings = self.settings.teacher
        train = train_teacher if labelled.packed.is_flow else train_supervised
        return self._train_once(
            self.teacher_dir,
            {
                **_describe(settings),
                "videos": _digest(labelled.packed),
                "labels": _digest_json([labelled.labels, labelled.class_names, labelled.groups]),
                "places": _digest_json(list(labelled.chosen(places))),
            },
            lambda: train(
                labelled,
                settings,
                self.teacher_dir,
                places=places,
                data=data,
                device=self.device,
            ),
        )

    def labels(
        self,
        teacher: ClipEncoder,
        described: PackedVideos,
        *,
        true_labels: Sequence[int | None] | None = None,
    ) -> PseudoLabels:
        """Return the pseudo-labels of the unlabelled videos; beside them a report and a sheet.

        Args:
            teacher: Of flow or of frames; trained here or given ready.
            described: The unlabelled videos as the teacher sees them.
            true_labels: The class of each, None where unknown. Only the report sees them, which
                is written when the labels are made.

        Raises:
            ConfigError: The teacher does not take these videos, or its flow was made otherwise.
            PseudoLabelError: There are more clusters than things to cluster.
        """
        folder, wanted = self.labels_dir, self.settings.labels
        make_folder(folder)
        features = describe_clips(
            teacher, described, folder / "features.npz", clip_hop=self.settings.clip_hop
        )
        path = folder / "pseudo_labels.npz"
        ready = _load_labels(path)
        if ready is not None and (ready.features_identity, ready.settings) == (
            features.identity,
            wanted,
        ):
            return ready
        labels = make_pseudo_labels(features, wanted)
        report = report_pseudo_labels(labels, true_labels=true_labels)
        write_json_file(folder / "report.json", report)
        write_file(folder / "report.txt", (format_report(report) + "\n").encode())
        write_sheet(folder / "sheet.png", draw_sheet(labels, described))
        # Last: where the labels are, the rest is too.
        save_pseudo_labels(labels, path)
        return labels

    def read_label_report(self) -> dict[str, Any]:
        """Return what `labels` reported; see `report_pseudo_labels`.

        Raises:
            RunFileError: It is missing or damaged.
        """
        return read_json(self.labels_dir / "report.json")

    def student(
        self,
        labels: PseudoLabels,
        frames: TrainingVideos,
        *,
        method: str,
        data: str | None = None,
    ) -> ClipEncoder:
        """Return the student.

        Args:
            labels: Of clips of the same videos, seen as flow or as frames.
            frames: The unlabelled videos as the student sees them.
            method: For the encoder's origin and the progress bar.
            data: Name of the data, for the encoder's origin.

        Raises:
            TooFewVideosError: No video has both.
            RunMismatchError: The folder has a student of other settings, labels or videos.
            MotionFitError: As `train_student` raises.
        """
        settings = self.settings.student
        grid = place_labels(labels, frames.packed)
        if not len(grid.videos):
            found = "no video has both frames and labels"
            raise TooFewVideosError(frames.packed.path, found, "some that have")
        return self._train_once(
            self.student_dir,
            {
                **_describe(settings),
                "videos": _digest(frames.packed),
                "groups": _digest_json(frames.groups),
                "pseudo-labels": labels.identity()[:16],
                "method": method,
            },
            lambda: train_student(
                frames,
                grid,
                settings,
                self.student_dir,
                method=method,
                data=data,
                device=self.device,
            ),
        )

    def _train_once(
        self, folder: Path, facts: Mapping[str, Any], train: Callable[[], ClipEncoder]
    ) -> ClipEncoder:
        """Return what a finished training left, on whatever machine; else train, or continue."""
        finished = folder / _STAGE_NAME
        facts = json.loads(json.dumps(facts))
        if finished.is_file():
            check_same_run(folder, read_json(finished), facts)
            return load_encoder(str((folder / ENCODER_NAME).absolute()), device=self.device)
        encoder = train()
        write_json_file(finished, facts)
        return encoder


def _load_labels(path: Path) -> PseudoLabels | None:
    """Return finished labels; None where there are none, or damaged ones, to be made anew."""
    if not path.is_file():
        return None
    try:
        return load_pseudo_labels(path)
    except PseudoLabelError as error:
        _LOGGER.warning("%s They are made anew.", error)
        return None


def _describe(settings: MethodSettings) -> dict[str, Any]:
    """Return settings as values that differ where the encoders that come out would."""
    of_loop = identify_settings(settings.training)
    of_method = {name: value for name, value in asdict(settings).items() if name != "training"}
    return {**of_method, **{f"training {name}": value for name, value in of_loop.items()}}


def _digest(packed: PackedVideos) -> str:
    values = [packed.format.to_dict(), packed.names, packed.content_hashes]
    return f"{len(packed)} videos ({_digest_json(values)})"


def _digest_json(values: object) -> str:
    return sha256(json.dumps(values).encode()).hexdigest()[:12]
