"""The whole recipe on real files, with the preset that takes seconds."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from motionfit.encoders.registry import load_encoder
from motionfit.errors import RunMismatchError
from motionfit.fit.commands.fit import main
from motionfit.fit.fit import fit


def test_a_run_ends_with_an_encoder_of_frames(finished):
    encoder = load_encoder(str(finished.encoder), device="cpu")

    assert encoder.spec.in_channels == 3
    assert encoder.description == "encoder (motionfit on 18 videos)"
    assert encoder.origin.trained_on == "18 videos; taught by motion teacher on set.csv"
    assert finished.videos == {"labelled": 18, "classes": 3, "unlabelled": 18}
    assert finished.failed == ()


def test_the_run_says_how_well_its_encoders_retrieve(finished):
    rows = finished.evaluation["rows"]

    assert [(row["encoder"], row["sees"], row["query_time"]) for row in rows] == [
        ("random init", "frames", "forward"),
        ("teacher", "flow", "forward"),
        ("student", "frames", "forward"),
        ("student", "frames", "frozen"),
        ("student", "frames", "reversed"),
        ("student", "frames", "shuffled"),
    ]
    assert (finished.evaluation["num_gallery"], finished.evaluation["num_queries"]) == (18, 18)
    # Six of the gallery's 18 videos are of a query's class.
    assert rows[0]["chance"]["1"] == pytest.approx(1 / 3)
    page = finished.report.read_text()
    assert f"| student, query clips frozen | frames | {100 * rows[3]['recall']['1']:.1f} |" in page


def test_the_report_shows_both_curves_and_the_line_to_index_with(finished):
    page = finished.report.read_text()

    assert f"    motionfit index VIDEOS --encoder {finished.encoder}\n" in page
    # Two epochs each, one of them kept.
    assert sum(line.startswith(("| 1", "| 2")) for line in page.splitlines()) == 4
    assert page.count(", kept |") == 2
    assert "| clustered | 42 clips of 18 videos |" in page
    assert (finished.report.parent / "labels" / "sheet.png").read_bytes().startswith(b"\x89PNG")
    for picture in ("labels/sheet.png", "teacher/curves.svg", "student/curves.svg"):
        assert f"]({picture})" in page
        assert (finished.report.parent / picture).is_file()


def test_a_second_call_touches_nothing(finished, labelled, unlabelled, flow_cache, capsys):
    run = finished.encoder.parent
    before = _times(run)
    asked = ["--labeled", str(labelled), "--unlabeled", str(unlabelled), "--out", str(run)]

    code = main([*asked, "--preset", "tiny", "--flow-cache", str(flow_cache), "--format", "json"])

    told = json.loads(capsys.readouterr().out)
    assert code == 0
    assert told["was_finished"]
    assert told["labels"] == finished.labels
    assert _times(run) == before


def test_what_was_killed_between_stages_ends_as_if_it_had_not_been(
    finished, labelled, unlabelled, flow_cache, packs, tmp_path
):
    run = tmp_path / "run"
    asked = ["--labeled", str(labelled), "--unlabeled", str(unlabelled), "--out", str(run)]
    shared = ["--flow-cache", str(flow_cache), "--packs", str(packs)]
    options = ["--preset", "tiny", *shared, "--device", "cpu", "--no-evaluation"]
    _kill_once_there(run / "labels" / "pseudo_labels.npz", [*asked, *options])
    teacher = _times(run / "teacher")
    assert not (run / "encoder.safetensors").exists()

    assert main([*asked, *options]) == 0

    assert _times(run / "teacher").items() >= teacher.items()
    again, whole = (
        load_encoder(str(path), device="cpu")
        for path in (run / "encoder.safetensors", finished.encoder)
    )
    assert again.identity == whole.identity


def test_a_ready_teacher_needs_no_labels(finished, unlabelled, flow_cache, packs, tmp_path):
    teacher = finished.encoder.parent / "teacher" / "encoder.safetensors"

    result = fit(
        teacher=teacher,
        unlabeled=[unlabelled],
        out=tmp_path / "run",
        preset="tiny",
        flow_cache=flow_cache,
        packs=packs,
        device="cpu",
    )

    page = result.report.read_text()
    assert "| teacher, given ready | encoder (motion teacher" in page
    assert "## Teacher" not in page
    # Without labels there are no queries.
    assert result.evaluation is None
    assert "## Retrieval" not in page
    # The same teacher, labels and seed.
    again, whole = (
        load_encoder(str(path), device="cpu") for path in (result.encoder, finished.encoder)
    )
    assert again.identity == whole.identity


def test_a_damaged_file_of_labels_is_made_anew(
    finished, labelled, unlabelled, flow_cache, packs, tmp_path
):
    run = Path(shutil.copytree(finished.encoder.parent, tmp_path / "run"))
    labels = run / "labels" / "pseudo_labels.npz"
    whole = labels.read_bytes()
    labels.write_bytes(whole[:-100])
    (run / "result.json").unlink()

    fit(
        labeled=labelled,
        unlabeled=[unlabelled],
        out=run,
        preset="tiny",
        evaluation=False,
        flow_cache=flow_cache,
        packs=packs,
        device="cpu",
    )

    assert labels.read_bytes() == whole


def test_a_run_is_not_continued_with_other_settings(finished, labelled, unlabelled):
    run = finished.encoder.parent

    with pytest.raises(RunMismatchError, match=r"begun with seed 0, not 1; continue it with"):
        fit(labeled=labelled, unlabeled=[unlabelled], out=run, preset="tiny", seed=1)


def test_a_run_is_not_continued_with_other_videos(finished, labelled, unlabelled):
    run, some = finished.encoder.parent, sorted(unlabelled.rglob("*.mp4"))[:12]

    with pytest.raises(RunMismatchError, match=r"unlabeled videos '18 videos .*not '12 videos"):
        fit(labeled=labelled, unlabeled=some, out=run, preset="tiny")


def _times(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def _kill_once_there(path: Path, asked: list[str]) -> None:
    """Run the command in a process of its own, and kill that once a file is there."""
    with subprocess.Popen(
        [sys.executable, "-m", "motionfit.fit", *asked],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        deadline = time.monotonic() + 120
        while not path.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        assert process.poll() is None, "it has ended before it could be killed"
        os.killpg(process.pid, signal.SIGKILL)
