"""The stages one by one, as commands on real files."""

import json
from pathlib import Path

import pytest

from motionfit.encoders.registry import load_encoder
from motionfit.fit.commands import finetune, fit, labels, student, teacher


@pytest.fixture
def shared(flow_cache: Path, packs: Path) -> list[str]:
    """Options of all commands."""
    return [
        *["--preset", "tiny", "--device", "cpu", "--packs", str(packs)],
        *["--flow-cache", str(flow_cache)],
    ]


def test_three_stages_give_what_the_whole_gives(
    finished, labelled, unlabelled, shared, tmp_path, capsys
):
    run = tmp_path / "run"
    out = ["--out", str(run)]
    videos = ["--unlabeled", str(unlabelled)]

    codes = [
        teacher.main(["--labeled", str(labelled), *out, *shared]),
        labels.main(["--teacher", _first_line(capsys), *videos, *out, *shared]),
        student.main(["--labels", _first_line(capsys), *videos, *out, *shared[:6]]),
    ]

    assert codes == [0, 0, 0]
    made, whole = (
        load_encoder(str(path), device="cpu") for path in (_first_line(capsys), finished.encoder)
    )
    assert made.identity == whole.identity
    # The whole recipe goes on where the stages have ended.
    before = _times(run / "student")
    code = fit.main(["--labeled", str(labelled), *videos, *out, *shared, "--no-evaluation"])
    assert code == 0
    assert {
        path: time for path, time in _times(run / "student").items() if path in before
    } == before


def test_an_encoder_is_fine_tuned_on_part_of_the_labels_and_tried(
    finished, labelled, shared, tmp_path, capsys
):
    out = ["--out", str(tmp_path / "run"), "--label-fraction", "0.5", "--trained", "linear"]

    code = finetune.main(
        [str(finished.encoder), "--labeled", str(labelled), *out, *shared, "--format", "json"]
    )

    told = json.loads(capsys.readouterr().out)
    assert code == 0
    assert (told["num_splits"], told["trained"], told["label_fraction"]) == (1, "linear", 0.5)
    assert 0 <= told["top1"]["mean"] <= told["top5"]["mean"] <= 1
    accuracy = json.loads((tmp_path / "run" / "split1" / "accuracy.json").read_text())
    # Half of each of three classes of six.
    assert (accuracy["num_train_videos"], accuracy["num_videos"]) == (9, 18)


def test_a_file_without_pseudo_labels_is_refused(unlabelled, shared, tmp_path, capsys):
    nothing = tmp_path / "nothing.npz"
    options = ["--unlabeled", str(unlabelled), "--out", str(tmp_path / "run"), *shared[:6]]

    code = student.main(["--labels", str(nothing), *options])

    assert code == 2
    assert capsys.readouterr().err.startswith(f"motionfit student: {nothing}: ")


def _first_line(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out.splitlines()[0]


def _times(folder: Path) -> dict[Path, int]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path: path.stat().st_mtime_ns for path in files}
