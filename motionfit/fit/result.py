"""What a run came to: on disk, for a program and for a person."""

import shlex
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from motionfit.errors import RunFileError
from motionfit.fit.evaluation import format_recall
from motionfit.fit.methods_table import choose_method
from motionfit.fit.run_dir import RunDir
from motionfit.media.outcomes import FailedFile
from motionfit.methods.run_files import read_json


@dataclass(frozen=True, kw_only=True)
class FitResult:
    """What a run came to.

    Attributes:
        method: How the encoder was trained.
        encoder: Its checkpoint, for ``--encoder``.
        report: One page about the run.
        labels: Of the pseudo-labels, see `report_pseudo_labels`; None where the method makes none.
        evaluation: See `evaluate_run`; None where nothing was evaluated.
        videos: Numbers of videos, by what they served for.
        failed: Videos that could not be used.
        seconds: Of this call; 0 where the run was finished before.
        was_finished: Nothing was left to do.
    """

    method: str
    encoder: Path
    report: Path
    labels: dict[str, Any] | None
    evaluation: dict[str, Any] | None
    videos: dict[str, int]
    failed: tuple[FailedFile, ...]
    seconds: float
    was_finished: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {**asdict(self), "encoder": str(self.encoder), "report": str(self.report)}

    def to_text(self) -> str:
        """Return the result for a person."""
        counts = ", ".join(f"{number} {name}" for name, number in self.videos.items())
        how_long = "finished before" if self.was_finished else f"{self.seconds:.0f} s"
        lines = [
            f"{self.encoder}: {self.method} ({how_long})" + (f" on {counts}" if counts else ""),
            *([] if self.evaluation is None else format_recall(self.evaluation)),
            f"  report: {self.report}",
            "  {}: {}".format(*next_step(self)),
            *(f"  failed: {failure.message}" for failure in self.failed),
        ]
        return "\n".join(lines) + "\n"


def next_step(result: FitResult) -> tuple[str, str]:
    """Return what the encoder is for, and the command that uses it so."""
    encoder = shlex.quote(str(result.encoder))
    if choose_method(result.method).gives_teacher:
        return (
            "train a student with",
            f"motionfit fit --teacher {encoder} --unlabeled VIDEOS --out RUN",
        )
    return "index with", f"motionfit index VIDEOS --encoder {encoder}"


def read_result(run: RunDir) -> FitResult:
    """Return the result of a finished run.

    Raises:
        RunFileError: The file is damaged.
    """
    values = read_json(run.result)
    try:
        return FitResult(
            method=values["method"],
            encoder=run.encoder,
            report=run.report,
            labels=values["labels"],
            evaluation=values["evaluation"],
            videos=values["videos"],
            failed=tuple(FailedFile(**failure) for failure in values["failed"]),
            seconds=0.0,
            was_finished=True,
        )
    except (KeyError, TypeError) as error:
        raise RunFileError(run.result, f"it is damaged ({error}); remove it") from error
