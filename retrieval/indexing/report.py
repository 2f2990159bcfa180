"""What an indexing run did."""

from dataclasses import dataclass, field
from typing import Any

from motionfit.errors import one_line
from motionfit.media.outcomes import FailedFile


@dataclass(kw_only=True)
class IndexReport:
    """Counts and names of an indexing run; grows while the run goes on.

    Attributes:
        collection: The collection's name.
        encoder: The encoder's name.
        indexed: Videos decoded and stored.
        skipped: Files that cost no decoding: unchanged, or bytes that the store knows already.
        removed: Files that vanished from the disk and were forgotten.
        clips: Clips stored.
        failed: Files that could not be indexed.
        remarks: Path and remark of videos that are indexed, but not as they should be.
        stretched: Videos shorter than a clip that were looped or held.
        seconds: Wall time.
    """

    collection: str
    encoder: str
    indexed: int = 0
    skipped: int = 0
    removed: int = 0
    clips: int = 0
    failed: list[FailedFile] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)
    stretched: int = 0
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the report as the JSON of the command's output."""
        return {
            "collection": self.collection,
            "encoder": self.encoder,
            "indexed": self.indexed,
            "skipped": self.skipped,
            "removed": self.removed,
            "failed": [vars(failure) for failure in self.failed],
            "remarks": [{"path": path, "remark": remark} for path, remark in self.remarks],
            "stretched": self.stretched,
            "clips": self.clips,
            "seconds": round(self.seconds, 3),
        }

    def to_text(self) -> str:
        """Return the report for a person."""
        rate = f", {self.clips / self.seconds:.1f} clips/s" if self.clips and self.seconds else ""
        lines = [
            f"collection {self.collection}, encoder {self.encoder}:",
            f"  indexed {self.indexed} videos ({self.clips} clips) in {self.seconds:.1f} s{rate}",
            f"  skipped {self.skipped} already known, removed {self.removed} vanished, "
            f"failed {len(self.failed)}",
        ]
        if self.stretched:
            lines.append(f"  stretched to the length of a clip: {self.stretched} short videos")
        for path, remark in self.remarks:
            lines.append(f"  note: {one_line(path)}: {remark}")
        for failure in self.failed:
            lines.append(f"  failed: {failure.message}")
        return "\n".join(lines) + "\n"
