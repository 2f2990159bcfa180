"""What the reference reader does beyond the plain case: turning, scaling, damage, jumps."""

from pathlib import Path
from types import ModuleType

import av
import numpy as np
import pytest

from motionfit.errors import MediaError, UnreadableVideoError
from motionfit.media.probe import probe
from motionfit.media.reader import read_clips
from motionfit.media.reading.container import DEFAULT_MAX_PIXELS
from motionfit.media.reading.pyav_reader import PyavReader
from motionfit.media.sampling import ClipSampling, ClipSpec, Uniform

B_FRAMES = {"bf": "3", "g": "12"}


def open_reader(path: Path) -> PyavReader:
    return PyavReader(path, None, max_pixels=DEFAULT_MAX_PIXELS, threads=None)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov"])
def test_a_jump_to_a_key_frame_decodes_no_frame_before_it(
    suffix: str, tmp_path: Path, burnt_in: ModuleType
) -> None:
    path = tmp_path / f"long.{suffix}"
    burnt_in.write_numbered_video(path, "libx264", 120, options=B_FRAMES)
    with open_reader(path) as reader:
        frames = np.empty((2, *reader.size, 3), dtype=np.uint8)
        with av.open(str(path)) as counter:
            all_frames = sum(1 for _ in counter.decode(video=0))

        reader.read_into(np.array([50, 110]), frames, np.array([1, 0]))

        assert burnt_in.read_numbers(frames).tolist() == [110, 50]
        assert reader.has_trusted_packets
        assert all_frames == reader.timeline.num_frames == 120


@pytest.mark.parametrize(
    ("turn", "degrees"),
    [
        ((-90, False, False), 90),
        ((180, False, False), 180),
        ((90, False, False), 270),
        ((0, True, False), 0),
        ((90, True, False), 270),
    ],
)
def test_the_display_matrix_is_applied(
    turn: tuple[float, bool, bool], degrees: int, tmp_path: Path, burnt_in: ModuleType
) -> None:
    upright, turned = tmp_path / "upright.mp4", tmp_path / "turned.mp4"
    burnt_in.write_numbered_video(upright, "libx264", 20, options=B_FRAMES)
    burnt_in.write_numbered_video(turned, "libx264", 20, options=B_FRAMES, rotation=turn)
    stored = read_clips(upright, np.array([[17]])).frames[0]
    expected = {
        (-90, False, False): np.rot90(stored, -1),
        (180, False, False): np.rot90(stored, 2),
        (90, False, False): np.rot90(stored),
        (0, True, False): stored[:, ::-1],
        (90, True, False): np.rot90(stored)[:, ::-1],
    }[turn]

    shown = read_clips(turned, np.array([[17]]))

    np.testing.assert_array_equal(shown.frames[0], expected)
    info = probe(turned)
    assert info.rotation_degrees == degrees
    assert (info.height, info.width) == expected.shape[:2]
    assert shown.info == info


def test_a_turned_picture_has_the_size_asked_for_as_shown(
    tmp_path: Path, burnt_in: ModuleType
) -> None:
    path = tmp_path / "portrait.mp4"
    burnt_in.write_numbered_video(path, "libx264", 20, rotation=(-90, False, False))

    clips = read_clips(path, np.array([[5]]), (90, 50), reader="decord")

    assert clips.frames.shape == (1, 90, 50, 3)
    assert burnt_in.read_number(np.rot90(clips.frames[0])) == 5
    assert clips.reader == "pyav"


def test_times_are_the_time_stamps_counted_from_the_first_frame(
    tmp_path: Path, burnt_in: ModuleType
) -> None:
    path = tmp_path / "variable.mp4"
    burnt_in.write_numbered_video(path, "libx264", 6, pts=[10, 11, 13, 20, 21, 25])

    clips = read_clips(path, np.array([[0, 1], [2, 3], [4, 5]]))

    np.testing.assert_allclose(clips.start_seconds, [0.0, 0.12, 0.44])
    np.testing.assert_allclose(clips.end_seconds[:2], [0.12, 0.44])


def test_times_are_even_where_time_stamps_are_missing(tmp_path: Path, burnt_in: ModuleType) -> None:
    path = tmp_path / "bare.h264"
    burnt_in.write_numbered_video(path, "libx264", 10, options=B_FRAMES)

    clips = read_clips(path, np.array([[0, 9]]))

    assert (clips.start_seconds[0], clips.end_seconds[0]) == (0.0, 0.4)


def test_frames_that_an_edit_list_cuts_off_do_not_count(
    tmp_path: Path, burnt_in: ModuleType
) -> None:
    path = tmp_path / "cut.mp4"
    options = {"use_editlist": "1", "avoid_negative_ts": "disabled"}
    burnt_in.write_numbered_video(
        path, "libx264", 40, options=B_FRAMES, pts=range(-5, 35), container_options=options
    )

    clips = read_clips(path, np.arange(35)[None])

    assert clips.num_frames_decoded == 35
    assert burnt_in.read_numbers(clips.frames).tolist() == list(range(5, 40))
    assert clips.start_seconds[0] == 0


def test_every_frame_has_one_size_where_the_stream_changes_its_own(tmp_path: Path) -> None:
    path = tmp_path / "grows.ts"
    parts = []
    for height, width, grey in ((64, 96, 60), (128, 192, 200)):
        part = tmp_path / f"{height}.ts"
        with av.open(str(part), "w") as container:
            stream = container.add_stream("mpeg2video", rate=25)
            stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
            for _ in range(5):
                picture = np.full((height, width, 3), grey, dtype=np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
            container.mux(stream.encode(None))
        parts.append(part.read_bytes())
    path.write_bytes(b"".join(parts))

    # The decoder swallows the frame before the change.
    clips = read_clips(path, np.array([[0, 8]]))

    assert clips.frames.shape == (2, 64, 96, 3)
    assert np.abs(clips.frames.mean(axis=(1, 2, 3)) - [60, 200]).max() < 4
    assert clips.has_size_change
    assert not read_clips(path, np.array([[0, 3]])).has_size_change


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi", "ts"])
def test_of_a_truncated_file_what_is_readable_is_served(
    suffix: str, tmp_path: Path, burnt_in: ModuleType
) -> None:
    whole, path = tmp_path / f"whole.{suffix}", tmp_path / f"truncated.{suffix}"
    burnt_in.write_numbered_video(
        whole,
        "mpeg4" if suffix == "avi" else "libx264",
        size=(256, 384),
        options={"g": "12", "bf": "2"},
        container_options={"movflags": "faststart"} if suffix == "mp4" else {},
    )
    data = whole.read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])

    clips = read_clips(path, ClipSampling(spec=ClipSpec(clip_length=4), placement=Uniform()))

    numbers = burnt_in.read_numbers(clips.gather())
    assert 10 < clips.num_frames_decoded < 48
    assert clips.num_clips == 10
    assert numbers[0, 0] == 0
    # The very last frame may be torn; up to it every number is right.
    assert numbers.ravel()[:-1].tolist() == clips_of(clips.num_frames_decoded).ravel()[:-1].tolist()
    if suffix == "mp4":
        assert clips.num_frames_expected == 48


def clips_of(num_frames: int) -> np.ndarray:
    starts = np.arange(10) * (num_frames - 4) // 9
    return starts[:, None] + np.arange(4)


def test_an_mp4_whose_index_is_cut_off_is_refused(tmp_path: Path, burnt_in: ModuleType) -> None:
    path = tmp_path / "recording.mp4"
    burnt_in.write_numbered_video(path, "libx264")
    path.write_bytes(path.read_bytes()[:2000])

    with pytest.raises(UnreadableVideoError, match="MP4 index is missing"):
        read_clips(path, ClipSampling())


@pytest.mark.parametrize("seed", range(6))
def test_flipped_bytes_cost_some_frames_and_no_more(
    seed: int, tmp_path: Path, burnt_in: ModuleType
) -> None:
    path = tmp_path / "damaged.mp4"
    burnt_in.write_numbered_video(
        path, "libx264", options=B_FRAMES, container_options={"movflags": "faststart"}
    )
    data = bytearray(path.read_bytes())
    begin = data.index(b"mdat") + 600
    for place in np.random.default_rng(seed).integers(begin, len(data), 60):
        data[place] ^= 0xFF
    path.write_bytes(data)

    clips = read_clips(path, ClipSampling())

    assert clips.num_clips == 10
    assert 0 < clips.num_frames_decoded <= clips.num_frames_expected == 48


def test_a_video_without_a_decodable_frame_is_refused(tmp_path: Path, burnt_in: ModuleType) -> None:
    path = tmp_path / "noise.mp4"
    burnt_in.write_numbered_video(path, "libx264", container_options={"movflags": "faststart"})
    data = bytearray(path.read_bytes())
    begin = data.index(b"mdat") + 4
    data[begin:] = np.random.default_rng(0).bytes(len(data) - begin)
    path.write_bytes(data)

    with pytest.raises(UnreadableVideoError, match="no frame of it can be decoded"):
        read_clips(path, ClipSampling())


def test_frames_that_change_twice_while_they_are_read_are_refused(
    tmp_path: Path, burnt_in: ModuleType
) -> None:
    path = tmp_path / "video.mp4"
    burnt_in.write_numbered_video(path, "libx264")

    with open_reader(path) as reader:
        assert reader.look_again() is reader
        with pytest.raises(UnreadableVideoError, match="changed while"):
            reader.look_again()


@pytest.mark.parametrize("size", [(128, 171), (112, 112), (64, 85), (240, 320)])
def test_scaling_while_decoding_equals_an_antialiased_resize(
    size: tuple[int, int], shared_data: Path
) -> None:
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    differences = []
    for path in sorted((shared_data / "jhmdb21").glob("*/*.mp4"))[::150]:
        native = read_clips(path, ClipSampling()).frames
        scaled = read_clips(path, ClipSampling(), size).frames
        for mine, whole in zip(scaled, native, strict=True):
            picture = image.fromarray(whole).resize(size[::-1], image.Resampling.BILINEAR)
            differences.append(np.abs(mine.astype(int) - np.asarray(picture)).mean())

    assert np.mean(differences) < 1.0


@pytest.mark.parametrize(
    ("pixel_format", "tolerance"), [("yuv420p", 3), ("yuvj420p", 3), ("yuv444p", 3)]
)
def test_colours_come_back_as_they_were_drawn(
    pixel_format: str, tolerance: int, tmp_path: Path
) -> None:
    path = tmp_path / "colours.mp4"
    colours = np.array([[200, 30, 40], [20, 180, 60], [30, 60, 210], [128, 128, 128]])
    picture = colours.astype(np.uint8).reshape(2, 2, 3).repeat(32, 0).repeat(32, 1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "5"})
        stream.height, stream.width, stream.pix_fmt = 64, 64, pixel_format
        container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode(None))

    shown = read_clips(path, np.array([[0]])).frames[0]

    middles = shown[16::32, 16::32].reshape(4, 3).astype(int)
    assert np.abs(middles - colours).max() <= tolerance


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [("mp4", "libx264"), ("mkv", "libx264"), ("avi", "mpeg4"), ("ts", "mpeg2video")],
)
def test_damage_anywhere_gives_clips_or_an_error_of_ours(
    suffix: str, codec: str, tmp_path: Path, burnt_in: ModuleType
) -> None:
    whole, path = tmp_path / f"whole.{suffix}", tmp_path / f"damaged.{suffix}"
    burnt_in.write_numbered_video(whole, codec, 20, options={"g": "6", "bf": "2"})
    data = whole.read_bytes()
    random = np.random.default_rng(11)
    outcomes = set()
    for attempt in range(60):
        damaged = bytearray(data)
        end = len(data) if attempt % 2 else 1500
        for place in random.integers(0, end, random.integers(1, 30)):
            damaged[place] = random.integers(256)
        path.write_bytes(damaged[: random.integers(1, len(data))] if attempt % 3 == 0 else damaged)
        try:
            clips = read_clips(path, ClipSampling(), (32, 32))
        except MediaError:
            outcomes.add("refused")
        else:
            outcomes.add("served")
            assert clips.num_clips == 10
            assert len(clips.frames) <= clips.num_frames_decoded

    assert outcomes == {"refused", "served"}


def test_a_frame_rate_that_cannot_be_true_is_not_believed(
    tmp_path: Path, burnt_in: ModuleType
) -> None:
    path = tmp_path / "fast.avi"
    burnt_in.write_numbered_video(path, "mpeg4", 10)
    data = bytearray(path.read_bytes())
    scale = data.index(b"strh") + 28
    data[scale + 4 : scale + 8] = (2_000_000_000).to_bytes(4, "little")
    path.write_bytes(data)

    clips = read_clips(path, np.array([[0, 9]]))

    assert clips.end_seconds[0] == pytest.approx(0.4)
    assert clips.info.frame_rate < 10_000
