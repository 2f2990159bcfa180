"""From names in a list to files on the disk; what is not there is reported, never skipped."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from motionfit.errors import DatasetError
from motionfit.media.datasets.dataset import (
    Dataset,
    LabeledVideo,
    ListedVideo,
    SplitLists,
    first_few,
)
from motionfit.media.datasets.files import list_folder
from motionfit.media.discover import VIDEO_SUFFIXES


def locate_videos(
    lists: SplitLists, directories: Sequence[Path], *, name: str, split: int
) -> Dataset:
    """Return the data set whose videos stand under one or several directories.

    A file with the listed name but another video suffix is accepted: UCF101 and HMDB51 come as
    ``.avi`` and are often encoded anew. Lists that name no test video give a data set for training.

    Args:
        lists: What is expected.
        directories: What the listed names may be relative to, at least one.
        name: What reports and errors call the data set.
        split: The split that ``lists`` are of.

    Raises:
        DatasetError: A video is listed twice, no train video is on the disk, or test videos are
            listed and none is.
    """
    _refuse_repeats(lists, f"{name} split {split}")
    locator = _Locator(_richest_first(directories, lists), lists.class_names)
    train, missing_train = locator.locate(lists.train)
    test, missing_test = locator.locate(lists.test)
    for subset, found, missing in (("train", train, missing_train), ("test", test, missing_test)):
        if not found and (missing or subset == "train"):
            listed = f"none of {first_few(missing)}" if missing else "the lists name none"
            problem = f"{name} split {split} has no {subset} video here: {listed}"
            raise DatasetError(directories[0], problem)
    return Dataset(
        name=name,
        split=split,
        class_names=lists.class_names,
        train=train,
        test=test,
        missing_train=missing_train,
        missing_test=missing_test,
        num_unused=lists.num_unused,
    )


def _richest_first(directories: Sequence[Path], lists: SplitLists) -> list[Path]:
    """Order directories by how many of the listed class folders they hold."""
    folders = {PurePosixPath(video.name).parts[0] for video in (*lists.train, *lists.test)}

    def num_folders(directory: Path) -> int:
        return sum((directory / folder).is_dir() for folder in folders)

    return sorted(directories, key=num_folders, reverse=True)


def _refuse_repeats(lists: SplitLists, source: str) -> None:
    seen: set[str] = set()
    for video in (*lists.train, *lists.test):
        if video.name in seen:
            problem = f"the lists name {video.name!r} twice; a query must not be in the gallery"
            raise DatasetError(source, problem)
        seen.add(video.name)


class _Locator:
    """Finds listed videos in directories, each folder read once: thousands of files share it."""

    def __init__(self, directories: Sequence[Path], class_names: Sequence[str]) -> None:
        self._directories = directories
        self._labels = {class_name: label for label, class_name in enumerate(class_names)}
        self._names: dict[Path, frozenset[str]] = {}
        self._names_by_stem: dict[Path, dict[str, str]] = {}

    def locate(
        self, listed: Sequence[ListedVideo]
    ) -> tuple[tuple[LabeledVideo, ...], tuple[Path, ...]]:
        """Return the videos that stand on the disk, and where the others were expected."""
        located: list[LabeledVideo] = []
        missing: list[Path] = []
        for video in listed:
            path = self._find(video.name)
            if path is None:
                missing.append(self._directories[0] / video.name)
                continue
            labeled = LabeledVideo(
                path=path,
                class_name=video.class_name,
                label=self._labels[video.class_name],
                group=video.group,
            )
            located.append(labeled)
        return tuple(located), tuple(missing)

    def _find(self, name: str) -> Path | None:
        for directory in self._directories:
            path = directory / name
            folder = path.parent
            if folder not in self._names:
                self._read(folder)
            if path.name in self._names[folder]:
                return path
            if (other := self._names_by_stem[folder].get(path.stem)) is not None:
                return folder / other
        return None

    def _read(self, folder: Path) -> None:
        paths = list_folder(folder)
        self._names[folder] = frozenset(path.name for path in paths)
        # Reversed, so that the first by name stays where several differ in their suffix only.
        self._names_by_stem[folder] = {
            path.stem: path.name
            for path in reversed(paths)
            if path.suffix.lower() in VIDEO_SUFFIXES
        }
