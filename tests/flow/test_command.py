"""The command as a user types it: output, exit codes, messages."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from motionfit.flow import command


def run(*arguments: object) -> int:
    return command.main([str(argument) for argument in arguments])


def test_it_tells_what_it_did_and_is_done_at_once_the_second_time(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = (folder, "--cache", tmp_path / "cache", "--method", "dis")
    assert run(*arguments) == 0
    first = capsys.readouterr()
    assert "dis, native size, bound 20 px:" in first.out
    assert "made 3 videos (" in first.out
    assert "flow by dis: as asked" in first.err
    assert run(*arguments) == 0
    assert "skipped 3 already there, failed 0" in capsys.readouterr().out


def test_it_speaks_of_one_video_and_of_several(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = next(folder.iterdir())
    assert run(one, "--cache", tmp_path / "cache", "--method", "dis") == 0
    assert "made 1 video (" in capsys.readouterr().out
    assert run(folder, "--cache", tmp_path / "cache", "--method", "dis") == 0
    assert "made 2 videos (" in capsys.readouterr().out


def test_as_json_it_has_the_documented_keys(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "broken.mp4").write_text("no video")
    options = ("--method", "dis", "--size", "48x64", "--format", "json", "--workers", "1")
    assert run(folder, "--cache", tmp_path / "cache", *options) == 1
    report = json.loads(capsys.readouterr().out)
    assert set(report) == {
        *("cache", "method", "settings", "made", "skipped", "failed", "remarks", "flows"),
        *("bytes", "saturated_share", "previews", "seconds", "pairs_per_second"),
    }
    assert (report["method"], report["made"]) == ("dis", 3)
    assert report["flows"] > 3
    assert report["settings"]["size"] == [48, 64]
    assert report["settings"]["bound_px"] == 4.0
    (failure,) = report["failed"]
    assert set(failure) == {"path", "error", "message"}
    assert failure["path"] == str(folder / "broken.mp4")


def test_settings_come_from_a_file_and_the_command_line_goes_before_it(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "settings.toml"
    config.write_text(
        '[flow]\nmethod = "dis"\nsize = "32x48"\nbound_px = 7\nremove_camera_motion = true\n'
    )
    options = ("--config", config, "--size", "native")
    assert run(folder, "--cache", tmp_path / "cache", *options) == 0
    output = capsys.readouterr().out
    assert "dis, native size, bound 7 px, camera motion removed:" in output


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ("bund = 3", "bund"),
        ("method = 'tvl2'", "method is 'tvl2'; expected one of auto, tvl1"),
        ("size = [128, 171]", "expected HEIGHTxWIDTH"),
        ("workers = 'all'", "workers is 'all'"),
        ("remove_camera_motion = 'no'", "expected true or false"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_in_one_sentence(
    settings: str, reason: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "settings.toml"
    config.write_text(f"[flow]\n{settings}\n")
    assert run(folder, "--cache", tmp_path / "cache", "--config", config) == 2
    message = capsys.readouterr().err
    assert reason in message
    assert len(message.splitlines()) == 1
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--size", "128"), "expected HEIGHTxWIDTH in px, such as 128x171, or native"),
        (("--size", "8x8"), "each from 16 to 4096 px"),
        (("--bound", "-3"), "a positive number of px"),
        (("--workers", "0"), "at least 1"),
    ],
)
def test_options_that_cannot_be_used_are_refused_in_one_sentence(
    options: tuple[str, str],
    reason: str,
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(folder, "--cache", tmp_path / "cache", *options) == 2
    message = capsys.readouterr().err
    assert reason in message
    assert len(message.splitlines()) == 1


def test_a_cache_of_another_format_is_refused_in_one_sentence(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "flow-cache.json").write_text('{"format": 0}')
    assert run(folder, "--cache", tmp_path, "--method", "dis") == 2
    message = capsys.readouterr().err
    assert "flow cache of format 0" in message
    assert len(message.splitlines()) == 1


def test_a_file_in_the_place_of_the_cache_is_refused_in_one_sentence(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cache").touch()
    assert run(folder, "--cache", tmp_path / "cache", "--method", "dis") == 2
    message = capsys.readouterr().err
    assert "expected a folder" in message
    assert len(message.splitlines()) == 1


def test_a_path_that_does_not_exist_is_a_failed_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "nowhere", "--cache", tmp_path / "cache", "--method", "dis") == 1
    assert "nowhere: expected a video file, found nothing." in capsys.readouterr().out


def test_a_folder_without_videos_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    assert run(tmp_path / "empty", "--cache", tmp_path / "cache") == 0
    assert "empty: no video file in this folder" in capsys.readouterr().out


def test_the_module_form_starts_without_a_warning(tmp_path: Path) -> None:
    arguments = [sys.executable, "-W", "error", "-m", "motionfit.flow", "--help"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "--remove-camera-motion" in done.stdout
    assert done.stderr == ""
