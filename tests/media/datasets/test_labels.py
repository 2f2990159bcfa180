"""Labels for videos that are indexed."""

from pathlib import Path

import pytest

from motionfit.errors import DatasetError
from motionfit.media.datasets.labels import make_labeler


def test_a_video_is_labeled_by_the_folder_it_stands_in(tmp_path: Path):
    assert make_labeler("folder")(tmp_path / "jump" / "a.mp4") == "jump"


def test_a_relative_path_is_labeled_by_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "jump").mkdir()
    monkeypatch.chdir(tmp_path / "jump")
    assert make_labeler("folder")(Path("a.mp4")) == "jump"


def test_a_video_is_labeled_by_a_table_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    table = tmp_path / "labels.csv"
    table.write_text(f"path,label\nsub/a.mp4,jump\n{tmp_path}/b.mp4,run\n")
    label_of = make_labeler(str(table))
    assert label_of(tmp_path / "sub" / "a.mp4") == "jump"
    assert label_of(tmp_path / "b.mp4") == "run"
    assert label_of(tmp_path / "c.mp4") is None
    monkeypatch.chdir(tmp_path)
    assert label_of(Path("sub/../sub/a.mp4")) == "jump"


def test_a_table_that_contradicts_itself_is_refused(tmp_path: Path):
    table = tmp_path / "labels.csv"
    table.write_text("path,label\na.mp4,jump\na.mp4,jump\n./a.mp4,run\n")
    with pytest.raises(DatasetError, match=r"line 4 labels './a\.mp4' 'run', .* line 'jump'"):
        make_labeler(str(table))


def test_an_absent_table_is_refused():
    with pytest.raises(DatasetError, match="no such file; expected 'folder' or a CSV file"):
        make_labeler("labels.csv")
