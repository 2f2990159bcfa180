"""Lists like UCF101's."""

from pathlib import Path

import pytest

from motionfit.errors import DatasetError
from motionfit.media.datasets.dataset import ListedVideo
from motionfit.media.datasets.ucf_lists import has_ucf_lists, read_ucf_lists


def write_lists(
    folder: Path, train: str, test: str = "Run/b.avi\n", classes: str | None = "1 Jump\n2 Run\n"
) -> None:
    (folder / "trainlist01.txt").write_bytes(train.encode())
    (folder / "testlist01.txt").write_bytes(test.encode())
    if classes is not None:
        (folder / "classInd.txt").write_bytes(classes.encode())


@pytest.mark.parametrize(
    ("split", "num_train", "num_test"), [(1, 9537, 3783), (2, 9586, 3734), (3, 9624, 3696)]
)
def test_the_official_lists_of_ucf101_are_read_whole(
    shared_data: Path, split: int, num_train: int, num_test: int
):
    lists = read_ucf_lists(shared_data / "official_splits" / "ucf101", split)
    assert (len(lists.train), len(lists.test)) == (num_train, num_test)
    assert len(lists.class_names) == 101
    assert (lists.class_names[0], lists.class_names[100]) == ("ApplyEyeMakeup", "YoYo")
    assert not {video.group for video in lists.train} & {video.group for video in lists.test}


def test_the_class_is_the_text_before_the_slash_and_the_label_column_is_ignored(tmp_path: Path):
    write_lists(tmp_path, "Jump/v_Jump_g08_c01.avi 77\n")
    lists = read_ucf_lists(tmp_path, 1)
    assert lists.train == (
        ListedVideo(name="Jump/v_Jump_g08_c01.avi", class_name="Jump", group="Jump_g08"),
    )
    assert lists.test == (ListedVideo(name="Run/b.avi", class_name="Run"),)


def test_carriage_returns_blank_lines_and_a_byte_order_mark_survive(tmp_path: Path):
    write_lists(
        tmp_path,
        "\ufeffJump/a.avi 1\r\n\r\nRun/c.avi 2\r\n",
        classes="\ufeff1 Jump\r\n2 Run\r\n\r\n",
    )
    lists = read_ucf_lists(tmp_path, 1)
    assert lists.class_names == ("Jump", "Run")
    assert [video.name for video in lists.train] == ["Jump/a.avi", "Run/c.avi"]


@pytest.mark.parametrize("classes", ["0 Run\n1 Jump\n", "1 Run\n2 Jump\n", "7 Run\n3 Jump\n"])
def test_labels_follow_the_order_of_the_class_list_whatever_its_numbers(
    tmp_path: Path, classes: str
):
    write_lists(tmp_path, "Jump/a.avi\n", classes=classes)
    assert read_ucf_lists(tmp_path, 1).class_names == ("Run", "Jump")


def test_without_a_class_list_the_classes_are_those_of_the_lists(tmp_path: Path):
    write_lists(tmp_path, "Walk/a.avi 1\nJump/a.avi 0\n", classes=None)
    assert read_ucf_lists(tmp_path, 1).class_names == ("Jump", "Run", "Walk")


def test_names_with_spaces_and_folders_survive(tmp_path: Path):
    write_lists(tmp_path, "Jump/part 2/my [clip]! 3.avi 1\nJump/take 4.avi\n")
    names = [video.name for video in read_ucf_lists(tmp_path, 1).train]
    assert names == ["Jump/part 2/my [clip]! 3.avi", "Jump/take 4.avi"]


def test_names_that_are_no_utf8_survive(tmp_path: Path):
    write_lists(tmp_path, "")
    (tmp_path / "trainlist01.txt").write_bytes(b"Jump/caf\xe9.avi\n")
    assert read_ucf_lists(tmp_path, 1).train[0].name == "Jump/caf\udce9.avi"


def test_a_class_that_the_class_list_lacks_is_refused_with_its_line(tmp_path: Path):
    write_lists(tmp_path, "Jump/a.avi 1\n\nFly/a.avi 2\n")
    with pytest.raises(DatasetError, match=r"trainlist01\.txt: line 3 is of class 'Fly'"):
        read_ucf_lists(tmp_path, 1)


@pytest.mark.parametrize("line", ["a.avi 1", "/a.avi 1", "Jump/", "Jump 1"])
def test_a_line_without_class_or_name_is_refused(tmp_path: Path, line: str):
    write_lists(tmp_path, f"Jump/a.avi\n{line}\n")
    with pytest.raises(DatasetError, match=r"line 2 is .*; expected 'CLASS_NAME/VIDEO'"):
        read_ucf_lists(tmp_path, 1)


@pytest.mark.parametrize("line", ["Walk", "one Walk", "3"])
def test_a_malformed_class_list_is_refused(tmp_path: Path, line: str):
    write_lists(tmp_path, "Jump/a.avi\n", classes=f"1 Jump\n{line}\n")
    with pytest.raises(DatasetError, match=r"classInd\.txt: line 2 is .*expected 'NUMBER CLASS"):
        read_ucf_lists(tmp_path, 1)


def test_a_class_that_is_listed_twice_is_refused(tmp_path: Path):
    write_lists(tmp_path, "Jump/a.avi\n", classes="1 Jump\n2 Run\n3 Jump\n")
    with pytest.raises(DatasetError, match="line 3 names the class 'Jump' again"):
        read_ucf_lists(tmp_path, 1)


def test_a_split_without_lists_is_refused_and_those_there_are_named(tmp_path: Path):
    write_lists(tmp_path, "Jump/a.avi\n")
    with pytest.raises(DatasetError, match=r"trainlist02\.txt: no such list; .* are there: 1\."):
        read_ucf_lists(tmp_path, 2)


def test_folders_without_such_lists_are_told_apart(tmp_path: Path):
    assert not has_ucf_lists(tmp_path)
    assert not has_ucf_lists(tmp_path / "absent")
    write_lists(tmp_path, "Jump/a.avi\n")
    assert has_ucf_lists(tmp_path)
