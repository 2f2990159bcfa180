import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from motionfit.errors import TooFewVideosError
from motionfit.media.identity import identify_video
from motionfit.media.packed.frames import pack_frames
from motionfit.media.packed.layout import PackedFormat
from motionfit.media.packed.report import PackingReport
from motionfit.media.packed.writer import PackedWriter
from motionfit.media.reader import read_clips
from motionfit.media.sampling import ClipSampling, ClipSpec, Sliding

SIZE = (32, 43)
EVERY_FRAME = ClipSampling(spec=ClipSpec(clip_length=1), placement=Sliding(clip_hop=1))


def test_packed_frames_are_those_that_a_reader_gives(
    packing: PackingReport, video_files: list[Path]
) -> None:
    packed = packing.packed
    assert (packed.kind, packed.size, packed.num_channels) == ("frames", SIZE, 3)
    for video, path in enumerate(video_files[:5]):
        frames = read_clips(path, EVERY_FRAME, SIZE).gather()[:, 0]
        assert packed.num_frames[video] == len(frames)
        assert np.array_equal(packed.read(video, np.arange(len(frames))), frames)


def test_videos_are_listed_in_the_order_given_with_their_content(
    packing: PackingReport, video_files: list[Path]
) -> None:
    packed = packing.packed
    assert packed.names == tuple(map(str, video_files[:5]))
    assert packed.content_hashes == tuple(
        identify_video(path).content_hash for path in video_files[:5]
    )
    assert (packing.failed, packing.remarks, packing.was_ready) == ((), (), False)
    packed.verify()


def test_one_content_under_two_names_is_stored_once_and_listed_twice(
    video_files: list[Path], tmp_path: Path
) -> None:
    twin = shutil.copy(video_files[0], tmp_path / "twin.mp4")
    packed = pack_frames(
        [video_files[0], twin], tmp_path / "packed", size=SIZE, num_workers=1
    ).packed
    alone = pack_frames([video_files[0]], tmp_path / "alone", size=SIZE, num_workers=1).packed
    assert packed.names == (str(video_files[0]), str(twin))
    assert packed.content_hashes[0] == packed.content_hashes[1]
    assert np.array_equal(packed.planes(0), packed.planes(1))
    extra = (tmp_path / "packed").stat().st_size - (tmp_path / "alone").stat().st_size
    assert extra < alone.planes(0).nbytes / 10


def test_a_video_that_fails_is_named_and_costs_only_itself(
    video_files: list[Path], tmp_path: Path
) -> None:
    broken, twin = tmp_path / "broken.mp4", tmp_path / "twin.mp4"
    broken.write_bytes(b"no video" * 100)
    twin.write_bytes(b"no video" * 100)
    absent = tmp_path / "absent.mp4"
    report = pack_frames(
        [broken, video_files[0], absent, twin], tmp_path / "packed", size=SIZE, num_workers=2
    )
    assert report.packed.names == (str(video_files[0]),)
    assert [failed.path for failed in report.failed] == list(map(str, (broken, absent, twin)))
    assert "found nothing" in report.failed[1].message


def test_a_damaged_video_is_packed_as_far_as_it_is_readable(
    packing: PackingReport, video_files: list[Path], tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.mp4"
    data = bytearray(video_files[0].read_bytes())
    middle, quarter = len(data) // 2, len(data) // 4
    data[middle : middle + quarter] = bytes(quarter)
    damaged.write_bytes(data)
    report = pack_frames([damaged], tmp_path / "packed", size=SIZE, num_workers=1)
    frames = read_clips(damaged, EVERY_FRAME, SIZE).gather()[:, 0]
    assert 0 < len(frames) < packing.packed.num_frames[0]
    assert np.array_equal(report.packed.read(0, np.arange(len(frames))), frames)
    remark = f"{len(frames)} of {packing.packed.num_frames[0]} frames readable"
    assert report.remarks == ((str(damaged), remark),)


def test_videos_that_all_fail_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TooFewVideosError, match=r"none of 1 videos could be packed, the first"):
        pack_frames([tmp_path / "absent.mp4"], tmp_path / "packed", size=SIZE, num_workers=1)
    with pytest.raises(TooFewVideosError, match="none of 0 videos"):
        pack_frames([], tmp_path / "packed", size=SIZE, num_workers=1)
    assert not (tmp_path / "packed").exists()


def test_what_is_ready_is_left_alone(folder: Path, tmp_path: Path) -> None:
    videos = [*sorted(folder.iterdir()), tmp_path / "absent.mp4"]
    first = pack_frames(videos, tmp_path / "packed", size=SIZE, num_workers=1)
    written = (tmp_path / "packed").stat()
    again = pack_frames(videos, tmp_path / "packed", size=SIZE, num_workers=1)
    assert again.was_ready
    assert again.failed == first.failed
    assert (tmp_path / "packed").stat() == written


@pytest.mark.parametrize("change", ["size", "fewer", "content", "damage"])
def test_what_is_no_longer_right_is_made_anew(change: str, folder: Path, tmp_path: Path) -> None:
    videos, size, out_path = sorted(folder.iterdir()), SIZE, tmp_path / "packed"
    pack_frames(videos, out_path, size=SIZE, num_workers=1)
    if change == "size":
        size = (16, 20)
    elif change == "fewer":
        videos = videos[1:]
    elif change == "content":
        shutil.copy(videos[1], videos[0])
    else:
        os.truncate(out_path, 10_000)
    report = pack_frames(videos, out_path, size=size, num_workers=1)
    assert not report.was_ready
    assert (report.packed.size, report.packed.names) == (size, tuple(map(str, videos)))
    report.packed.verify()


def test_what_an_earlier_run_left_is_not_decoded_again(folder: Path, tmp_path: Path) -> None:
    videos, out_path = sorted(folder.iterdir()), tmp_path / "packed"
    left = np.full((4, 3, *SIZE), 77, np.uint8)
    with PackedWriter(out_path, PackedFormat(kind="frames", size=SIZE)) as writer:
        spool = writer.spool()
        spool.append(left)
        writer.add(identify_video(videos[1]).content_hash, spool)
    packed = pack_frames(videos, out_path, size=SIZE, num_workers=1).packed
    assert np.array_equal(packed.planes(1), left)
    assert packed.num_frames[0] > 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["packed", folder.name]


def test_a_file_name_that_is_no_utf8_is_kept(video_files: list[Path], tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.mp4"))
    shutil.copy(video_files[0], odd)
    packed = pack_frames([odd], tmp_path / "packed", size=SIZE, num_workers=1).packed
    assert os.fsencode(packed.names[0]).endswith(b"caf\xe9.mp4")
