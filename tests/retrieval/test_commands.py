"""The commands as a user types them: output, exit codes, messages."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from retrieval import collection_admin, index, query
from retrieval.library import Library


def test_index_tells_what_it_did_and_is_done_at_once_the_second_time(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [str(folder), "--store", str(tmp_path / "store"), "--clips", "2", "--device", "cpu"]
    assert index.main(command) == 0
    assert "indexed 3 videos (6 clips)" in capsys.readouterr().out
    assert index.main(command) == 0
    assert "skipped 3 already known" in capsys.readouterr().out


def test_index_as_json_has_the_documented_keys(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "broken.mp4").write_text("no video")
    store = str(tmp_path / "store")
    assert index.main([str(folder), "--store", store, "--clips", "1", "--format", "json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["indexed"], report["skipped"], report["clips"]) == (3, 0, 3)
    (failure,) = report["failed"]
    assert set(failure) == {"path", "error", "message"}
    assert failure["path"] == str(folder / "broken.mp4")
    assert {"collection", "encoder", "seconds"} <= set(report)


def test_a_path_that_does_not_exist_is_a_failed_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert index.main([str(tmp_path / "nowhere"), "--store", str(tmp_path / "store")]) == 1
    assert "nowhere: expected a video file, found nothing." in capsys.readouterr().out


def test_settings_come_from_a_file_and_the_command_line_goes_before_it(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "settings.toml"
    config.write_text('[index]\nclips = 3\ncollection = "from the file"\n')
    command = [str(folder), "--store", str(tmp_path / "store"), "--config", str(config)]
    assert index.main([*command, "--clips", "1"]) == 0
    output = capsys.readouterr().out
    assert "collection from the file" in output
    assert "(3 clips)" in output


def test_an_unknown_setting_is_refused_with_the_known_ones(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "settings.toml"
    config.write_text("[index]\nclipz = 3\n")
    assert index.main([str(folder), "--config", str(config)]) == 2
    message = capsys.readouterr().err
    assert "clipz" in message
    assert "clips" in message
    assert "Traceback" not in message


def test_query_as_json_has_the_documented_shape(
    indexed_store: Path, video_files: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    video = str(video_files[0])
    assert query.main([video, "--store", str(indexed_store), "-k", "2", "--format", "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert {"query", "collection", "encoder", "exact", "hits"} <= set(answer)
    assert answer["encoder_description"].startswith("motionfit-small (motionfit_plus on ")
    assert set(answer["query"]) == {"path", "start_seconds", "end_seconds"}
    assert [hit["rank"] for hit in answer["hits"]] == [1, 2]
    keys = {"rank", "similarity", "clip_id", "video_id", "path", "start_seconds", "end_seconds"}
    assert set(answer["hits"][0]) == keys | {"label"}


def test_query_as_csv_can_be_read_back(
    indexed_store: Path, video_files: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    video = str(video_files[1])
    assert query.main([video, "--store", str(indexed_store), "-k", "3", "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == 3
    assert rows[0]["path"] == video


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ([], "either a video file or --clip-id"),
        (["x.mp4", "--clip-id", "1"], "either a video file or --clip-id"),
        (["missing.mp4"], "missing.mp4: expected a video file, found nothing"),
        (["--clip-id", "1", "--start", "0.5"], "start is 0.5"),
        (["--clip-id", "1", "-k", "0"], "k is 0; expected at least 1"),
    ],
)
def test_a_query_that_cannot_be_answered_is_refused_in_one_sentence(
    options: list[str], reason: str, indexed_store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert query.main([*options, "--store", str(indexed_store)]) == 2
    message = capsys.readouterr().err
    assert reason in message
    assert len(message.strip().splitlines()) == 1


def test_collections_are_listed_and_exported(
    indexed_store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert collection_admin.main(["--store", str(indexed_store)]) == 0
    assert "moves" in capsys.readouterr().out
    assert collection_admin.main(["export", "moves", "--store", str(indexed_store)]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["status"] for row in rows] == ["indexed"] * 6


def test_a_collection_can_be_removed_by_command(folder: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    with Library.open(store, device="cpu") as library:
        library.index([folder], clips=1, collection="old")
    assert collection_admin.main(["remove", "old", "--store", str(store)]) == 0
    assert collection_admin.main(["remove", "old", "--store", str(store)]) == 2


def test_the_module_form_starts_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-m", "retrieval.index", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "VIDEOS" in done.stdout
    assert done.stderr == ""
