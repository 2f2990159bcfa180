import json
import pickle
import re
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from motionfit.errors import ConfigError, FlowNotCachedError
from motionfit.flow import settings as settings_module
from motionfit.flow.cache.cache import FlowCache
from motionfit.flow.cache.imported import ImportedFlowSettings, settings_of_key
from motionfit.flow.quantise import restore_flow
from motionfit.flow.settings import FLOW_METHODS, FlowSettings

OTHER_HASH = "f" * 64


def keep(cache, content_hash, settings, levels):
    with cache.writer(content_hash, settings) as writer:
        writer.append(levels)
        writer.commit()


@pytest.mark.parametrize("num_flows", [1, 3, 4, 5, 8, 23])
def test_what_is_put_in_comes_out(cache, content_hash, settings, levels, num_flows):
    keep(cache, content_hash, settings, levels[:num_flows])
    with cache.open(content_hash, settings) as file:
        assert (file.read_quantised() == levels[:num_flows]).all()
        assert (file.num_flows, file.height, file.width) == (num_flows, 12, 17)
        file.verify()


@pytest.mark.usefixtures("flow_path")
def test_every_stretch_of_flows_can_be_read_by_itself(cache, content_hash, settings, levels):
    with cache.open(content_hash, settings) as file:
        for start in range(24):
            for stop in range(start, 24):
                read = file.read_quantised(start, stop)
                assert read.shape == (stop - start, 12, 17, 2)
                assert (read == levels[start:stop]).all()


@pytest.mark.usefixtures("flow_path")
def test_flow_is_given_in_px(cache, content_hash, settings, levels):
    with cache.open(content_hash, settings) as file:
        flow = file.read(5, 9)
    assert flow.dtype == np.float32
    assert (flow == restore_flow(levels[5:9], 20.0)).all()


@pytest.mark.parametrize("which", [(-1, 3), (3, 2), (0, 24), (24, 24)])
@pytest.mark.usefixtures("flow_path")
def test_flows_that_are_not_there_are_refused(cache, content_hash, settings, which):
    file = cache.open(content_hash, settings)
    with file, pytest.raises(ConfigError, match="expected a range within 0 to 23"):
        file.read_quantised(*which)


@pytest.mark.usefixtures("flow_path")
def test_a_file_tells_what_it_holds(cache, content_hash, settings):
    with cache.open(content_hash, settings) as file:
        assert file.settings == settings
        assert file.bound == 20.0
        assert file.saturated_share == 0.25
        assert file.description.content_hash == content_hash
        assert file.description.num_frames_expected == 25
        assert file.description.num_frames_decoded == 24


def test_the_saturated_share_is_that_of_all_parts(cache, content_hash, settings, levels):
    with cache.writer(content_hash, settings) as writer:
        writer.append(levels[:3], saturated_share=0.5)
        writer.append(levels[3:4], saturated_share=0.1)
        writer.commit()
    with cache.open(content_hash, settings) as file:
        assert file.saturated_share == pytest.approx((3 * 0.5 + 0.1) / 4)


def test_a_share_that_nobody_counted_is_not_zero(cache, content_hash, settings, levels):
    with cache.writer(content_hash, settings) as writer:
        writer.append(levels[:3], saturated_share=0.5)
        writer.append(levels[3:])
        writer.commit()
    with cache.open(content_hash, settings) as file:
        assert file.saturated_share is None


@given(st.lists(st.integers(0, 9), min_size=1))
def test_how_flows_are_handed_over_makes_no_difference(tmp_path_factory, levels, counts):
    folder = tmp_path_factory.mktemp("parts")
    flows = np.concatenate([levels] * 4)[: sum(counts) + 1]
    whole, in_parts = FlowCache(folder / "whole"), FlowCache(folder / "parts")
    keep(whole, OTHER_HASH, FlowSettings(), flows)
    with in_parts.writer(OTHER_HASH, FlowSettings()) as writer:
        for part in np.split(flows, np.cumsum(counts)):
            writer.append(part)
        writer.commit()
    one, other = (next(cache.cache_dir.rglob("*.flow")) for cache in (whole, in_parts))
    assert one.read_bytes() == other.read_bytes()


def test_a_cache_that_is_not_there_holds_nothing_and_reading_makes_nothing(
    cache, content_hash, settings
):
    assert not cache.has(content_hash, settings)
    assert cache.settings() == []
    assert list(cache.content_hashes(settings)) == []
    with pytest.raises(FlowNotCachedError, match=r"walk\.mp4: no flow of it with these settings"):
        cache.open(content_hash, settings, video="walk.mp4")
    assert not cache.cache_dir.exists()


@pytest.mark.usefixtures("flow_path")
def test_other_content_or_settings_are_not_answered(cache, content_hash, settings):
    asked = [
        (OTHER_HASH, settings),
        (content_hash, replace(settings, method="dis")),
        (content_hash, replace(settings, size=(128, 171))),
        (content_hash, replace(settings, bound_px=32.0)),
        (content_hash, replace(settings, remove_camera_motion=True)),
        (content_hash, ImportedFlowSettings()),
    ]
    for question in asked:
        assert not cache.has(*question)
        with pytest.raises(FlowNotCachedError):
            cache.open(*question)
    assert cache.has(content_hash, settings)
    assert cache.has(content_hash, replace(settings, bound_px=20))


@pytest.mark.usefixtures("flow_path")
def test_flow_of_an_older_algorithm_is_not_answered(cache, content_hash, settings, monkeypatch):
    monkeypatch.setitem(settings_module.METHOD_VERSIONS, "tvl1", 1000)
    assert not cache.has(content_hash, settings)
    assert cache.settings() == []


def test_imported_flow_answers_only_when_asked_for(cache, content_hash, levels):
    imported = ImportedFlowSettings(source="denseflow", bound_px=20.0)
    keep(cache, content_hash, imported, levels)
    assert not any(cache.has(content_hash, FlowSettings(method=name)) for name in FLOW_METHODS)
    assert not cache.has(content_hash, ImportedFlowSettings(source="another", bound_px=20.0))
    with cache.open(content_hash, imported) as file:
        assert (file.read_quantised() == levels).all()


def test_the_cache_lists_its_settings_and_videos(cache, content_hash, settings, levels):
    everything = [
        settings,
        FlowSettings(method="dis", size=(128, 171), remove_camera_motion=True),
        ImportedFlowSettings(source="denseflow", bound_px=15.0),
    ]
    for each in everything:
        keep(cache, content_hash, each, levels)
    keep(cache, OTHER_HASH, settings, levels)
    assert {each.key() for each in cache.settings()} == {each.key() for each in everything}
    assert list(cache.content_hashes(settings)) == [content_hash, OTHER_HASH]


@pytest.mark.parametrize("text", ["{}", "[]", "nonsense", '{"imported": 3}', '{"size": 1}'])
def test_a_key_of_no_known_settings_stands_for_none(text):
    assert settings_of_key(text) is None


@pytest.mark.parametrize("content_hash", ["", "short", "../../../etc/passwd", "A" * 64, "g" * 64])
def test_a_name_that_is_no_hash_is_refused(cache, settings, content_hash):
    with pytest.raises(ConfigError, match=r"content_hash is .*; expected 8 or more"):
        cache.has(content_hash, settings)


def test_anyone_can_open_a_file_as_a_zip_archive(flow_path, content_hash, levels):
    with zipfile.ZipFile(flow_path) as archive:
        assert archive.testzip() is None
        about = json.loads(archive.read("flow.json"))
        names = [name for name in archive.namelist() if name.startswith("flows/")]
        blocks = [zstandard.ZstdDecompressor().decompress(archive.read(name)) for name in names]
    assert about["content_hash"] == content_hash
    assert about["settings"]["method"] == "tvl1"
    planes = np.frombuffer(b"".join(blocks), np.uint8)
    planes = planes.reshape(about["num_flows"], 2, about["height"], about["width"])
    assert (np.moveaxis(planes, 1, -1) == levels).all()
    assert names[:2] == ["flows/00000000.zst", "flows/00000004.zst"]


def test_the_page_about_the_format_shows_how_to_read_it(cache, content_hash, settings, flow_path):
    page = Path(__file__).parents[3] / "docs" / "flow_cache.md"
    (code,) = re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)
    names = {}
    exec(code.replace('"0123....flow"', repr(str(flow_path))), names)
    with cache.open(content_hash, settings) as file:
        expected = file.read()
    assert np.moveaxis(names["flow"], 1, -1) == pytest.approx(expected, abs=1e-5)


@pytest.mark.usefixtures("flow_path")
def test_several_threads_may_read_one_file(cache, content_hash, settings, levels):
    draw = np.random.default_rng(0)
    with cache.open(content_hash, settings) as file, ThreadPoolExecutor(8) as threads:
        starts = draw.integers(0, 8, 400)
        reads = list(threads.map(lambda start: file.read_quantised(start, start + 16), starts))
    assert all((read == levels[s : s + 16]).all() for s, read in zip(starts, reads, strict=True))


@pytest.mark.usefixtures("flow_path")
def test_a_cache_travels_to_worker_processes(cache, content_hash, settings, levels):
    copy = pickle.loads(pickle.dumps(cache))  # noqa: S301 - our own bytes
    with copy.open(content_hash, settings) as file:
        assert (file.read_quantised(1, 3) == levels[1:3]).all()


def test_a_file_that_is_open_stays_readable_when_it_is_made_anew(
    cache, content_hash, settings, flow_path, levels
):
    with cache.open(content_hash, settings) as file:
        keep(cache, content_hash, settings, levels[::-1])
        assert (file.read_quantised() == levels).all()
        file.verify()
    with cache.open(content_hash, settings) as file:
        assert (file.read_quantised() == levels[::-1]).all()
