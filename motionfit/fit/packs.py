"""The files of packed videos that a run works on."""

from dataclasses import dataclass

from motionfit.media.outcomes import FailedFile
from motionfit.media.packed.videos import PackedVideos


@dataclass(frozen=True, kw_only=True)
class Packs:
    """Videos at the size of training.

    Attributes:
        labelled_flow: For the teacher; None where that is ready.
        unlabelled_flow: For the pseudo-labels.
        unlabelled_frames: For the student.
    """

    labelled_flow: PackedVideos | None
    unlabelled_flow: PackedVideos
    unlabelled_frames: PackedVideos

    @property
    def failed(self) -> tuple[FailedFile, ...]:
        """Videos that are missing in one of them."""
        every = (self.labelled_flow, self.unlabelled_flow, self.unlabelled_frames)
        return tuple(failure for packed in every if packed is not None for failure in packed.failed)
