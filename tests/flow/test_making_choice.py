"""Which method makes the flow: what was asked for, what the cache was begun with, the fastest."""

import sys
from pathlib import Path

import numpy as np
import pytest

from motionfit.errors import ConfigError, FlowMethodError
from motionfit.flow.cache.cache import FlowCache
from motionfit.flow.making.choice import choose_estimator
from motionfit.flow.making.settings import MakingSettings
from motionfit.flow.methods import TV_L1_METHODS, choose_method, measure_methods
from motionfit.flow.settings import FlowMethod, FlowSettings

HASH = "0123456789abcdef" * 4


def cache_begun_with(folder: Path, *kept: FlowSettings) -> FlowCache:
    cache = FlowCache(folder)
    for settings in kept:
        with cache.writer(HASH, settings) as writer:
            writer.append(np.zeros((1, 16, 16, 2), np.uint8))
            writer.commit()
    return cache


def test_what_is_asked_for_is_taken(tmp_path: Path) -> None:
    cache = cache_begun_with(tmp_path, FlowSettings(method="tvl1"))
    choice = choose_estimator(MakingSettings(method="dis"), cache)
    assert choice.estimator.method == "dis"
    assert choice.reason == "as asked"


def test_a_new_cache_is_begun_with_the_fastest(tmp_path: Path) -> None:
    choice = choose_estimator(MakingSettings(device="cpu"), FlowCache(tmp_path))
    assert choice.estimator.method == choose_method("cpu")
    assert "fastest" in choice.reason


@pytest.mark.parametrize("method", TV_L1_METHODS)
def test_auto_goes_on_with_the_tv_l1_of_the_cache(method: FlowMethod, tmp_path: Path) -> None:
    size = (64, 96)
    cache = cache_begun_with(tmp_path, FlowSettings(method=method, size=size))
    choice = choose_estimator(MakingSettings(size="64x96", device="cpu"), cache)
    assert choice.estimator.method == method
    assert choice.reason == "this cache was begun with it"


@pytest.mark.parametrize(
    "other",
    [
        FlowSettings(method="tvl1", size=(64, 96)),
        FlowSettings(method="tvl1", bound_px=8),
        FlowSettings(method="tvl1", remove_camera_motion=True),
        FlowSettings(method="dis"),
    ],
    ids=["size", "bound", "camera", "dis"],
)
def test_flow_of_other_settings_decides_nothing(other: FlowSettings, tmp_path: Path) -> None:
    choice = choose_estimator(MakingSettings(device="cpu"), cache_begun_with(tmp_path, other))
    assert "fastest" in choice.reason


def test_the_usual_bound_is_the_same_whether_written_out_or_not(tmp_path: Path) -> None:
    cache = cache_begun_with(tmp_path, FlowSettings(method="tvl1", bound_px=20.0))
    assert choose_estimator(MakingSettings(), cache).estimator.method == "tvl1"


@pytest.mark.skipif(sys.platform == "darwin", reason="a Mac may have this device")
def test_a_method_that_cannot_run_here_is_refused(tmp_path: Path) -> None:
    with pytest.raises((FlowMethodError, ConfigError)):
        choose_estimator(MakingSettings(method="tvl1-torch", device="mps"), FlowCache(tmp_path))


@pytest.mark.skipif(sys.platform == "darwin", reason="a Mac may have this device")
def test_a_device_that_is_not_there_is_refused_rather_than_done_without(tmp_path: Path) -> None:
    cache = cache_begun_with(tmp_path, FlowSettings(method="tvl1-torch"))
    with pytest.raises((FlowMethodError, ConfigError)):
        choose_estimator(MakingSettings(device="mps"), cache)


def test_where_the_caches_method_cannot_run_the_reason_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = cache_begun_with(tmp_path, FlowSettings(method="tvl1-numba"))
    measure_methods.cache_clear()
    monkeypatch.setitem(sys.modules, "motionfit.flow.tvl1.numba_solver", None)  # not installed
    choice = choose_estimator(MakingSettings(device="cpu"), cache)
    measure_methods.cache_clear()
    assert choice.estimator.method != "tvl1-numba"
    assert choice.reason == "this cache was begun with tvl1-numba, which cannot run on this machine"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"method": "farneback"}, "one of auto, tvl1"),
        ({"size": "128"}, "HEIGHTxWIDTH"),
        ({"size": (128, 171)}, "HEIGHTxWIDTH"),
        ({"size": "8x8"}, "from 16 to 4096"),
        ({"bound_px": 0}, "a positive number"),
        ({"bound_px": "20"}, "a positive number"),
        ({"workers": 0}, "at least 1"),
        ({"workers": 1.5}, "at least 1"),
        ({"remove_camera_motion": "no"}, "true or false"),
        ({"device": "gpu"}, "one of auto, cpu"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(values: dict[str, object], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        MakingSettings(**values)
