"""`motionfit query --export FILE`."""

import json
from pathlib import Path

import pytest

from motionfit.command import DONE, REFUSED, SOME_FAILED
from retrieval import query
from retrieval.querying.hits import Hit
from retrieval.querying.result import QueryResult


def test_hits_are_written_to_a_file_as_its_suffix_says(
    indexed_store: Path,
    video_files: list[Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    target = tmp_path / "hits.json"
    options = ["--store", str(indexed_store), "-k", "3", "--collection", "moves"]
    command = [str(video_files[0]), *options, "--format", "json", "--export", str(target)]
    assert query.main(command) == DONE
    hits = json.loads(capsys.readouterr().out)["hits"]
    exported = json.loads(target.read_text())["ranges"]
    assert len(exported) == 3
    for hit, each in zip(hits, exported, strict=True):
        assert {name: each[name] for name in hit} == hit
        assert each["collection"] == "moves"


def test_a_suffix_that_is_no_format_is_refused_before_the_search(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["missing.mp4", "--store", str(tmp_path), "--export", str(tmp_path / "hits.xlsx")]
    assert query.main(command) == REFUSED
    captured = capsys.readouterr()
    assert "ends in one of .csv, .json" in captured.err
    assert captured.out == ""


def test_hits_whose_video_is_gone_are_named_and_the_exit_code_tells(
    video_files: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [tmp_path / "gone.mp4", video_files[0]]
    hits = [
        Hit(
            rank=rank,
            similarity=0.5,
            clip_id=rank,
            video_id=rank,
            path=str(path),
            start_seconds=0.0,
            end_seconds=0.4,
            label=None,
        )
        for rank, path in enumerate(paths, start=1)
    ]
    result = QueryResult(
        path="query.mp4",
        start_seconds=0.0,
        end_seconds=1.0,
        collection=None,
        encoder="any",
        encoder_description="any",
        exact=True,
        hits=tuple(hits),
    )
    target = tmp_path / "hits.edl"
    assert query.export(result, "edl", target) == SOME_FAILED
    errors = capsys.readouterr().err
    assert f"hit 1 is not exported: {paths[0]}: expected a video file, found nothing." in errors
    assert target.read_bytes().count(b"* SOURCE FILE") == 1
