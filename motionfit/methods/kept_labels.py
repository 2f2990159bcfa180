"""Pseudo-labels in a folder, with what is to be said of them."""

import logging
from collections.abc import Sequence
from pathlib import Path

from motionfit.errors import PseudoLabelError
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
from motionfit.methods.run_files import write_file, write_json_file

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
        true_labels: The class of each, None where unknown. Only the report sees them, which is
            written when the labels are made.

    Raises:
        PseudoLabelError: There are more clusters than things to cluster.
        RunFileError: The disk does not take a file.
    """
    path = folder / "pseudo_labels.npz"
    ready = _load(path)
    if ready is not None and (ready.features_identity, ready.settings) == (
        features.identity,
        settings,
    ):
        return ready
    labels = make_pseudo_labels(features, settings)
    report = report_pseudo_labels(labels, true_labels=true_labels)
    write_json_file(folder / REPORT_NAME, report)
    write_file(folder / "report.txt", (format_report(report) + "\n").encode())
    write_sheet(folder / "sheet.png", draw_sheet(labels, described))
    # Last: where the labels are, the rest is too.
    save_pseudo_labels(labels, path)
    return labels


def _load(path: Path) -> PseudoLabels | None:
    """Return finished labels; None where there are none, or damaged ones, to be made anew."""
    if not path.is_file():
        return None
    try:
        return load_pseudo_labels(path)
    except PseudoLabelError as error:
        _LOGGER.warning("%s They are made anew.", error)
        return None
