"""What a run that makes flow did."""

import json
from dataclasses import dataclass, field
from typing import Any

from motionfit.errors import one_line
from motionfit.flow.counted import counted
from motionfit.flow.settings import FlowSettings
from motionfit.media.outcomes import FailedFile


@dataclass(kw_only=True)
class FlowReport:
    """Counts and names of a run; grows while the run goes on.

    Attributes:
        cache: The cache's folder.
        settings: What the flow was computed with; None where there was no video at all.
        made: Videos whose flow was computed and is in the cache.
        skipped: Files whose flow was there already, or came with that of the same bytes.
        failed: Files that have no flow.
        remarks: Path and remark of what is not as it should be, or was not found.
        flows: Flows computed.
        bytes: What they take on disk.
        saturated_share: Share of their vectors, 0 to 1, that were clipped to the bound.
        making_seconds: Of these, from the first video's decoding to the last one's flow.
        seconds: Wall time of all, with the choice of the method and the previews.
        previews: Pictures of flow written.
    """

    cache: str
    settings: FlowSettings | None = None
    made: int = 0
    skipped: int = 0
    failed: list[FailedFile] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)
    flows: int = 0
    bytes: int = 0
    saturated_share: float = 0.0
    making_seconds: float = 0.0
    seconds: float = 0.0
    previews: int = 0

    @property
    def pairs_per_second(self) -> float:
        """Flows made in each second of `making_seconds`."""
        return self.flows / self.making_seconds if self.making_seconds else 0.0

    def add_made(self, *, num_flows: int, num_bytes: int, saturated_share: float | None) -> None:
        """Count a video whose flow is in the cache now."""
        saturated = self.saturated_share * self.flows + (saturated_share or 0.0) * num_flows
        self.made += 1
        self.flows += num_flows
        self.bytes += num_bytes
        self.saturated_share = saturated / self.flows

    def to_json(self) -> dict[str, Any]:
        """Return the report as the JSON of the command's output."""
        settings = self.settings
        return {
            "cache": self.cache,
            "method": None if settings is None else settings.method,
            "settings": None if settings is None else json.loads(settings.key()),
            "made": self.made,
            "skipped": self.skipped,
            "failed": [vars(failure) for failure in self.failed],
            "remarks": [{"path": path, "remark": remark} for path, remark in self.remarks],
            "flows": self.flows,
            "bytes": self.bytes,
            "saturated_share": round(self.saturated_share, 6),
            "previews": self.previews,
            "seconds": round(self.seconds, 3),
            "pairs_per_second": round(self.pairs_per_second, 2),
        }

    def to_text(self) -> str:
        """Return the report for a person."""
        lines = [f"flow cache {one_line(self.cache)}{self._describe_settings()}:"]
        rate = f", {self.pairs_per_second:.1f} pairs/s" if self.flows else ""
        made = f"made {counted(self.made, 'video')} ({counted(self.flows, 'flow')})"
        lines.append(f"  {made} in {self.making_seconds:.1f} s{rate}")
        lines.append(f"  skipped {self.skipped} already there, failed {len(self.failed)}")
        if self.made:
            lines.append(
                f"  {self.bytes / 1e6:.1f} MB, {self.bytes / self.flows / 1e3:.1f} kB a flow; "
                f"{self.saturated_share:.2%} of the vectors beyond the bound"
            )
        if self.previews:
            lines.append(f"  wrote {counted(self.previews, 'preview')}")
        lines += [f"  note: {one_line(path)}: {remark}" for path, remark in self.remarks]
        lines += [f"  failed: {failure.message}" for failure in self.failed]
        return "\n".join(lines) + "\n"

    def _describe_settings(self) -> str:
        if self.settings is None:
            return ""
        size = self.settings.size
        parts = [
            self.settings.method,
            "native size" if size is None else f"{size[0]}x{size[1]}",
            f"bound {self.settings.bound:g} px",
        ]
        if self.settings.remove_camera_motion:
            parts.append("camera motion removed")
        return ", " + ", ".join(parts)
