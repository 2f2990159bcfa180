"""Ranges cut out of their videos, in a ZIP file.

::

    003_jump_0012.40-0014.10.mp4    one file a range: H.264, no sound
    index.csv                       which file is which range of which video
    failed.txt                      ranges that could not be cut, and why, where there are any
"""

import zipfile
from collections.abc import Sequence
from typing import BinaryIO

from motionfit.durable import TemporaryFile, remove_leftovers
from motionfit.errors import (
    ConfigError,
    ExportCancelledError,
    MediaError,
    MotionFitError,
    one_line,
)
from motionfit.media.pool import DecodePool
from motionfit.media.video import VideoInfo
from motionfit.media.worker.settings import WorkerSettings
from retrieval.export.csv_table import format_csv
from retrieval.export.cutting import cut_video
from retrieval.export.file_names import name_files
from retrieval.export.ranges import ExportedRange, FailedRange
from retrieval.export.run import CutLimits, ExportRun
from retrieval.export.sources import probe_sources
from retrieval.export.wording import clock_range

_SCRATCH_STEM = "motionfit-cut"


def write_cut_videos(
    ranges: Sequence[ExportedRange], file: BinaryIO, run: ExportRun
) -> Sequence[FailedRange]:
    """Write a ZIP file of cut videos and return the ranges that could not be cut.

    Videos are stored, not compressed again, and no more than one is on its way at a time.

    Args:
        ranges: What to cut.
        file: Where to write; seekable.
        run: Progress, cancelling, limits.

    Raises:
        ConfigError: There is more to cut than the limits allow.
        ExportCancelledError: It was stopped.
        OSError: A file cannot be written.
    """
    _check_limits(ranges, run.limits)
    remove_leftovers(run.scratch_dir, _SCRATCH_STEM)
    names = name_files(ranges, ".mp4")
    cut: list[tuple[ExportedRange, str]] = []
    failed: list[FailedRange] = []
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive,
        DecodePool(num_workers=1, settings=WorkerSettings(threads=None)) as pool,
    ):
        sources = probe_sources(pool, (each.path for each in ranges))
        for num_done, (each, name) in enumerate(zip(ranges, names, strict=True)):
            run.on_progress(num_done, len(ranges))
            if run.is_cancelled():
                raise ExportCancelledError
            try:
                _add_cut(archive, name, pool, each, sources[each.path], run)
                cut.append((each, name))
            except (MediaError, ConfigError) as error:
                failed.append(FailedRange(wanted=each, message=str(error)))
        listed = format_csv([each for each, _ in cut], [name for _, name in cut])
        archive.writestr("index.csv", listed)
        if failed:
            archive.writestr("failed.txt", _describe(failed))
    run.on_progress(len(ranges), len(ranges))
    return failed


def _check_limits(ranges: Sequence[ExportedRange], limits: CutLimits) -> None:
    if len(ranges) > limits.max_ranges:
        expected = f"at most {limits.max_ranges} at once; choose fewer"
        raise ConfigError("number of videos to cut", len(ranges), expected)
    total_seconds = round(sum(each.num_seconds for each in ranges), 2)
    if total_seconds > limits.max_total_seconds:
        expected = f"at most {limits.max_total_seconds:g} at once; choose fewer or shorter ranges"
        raise ConfigError("seconds of video to cut", total_seconds, expected)


def _add_cut(
    archive: zipfile.ZipFile,
    name: str,
    pool: DecodePool,
    wanted: ExportedRange,
    source: VideoInfo | MotionFitError,
    run: ExportRun,
) -> None:
    if isinstance(source, MotionFitError):
        raise source
    scratch = TemporaryFile(run.scratch_dir, _SCRATCH_STEM)
    try:
        cut_video(pool, wanted, source, scratch.path, is_cancelled=run.is_cancelled)
        archive.write(scratch.path, name)
    finally:
        scratch.close()


def _describe(failed: Sequence[FailedRange]) -> bytes:
    lines = [
        f"{one_line(each.wanted.path)} {clock_range(each.wanted)}\r\n    {each.message}\r\n"
        for each in failed
    ]
    return "".join(lines).encode()
