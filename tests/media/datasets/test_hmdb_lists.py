"""Lists like HMDB51's."""

from pathlib import Path

import pytest

from motionfit.errors import DatasetError
from motionfit.media.datasets.hmdb_lists import has_hmdb_lists, read_hmdb_lists


@pytest.mark.parametrize("split", [1, 2, 3])
def test_the_official_lists_of_hmdb51_are_read_whole(shared_data: Path, split: int):
    lists = read_hmdb_lists(shared_data / "official_splits" / "hmdb51", split)
    assert (len(lists.train), len(lists.test)) == (3570, 1530)
    assert len(lists.train) + len(lists.test) + lists.num_unused == 6766
    assert len(lists.class_names) == 51
    for class_name in lists.class_names:
        assert sum(video.class_name == class_name for video in lists.train) == 70
        assert sum(video.class_name == class_name for video in lists.test) == 30


def test_official_names_with_brackets_and_marks_survive(shared_data: Path):
    lists = read_hmdb_lists(shared_data / "official_splits" / "hmdb51", 1)
    names = {video.name for video in lists.test}
    assert (
        "brush_hair/Brushing_Her_Hair__[_NEW_AUDIO_]_UPDATED!!!!_brush_hair_h_cm_np1_fr_goo_0.avi"
    ) in names


def test_numbers_say_train_test_and_unused(tmp_path: Path):
    (tmp_path / "wave_test_split1.txt").write_text("a (1).avi 1 \nb [2]!.avi 2 \nc.avi 0 \n")
    (tmp_path / "clap_test_split1.txt").write_text("\ufeffd.avi 2\r\n\r\n")
    lists = read_hmdb_lists(tmp_path, 1)
    assert lists.class_names == ("clap", "wave")
    assert [video.name for video in lists.train] == ["wave/a (1).avi"]
    assert [video.name for video in lists.test] == ["clap/d.avi", "wave/b [2]!.avi"]
    assert lists.num_unused == 1


@pytest.mark.parametrize("line", ["a.avi", "a.avi 3", "1"])
def test_a_malformed_line_is_refused(tmp_path: Path, line: str):
    (tmp_path / "wave_test_split1.txt").write_text(f"a.avi 1\n{line}\n")
    with pytest.raises(
        DatasetError, match=r"wave_test_split1\.txt: line 2 is .*expected 'VIDEO 0'"
    ):
        read_hmdb_lists(tmp_path, 1)


def test_a_split_without_lists_is_refused_and_those_there_are_named(tmp_path: Path):
    (tmp_path / "wave_test_split1.txt").write_text("a.avi 1\n")
    with pytest.raises(DatasetError, match=r"no \*_test_split2\.txt; splits there: 1\."):
        read_hmdb_lists(tmp_path, 2)


def test_a_class_that_lacks_its_list_is_named(tmp_path: Path):
    for name in ("wave_test_split1.txt", "wave_test_split2.txt", "clap_test_split2.txt"):
        (tmp_path / name).write_text("a.avi 1\n")
    with pytest.raises(DatasetError, match=r"clap_test_split1\.txt: the list of split 1 is absent"):
        read_hmdb_lists(tmp_path, 1)


def test_folders_without_such_lists_are_told_apart(tmp_path: Path):
    assert not has_hmdb_lists(tmp_path)
    (tmp_path / "wave_test_split1.txt").touch()
    assert has_hmdb_lists(tmp_path)
