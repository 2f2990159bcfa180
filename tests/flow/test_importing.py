"""A tree of flow images on its way into the cache: what goes, what is refused, what is said."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from motionfit.errors import ConfigError
from motionfit.flow import import_command
from motionfit.flow.cache.cache import FlowCache
from motionfit.flow.cache.imported import ImportedFlowSettings
from motionfit.flow.importing import import_flow
from motionfit.media.identity import identify_video
from motionfit.media.write import write_video

NUM_FRAMES = 12
DENSEFLOW, MARS = "flow_{}_{:05d}.jpg", "TVL1jpg_{}_{:05d}.jpg"


def write_images(
    folder: Path, level: int, *, name: str = DENSEFLOW, first: int = 0, count: int = NUM_FRAMES - 1
) -> None:
    """Write pairs of images of one level for x, and of the next one for y."""
    folder.mkdir(parents=True)
    for number in range(first, first + count):
        for axis, value in (("x", level), ("y", level + 1)):
            path = folder / name.format(axis, number)
            assert cv2.imwrite(str(path), np.full((16, 24), value, np.uint8))


def kept_level(cache: Path, path: Path, settings: ImportedFlowSettings | None = None) -> int:
    """Return the level of all of x that is kept of a video, once all of the file is checked."""
    content_hash = identify_video(path).content_hash
    with FlowCache(cache).open(content_hash, settings or ImportedFlowSettings()) as flow:
        flow.verify()
        levels = flow.read_quantised()
    assert levels.shape == (NUM_FRAMES - 1, 16, 24, 2)
    level = int(levels[0, 0, 0, 0])
    assert (levels[..., 0] == level).all()
    assert (levels[..., 1] == level + 1).all()
    return level


def run(*arguments: object) -> int:
    return import_command.main([str(argument) for argument in arguments])


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Videos in two folders: ``walk/a.mp4``, ``run/a.mp4`` and ``run/b.1.mp4``."""
    tree = tmp_path / "videos"
    rng = np.random.default_rng(0)
    for name in ("walk/a.mp4", "run/a.mp4", "run/b.1.mp4"):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        write_video(tree / name, rng.integers(0, 255, (NUM_FRAMES, 32, 48, 3), np.uint8), 25)
    return tree


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Their flow, as denseflow lays it out."""
    images = tmp_path / "images"
    for name, level in (("walk/a", 100), ("run/a", 110), ("run/b.1", 120)):
        write_images(images / name, level)
    return images


def test_each_video_gets_the_images_at_its_own_place(
    tree: Path, images: Path, tmp_path: Path
) -> None:
    report = import_flow([tree], images, tmp_path / "cache")
    assert (report.imported, report.skipped, report.failed) == (3, 0, [])
    assert kept_level(tmp_path / "cache", tree / "walk" / "a.mp4") == 100
    assert kept_level(tmp_path / "cache", tree / "run" / "a.mp4") == 110
    assert kept_level(tmp_path / "cache", tree / "run" / "b.1.mp4") == 120


def test_images_in_one_flat_folder_are_found_by_the_videos_name(tree: Path, tmp_path: Path) -> None:
    write_images(tmp_path / "flat" / "b.1", 90, name=MARS, first=1)
    report = import_flow([tree / "run"], tmp_path / "flat", tmp_path / "cache")
    assert report.imported == 1
    assert kept_level(tmp_path / "cache", tree / "run" / "b.1.mp4") == 90
    (failure,) = report.failed
    assert failure.path == str(tree / "run" / "a.mp4")
    assert f"there is no folder {tmp_path / 'flat' / 'a'}." in failure.message


def test_a_folder_that_two_videos_would_be_given_is_given_to_none(
    tree: Path, tmp_path: Path
) -> None:
    write_images(tmp_path / "flat" / "a", 90)
    report = import_flow([tree], tmp_path / "flat", tmp_path / "cache")
    assert report.imported == 0
    shared = [each for each in report.failed if "2 videos found would be given" in each.message]
    assert [each.path for each in shared] == [
        str(tree / "run" / "a.mp4"),
        str(tree / "walk" / "a.mp4"),
    ]


def test_the_second_run_skips_what_is_there_also_without_its_images(
    tree: Path, images: Path, tmp_path: Path
) -> None:
    import_flow([tree], images, tmp_path / "cache")
    shutil.rmtree(images)
    report = import_flow([tree], images, tmp_path / "cache")
    assert (report.imported, report.skipped, report.failed) == (0, 3, [])


def test_a_file_of_the_cache_that_was_cut_off_is_imported_anew(
    tree: Path, images: Path, tmp_path: Path
) -> None:
    import_flow([tree], images, tmp_path / "cache")
    path = next((tmp_path / "cache").rglob("*.flow"))
    path.write_bytes(path.read_bytes()[:-1])
    report = import_flow([tree], images, tmp_path / "cache")
    assert (report.imported, report.skipped) == (1, 2)


def test_what_cannot_be_imported_has_one_sentence_each_and_the_others_go_on(
    tree: Path, images: Path, tmp_path: Path
) -> None:
    (images / "walk" / "a" / "flow_x_00010.jpg").unlink()
    (images / "walk" / "a" / "flow_y_00010.jpg").unlink()
    odd = np.full((16, 30), 128, np.uint8)
    for axis in "xy":
        assert cv2.imwrite(str(images / "run" / "a" / f"flow_{axis}_00004.jpg"), odd)
    (tree / "broken.mp4").write_text("no video")
    write_images(images / "broken", 100)
    report = import_flow([tree], images, tmp_path / "cache")
    assert report.imported == 1
    broken, mixed, short = (failure.message for failure in report.failed)
    assert "broken.mp4: not readable as video" in broken
    assert "30x16 px, after images of 24x16 px" in mixed
    assert "10 flows of a video of 12 frames" in short
    assert len(list((tmp_path / "cache").rglob("*.flow"))) == 1


def test_an_image_that_claims_to_be_too_large_costs_only_its_video(
    tree: Path, images: Path, tmp_path: Path
) -> None:
    path = images / "run" / "a" / "flow_x_00003.jpg"
    image = bytearray(path.read_bytes())
    size_at = image.index(b"\xff\xc0") + 5
    image[size_at : size_at + 4] = b"\xff\xdc\xff\xdc"
    path.write_bytes(image)
    report = import_flow([tree], images, tmp_path / "cache")
    assert report.imported == 2
    assert "flow_x_00003.jpg: not usable as flow images: it cannot be" in report.failed[0].message


def test_flow_of_another_source_and_bound_is_kept_apart(
    tree: Path, images: Path, tmp_path: Path
) -> None:
    video = tree / "walk" / "a.mp4"
    options = ("--images", images / "walk", "--cache", tmp_path / "cache")
    assert run(video, *options) == 0
    assert run(video, *options, "--bound", 32, "--source", "mine") == 0
    settings = ImportedFlowSettings(source="mine", bound_px=32.0)
    assert kept_level(tmp_path / "cache", video, settings) == 100
    assert len(FlowCache(tmp_path / "cache").settings()) == 2


def test_the_report_is_text_or_json_and_failures_make_the_exit_code_1(
    tree: Path, images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(images / "walk")
    (tmp_path / "none").mkdir()
    arguments = (tree, tmp_path / "none", "--images", images, "--cache", tmp_path / "cache")
    assert run(*arguments) == 1
    text = capsys.readouterr().out
    assert "imported from denseflow, bound 20 px:" in text
    assert "imported 2 videos" in text
    assert run(*arguments, "--format", "json") == 1
    report = json.loads(capsys.readouterr().out)
    assert set(report) == {
        *("cache", "settings", "imported", "skipped", "failed", "remarks", "seconds")
    }
    assert (report["imported"], report["skipped"]) == (0, 2)
    assert report["settings"] == {"imported": {"source": "denseflow", "bound_px": 20.0}}
    assert report["failed"][0]["error"] == "FlowImportError"
    assert report["remarks"][0]["path"] == str(tmp_path / "none")


def test_what_is_no_cache_or_no_bound_is_refused(
    tree: Path, images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ConfigError, match="expected a flow cache"):
        import_flow([tree], images, images)
    assert run(tree, "--images", images, "--cache", images, "--bound", 0) == 2
    assert "bound_px is 0.0; expected a positive number" in capsys.readouterr().err
