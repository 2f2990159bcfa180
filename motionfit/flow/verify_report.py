"""What a check of a flow cache found."""

from dataclasses import dataclass, field
from typing import Any

from motionfit.errors import one_line
from motionfit.flow.counted import counted


@dataclass(frozen=True, kw_only=True)
class DamagedFile:
    """A file of the cache that fails its checks.

    Attributes:
        path: The file.
        message: One sentence.
        is_removed: It was deleted.
    """

    path: str
    message: str
    is_removed: bool


@dataclass(kw_only=True)
class VerifyReport:
    """Counts and names of a check; grows while it goes on.

    Attributes:
        cache: The cache's folder.
        whole: Files whose every byte is as it was written.
        damaged: The others, by path.
        remarks: Path and remark of what was not checked.
        bytes: Of all the files checked.
        seconds: Wall time.
    """

    cache: str
    whole: int = 0
    damaged: list[DamagedFile] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)
    bytes: int = 0
    seconds: float = 0.0

    @property
    def num_removed(self) -> int:
        """Damaged files that were deleted."""
        return sum(damaged.is_removed for damaged in self.damaged)

    def add(self, num_bytes: int, damaged: DamagedFile | None) -> None:
        """Count a file; ``damaged`` is None where it is whole."""
        self.bytes += num_bytes
        if damaged is not None:
            self.damaged.append(damaged)
        else:
            self.whole += 1

    def to_json(self) -> dict[str, Any]:
        """Return the report as the JSON of the command's output."""
        return {
            "cache": self.cache,
            "whole": self.whole,
            "damaged": [vars(damaged) for damaged in self.damaged],
            "removed": self.num_removed,
            "remarks": [{"path": path, "remark": remark} for path, remark in self.remarks],
            "bytes": self.bytes,
            "seconds": round(self.seconds, 3),
        }

    def to_text(self) -> str:
        """Return the report for a person."""
        lines = [f"flow cache {one_line(self.cache)}:"]
        counts = f"{counted(self.whole, 'file')} whole, {len(self.damaged)} damaged"
        lines.append(f"  {counts}, {self.num_removed} of them removed")
        lines.append(f"  {self.bytes / 1e6:.1f} MB in {self.seconds:.1f} s")
        lines += [f"  note: {one_line(path)}: {remark}" for path, remark in self.remarks]
        for damaged in self.damaged:
            lines.append(f"  {'removed' if damaged.is_removed else 'damaged'}: {damaged.message}")
        return "\n".join(lines) + "\n"
