"""Cutting one range."""

from collections.abc import Callable
from pathlib import Path

import pytest

from motionfit.errors import ExportCancelledError, UnreadableVideoError
from motionfit.media.pool import DecodePool
from motionfit.media.probe import probe
from motionfit.media.worker.settings import WorkerSettings
from retrieval.export.cutting import cut_video
from retrieval.export.ranges import ExportedRange

FramesOf = Callable[..., ExportedRange]

LYING_DECODER = """
from dataclasses import replace
from motionfit.media.reader import stream_clips

def stream_backwards(*values, **options):
    for clips in stream_clips(*values, **options):
        yield replace(clips, start_seconds=clips.start_seconds[::-1])

def stream_small(path, clips, size, **options):
    yield from stream_clips(path, clips, (8, 8), **options)
"""


@pytest.mark.parametrize("decode", ["stream_backwards", "stream_small"])
def test_what_a_hostile_file_makes_of_its_decoder_is_not_believed(
    decode: str,
    numbered: dict[str, Path],
    frames_of: FramesOf,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "lying_decoder.py").write_text(LYING_DECODER)
    monkeypatch.syspath_prepend(tmp_path)
    info = probe(numbered["25"])
    wanted = frames_of(numbered["25"], 3, 9, 25)
    settings = WorkerSettings(decode=f"lying_decoder:{decode}")
    with DecodePool(num_workers=1, settings=settings) as pool:
        for _ in range(2):  # the pool serves on
            with pytest.raises(UnreadableVideoError, match="out of order"):
                cut_video(pool, wanted, info, tmp_path / "a.mp4", is_cancelled=lambda: False)


def test_a_long_range_can_be_stopped_on_the_way(
    numbered: dict[str, Path], frames_of: FramesOf, tmp_path: Path
) -> None:
    info = probe(numbered["25"])
    wanted = frames_of(numbered["25"], 0, 50, 25)
    asked: list[bool] = []
    settings = WorkerSettings(max_frames=10)
    with DecodePool(num_workers=1, settings=settings) as pool:
        with pytest.raises(ExportCancelledError):
            cut_video(
                pool,
                wanted,
                info,
                tmp_path / "a.mp4",
                is_cancelled=lambda: asked.append(True) or len(asked) == 3,
            )
        cut_video(pool, wanted, info, tmp_path / "b.mp4", is_cancelled=lambda: False)
    assert len(asked) == 3
    assert probe(tmp_path / "b.mp4").num_frames == 50
