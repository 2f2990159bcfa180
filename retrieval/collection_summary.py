"""What a store holds, collection by collection."""

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from index_store.store import Store


@dataclass(frozen=True, kw_only=True)
class CollectionSummary:
    """A collection in a line.

    Attributes:
        name: Its name.
        num_files: Paths that hold a video.
        num_videos: Different videos (by their bytes) among them.
        num_failed: Files that could not be indexed.
        encoders: Names of the encoders that it was indexed with, the default first.
        labels: Videos per class name, most frequent first.
    """

    name: str
    num_files: int
    num_videos: int
    num_failed: int
    encoders: tuple[str, ...]
    labels: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        """Return the summary for ``--format json``."""
        return asdict(self)


def summarize_collections(store: Store) -> list[CollectionSummary]:
    """Return a summary of each collection, by name."""
    summaries = []
    for collection in store.catalog.collections.all():
        files = store.catalog.files.all(collection.collection_id)
        indexed = [file for file in files if file.status == "indexed"]
        encoders = [each.encoder.name for each in store.catalog.indexings.all(collection.name)]
        labels = Counter(file.file.label for file in indexed if file.file.label)
        summaries.append(
            CollectionSummary(
                name=collection.name,
                num_files=len(indexed),
                num_videos=len({file.content_hash for file in indexed}),
                num_failed=len(files) - len(indexed),
                encoders=tuple(dict.fromkeys(encoders)),
                labels=dict(labels.most_common()),
            )
        )
    return summaries
