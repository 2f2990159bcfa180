"""The stages one by one, as commands on real files."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from motionfit.encoders.registry import load_encoder
from motionfit.fit.commands import finetune, fit, labels, student, teacher
from motionfit.labels.pseudo_labels import load_pseudo_labels
from motionfit.media.sampling import ClipSpec
from motionfit.methods.run_files import read_json


@pytest.fixture
def shared(flow_cache: Path, packs: Path) -> list[str]:
    """Options of all commands."""
    return [
        *["--preset", "tiny", "--device", "cpu", "--packs", str(packs)],
        *["--flow-cache", str(flow_cache)],
    ]


def test_three_stages_give_what_the_whole_gives(
    finished, labelled, synthetic_root, shared, tmp_path, capsys
):
    """Test videos stand among the unlabelled ones: no stage learns from them."""
    run = tmp_path / "run"
    known = ["--labeled", str(labelled), "--out", str(run)]
    videos = ["--unlabeled", str(synthetic_root), *known]

    codes = [
        teacher.main([*known, *shared]),
        labels.main(["--teacher", _first_line(capsys), *videos, *shared]),
        student.main(["--labels", _first_line(capsys), *videos, *shared[:6]]),
    ]

    assert codes == [0, 0, 0]
    made, whole = (
        load_encoder(str(path), device="cpu") for path in (_first_line(capsys), finished.encoder)
    )
    assert made.identity == whole.identity
    assert load_pseudo_labels(run / "labels" / "pseudo_labels.npz").collection.num_videos == 18
    assert read_json(run / "labels" / "report.json") == finished.labels
    # The whole recipe goes on where the stages have ended.
    before = _times(run)
    code = fit.main([*videos, *shared, "--no-evaluation"])
    assert code == 0
    # Nothing is done again.
    changed = {path for path, time in _times(run).items() if before.get(path) != time}
    made = {"encoder.safetensors", "report.md", "result.json", "run.json", ".lock"}
    made |= {"teacher/curves.svg", "student/curves.svg"}
    assert changed == {run / name for name in made}
    assert read_json(run / "result.json")["videos"]["test videos left out"] == 18


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


def test_an_encoder_is_fine_tuned_on_clips_of_its_own_or_on_those_that_are_asked_for(
    finished, labelled, shared, tmp_path
):
    config = tmp_path / "longer.toml"
    config.write_text("[fit]\nclip_length = 12\ncrop = [24, 32]\nteacher_epochs = 1\n")
    asked = [str(finished.encoder), "--labeled", str(labelled), "--out", str(tmp_path / "run")]
    asked += ["--statistics-move", "--averaged", "softmax", "--config", str(config)]

    code = finetune.main([*asked, "--trained", "linear", *shared])

    tuned = load_encoder(str(tmp_path / "run" / "split1" / "encoder.safetensors"), device="cpu")
    start = load_encoder(str(finished.encoder), device="cpu").spec
    assert code == 0
    assert tuned.spec == replace(start, clip=ClipSpec(clip_length=12), crop=(24, 32))
    accuracy = read_json(tmp_path / "run" / "split1" / "accuracy.json")
    assert (accuracy["averaged"], accuracy["settings"]["statistics_move"]) == ("softmax", True)


def test_fine_tuning_cannot_change_the_architecture(finished, labelled, shared, tmp_path, capsys):
    config = tmp_path / "other.toml"
    config.write_text('[fit]\narchitecture = "r3d_18"\n')
    asked = [str(finished.encoder), "--labeled", str(labelled), "--out", str(tmp_path / "run")]

    code = finetune.main([*asked, "--config", str(config), *shared])

    told = "architecture is 'r3d_18'; expected the encoder's, r2plus1d_10"
    assert code == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


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
