"""Loading a labelled data set by its name or from any folder."""

import os
from collections.abc import Sequence
from pathlib import Path

from motionfit.errors import ConfigError, DatasetError
from motionfit.media.datasets.built_in import SYNTHETIC, have_built_in
from motionfit.media.datasets.class_folders import read_class_folders
from motionfit.media.datasets.csv_table import is_video_table, read_csv_lists
from motionfit.media.datasets.dataset import Dataset, SplitLists
from motionfit.media.datasets.hmdb_lists import has_hmdb_lists, read_hmdb_lists
from motionfit.media.datasets.locate import locate_videos
from motionfit.media.datasets.ucf_lists import has_ucf_lists, read_ucf_lists
from motionfit.media.synthetic_motions import MOTIONS

NUM_CLASSES = {"ucf101": 101, "hmdb51": 51, "jhmdb21": 21, SYNTHETIC: len(MOTIONS)}
KNOWN_DATASETS = tuple(NUM_CLASSES)

LIST_FOLDERS = ("", "ucfTrainTestlist", "testTrainMulti_7030_splits", "split", "splits", "lists")
VIDEO_FOLDERS = (
    *("", "videos", "video", "UCF-101", "UCF101", "hmdb51_org", "hmdb51", "HMDB51"),
    *("train", "test", "val"),
)
TABLE_NAMES = ("clips.csv", "videos.csv")


def load_dataset(
    name: str, root: str | Path | None = None, split: int = 1, *, lists_dir: Path | None = None
) -> Dataset:
    """Return one split of a labelled data set, with what the disk lacks of it.

    Args:
        name: One of ``KNOWN_DATASETS``, which must come with their official lists and have all
            their classes; or the folder or CSV file of any other data set, whose format is found
            out: lists like UCF101's or HMDB51's, else a table ``clips.csv`` or ``videos.csv``, else
            class folders.
        root: The folder of a named data set; without it, ``synthetic`` is the built-in one, made
            where it is not there yet. With any other ``name``, that is only what reports call the
            data set in ``root``.
        split: Which split, from 1.
        lists_dir: Where the lists lie, when not in ``root`` or one of its ``LIST_FOLDERS``. The
            videos lie in ``root`` or one of its ``VIDEO_FOLDERS``.

    Raises:
        ConfigError: ``split`` is not a positive number.
        DatasetError: The folder, its lists or all its videos are absent, or a list is malformed.
    """
    if split < 1:
        raise ConfigError("split", split, "1 or more")
    if name == SYNTHETIC and root is None:
        root = have_built_in()
    folder = _folder_of(name, root)
    if folder.is_file():
        lists, directories = read_csv_lists(folder, split), [folder.parent]
    elif (found := _read_lists(folder, split, lists_dir)) is not None:
        lists, directories = found, [folder / sub for sub in VIDEO_FOLDERS]
    elif name in NUM_CLASSES or lists_dir is not None:
        places = ", ".join(map(str, _list_directories(folder, lists_dir)))
        expected = (
            f"trainlist{split:02d}.txt and testlist{split:02d}.txt or *_test_split{split}.txt"
        )
        raise DatasetError(folder, f"no split lists of {name}; looked for {expected} in {places}")
    else:
        lists, directories = _read_without_lists(folder, split), [folder]
    _check_classes(name, folder, lists)
    called = folder.resolve().name if root is None else name
    return locate_videos(lists, directories, name=called, split=split)


def _folder_of(name: str, root: str | Path | None) -> Path:
    if root is None and name in NUM_CLASSES:
        problem = "the folder of this data set is not given; name it with --data-root"
        raise DatasetError(name, problem)
    folder = Path(name if root is None else root)
    # Path.is_dir and is_file raise on names too long to exist.
    if os.path.isdir(folder) or os.path.isfile(folder):  # noqa: PTH112, PTH113
        return folder
    known = ", ".join(KNOWN_DATASETS)
    problem = f"no such folder; expected the folder of a data set, or one of the names {known}"
    raise DatasetError(folder, problem)


def _list_directories(folder: Path, lists_dir: Path | None) -> Sequence[Path]:
    return [folder / sub for sub in LIST_FOLDERS] if lists_dir is None else [lists_dir]


def _read_lists(folder: Path, split: int, lists_dir: Path | None) -> SplitLists | None:
    for directory in _list_directories(folder, lists_dir):
        if has_ucf_lists(directory):
            return read_ucf_lists(directory, split)
        if has_hmdb_lists(directory):
            return read_hmdb_lists(directory, split)
    return None


def _read_without_lists(folder: Path, split: int) -> SplitLists:
    for table_name in TABLE_NAMES:
        if is_video_table(folder / table_name):
            return read_csv_lists(folder / table_name, split)
    return read_class_folders(folder, split)


def _check_classes(name: str, folder: Path, lists: SplitLists) -> None:
    expected = NUM_CLASSES.get(name)
    if expected is not None and len(lists.class_names) != expected:
        problem = (
            f"{name} has {expected} classes, its lists here have {len(lists.class_names)}; "
            "name a part of a data set by its folder"
        )
        raise DatasetError(folder, problem)
