"""A check of a flow cache: every damage is found, what is whole is left alone."""

import json
from pathlib import Path

import numpy as np
import pytest

from motionfit.errors import ConfigError
from motionfit.flow import verify_command
from motionfit.flow.cache.cache import FlowCache
from motionfit.flow.cache.imported import ImportedFlowSettings, KeptSettings
from motionfit.flow.settings import FlowSettings
from motionfit.flow.verifying import verify_cache

HASHES = [f"{number:02x}" * 32 for number in range(5)]
ALL_SETTINGS: list[KeptSettings] = [FlowSettings(method="dis"), ImportedFlowSettings()]


@pytest.fixture
def cache_dir(tmp_path: Path) -> Path:
    """A cache of five videos' flow, computed and imported."""
    rng = np.random.default_rng(0)
    cache = FlowCache(tmp_path / "cache")
    for settings in ALL_SETTINGS:
        for content_hash in HASHES:
            with cache.writer(content_hash, settings) as writer:
                writer.append(rng.integers(0, 255, (9, 16, 24, 2), np.uint8))
                writer.commit()
    return cache.cache_dir


def flow_paths(cache_dir: Path) -> list[Path]:
    return sorted(cache_dir.rglob("*.flow"))


def damage(path: Path, place: float = 0.4) -> None:
    """Flip one bit of a byte."""
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] ^= 4
    path.write_bytes(content)


def run(*arguments: object) -> int:
    return verify_command.main([str(argument) for argument in arguments])


def test_a_whole_cache_is_said_to_be_whole(
    cache_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--cache", cache_dir) == 0
    assert "10 files whole, 0 damaged" in capsys.readouterr().out
    report = verify_cache(cache_dir)
    assert report.bytes == sum(path.stat().st_size for path in flow_paths(cache_dir))


def test_one_altered_byte_is_found_in_each_folder_of_settings(cache_dir: Path) -> None:
    first, *_, last = paths = flow_paths(cache_dir)
    damage(first)
    damage(last, place=0.99)
    report = verify_cache(cache_dir)
    assert [damaged.path for damaged in report.damaged] == [str(first), str(last)]
    assert report.whole == 8
    assert report.num_removed == 0
    assert flow_paths(cache_dir) == paths


def test_what_is_damaged_is_removed_if_asked_to_and_nothing_else(
    cache_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut, altered, *whole = flow_paths(cache_dir)
    cut.write_bytes(cut.read_bytes()[:-30])
    damage(altered)
    assert run("--cache", cache_dir, "--remove") == 1
    output = capsys.readouterr().out
    assert "8 files whole, 2 damaged, 2 of them removed" in output
    assert f"removed: {cut}: damaged flow file" in output
    assert flow_paths(cache_dir) == whole
    assert run("--cache", cache_dir) == 0


def test_a_file_that_cannot_be_read_is_named_and_stays(cache_dir: Path) -> None:
    path = flow_paths(cache_dir)[0]
    path.unlink()
    path.mkdir()
    report = verify_cache(cache_dir, remove=True)
    (damaged,) = report.damaged
    assert (damaged.path, damaged.is_removed) == (str(path), False)
    assert "Is a directory" in damaged.message
    assert path.is_dir()


@pytest.mark.parametrize(
    "content", ["{", '{"imported": {"bound_px": 30.0, "source": "denseflow"}}']
)
def test_altered_settings_are_found_and_do_not_condemn_the_flow_beside_them(
    cache_dir: Path, content: str
) -> None:
    (path,) = cache_dir.glob("imported-*/settings.json")
    path.write_text(content)
    report = verify_cache(cache_dir, remove=True)
    assert [damaged.path for damaged in report.damaged] == [str(path)]
    assert len(flow_paths(cache_dir)) == 10
    FlowCache(cache_dir).writer(HASHES[0], ImportedFlowSettings()).close()
    assert verify_cache(cache_dir).whole == 10


def test_flow_of_another_version_is_noted_and_left_alone(cache_dir: Path) -> None:
    settings = FlowSettings(method="dis")
    older = json.loads(settings.key())
    older["versions"]["method"] = 0
    key = json.dumps(older, sort_keys=True)

    class OlderSettings(FlowSettings):
        def key(self) -> str:
            return key

    with FlowCache(cache_dir).writer(HASHES[0], OlderSettings(method="dis")) as writer:
        writer.append(np.zeros((1, 16, 24, 2), np.uint8))
        writer.commit()
    report = verify_cache(cache_dir, remove=True)
    ((_, remark),) = report.remarks
    assert "of another version" in remark
    assert (report.whole, report.damaged) == (10, [])
    assert len(flow_paths(cache_dir)) == 11


def test_as_json_it_has_the_documented_keys(
    cache_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(flow_paths(cache_dir)[0])
    assert run("--cache", cache_dir, "--format", "json") == 1
    report = json.loads(capsys.readouterr().out)
    assert set(report) == {"cache", "whole", "damaged", "removed", "remarks", "bytes", "seconds"}
    assert set(report["damaged"][0]) == {"path", "message", "is_removed"}


def test_where_there_is_no_cache_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ConfigError, match="expected a flow cache"):
        verify_cache(tmp_path)
    assert run("--cache", tmp_path / "gone") == 2
    assert "expected a flow cache" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
