"""A folder as people have them: every file ends with one status and one sentence."""

import os
import shutil
from pathlib import Path

import av
import numpy as np
import pytest

from motionfit.media.write import write_video
from retrieval.library import Library


def good(path: Path, video_files: list[Path], number: int) -> None:
    shutil.copy(video_files[number], path)


def one_frame(path: Path) -> None:
    texture = np.random.default_rng(0).integers(0, 255, (1, 64, 64, 3), dtype=np.uint8)
    write_video(path, texture, 25)


def audio_only(path: Path) -> None:
    with av.open(path, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), dtype=np.float32), "fltp", "mono")
        frame.sample_rate = 44100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def truncated(path: Path, source: Path, *, index_at_front: bool) -> None:
    whole = path.with_suffix(".whole")
    with av.open(source) as original:
        options = {"movflags": "faststart"} if index_at_front else {}
        with av.open(whole, "w", format="mp4", options=options) as container:
            stream = container.add_stream_from_template(original.streams.video[0])
            for packet in original.demux(video=0):
                if packet.dts is not None:
                    packet.stream = stream
                    container.mux(packet)
    content = whole.read_bytes()
    whole.unlink()
    path.write_bytes(content[: len(content) * 6 // 10])


def flipped(path: Path, source: Path) -> None:
    content = bytearray(source.read_bytes())
    # In the pictures, not in the index of them that stands at the end.
    places = np.random.default_rng(1).integers(len(content) // 10, len(content) // 2, 50)
    for place in places:
        content[place] ^= 0xFF
    path.write_bytes(bytes(content))


def huge_frames(path: Path) -> None:
    with av.open(path, "w", format="mov") as container:
        stream = container.add_stream("png", rate=25)
        stream.width, stream.height, stream.pix_fmt = 15000, 15000, "monob"
        frame = av.VideoFrame(15000, 15000, "monob")
        frame.planes[0].update(bytes(frame.planes[0].buffer_size))
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.fixture
def odd_folder(tmp_path: Path, video_files: list[Path]) -> Path:
    folder = tmp_path / "odd"
    folder.mkdir()
    good(folder / "good.mp4", video_files, 0)
    good(folder / 'name with\nnewline and "quotes".mp4', video_files, 1)
    (folder / "empty.mp4").touch()
    (folder / "text.mp4").write_text("This is no video. " * 100)
    truncated(folder / "truncated_front.mp4", video_files[2], index_at_front=True)
    truncated(folder / "truncated_end.mp4", video_files[2], index_at_front=False)
    flipped(folder / "flipped.mp4", video_files[3])
    audio_only(folder / "audio.mp4")
    huge_frames(folder / "huge.mp4")
    one_frame(folder / "one_frame.mp4")
    os.mkfifo(folder / "fifo.mp4")
    (folder / "dangling.mp4").symlink_to(folder / "nowhere.mp4")
    (folder / "playlist.mp4").write_text("#EXTM3U\n#EXTINF:1,\ngood.mp4\n#EXT-X-ENDLIST\n")
    good(folder / "unreadable.mp4", video_files, 4)
    (folder / "unreadable.mp4").chmod(0)
    return folder


FAILING = {
    "empty.mp4": "UnreadableVideoError",
    "text.mp4": "UnreadableVideoError",
    "truncated_end.mp4": "UnreadableVideoError",
    "audio.mp4": "UnreadableVideoError",
    "huge.mp4": "VideoTooLargeError",
    "fifo.mp4": "VideoNotFoundError",
    "dangling.mp4": "VideoNotFoundError",
    "playlist.mp4": "UnreadableVideoError",
}


def test_every_odd_file_has_one_status_and_the_good_ones_are_found(
    odd_folder: Path, tmp_path: Path
) -> None:
    with Library.open(tmp_path / "store", device="cpu") as library:
        report = library.index([odd_folder], clips=2)
        files = {file.file.path.name: file for file in library.files("default")}
        failed = {Path(failure.path).name: failure for failure in report.failed}
        expected = dict(FAILING)
        if not os.access(odd_folder / "unreadable.mp4", os.R_OK):  # root reads everything
            expected["unreadable.mp4"] = "UnreadableVideoError"

        assert set(files) == {path.name for path in odd_folder.iterdir()}
        assert {name: failure.error for name, failure in failed.items()} == expected
        for failure in report.failed:
            assert failure.message.endswith(".")
            assert "\n" not in failure.message
        assert {name for name, file in files.items() if file.status == "failed"} == set(failed)
        assert report.indexed == len(files) - len(failed)
        for name in ("good.mp4", 'name with\nnewline and "quotes".mp4', "one_frame.mp4"):
            nearest = library.query(odd_folder / name, k=1).hits[0]
            assert Path(nearest.path).name == name


def test_a_truncated_video_is_indexed_as_far_as_it_is_readable(
    odd_folder: Path, tmp_path: Path
) -> None:
    with Library.open(tmp_path / "store", device="cpu") as library:
        report = library.index([odd_folder / "truncated_front.mp4"], clips=2)
    assert report.indexed == 1
    ((path, remark),) = report.remarks
    assert Path(path).name == "truncated_front.mp4"
    assert remark.endswith("frames readable")


def test_odd_files_cost_nothing_new_the_second_time(odd_folder: Path, tmp_path: Path) -> None:
    with Library.open(tmp_path / "store", device="cpu") as library:
        first = library.index([odd_folder], clips=2)
        again = library.index([odd_folder], clips=2)
    assert (again.indexed, again.clips) == (0, 0)
    assert again.skipped == first.indexed
    assert [failure.message for failure in sorted(again.failed, key=lambda f: f.path)] == [
        failure.message for failure in sorted(first.failed, key=lambda f: f.path)
    ]
