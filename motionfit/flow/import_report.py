"""What a run that imports flow did."""

import json
from dataclasses import dataclass, field
from typing import Any

from motionfit.errors import one_line
from motionfit.flow.cache.imported import ImportedFlowSettings
from motionfit.flow.counted import counted
from motionfit.media.outcomes import FailedFile


@dataclass(kw_only=True)
class ImportReport:
    """Counts and names of a run; grows while the run goes on.

    Attributes:
        cache: The cache's folder.
        settings: What the flow is to be asked for with.
        imported: Videos whose flow was brought into the cache.
        skipped: Videos whose flow was there already.
        failed: Videos whose flow was not imported, by path.
        remarks: Path and remark of what was not found.
        seconds: Wall time.
    """

    cache: str
    settings: ImportedFlowSettings
    imported: int = 0
    skipped: int = 0
    failed: list[FailedFile] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the report as the JSON of the command's output."""
        return {
            "cache": self.cache,
            "settings": json.loads(self.settings.key()),
            "imported": self.imported,
            "skipped": self.skipped,
            "failed": [vars(failure) for failure in self.failed],
            "remarks": [{"path": path, "remark": remark} for path, remark in self.remarks],
            "seconds": round(self.seconds, 3),
        }

    def to_text(self) -> str:
        """Return the report for a person."""
        source, bound = one_line(self.settings.source), self.settings.bound
        lines = [f"flow cache {one_line(self.cache)}, imported from {source}, bound {bound:g} px:"]
        lines.append(f"  imported {counted(self.imported, 'video')} in {self.seconds:.1f} s")
        lines.append(f"  skipped {self.skipped} already there, failed {len(self.failed)}")
        lines += [f"  note: {one_line(path)}: {remark}" for path, remark in self.remarks]
        lines += [f"  failed: {failure.message}" for failure in self.failed]
        return "\n".join(lines) + "\n"
