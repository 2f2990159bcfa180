"""What a labelled data set is: its lists as written, and its videos as found on disk."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from motionfit.errors import one_line


@dataclass(frozen=True, kw_only=True)
class ListedVideo:
    """A video as a list names it, before anyone has looked at the disk.

    Attributes:
        name: Path as listed, parts joined by ``/``.
        class_name: Its class.
        group: Videos of one group come from one source and belong on one side of a split; None
            where the data set does not say.
    """

    name: str
    class_name: str
    group: str | None = None


@dataclass(frozen=True, kw_only=True)
class SplitLists:
    """One split as its lists give it.

    Attributes:
        class_names: All classes; the index of a name is its label.
        train: The gallery's videos, in list order.
        test: The queries' videos, in list order.
        num_unused: Videos that are listed and marked as in neither.
    """

    class_names: tuple[str, ...]
    train: tuple[ListedVideo, ...]
    test: tuple[ListedVideo, ...]
    num_unused: int = 0


@dataclass(frozen=True, kw_only=True)
class LabeledVideo:
    """A video that stands on the disk, and its class.

    Attributes:
        path: The file.
        class_name: The human name of its class.
        label: The class's place in ``Dataset.class_names``.
        group: The source it was cut from; None where the data set does not say.
    """

    path: Path
    class_name: str
    label: int
    group: str | None = None


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """One split of a labelled data set, as far as its videos stand on the disk.

    Attributes:
        name: What reports call it.
        split: Which official split, from 1.
        class_names: All classes; the index of a name is its label.
        train: The gallery.
        test: The queries; none where the lists name none, and the data set serves training only.
        missing_train: Where gallery videos were expected and are not.
        missing_test: Where query videos were expected and are not.
        num_unused: Videos that the lists mark as in neither.
        hidden: Videos that nothing may see: the test side, while settings are chosen.
    """

    name: str
    split: int
    class_names: tuple[str, ...]
    train: tuple[LabeledVideo, ...]
    test: tuple[LabeledVideo, ...]
    missing_train: tuple[Path, ...] = ()
    missing_test: tuple[Path, ...] = ()
    num_unused: int = 0
    hidden: tuple[LabeledVideo, ...] = ()

    @property
    def missing(self) -> tuple[Path, ...]:
        """Every listed video that the disk lacks, where it was expected."""
        return self.missing_train + self.missing_test

    def describe(self) -> str:
        """Return the data set's size in one sentence, and what is missing in a second one."""
        sizes = (
            f"{self.name} split {self.split}: {len(self.class_names)} classes, "
            f"{len(self.train)} train and {len(self.test)} test videos"
        )
        if self.num_unused:
            sizes += f", {self.num_unused} unused"
        if not self.missing:
            return f"{sizes}."
        return (
            f"{sizes}. Missing on disk: {len(self.missing_train)} train and "
            f"{len(self.missing_test)} test videos ({first_few(self.missing)})."
        )


def first_few(names: Sequence[object], limit: int = 3) -> str:
    """Return the first names and how many more there are, for use inside a message."""
    shown = ", ".join(one_line(name) for name in names[:limit])
    return f"{shown} and {len(names) - limit} more" if len(names) > limit else shown
