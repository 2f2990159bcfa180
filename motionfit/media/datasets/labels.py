"""Labels for videos that are indexed: from the folder's name, or from a CSV table."""

from collections.abc import Callable
from pathlib import Path

from motionfit.errors import DatasetError
from motionfit.media.datasets.csv_table import read_table

Labeler = Callable[[Path], str | None]


def make_labeler(source: str) -> Labeler:
    """Return a function from a video's path to its class name, None where it has none.

    Args:
        source: ``folder`` for the name of the folder that a video stands in, or a CSV file with
            the columns ``path`` (relative to the CSV file's folder) and ``label``.

    Raises:
        DatasetError: The CSV file is absent or malformed, or gives one video two labels.
    """
    return _folder_name if source == "folder" else _label_in_table(Path(source))


def _folder_name(path: Path) -> str | None:
    return path.resolve().parent.name or None


def _label_in_table(table: Path) -> Labeler:
    if not table.is_file():
        raise DatasetError(table, "no such file; expected 'folder' or a CSV file of labels")
    folder = table.resolve().parent
    labels: dict[Path, str] = {}
    for number, line in read_table(table).lines:
        path = (folder / line["path"]).resolve()
        if labels.setdefault(path, line["label"]) != line["label"]:
            problem = f"line {number} labels {line['path']!r} {line['label']!r}, an earlier line "
            raise DatasetError(table, f"{problem}{labels[path]!r}")

    def label_of(path: Path) -> str | None:
        return labels.get(path.resolve())

    return label_of
