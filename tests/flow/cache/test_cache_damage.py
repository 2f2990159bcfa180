"""No byte of a cache can change without being noticed."""

import shutil

import numpy as np
import pytest

from motionfit.errors import (
    ConfigError,
    FlowCacheDamagedError,
    FlowCacheVersionError,
    FlowError,
    FlowNotCachedError,
)
from motionfit.flow.cache.cache import FlowCache
from motionfit.flow.settings import FlowSettings


def read_or_refuse(cache, content_hash, settings, levels):
    """Read all clips; return whether something was refused. Nothing wrong may be read."""
    try:
        with cache.open(content_hash, settings) as file:
            about = file.description
            assert (about.num_flows, about.height, about.width) == levels.shape[:3]
            assert (about.saturated_share, about.num_frames_decoded) == (0.25, 24)
            for start in (0, 3, 7):
                assert (file.read_quantised(start, start + 16) == levels[start : start + 16]).all()
    except FlowError:
        return True
    return False


def is_verified(cache, content_hash, settings):
    try:
        with cache.open(content_hash, settings) as file:
            file.verify()
    except FlowError:
        return False
    return True


@pytest.fixture
def try_damage(cache, content_hash, settings, flow_path, levels):
    """Return a function that damages one byte and checks that this does not go unseen."""
    whole = flow_path.read_bytes()

    def try_damage(position, mask):
        damaged = bytearray(whole)
        damaged[position] ^= mask
        flow_path.write_bytes(damaged)
        assert not is_verified(cache, content_hash, settings), position
        return read_or_refuse(cache, content_hash, settings, levels)

    return try_damage


def test_no_flipped_byte_passes_the_check_or_alters_what_is_read(try_damage, flow_path):
    size = flow_path.stat().st_size
    draw = np.random.default_rng(0)
    positions = draw.integers(0, size, 500)
    refused = [try_damage(int(position), int(draw.integers(1, 256))) for position in positions]
    # Headers of the zip archive matter to other programs only: reading goes on without them.
    assert 0.5 < np.mean(refused) < 1


def test_nor_does_any_flipped_bit_of_the_index(try_damage, flow_path):
    size = flow_path.stat().st_size
    seal_begins = flow_path.read_bytes().rindex(b"motionfit-flow")
    for position in range(seal_begins, size):
        for bit in range(8):
            try_damage(position, 1 << bit)


def test_blocks_that_were_exchanged_are_noticed(cache, content_hash, settings, flow_path, levels):
    content = flow_path.read_bytes()
    table = content.index(b"blocks.bin") + len(b"blocks.bin")
    rows = content[table : table + 32]
    assert rows[:16] != rows[16:]
    flow_path.write_bytes(content[:table] + rows[16:] + rows[:16] + content[table + 32 :])
    assert read_or_refuse(cache, content_hash, settings, levels)


@pytest.mark.parametrize("kept", [0, 1, 50, 0.5, 0.99, -1])
def test_a_file_that_is_cut_off_is_noticed(cache, content_hash, settings, flow_path, kept):
    content = flow_path.read_bytes()
    flow_path.write_bytes(content[: int(kept * len(content)) if isinstance(kept, float) else kept])
    with pytest.raises(FlowCacheDamagedError, match="damaged flow file: its end is missing"):
        cache.open(content_hash, settings)


def test_a_hole_in_a_file_is_noticed(cache, content_hash, settings, flow_path):
    content = flow_path.read_bytes()
    flow_path.write_bytes(content[:200] + content[300:])
    assert not is_verified(cache, content_hash, settings)


def test_the_file_of_another_video_is_noticed(cache, content_hash, settings, flow_path):
    other_hash = content_hash[:2] + "e" * 62
    shutil.copy(flow_path, flow_path.with_name(f"{other_hash}.flow"))
    with pytest.raises(FlowCacheDamagedError, match="it is of another video or other settings"):
        cache.open(other_hash, settings)


def test_the_file_of_other_settings_is_noticed(cache, content_hash, settings, flow_path):
    folder = flow_path.parents[1]
    other = FlowSettings(method="dis")
    with cache.writer("ab" * 32, other) as writer:
        writer.append(np.zeros((1, 4, 4, 2), np.uint8))
        writer.commit()
    (other_folder,) = cache.cache_dir.glob("dis-*")
    shutil.copytree(folder / content_hash[:2], other_folder / content_hash[:2])
    with pytest.raises(FlowCacheDamagedError, match="it is of another video or other settings"):
        cache.open(content_hash, other)


def test_a_folder_in_the_place_of_a_file_is_damage(cache, content_hash, settings, flow_path):
    flow_path.unlink()
    flow_path.mkdir()
    assert not cache.has(content_hash, settings)
    with pytest.raises(FlowCacheDamagedError, match="Is a directory"):
        cache.open(content_hash, settings)


def test_a_file_that_was_removed_is_not_cached(cache, content_hash, settings, flow_path):
    flow_path.unlink()
    with pytest.raises(FlowNotCachedError):
        cache.open(content_hash, settings)


def test_a_file_of_another_version_is_refused(cache, content_hash, settings, flow_path):
    content = flow_path.read_bytes()
    flow_path.write_bytes(content.replace(b"motionfit-flow 0001", b"motionfit-flow 0002"))
    with pytest.raises(FlowCacheVersionError, match="flow cache of format 2, this version reads"):
        cache.open(content_hash, settings)


@pytest.mark.usefixtures("flow_path")
def test_a_cache_of_another_version_is_refused_by_all_that_touches_it(
    cache, content_hash, settings
):
    (cache.cache_dir / "flow-cache.json").write_text('{"format": 99}')
    before = sorted(cache.cache_dir.rglob("*"))
    for touch in (
        lambda: cache.has(content_hash, settings),
        lambda: cache.open(content_hash, settings),
        lambda: cache.writer(content_hash, FlowSettings(method="dis")),
        cache.settings,
        lambda: list(cache.content_hashes(settings)),
    ):
        with pytest.raises(FlowCacheVersionError, match="format 99, this version reads format 1"):
            touch()
    assert sorted(cache.cache_dir.rglob("*")) == before


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"version": 1}', b"\xff\xfe\x00"])
@pytest.mark.usefixtures("flow_path")
def test_a_cache_that_does_not_say_its_version_is_damaged(cache, content_hash, settings, content):
    (cache.cache_dir / "flow-cache.json").write_bytes(content)
    with pytest.raises(FlowCacheDamagedError, match=r"flow-cache\.json: .*names no format"):
        cache.has(content_hash, settings)
    with pytest.raises(FlowCacheDamagedError, match=r"flow-cache\.json"):
        cache.writer(content_hash, settings)


@pytest.mark.usefixtures("flow_path")
def test_settings_that_cannot_be_read_are_damage(cache):
    (path,) = cache.cache_dir.glob("*/settings.json")
    path.write_text("{")
    with pytest.raises(FlowCacheDamagedError, match="it holds no settings"):
        cache.settings()


def test_a_file_in_the_place_of_the_cache_is_refused(tmp_path, content_hash, settings):
    (tmp_path / "taken").write_text("a letter")
    cache = FlowCache(tmp_path / "taken")
    for touch in (cache.has, cache.open, cache.writer):
        with pytest.raises(ConfigError, match=r"cache is '.*taken'; expected a folder"):
            touch(content_hash, settings)
    assert (tmp_path / "taken").read_text() == "a letter"


def test_a_folder_of_something_else_is_left_alone(tmp_path, content_hash, settings):
    (tmp_path / "holiday.mp4").write_bytes(b"video")
    cache = FlowCache(tmp_path)
    for touch in (cache.has, cache.open, cache.writer):
        with pytest.raises(ConfigError, match=r"expected a flow cache, an empty folder or a new"):
            touch(content_hash, settings)
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.mp4"]
