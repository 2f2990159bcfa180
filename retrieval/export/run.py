"""How an export is steered while it runs, and what it may cost."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from motionfit.errors import ConfigError

OnProgress = Callable[[int, int], None]
IsCancelled = Callable[[], bool]


@dataclass(frozen=True, kw_only=True)
class CutLimits:
    """What an export of cut videos may cost; more is refused before any work.

    Attributes:
        max_ranges: Videos to cut.
        max_total_seconds: Of all ranges together.
    """

    max_ranges: int = 500
    max_total_seconds: float = 3600.0

    def __post_init__(self) -> None:
        for name in ("max_ranges", "max_total_seconds"):
            if not getattr(self, name) > 0:
                raise ConfigError(name, getattr(self, name), "more than 0")


@dataclass(frozen=True, kw_only=True)
class ExportRun:
    """How an export is steered.

    Attributes:
        on_progress: Told how many ranges are done, and of how many, by formats that take long.
        is_cancelled: Asked now and then; True stops the export.
        limits: Of cut videos.
        scratch_dir: Where files are made on the way, one at a time.
    """

    on_progress: OnProgress
    is_cancelled: IsCancelled
    limits: CutLimits
    scratch_dir: Path
