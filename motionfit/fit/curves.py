"""What a training's log says of its epochs: read, and drawn as curves."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from motionfit.errors import RunFileError
from motionfit.fit.line_chart import Chart, draw_charts
from motionfit.training.run_log import LOG_FILE

SIDES = ("training", "validation")


@dataclass(frozen=True)
class Curves:
    """The epochs of a finished training.

    Attributes:
        epochs: The log's records, in order.
    """

    epochs: Sequence[Mapping[str, Any]]

    def values(self, side: str, name: str) -> list[float]:
        """Return a number of each epoch; none where the training does not have it.

        Args:
            side: ``training`` or ``validation``.
            name: Such as ``loss`` or ``accuracy``.
        """
        found = [(epoch.get(side) or {}).get(name) for epoch in self.epochs]
        return [float(value) for value in found if value is not None]

    @property
    def kept(self) -> int:
        """The epoch with the lowest validation loss, from 0; the last one without validation."""
        losses = self.values("validation", "loss")
        return losses.index(min(losses)) if losses else len(self.epochs) - 1


def read_curves(run_dir: Path) -> Curves:
    """Return the epochs of a training.

    Args:
        run_dir: Of the training.

    Raises:
        RunFileError: The log is missing or damaged.
    """
    path = run_dir / LOG_FILE
    try:
        with path.open(encoding="utf-8") as file:
            records = [json.loads(line) for line in file]
        epochs = [record for record in records if record["event"] == "epoch"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunFileError(path, f"it cannot be read: {error}") from error
    if not epochs:
        raise RunFileError(path, "it tells of no epoch")
    return Curves(epochs)


def draw_curves(curves: Curves) -> str:
    """Return loss and, where there is one, accuracy of every epoch as an SVG picture."""
    charts = []
    for name, title, least, scale in (
        ("loss", "loss", None, 1.0),
        ("accuracy", "accuracy, %", 0.0, 100.0),
    ):
        by_side = {side: curves.values(side, name) for side in SIDES}
        lines = {side: [scale * value for value in values] for side, values in by_side.items()}
        lines = {side: values for side, values in lines.items() if values}
        if lines:
            mark = f"kept: {curves.kept + 1}"
            charts.append(
                Chart(title=title, lines=lines, least=least, marked=curves.kept, mark=mark)
            )
    return draw_charts(charts, x_title="epoch")


def format_kept(curves: Curves) -> str:
    """Return a line on the epoch that was kept."""
    values = {
        f"{side} {name}": curves.values(side, name)
        for side in SIDES
        for name in ("loss", "accuracy")
    }
    told = [f"{name} {found[curves.kept]:.3f}" for name, found in values.items() if found]
    return f"  kept: epoch {curves.kept + 1} of {len(curves.epochs)}, {', '.join(told)}"
