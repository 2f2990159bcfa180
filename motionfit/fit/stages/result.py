"""What a stage came to."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from motionfit.media.outcomes import FailedFile


@dataclass(frozen=True, kw_only=True)
class StageResult:
    """What a stage came to.

    Attributes:
        path: The file that the next stage takes.
        summary: What is to be said of it, some lines.
        report: The same as JSON values.
        failed: Videos that could not be used.
    """

    path: Path
    summary: str
    report: Mapping[str, Any] = field(default_factory=dict)
    failed: tuple[FailedFile, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        failed = [asdict(failure) for failure in self.failed]
        return {"path": str(self.path), **self.report, "failed": failed}

    def to_text(self) -> str:
        """Return the result for a person."""
        lines = [self.summary, *(f"  failed: {failure.message}" for failure in self.failed)]
        return "\n".join([str(self.path), *lines]) + "\n"
