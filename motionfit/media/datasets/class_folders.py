"""A folder of class folders, with or without ``train`` and ``test`` above them."""

from collections.abc import Sequence
from pathlib import Path

from motionfit.errors import DatasetError
from motionfit.media.datasets.dataset import ListedVideo, SplitLists
from motionfit.media.datasets.files import group_in_name, list_folder
from motionfit.media.datasets.holdout import hold_out
from motionfit.media.discover import find_videos

TEST_FOLDERS = ("test", "val", "validation")


def read_class_folders(root: Path, split: int) -> SplitLists:
    """Return a split from folders that are named like their class.

    ::

        root/train/CLASS/video.mp4      the split is as the folders say; `val` and `validation`
        root/test/CLASS/video.mp4       serve as `test` where that is absent
        root/CLASS/video.mp4            otherwise `hold_out` makes the split

    Folders inside a class folder belong to the class. Names are relative to ``root``.

    Raises:
        DatasetError: No class folder holds a video, none can be held out, or another split than 1
            is asked of folders that give one.
    """
    test_folder = next((name for name in TEST_FOLDERS if (root / name).is_dir()), None)
    if test_folder is None or not (root / "train").is_dir():
        lists = hold_out(_labeled_by_folder(root, root), split)
        if not lists.test:
            problem = "no class has two videos (or groups of videos), so none can be a test video"
            raise DatasetError(root, problem)
        return lists
    if split != 1:
        problem = f"split {split} is asked, but the folders train and {test_folder} are one split"
        raise DatasetError(root, problem)
    train = _labeled_by_folder(root / "train", root)
    test = _labeled_by_folder(root / test_folder, root)
    class_names = sorted({video.class_name for video in (*train, *test)})
    return SplitLists(class_names=tuple(class_names), train=tuple(train), test=tuple(test))


def _labeled_by_folder(parent: Path, root: Path) -> Sequence[ListedVideo]:
    videos = [
        ListedVideo(
            name=path.relative_to(root).as_posix(),
            class_name=folder.name,
            group=group_in_name(path.name, folder.name),
        )
        for folder in list_folder(parent)
        if folder.is_dir() and not folder.name.startswith(".")
        for path in find_videos([folder])
    ]
    if not videos:
        raise DatasetError(parent, "no folder here, named like a class, holds a video")
    return videos
