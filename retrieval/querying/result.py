"""The answer to a query."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from retrieval.querying.hits import Hit


@dataclass(frozen=True, kw_only=True)
class QueryResult:
    """Hits, and what they are the answer to; iterating gives the hits.

    Attributes:
        path: The query's video.
        start_seconds: Begin of the stretch that was asked for.
        end_seconds: Its end.
        collection: The collection searched, or None for all of them.
        encoder: The encoder's name.
        encoder_description: The same for a reader: ``r2plus1d_18 (untrained, seed 0)``.
        exact: Every clip was compared (or nothing nearer can have been missed).
        hits: Nearest first.
    """

    path: str
    start_seconds: float
    end_seconds: float
    collection: str | None
    encoder: str
    encoder_description: str
    exact: bool
    hits: tuple[Hit, ...]

    def __iter__(self) -> Iterator[Hit]:
        return iter(self.hits)

    def __len__(self) -> int:
        return len(self.hits)

    def to_json(self) -> dict[str, Any]:
        """Return the answer in the shape of ``--format json``."""
        return {
            "query": {
                "path": self.path,
                "start_seconds": self.start_seconds,
                "end_seconds": self.end_seconds,
            },
            "collection": self.collection,
            "encoder": self.encoder,
            "encoder_description": self.encoder_description,
            "exact": self.exact,
            "hits": [hit.to_json() for hit in self.hits],
        }
