"""How clips are cut into chunks, and what happens where frames are not where they should be."""

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from motionfit.errors import ConfigError
from motionfit.media.clips import DecodedClips
from motionfit.media.reader import read_clips, stream_clips
from motionfit.media.reading.clip_stream import count_fitting_clips, stream_chunks
from motionfit.media.reading.frame_source import FrameMismatchError
from motionfit.media.sampling import ClipSampling, ClipSpec, Every, Sliding, Uniform
from motionfit.media.video import FrameTimeline, VideoInfo

INFO = VideoInfo(
    path=Path("fake.mp4"),
    duration_seconds=4.0,
    num_frames=100,
    frame_rate=25.0,
    height=1,
    width=2,
    rotation_degrees=0,
    codec="h264",
    container="mp4",
    pixel_format="yuv420p",
)


class FakeSource:
    """Frames whose pixels are their index; may break off once, and then have fewer frames."""

    name = "pyav"
    info = INFO
    size = (1, 2)
    num_frames_expected = 100
    has_size_change = False

    def __init__(self, breaks_at: int = 1000, num_true_frames: int = 100) -> None:
        self.timeline = FrameTimeline.constant(100, 25.0)
        self.decoded: list[int] = []
        self._breaks_at = breaks_at
        self._num_true_frames = num_true_frames

    def read_into(
        self,
        frame_indices: NDArray[np.int64],
        frames: NDArray[np.uint8],
        rows: NDArray[np.int64],
    ) -> None:
        if (frame_indices >= self._breaks_at).any():
            raise FrameMismatchError
        self.decoded += frame_indices.tolist()
        frames[rows] = frame_indices[:, None, None, None]

    def look_again(self) -> "FakeSource":
        self.timeline = FrameTimeline.constant(self._num_true_frames, 25.0)
        self._breaks_at = 1000
        return self


def allocate(shape: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    return np.empty(shape, dtype=np.uint8)


def stream(source: FakeSource, clips: object, max_frames: int | None) -> list[DecodedClips]:
    return list(stream_chunks(source, clips, max_frames=max_frames, allocate=allocate))


def indices_in(chunk: DecodedClips) -> list[list[int]]:
    return chunk.gather()[:, :, 0, 0, 0].tolist()


@given(
    starts=st.lists(st.integers(0, 90), min_size=1, max_size=12),
    clip_length=st.integers(1, 10),
    max_frames=st.integers(1, 30),
)
def test_chunks_together_are_all_clips_and_each_is_bounded(
    starts: list[int], clip_length: int, max_frames: int
) -> None:
    wanted = np.array(starts)[:, None] + np.arange(clip_length)

    chunks = stream(FakeSource(), wanted, max_frames)

    assert [clip for chunk in chunks for clip in indices_in(chunk)] == wanted.tolist()
    for chunk in chunks:
        assert len(chunk.frames) <= max_frames or chunk.num_clips == 1
        assert len(chunk.frames) == len(np.unique(chunk.positions))


@given(
    clips=st.lists(st.lists(st.integers(0, 20), min_size=3, max_size=3), max_size=10),
    max_frames=st.integers(1, 20),
)
def test_as_many_clips_fit_as_have_distinct_frames_enough(
    clips: list[list[int]], max_frames: int
) -> None:
    fitting = [
        n for n in range(1, len(clips) + 1) if len({i for c in clips[:n] for i in c}) <= max_frames
    ]
    expected = max(fitting, default=min(1, len(clips)))

    indices = np.array(clips, dtype=np.int64).reshape(-1, 3)

    assert count_fitting_clips(indices, max_frames) == expected


def test_overlapping_clips_decode_each_frame_once() -> None:
    source = FakeSource()

    sampling = ClipSampling(spec=ClipSpec(clip_length=8), placement=Sliding(clip_hop=2))
    chunks = stream(source, sampling, max_frames=12)

    assert len(chunks) > 10
    assert source.decoded == list(range(100))


def test_memory_given_away_may_be_written_over() -> None:
    memory = np.empty((12, 1, 2, 3), dtype=np.uint8)
    sampling = ClipSampling(spec=ClipSpec(clip_length=8), placement=Sliding(clip_hop=2))
    seen = []
    for chunk in stream_chunks(
        FakeSource(), sampling, max_frames=12, allocate=lambda shape: memory[: shape[0]]
    ):
        seen += indices_in(chunk)
        memory[:] = 255

    assert seen == [list(range(start, start + 8)) for start in range(0, 93, 2)]


def test_clips_are_planned_anew_where_the_first_chunk_finds_fewer_frames() -> None:
    source = FakeSource(breaks_at=60, num_true_frames=60)

    sampling = ClipSampling(spec=ClipSpec(clip_length=4), placement=Uniform(num_clips=3))
    (chunk,) = stream(source, sampling, max_frames=None)

    assert indices_in(chunk) == [[0, 1, 2, 3], [28, 29, 30, 31], [56, 57, 58, 59]]
    assert (chunk.num_frames_expected, chunk.num_frames_decoded) == (100, 60)


def test_later_chunks_keep_their_times_where_frames_are_missing() -> None:
    source = FakeSource(breaks_at=60, num_true_frames=60)

    sampling = ClipSampling(spec=ClipSpec(clip_length=4), placement=Every(seconds=1.0))
    chunks = stream(source, sampling, max_frames=4)

    assert [clip for chunk in chunks for clip in indices_in(chunk)] == [
        [0, 1, 2, 3],
        [25, 26, 27, 28],
        [50, 51, 52, 53],
        [59, 59, 59, 59],
        [59, 59, 59, 59],
    ]
    starts = np.concatenate([chunk.start_seconds for chunk in chunks])
    np.testing.assert_allclose(starts, [0, 1, 2, 3, 3.84])


def test_a_dropped_video_is_one_chunk_without_clips() -> None:
    sampling = ClipSampling(spec=ClipSpec(clip_length=200), short="drop")

    (chunk,) = stream(FakeSource(), sampling, max_frames=16)

    assert chunk.num_clips == 0
    assert chunk.frames.shape == (0, 1, 2, 3)
    assert chunk.gather().shape == (0, 200, 1, 2, 3)


@pytest.mark.parametrize(
    "clips", [np.array([[100]]), np.array([[-1]]), np.array([1, 2]), np.array([[0.5]])]
)
def test_indices_that_name_no_frame_are_refused(clips: NDArray[np.generic]) -> None:
    with pytest.raises(ConfigError):
        stream(FakeSource(), clips, max_frames=None)


@pytest.mark.parametrize("reader", ["pyav", "decord"])
@pytest.mark.parametrize("name", ["video.mp4", "video.avi"])
def test_a_streamed_video_equals_the_whole(
    name: str, reader: str, tmp_path: Path, burnt_in: ModuleType
) -> None:
    path = tmp_path / name
    burnt_in.write_numbered_video(path, "mpeg4", 100, options={"g": "12"})
    sampling = ClipSampling(spec=ClipSpec(clip_length=8), placement=Every(seconds=0.2))

    whole = read_clips(path, sampling, (48, 48), reader=reader)
    chunks = list(stream_clips(path, sampling, (48, 48), reader=reader, max_frames=20))

    assert len(chunks) > 3
    np.testing.assert_array_equal(
        np.concatenate([chunk.gather() for chunk in chunks]), whole.gather()
    )
    np.testing.assert_array_equal(
        np.concatenate([chunk.start_seconds for chunk in chunks]), whole.start_seconds
    )


@pytest.mark.parametrize(
    "settings", [{"reader": "quick"}, {"size": (0, 5)}, {"max_frames": 0}, {"max_frames": -1}]
)
def test_settings_that_cannot_be_used_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        next(stream_clips("video.mp4", ClipSampling(), **settings))
