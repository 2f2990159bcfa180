"""Teacher, pseudo-labels, student: the three stages that MotionFit and ClusterFit share.

What differs is what the teacher sees, flow or frames, and at which level its features are
clustered; each method has a file of its own that says which.

Source: MotionFit, section 3; Yan et al., "ClusterFit", CVPR 2020, section 3.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.runtime import DeviceName
from motionfit.errors import TooFewVideosError
from motionfit.labels.pseudo_labels import PseudoLabels
from motionfit.labels.settings import LabelSettings
from motionfit.media.packed.videos import PackedVideos
from motionfit.methods.finished import describe_settings, train_once
from motionfit.methods.kept_labels import REPORT_NAME, check_same_labels, keep_pseudo_labels
from motionfit.methods.labelled import LabelledSettings
from motionfit.methods.pseudo_labelled import describe_clips, identify_clips, place_labels
from motionfit.methods.run_files import make_folder, read_json
from motionfit.methods.student import StudentSettings, train_student
from motionfit.methods.supervised import train_supervised
from motionfit.methods.teacher import train_teacher
from motionfit.methods.videos import TrainingVideos


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
        return train_once(
            self.teacher_dir,
            {
                **describe_settings(settings),
                **labelled.facts(places),
            },
            lambda: train(
                labelled,
                settings,
                self.teacher_dir,
                places=places,
                data=data,
                device=self.device,
            ),
            device=self.device,
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
            true_labels: The class of each, None where unknown. Only the report sees them.

        Raises:
            ConfigError: The teacher does not take these videos, or its flow was made otherwise.
            PseudoLabelError: There are more clusters than things to cluster.
            RunMismatchError: A student has learnt from other labels that are in the folder.
        """
        make_folder(self.labels_dir)
        if self.student_dir.exists():
            identity = identify_clips(teacher, described, clip_hop=self.settings.clip_hop)
            check_same_labels(self.labels_dir, identity, self.settings.labels)
        features = describe_clips(
            teacher,
            described,
            self.labels_dir / "features.npz",
            clip_hop=self.settings.clip_hop,
        )
        return keep_pseudo_labels(
            self.labels_dir, features, self.settings.labels, described, true_labels=true_labels
        )

    def read_label_report(self) -> dict[str, Any]:
        """Return what `labels` reported; see `report_pseudo_labels`.

        Raises:
            RunFileError: It is missing or damaged.
        """
        return read_json(self.labels_dir / REPORT_NAME)

    def student(
        self,
        labels: PseudoLabels,
        frames: TrainingVideos,
        *,
        method: str,
        teacher: str | None = None,
        data: str | None = None,
    ) -> ClipEncoder:
        """Return the student.

        Args:
            labels: Of clips of the same videos, seen as flow or as frames.
            frames: The unlabelled videos as the student sees them.
            method: For the encoder's origin and the progress bar.
            teacher: Where the weights come from that made the labels, for the encoder's origin.
            data: Name of the data, likewise.

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
        return train_once(
            self.student_dir,
            {
                **describe_settings(settings),
                **frames.without_labels().facts(),
                "pseudo-labels": labels.identity()[:16],
                "method": method,
            },
            lambda: train_student(
                frames,
                grid,
                settings,
                self.student_dir,
                method=method,
                teacher=teacher,
                data=data,
                device=self.device,
            ),
            device=self.device,
        )
