"""Data sets by name and from any folder."""

import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from motionfit.errors import ConfigError, DatasetError
from motionfit.media.datasets.dataset import LabeledVideo
from motionfit.media.datasets.registry import load_dataset


def touch(root: Path, names: Iterable[str]) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def write_lists(folder: Path, train: Iterable[str], test: Iterable[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "trainlist01.txt").write_text("\n".join(train))
    (folder / "testlist01.txt").write_text("\n".join(test))


def names(videos: Iterable[LabeledVideo]) -> list[str]:
    return [video.path.name for video in videos]


# Named data sets


@pytest.mark.parametrize(
    ("split", "num_train", "num_test"), [(1, 672, 256), (2, 572, 290), (3, 585, 284)]
)
def test_jhmdb21_is_all_there(shared_data: Path, split: int, num_train: int, num_test: int):
    dataset = load_dataset("jhmdb21", shared_data / "jhmdb21", split)
    assert (len(dataset.train), len(dataset.test)) == (num_train, num_test)
    assert len(dataset.class_names) == 21
    assert dataset.missing == ()
    assert all(video.path.is_file() for video in (*dataset.train, *dataset.test))
    assert all(dataset.class_names[video.label] == video.class_name for video in dataset.test)
    assert not {video.group for video in dataset.train} & {video.group for video in dataset.test}


@pytest.mark.parametrize("split", [1, 2, 3])
def test_the_table_of_jhmdb21_gives_the_same_split_as_its_lists(shared_data: Path, split: int):
    lists = load_dataset("jhmdb21", shared_data / "jhmdb21", split)
    table = load_dataset(str(shared_data / "jhmdb21" / "clips.csv"), split=split)
    assert (lists.class_names, set(lists.train), set(lists.test)) == (
        table.class_names,
        set(table.train),
        set(table.test),
    )
    assert table.num_unused == 928 - len(table.train) - len(table.test)


def test_ucf101_is_found_below_its_folder_with_lists_elsewhere(shared_data: Path, tmp_path: Path):
    lists_dir = shared_data / "official_splits" / "ucf101"
    listed = (lists_dir / "trainlist01.txt").read_text().split()[::2]
    queries = (lists_dir / "testlist01.txt").read_text().split()
    touch(tmp_path / "UCF-101", [*listed, *queries])
    (tmp_path / "UCF-101" / queries[0]).unlink()
    dataset = load_dataset("ucf101", tmp_path, 1, lists_dir=lists_dir)
    assert (len(dataset.train), len(dataset.test)) == (9537, 3782)
    assert dataset.missing_train == ()
    assert dataset.missing_test == (tmp_path / "UCF-101" / queries[0],)


def test_hmdb51_is_found_with_its_lists_beside_the_videos(shared_data: Path, tmp_path: Path):
    lists = tmp_path / "testTrainMulti_7030_splits"
    shutil.copytree(shared_data / "official_splits" / "hmdb51", lists)
    for path in lists.glob("*_test_split1.txt"):
        class_name = path.name.removesuffix("_test_split1.txt")
        lines = path.read_text().splitlines()
        touch(tmp_path / class_name, [line.split()[0] for line in lines])
    dataset = load_dataset("hmdb51", tmp_path, 1)
    assert (len(dataset.train), len(dataset.test), dataset.num_unused) == (3570, 1530, 1666)
    assert dataset.missing == ()


def test_a_named_data_set_must_have_all_its_classes(tmp_path: Path):
    write_lists(tmp_path, ["Run/a.avi"], ["Run/b.avi"])
    with pytest.raises(DatasetError, match="ucf101 has 101 classes, its lists here have 1"):
        load_dataset("ucf101", tmp_path)


def test_a_named_data_set_must_come_with_its_lists(tmp_path: Path):
    touch(tmp_path, ["Run/a.avi", "Run/b.avi"])
    with pytest.raises(
        DatasetError, match=r"no split lists of ucf101; looked for trainlist01\.txt"
    ):
        load_dataset("ucf101", tmp_path)


def test_a_named_data_set_needs_a_folder():
    with pytest.raises(DatasetError, match="ucf101: the folder of this data set is not given"):
        load_dataset("ucf101")


def test_an_unknown_name_is_refused_and_the_known_ones_are_named():
    with pytest.raises(DatasetError, match=r"no such folder; .* ucf101, hmdb51, jhmdb21, syn"):
        load_dataset("ucf-101")


def test_splits_count_from_one(tmp_path: Path):
    with pytest.raises(ConfigError, match="split is 0; expected 1 or more"):
        load_dataset(str(tmp_path), split=0)


# Any folder


@pytest.mark.parametrize("lists", ["", "ucfTrainTestlist", "split", "splits"])
@pytest.mark.parametrize("videos", ["", "videos", "UCF-101"])
def test_lists_and_videos_are_looked_for_in_the_usual_places(
    tmp_path: Path, lists: str, videos: str
):
    write_lists(tmp_path / lists, ["Run/a.avi 1", "Walk/c.avi 2"], ["Run/b.avi"])
    touch(tmp_path / videos, ["Run/a.avi", "Run/b.avi", "Walk/c.avi"])
    dataset = load_dataset(str(tmp_path))
    assert (dataset.name, dataset.class_names) == (tmp_path.name, ("Run", "Walk"))
    assert dataset.train[1] == LabeledVideo(
        path=tmp_path / videos / "Walk/c.avi", class_name="Walk", label=1
    )
    assert dataset.missing == ()


def test_videos_that_were_encoded_anew_are_found_by_their_stem(tmp_path: Path):
    write_lists(tmp_path, ["Run/a.avi", "Run/c.d.avi"], ["Run/b.avi"])
    touch(
        tmp_path, ["Run/a.webm", "Run/a.mp4", "Run/a.json", "Run/c.d.MP4", "Run/b.avi", "Run/b.mp4"]
    )
    dataset = load_dataset(str(tmp_path))
    assert names(dataset.train) == ["a.mp4", "c.d.MP4"]
    assert names(dataset.test) == ["b.avi"]


def test_what_the_disk_lacks_is_reported(tmp_path: Path):
    write_lists(tmp_path, [f"Run/{n}.avi" for n in range(6)], ["Run/b.avi", "Run/c.avi"])
    touch(tmp_path, ["Run/0.avi", "Run/b.avi", "Run/1.txt"])
    dataset = load_dataset(str(tmp_path))
    assert (len(dataset.train), len(dataset.missing_train)) == (1, 5)
    assert dataset.missing_test == (tmp_path / "Run/c.avi",)
    assert dataset.describe() == (
        f"{tmp_path.name} split 1: 1 classes, 1 train and 1 test videos. "
        f"Missing on disk: 5 train and 1 test videos ({tmp_path}/Run/1.avi, {tmp_path}/Run/2.avi, "
        f"{tmp_path}/Run/3.avi and 3 more)."
    )


def test_a_data_set_none_of_whose_queries_is_there_is_refused(tmp_path: Path):
    write_lists(tmp_path, ["Run/a.avi"], ["Run/b.avi"])
    touch(tmp_path, ["Run/a.avi"])
    with pytest.raises(DatasetError, match=r"has no test video here: none of .*Run/b\.avi"):
        load_dataset(str(tmp_path))


def test_a_table_without_test_videos_serves_training(tmp_path: Path):
    touch(tmp_path, ["a.avi", "b.avi", "c.avi"])
    table = tmp_path / "mine.csv"
    table.write_text("path,label,subset\na.avi,Run,train\nb.avi,Walk,train\nc.avi,Walk,unused\n")
    dataset = load_dataset(str(table))
    assert names(dataset.train) == ["a.avi", "b.avi"]
    assert (dataset.test, dataset.missing, dataset.num_unused) == ((), (), 1)
    assert "2 train and 0 test videos" in dataset.describe()


def test_a_table_without_training_videos_is_refused(tmp_path: Path):
    touch(tmp_path, ["a.avi"])
    (tmp_path / "mine.csv").write_text("path,label,subset\na.avi,Run,test\n")
    with pytest.raises(DatasetError, match="has no train video here: the lists name none"):
        load_dataset(str(tmp_path / "mine.csv"))


def test_class_folders_of_one_video_each_are_refused(tmp_path: Path):
    touch(tmp_path, ["Run/a.avi", "Walk/b.avi"])
    with pytest.raises(DatasetError, match="so none can be a test video"):
        load_dataset(str(tmp_path))


def test_a_query_that_is_in_the_gallery_too_is_refused(tmp_path: Path):
    write_lists(tmp_path, ["Run/a.avi", "Run/b.avi"], ["Run/b.avi"])
    touch(tmp_path, ["Run/a.avi", "Run/b.avi"])
    with pytest.raises(DatasetError, match=r"the lists name 'Run/b\.avi' twice"):
        load_dataset(str(tmp_path))


def test_lists_go_before_a_table_and_a_table_before_folders(tmp_path: Path):
    touch(tmp_path, ["Run/a.avi", "Run/b.avi", "Run/c.avi", "Walk/d.avi"])
    folders = load_dataset(str(tmp_path))
    (tmp_path / "clips.csv").write_text(
        "path,label,subset\nRun/a.avi,fast,train\nRun/b.avi,fast,test\n"
    )
    table = load_dataset(str(tmp_path))
    write_lists(tmp_path, ["Run/b.avi"], ["Run/c.avi"])
    lists = load_dataset(str(tmp_path))
    assert folders.class_names == ("Run", "Walk")
    assert (table.class_names, names(table.train)) == (("fast",), ["a.avi"])
    assert (lists.class_names, names(lists.train)) == (("Run",), ["b.avi"])


def test_a_table_without_labels_is_left_aside(tmp_path: Path):
    touch(tmp_path, ["Run/a.avi", "Run/b.avi"])
    (tmp_path / "clips.csv").write_text("path,source\nRun/a.avi,web\n")
    assert load_dataset(str(tmp_path)).class_names == ("Run",)


def test_class_folders_are_split_with_their_groups_whole(tmp_path: Path):
    touch(tmp_path, [f"Run/v_Run_g0{g}_c0{c}.avi" for g in range(1, 5) for c in range(1, 4)])
    touch(tmp_path, ["Run/notes.txt", "Run/.hidden.avi", ".git/a.avi", "loose.avi", "Empty/x.txt"])
    dataset = load_dataset(str(tmp_path))
    assert dataset.class_names == ("Run",)
    assert (len(dataset.train), len(dataset.test)) == (6, 6)
    assert not {video.group for video in dataset.train} & {video.group for video in dataset.test}


def test_train_and_test_folders_are_the_split(tmp_path: Path):
    touch(tmp_path, ["train/Run/a.avi", "train/Walk/x/b.avi", "test/Run/c.avi", "val/Run/d.avi"])
    dataset = load_dataset("mine", tmp_path)
    assert dataset.name == "mine"
    assert dataset.class_names == ("Run", "Walk")
    assert names(dataset.train) == ["a.avi", "b.avi"]
    assert names(dataset.test) == ["c.avi"]
    with pytest.raises(DatasetError, match="split 2 is asked, but the folders train and test are"):
        load_dataset(str(tmp_path), split=2)


def test_a_validation_folder_serves_where_there_is_no_test_folder(tmp_path: Path):
    touch(tmp_path, ["train/Run/a.avi", "val/Run/d.avi"])
    assert names(load_dataset(str(tmp_path)).test) == ["d.avi"]


def test_a_folder_without_class_folders_is_refused(tmp_path: Path):
    touch(tmp_path, ["a.avi", "Run/notes.txt"])
    with pytest.raises(DatasetError, match="no folder here, named like a class, holds a video"):
        load_dataset(str(tmp_path))


def test_lists_dir_without_lists_is_refused(tmp_path: Path):
    touch(tmp_path, ["Run/a.avi", "Run/b.avi"])
    with pytest.raises(DatasetError, match="no split lists of mine; looked for"):
        load_dataset("mine", tmp_path, lists_dir=tmp_path / "absent")


def test_names_with_pattern_characters_are_found(tmp_path: Path):
    odd = ["Run/a [1]!.avi", "Run/b (x) {y}?.avi", "Run/c*.avi"]
    write_lists(tmp_path, odd[:2], odd[2:])
    touch(tmp_path, odd)
    assert load_dataset(str(tmp_path)).missing == ()
