"""Exporting: ranges into one file, whole or not at all."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from motionfit.durable import replacing
from motionfit.errors import ConfigError, ExportWriteError, MotionFitError
from retrieval.export.formats import find_format
from retrieval.export.ranges import ExportedRange, FailedRange
from retrieval.export.run import CutLimits, ExportRun, IsCancelled, OnProgress


@dataclass(frozen=True, kw_only=True)
class ExportReport:
    """What became of an export.

    Attributes:
        path: The file.
        num_ranges: Ranges that are in it.
        failed: Ranges that are not, and why.
    """

    path: Path
    num_ranges: int
    failed: tuple[FailedRange, ...]


def export_ranges(
    ranges: Iterable[ExportedRange],
    format_name: str,
    path: str | Path,
    *,
    on_progress: OnProgress | None = None,
    is_cancelled: IsCancelled | None = None,
    limits: CutLimits | None = None,
) -> ExportReport:
    """Write ranges to a file, which takes the place of what stood there once it is complete.

    Args:
        ranges: What to write, in this order.
        format_name: One of `EXPORT_FORMATS`.
        path: The file; its folder is made where it is missing.
        on_progress: Called with ranges done and ranges in all, by ``zip``.
        is_cancelled: Asked now and then, by ``zip``; True stops the export.
        limits: Of ``zip``.

    Raises:
        ConfigError: Nothing was chosen, the format is unknown or takes no such selection, or a
            package that it needs is not installed.
        ExportCancelledError: It was stopped; nothing was written.
        ExportWriteError: The file cannot be written.
    """
    chosen, target, wanted = find_format(format_name), Path(path), tuple(ranges)
    if not wanted:
        raise ConfigError("number of ranges", 0, "at least one to export")
    run = ExportRun(
        on_progress=on_progress or (lambda _num_done, _num_ranges: None),
        is_cancelled=is_cancelled or (lambda: False),
        limits=limits or CutLimits(),
        scratch_dir=target.parent,
    )
    try:
        with replacing(target) as temporary:
            failed = chosen.write(wanted, temporary.file, run)
    except MotionFitError:  # some are OSErrors too
        raise
    except OSError as error:
        raise ExportWriteError(target, error.strerror or str(error)) from error
    return ExportReport(path=target, num_ranges=len(wanted) - len(failed), failed=tuple(failed))
