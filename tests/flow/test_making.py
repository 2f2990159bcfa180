"""Flow of many videos, from files through decoder processes into a cache."""

import shutil
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from motionfit.errors import ConfigError, FlowCacheVersionError
from motionfit.flow.cache.cache import FlowCache
from motionfit.flow.camera_motion import remove_camera_motion
from motionfit.flow.compute import to_grey
from motionfit.flow.dis import Dis
from motionfit.flow.making.make import make_flow
from motionfit.flow.making.settings import MakingSettings
from motionfit.flow.quantise import quantise_flow, saturated_share
from motionfit.flow.settings import FlowSettings
from motionfit.media.identity import identify_video
from motionfit.media.reader import read_clips
from motionfit.media.sampling import ClipSampling, ClipSpec, Sliding
from motionfit.media.write import write_video

DIS = MakingSettings(method="dis")
EVERY_FRAME = ClipSampling(spec=ClipSpec(clip_length=1), placement=Sliding(clip_hop=1))


def write_moving_texture(path: Path, num_frames: int, size: tuple[int, int] = (64, 96)) -> None:
    height, width = size
    texture = np.random.default_rng(num_frames).integers(0, 255, (height, width, 3), np.uint8)
    frames = np.stack([np.roll(texture, 2 * number, axis=1) for number in range(num_frames)])
    write_video(path, frames, 25)


def write_changing_size(path: Path) -> None:
    parts = []
    for height, width in ((64, 96), (128, 192)):
        part = path.with_suffix(f".{height}.ts")
        with av.open(str(part), "w") as container:
            stream = container.add_stream("mpeg2video", rate=25)
            stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
            for number in range(6):
                picture = np.full((height, width, 3), 20 * number, dtype=np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
            container.mux(stream.encode(None))
        parts.append(part.read_bytes())
        part.unlink()
    path.write_bytes(b"".join(parts))


def cut_short(path: Path, source: Path) -> None:
    """Write a copy that ends at 60%, its index of frames at the front."""
    whole = path.with_suffix(".whole")
    with (
        av.open(source) as original,
        av.open(whole, "w", format="mp4", options={"movflags": "faststart"}) as container,
    ):
        stream = container.add_stream_from_template(original.streams.video[0])
        for packet in original.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                container.mux(packet)
    content = whole.read_bytes()
    whole.unlink()
    path.write_bytes(content[: len(content) * 6 // 10])


def with_flipped_bits(path: Path, source: Path) -> None:
    content = bytearray(source.read_bytes())
    # In the pictures, not in the index of them that stands at the end.
    for place in np.random.default_rng(1).integers(len(content) // 10, len(content) // 2, 50):
        content[place] ^= 0xFF
    path.write_bytes(bytes(content))


def expected_levels(path: Path, settings: FlowSettings) -> NDArray[np.uint8]:
    frames = read_clips(path, EVERY_FRAME, settings.size).frames
    flow = Dis().estimate(to_grey(frames))
    if settings.remove_camera_motion:
        flow = np.stack([remove_camera_motion(pair)[0] for pair in flow])
    return quantise_flow(flow, settings.bound)


def kept_levels(cache: Path, path: Path, settings: FlowSettings) -> NDArray[np.uint8]:
    with FlowCache(cache).open(identify_video(path).content_hash, settings) as flow:
        flow.verify()
        return flow.read_quantised()


def everything_in(folder: Path) -> dict[str, bytes]:
    """Return the bytes of each file below a folder, hidden ones too, by name."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("making", "settings"),
    [
        (DIS, FlowSettings(method="dis")),
        (
            MakingSettings(method="dis", size="48x64", bound_px=3),
            FlowSettings(method="dis", size=(48, 64), bound_px=3),
        ),
        (
            MakingSettings(method="dis", remove_camera_motion=True),
            FlowSettings(method="dis", remove_camera_motion=True),
        ),
    ],
    ids=["native", "sized and bound", "camera motion removed"],
)
def test_the_cache_holds_the_flow_of_every_pair(
    making: MakingSettings, settings: FlowSettings, tmp_path: Path
) -> None:
    # Longer than a chunk of the decoders, and no whole number of batches.
    write_moving_texture(tmp_path / "long.mp4", 150)
    report = make_flow([tmp_path / "long.mp4"], tmp_path / "cache", making)
    kept = kept_levels(tmp_path / "cache", tmp_path / "long.mp4", settings)
    expected = expected_levels(tmp_path / "long.mp4", settings)
    assert len(kept) == 149
    np.testing.assert_array_equal(kept, expected)
    assert (report.made, report.flows, report.settings) == (1, 149, settings)
    assert report.bytes == sum(path.stat().st_size for path in (tmp_path / "cache").rglob("*.flow"))


def test_the_report_counts_what_was_clipped(tmp_path: Path) -> None:
    write_moving_texture(tmp_path / "moves.mp4", 20)
    making = MakingSettings(method="dis", bound_px=1.0)
    report = make_flow([tmp_path / "moves.mp4"], tmp_path / "cache", making)
    flow = Dis().estimate(to_grey(read_clips(tmp_path / "moves.mp4", EVERY_FRAME).frames))
    assert report.saturated_share == pytest.approx(saturated_share(flow, 1.0))
    assert report.saturated_share > 0.5
    ((_, remark),) = report.remarks
    assert "beyond the bound of 1 px" in remark


def test_the_second_run_does_nothing(folder: Path, tmp_path: Path) -> None:
    first = make_flow([folder], tmp_path / "cache", DIS)
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").rglob("*")}
    again = make_flow([folder], tmp_path / "cache", DIS)
    assert (first.made, first.skipped) == (3, 0)
    assert (again.made, again.skipped, again.flows) == (0, 3, 0)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").rglob("*")} == times


def test_the_bytes_depend_on_the_videos_only(video_files: list[Path], tmp_path: Path) -> None:
    write_moving_texture(tmp_path / "long.mp4", 100)
    videos = [*video_files[:3], tmp_path / "long.mp4"]
    one = MakingSettings(method="dis", workers=1)
    make_flow(videos, tmp_path / "one", one)
    make_flow(videos[::-1], tmp_path / "many", MakingSettings(method="dis", workers=5))
    assert everything_in(tmp_path / "one") == everything_in(tmp_path / "many")


def test_the_same_content_at_two_places_is_computed_once(
    video_files: list[Path], tmp_path: Path
) -> None:
    shutil.copy(video_files[0], tmp_path / "a.mp4")
    shutil.copy(video_files[0], tmp_path / "b.mp4")
    report = make_flow([tmp_path / "a.mp4", tmp_path / "b.mp4"], tmp_path / "cache", DIS)
    assert (report.made, report.skipped, report.failed) == (1, 1, [])
    assert len(list((tmp_path / "cache").rglob("*.flow"))) == 1


def test_a_video_named_twice_counts_once(video_files: list[Path], tmp_path: Path) -> None:
    report = make_flow([video_files[0], str(video_files[0])], tmp_path / "cache", DIS)
    assert (report.made, report.skipped) == (1, 0)


def test_every_odd_file_has_one_sentence_and_the_others_go_on(
    video_files: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    shutil.copy(video_files[0], folder / "good.mp4")
    write_moving_texture(folder / "single.mp4", 1)
    write_moving_texture(folder / "tiny.mp4", 9, (8, 8))
    (folder / "text.mp4").write_text("This is no video. " * 100)
    (folder / "text again.mp4").write_text("This is no video. " * 100)
    (folder / "empty.mp4").touch()
    report = make_flow([folder, tmp_path / "nowhere.mp4"], tmp_path / "cache", DIS)
    failed = {Path(failure.path).name: failure for failure in report.failed}
    assert {name: failure.error for name, failure in failed.items()} == {
        "single.mp4": "SingleFrameError",
        "tiny.mp4": "FrameSizeError",
        "text.mp4": "UnreadableVideoError",
        "text again.mp4": "UnreadableVideoError",
        "empty.mp4": "UnreadableVideoError",
        "nowhere.mp4": "VideoNotFoundError",
    }
    for name, failure in failed.items():
        assert name in failure.message
        assert failure.message.endswith(".")
        assert len(failure.message.splitlines()) == 1
    assert report.made == 1
    assert not list((tmp_path / "cache").rglob("*.part"))


def test_of_a_video_cut_short_the_readable_part_is_kept_with_a_note(tmp_path: Path) -> None:
    write_moving_texture(tmp_path / "whole.mp4", 60)
    cut_short(tmp_path / "short.mp4", tmp_path / "whole.mp4")
    report = make_flow([tmp_path / "short.mp4"], tmp_path / "cache", DIS)
    readable = read_clips(tmp_path / "short.mp4", EVERY_FRAME).num_frames_decoded
    assert 2 < readable < 60
    settings = FlowSettings(method="dis")
    kept = kept_levels(tmp_path / "cache", tmp_path / "short.mp4", settings)
    assert len(kept) == readable - 1
    np.testing.assert_array_equal(kept, expected_levels(tmp_path / "short.mp4", settings))
    ((path, remark),) = report.remarks
    assert Path(path).name == "short.mp4"
    assert remark == f"{readable} of 60 frames readable; their flow is kept"


def test_a_video_found_damaged_halfway_has_the_flow_of_each_frame_once(tmp_path: Path) -> None:
    write_moving_texture(tmp_path / "whole.mp4", 200)
    with_flipped_bits(tmp_path / "damaged.mp4", tmp_path / "whole.mp4")
    report = make_flow([tmp_path / "damaged.mp4"], tmp_path / "cache", DIS)
    readable = read_clips(tmp_path / "damaged.mp4", EVERY_FRAME).num_frames_decoded
    assert (report.made, report.flows) == (1, readable - 1)


def test_pictures_that_change_size_are_brought_to_the_first_with_a_note(tmp_path: Path) -> None:
    write_changing_size(tmp_path / "grows.ts")
    report = make_flow([tmp_path / "grows.ts"], tmp_path / "cache", DIS)
    kept = kept_levels(tmp_path / "cache", tmp_path / "grows.ts", FlowSettings(method="dis"))
    assert kept.shape[1:] == (64, 96, 2)
    assert report.made == 1
    assert any(
        remark == "its pictures change their size on the way; all were brought to 96x64 px"
        for _, remark in report.remarks
    )


def test_a_file_of_the_cache_that_was_cut_off_is_made_anew(folder: Path, tmp_path: Path) -> None:
    make_flow([folder], tmp_path / "cache", DIS)
    whole = everything_in(tmp_path / "cache")
    damaged = next((tmp_path / "cache").rglob("*.flow"))
    damaged.write_bytes(damaged.read_bytes()[:-100])
    report = make_flow([folder], tmp_path / "cache", DIS)
    assert (report.made, report.skipped) == (1, 2)
    assert everything_in(tmp_path / "cache") == whole


def test_a_folder_without_videos_is_noted_and_makes_no_cache(tmp_path: Path) -> None:
    (tmp_path / "videos").mkdir()
    report = make_flow([tmp_path / "videos"], tmp_path / "cache", DIS)
    assert report.remarks == [(str(tmp_path / "videos"), "no video file in this folder")]
    assert not (tmp_path / "cache").exists()


def test_what_is_no_cache_is_refused_before_anything_is_done(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="a folder"):
        make_flow([folder], tmp_path / "file", DIS)
    make_flow([folder], tmp_path / "cache", DIS)
    (tmp_path / "cache" / "flow-cache.json").write_text('{"format": 999}')
    before = everything_in(tmp_path / "cache")
    with pytest.raises(FlowCacheVersionError, match="999"):
        make_flow([folder], tmp_path / "cache", DIS)
    assert everything_in(tmp_path / "cache") == before


def test_tv_l1_is_made_by_the_same_run(video_files: list[Path], tmp_path: Path) -> None:
    making = MakingSettings(method="tvl1", size="32x48")
    report = make_flow(video_files[:1], tmp_path / "cache", making)
    settings = FlowSettings(method="tvl1", size=(32, 48))
    assert report.settings == settings
    assert kept_levels(tmp_path / "cache", video_files[0], settings).shape[1:] == (32, 48, 2)


def test_a_device_is_fed_with_larger_batches(video_files: list[Path], tmp_path: Path) -> None:
    """Torch on the CPU goes the way that a GPU goes."""
    making = MakingSettings(method="tvl1-torch", size="24x32", device="cpu")
    report = make_flow(video_files[:2], tmp_path / "cache", making)
    reference = MakingSettings(method="tvl1", size="24x32")
    make_flow(video_files[:2], tmp_path / "cache", reference)
    assert (report.made, report.failed) == (2, [])
    of_torch, of_opencv = (
        kept_levels(tmp_path / "cache", video_files[0], making.flow_settings(method)).astype(int)
        for method in ("tvl1-torch", "tvl1")
    )
    assert of_torch.shape == of_opencv.shape
    assert np.abs(of_torch - of_opencv).mean() < 1.0
