"""Pseudo-labels in a folder, with what is to be said of them."""

import logging
from collections.abc import Sequence
from pathlib import Path

from motionfit.errors import PseudoLabelError, RunFileError
from motionfit.labels.features import DenseFeatures
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
from motionfit.methods.run_files import read_json, write_file, write_json_file, writing
from motionfit.training.identity import check_same_run

LABELS_NAME = "pseudo_labels.npz"
REPORT_NAME = "report.json"

_LOGGER = logging.getLogger(__name__)


def keep_pseudo_labels(
    folder: Path,
    features: DenseFeatures,
    settings: LabelSettings,
    described: PackedVideos,
    *,
    true_labels: Sequence[int | None] | None = None,
) -> PseudoLabels:
    """Return the labels in a folder, after making them where it has not exactly these.

    Beside them come ``report.json``, ``report.txt`` and ``sheet.png``.

    Args:
        folder: Where they are kept.
        features: Of the clips.
        settings: Level and clustering.
        described: The videos of the clips, to be drawn.
        true_labels: The class of each, None where unknown. Only the report sees them; one that was
            made without any is made anew.

    Raises:
        PseudoLabelError: There are more clusters than things to cluster.
        RunFileError: The disk does not take a file.
    """
    path = folder / LABELS_NAME
    ready = _load(path)
    if ready is not None and (ready.features_identity, ready.settings) == (
        features.identity,
        settings,
    ):
        if true_labels is not None and not _knows_classes(folder):
            _write_report(folder, ready, true_labels)
        return ready
    labels = make_pseudo_labels(features, settings)
    # Before what is said of them: that is never said of other labels.
    with writing(path):
        path.unlink(missing_ok=True)
    _write_report(folder, labels, true_labels)
    write_sheet(folder / "sheet.png", draw_sheet(labels, described))
    # Last: where the labels are, the rest is too.
    save_pseudo_labels(labels, path)
    return labels


def check_same_labels(folder: Path, features_identity: str, settings: LabelSettings) -> None:
    """Refuse to replace labels that something has learnt from; damaged ones may be made anew.

    Args:
        folder: Where they are kept.
        features_identity: Of the features that would be clustered.
        settings: Level and clustering that they are asked for with.

    Raises:
        RunMismatchError: There are labels of other settings or features.
    """
    known = _load(folder / LABELS_NAME)
    if known is not None:
        check_same_run(
            folder,
            {"features": known.features_identity[:16], **known.settings.to_dict()},
            {"features": features_identity[:16], **settings.to_dict()},
        )


def _write_report(
    folder: Path, labels: PseudoLabels, true_labels: Sequence[int | None] | None
) -> None:
    report = report_pseudo_labels(labels, true_labels=true_labels)
    write_file(folder / "report.txt", (format_report(report) + "\n").encode())
    write_json_file(folder / REPORT_NAME, report)


def _knows_classes(folder: Path) -> bool:
    """Return whether labels and classes were compared; not so where the report is damaged."""
    try:
        return read_json(folder / REPORT_NAME).get("against_true_labels") is not None
    except RunFileError:
        return False


def _load(path: Path) -> PseudoLabels | None:
    """Return finished labels; None where there are none, or damaged ones, to be made anew."""
    if not path.is_file():
        return None
    try:
        return load_pseudo_labels(path)
    except PseudoLabelError as error:
        _LOGGER.warning("%s They are made anew.", error)
        return None
