"""Flow that is packed already: used again, and gone on with, when the cache is gone."""

from pathlib import Path

import numpy as np
import pytest

from motionfit.fit.packer import LABELLED, UNLABELLED, Packer
from motionfit.flow.cache.cache import FlowCache
from motionfit.flow.making.settings import MakingSettings

SIZE = (32, 44)


@pytest.fixture(scope="module")
def packer(tmp_path_factory: pytest.TempPathFactory, video_files: list[Path]) -> Packer:
    """Has packed flow of two videos, by a method that is not the fastest one."""
    folder = tmp_path_factory.mktemp("packer")
    making = MakingSettings(method="tvl1", size="32x44")
    packer = Packer(folder=folder / "packs", cache=folder / "flow", making=making)
    packer.pack("flow", video_files[:2], LABELLED, size=SIZE)
    return packer


def without_cache(packer: Packer, tmp_path: Path, *, method: str = "auto") -> Packer:
    making = MakingSettings(method=method, size="32x44")
    return Packer(folder=packer.folder, cache=tmp_path / "flow", making=making)


def test_packed_flow_needs_no_cache(packer, video_files, tmp_path):
    again = without_cache(packer, tmp_path, method="tvl1")

    packed = again.pack("flow", video_files[:2], LABELLED, size=SIZE)

    before = packer.pack("flow", video_files[:2], LABELLED, size=SIZE)
    assert packed.path == before.path
    assert np.array_equal(packed.planes(1), before.planes(1))
    assert not (tmp_path / "flow").exists()
    assert again.flow == packer.flow


def test_auto_goes_on_with_the_method_that_packs_were_made_with(packer, video_files, tmp_path):
    again = without_cache(packer, tmp_path)

    first = again.pack("flow", video_files[:2], LABELLED, size=SIZE)
    second = again.pack("flow", video_files[2:3], UNLABELLED, size=SIZE)

    assert first.format == second.format
    assert again.flow.method == "tvl1"
    cache = FlowCache(tmp_path / "flow")
    assert [len(list(cache.content_hashes(settings))) for settings in cache.settings()] == [1]


def test_videos_that_have_changed_are_not_found_in_a_pack(packer, video_files, tmp_path):
    videos = [tmp_path / "a.mp4", tmp_path / "b.mp4"]
    for video, source in zip(videos, video_files, strict=False):
        video.write_bytes(source.read_bytes())
    before = packer.pack("flow", videos, LABELLED, size=SIZE).content_hashes
    videos[0].write_bytes(video_files[2].read_bytes())

    after = without_cache(packer, tmp_path, method="tvl1").pack("flow", videos, LABELLED, size=SIZE)

    assert after.content_hashes != before
    assert after.content_hashes[1] == before[1]
