from pathlib import Path

import cv2
import numpy as np
import pytest

from motionfit.errors import ConfigError, TooFewVideosError
from motionfit.flow.cache.cache import FlowCache
from motionfit.flow.making.make import make_flow
from motionfit.flow.making.settings import MakingSettings
from motionfit.flow.packing import pack_flow, resize_levels
from motionfit.flow.settings import FlowSettings
from motionfit.media.identity import identify_video
from motionfit.media.packed.frames import pack_frames
from motionfit.media.packed.match import match_videos

SIZE = (24, 32)
CHEAP = MakingSettings(method="dis")
SETTINGS = CHEAP.flow_settings("dis")


@pytest.fixture(scope="module")
def cache(video_files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> FlowCache:
    """The flow of three videos."""
    folder = tmp_path_factory.mktemp("packing") / "cache"
    make_flow(video_files[:3], folder, CHEAP)
    return FlowCache(folder)


def test_packed_flow_is_the_cached_flow_resized(
    cache: FlowCache, video_files: list[Path], tmp_path: Path
) -> None:
    packed = pack_flow(video_files[:3], cache, SETTINGS, tmp_path / "flow", size=SIZE).packed
    assert (packed.kind, packed.size, packed.num_channels) == ("flow", SIZE, 2)
    assert packed.format.settings["bound_px"] == SETTINGS.bound
    for video, path in enumerate(video_files[:3]):
        with cache.open(identify_video(path).content_hash, SETTINGS) as flow:
            levels = flow.read_quantised()
        assert packed.num_frames[video] == len(levels)
        last = cv2.resize(
            np.ascontiguousarray(levels[-1, ..., 1]), SIZE[::-1], interpolation=cv2.INTER_AREA
        )
        assert np.array_equal(packed.read(video, np.array([len(levels) - 1]))[0, ..., 1], last)
    packed.verify()


def test_a_video_has_one_flow_less_than_frames(
    cache: FlowCache, video_files: list[Path], tmp_path: Path
) -> None:
    frames = pack_frames(video_files[:4], tmp_path / "frames", size=SIZE).packed
    flow = pack_flow(
        frames.names,
        cache,
        SETTINGS,
        tmp_path / "flow",
        size=SIZE,
        content_hashes=frames.content_hashes,
    )
    assert [failed.path for failed in flow.failed] == [str(video_files[3])]
    in_frames, in_flow = match_videos(frames, flow.packed)
    assert in_frames.tolist() == in_flow.tolist() == [0, 1, 2]


def test_flow_that_comes_later_is_packed_then(video_files: list[Path], tmp_path: Path) -> None:
    absent = tmp_path / "absent.mp4"
    videos, out_path = [video_files[0], absent, video_files[1]], tmp_path / "flow"
    cache = FlowCache(tmp_path / "cache")
    make_flow(videos[:1], cache.cache_dir, CHEAP)
    first = pack_flow(videos, cache, SETTINGS, out_path, size=SIZE)
    assert first.packed.names == (str(video_files[0]),)
    assert [failed.error for failed in first.failed] == [
        "VideoNotFoundError",
        "FlowNotCachedError",
    ]
    assert pack_flow(videos, cache, SETTINGS, out_path, size=SIZE).was_ready
    make_flow(videos[2:], cache.cache_dir, CHEAP)
    second = pack_flow(videos, cache, SETTINGS, out_path, size=SIZE)
    assert second.packed.names == (str(video_files[0]), str(video_files[1]))


def test_without_any_flow_nothing_is_packed(
    cache: FlowCache, video_files: list[Path], tmp_path: Path
) -> None:
    other = FlowSettings(method="dis", bound_px=3.0)
    with pytest.raises(TooFewVideosError, match=r"none of 2 videos .*`python -m motionfit.flow"):
        pack_flow(video_files[:2], cache, other, tmp_path / "flow", size=SIZE)
    with pytest.raises(ConfigError, match="content_hashes is 1; expected 2"):
        pack_flow(
            video_files[:2], cache, other, tmp_path / "flow", size=SIZE, content_hashes=["a" * 64]
        )


@pytest.mark.parametrize("size", [(4, 5), (12, 16), (30, 40), (12, 40), (6, 40)])
def test_resizing_keeps_the_displacement(size: tuple[int, int]) -> None:
    levels = np.empty((3, 12, 16, 2), np.uint8)
    levels[..., 0], levels[..., 1] = 200, 31
    resized = resize_levels(levels, size)
    assert resized.shape == (3, 2, *size)
    assert (resized[:, 0] == 200).all()
    assert (resized[:, 1] == 31).all()
