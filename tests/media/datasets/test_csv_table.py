"""CSV tables of videos."""

from pathlib import Path

import pytest

from motionfit.errors import DatasetError
from motionfit.media.datasets.csv_table import is_video_table, read_csv_lists, read_table


def write(folder: Path, text: str) -> Path:
    path = folder / "clips.csv"
    path.write_bytes(text.encode())
    return path


def test_the_column_of_the_split_says_the_side(tmp_path: Path):
    path = write(
        tmp_path,
        "path,label,split1,split2\na.mp4,jump,train,test\nb.mp4,run,test,train\nc.mp4,run,,unused\n",
    )
    first, second = read_csv_lists(path, 1), read_csv_lists(path, 2)
    assert [video.name for video in first.train] == ["a.mp4"]
    assert [video.name for video in first.test] == ["b.mp4"]
    assert [video.name for video in second.train] == ["b.mp4"]
    assert first.num_unused == second.num_unused == 1
    assert first.class_names == ("jump", "run")


@pytest.mark.parametrize("column", ["subset", "split"])
def test_a_single_column_of_sides_is_split_one(tmp_path: Path, column: str):
    path = write(tmp_path, f"path,label,{column}\na,x,train\nb,x,test\nc,x,val\n")
    lists = read_csv_lists(path, 1)
    assert (len(lists.train), len(lists.test), lists.num_unused) == (1, 1, 1)
    with pytest.raises(DatasetError, match=f"no column for split 2; there are {column}"):
        read_csv_lists(path, 2)


def test_groups_come_from_their_column_or_else_from_the_name(tmp_path: Path):
    path = write(
        tmp_path,
        "path,label,group,subset\nv_a_g03_c01.avi,run,film 7,train\nv_a_g04_c01.avi,run,,test\n",
    )
    lists = read_csv_lists(path, 1)
    assert (lists.train[0].group, lists.test[0].group) == ("film 7", "run_g04")


def test_quoted_names_a_byte_order_mark_and_carriage_returns_survive(tmp_path: Path):
    path = write(tmp_path, '\ufeffpath,label,subset\r\n"a, ""b"".mp4",x,train\r\nc,x,test\r\n')
    assert read_csv_lists(path, 1).train[0].name == 'a, "b".mp4'


def test_a_table_without_sides_is_split_by_the_program(tmp_path: Path):
    path = write(tmp_path, "path,label\n" + "".join(f"{n}.mp4,x\n" for n in range(10)))
    lists = read_csv_lists(path, 1)
    assert (len(lists.train), len(lists.test)) == (7, 3)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no column path and label; it has nothing"),
        ("path,class\na,b\n", "no column label; it has 'path', 'class'"),
        ("path,label\na,x\n,x\n", "line 3 has no path or no label"),
        ("path,label\na\n", "line 2 has no path or no label"),
        ("path,label\na,x,y\n", "line 2 has more columns than the header"),
        ('path,label\n"a,x\n', "line 2 is no CSV"),
        ("path,label,split1\na,x,maybe\n", "line 2: split1 is 'maybe'; expected train, test"),
        ("path,label,split2\na,x,train\n", "no column for split 1; there are split2"),
    ],
)
def test_a_malformed_table_is_refused_with_its_line(tmp_path: Path, text: str, problem: str):
    with pytest.raises(DatasetError, match=problem):
        read_csv_lists(write(tmp_path, text), 1)


def test_an_absent_table_is_refused(tmp_path: Path):
    with pytest.raises(DatasetError, match="cannot be read"):
        read_table(tmp_path / "clips.csv")


def test_only_tables_with_paths_and_labels_are_tables_of_videos(tmp_path: Path):
    assert not is_video_table(tmp_path / "clips.csv")
    assert not is_video_table(write(tmp_path, ""))
    assert not is_video_table(write(tmp_path, "path,source\n"))
    assert not is_video_table(write(tmp_path, "x" * 200_000))
    assert is_video_table(write(tmp_path, "label,path\n"))
