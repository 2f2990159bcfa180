"""The manifest of a generation: what was built, from which state of the catalog, and how well."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from motionfit.errors import IndexDamagedError

FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a generation is.

    Attributes:
        format: Version of this layout.
        store_id: The store that it was built from.
        indexing_id: The indexing that it covers.
        encoder_identity: Whose embeddings it holds.
        revision: The indexing's revision that it covers; later changes are not in it.
        stamp: Random; the catalog holds it too, so that a generation does not outlive a catalog
            that was put back to an earlier state.
        kind: ``flat``, ``sq8`` or ``ivf_sq8``.
        count: Vectors held.
        dim: Values a vector.
        metric: ``cosine``: inner product of unit vectors.
        parameters: Of the kind, such as ``nprobe``.
        recall: Share of the true nearest neighbours found, by number wanted, such as ``{"10": 1}``.
        num_recall_queries: Stored vectors asked for their neighbours to measure that.
        files: SHA-256 of each file beside the manifest, by name.
        created_at: ISO 8601 in UTC.
    """

    format: int
    store_id: str
    indexing_id: int
    encoder_identity: str
    revision: int
    stamp: str
    kind: str
    count: int
    dim: int
    metric: str
    parameters: Mapping[str, int]
    recall: Mapping[str, float]
    num_recall_queries: int
    files: Mapping[str, str]
    created_at: str

    def to_json(self) -> bytes:
        """Return the text of ``manifest.json``."""
        return json.dumps(asdict(self), indent=2, sort_keys=True).encode() + b"\n"

    @classmethod
    def from_json(cls, content: bytes, directory: Path) -> "Manifest":
        """Read the text of ``manifest.json``.

        Raises:
            IndexDamagedError: It is no manifest, or of a format that this program does not know.
        """
        try:
            values = json.loads(content)
            found = {"format": None, **values}["format"]
        except (ValueError, TypeError) as error:
            raise IndexDamagedError(directory, "its manifest is not readable") from error
        if found != FORMAT:
            raise IndexDamagedError(directory, f"its format is {found}, expected {FORMAT}")
        if set(values) != {field.name for field in fields(cls)}:
            raise IndexDamagedError(directory, "its manifest has other fields than expected")
        return cls(**values)
