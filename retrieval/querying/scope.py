"""Where a query looks: which collections, seen by which encoder."""

import logging
from collections.abc import Sequence

from index_store.records import Indexing
from index_store.store import Store
from motionfit.errors import CollectionNotFoundError
from retrieval.kept_encoders import find_record

logger = logging.getLogger(__name__)


def choose_indexings(
    store: Store, collection: str | None = None, encoder: str | None = None
) -> Sequence[Indexing]:
    """Return what to search: at least one indexing, all of one encoder.

    Vectors of two encoders cannot be compared. Without a name the encoder is the one that indexed
    last; collections that it has not seen are left out, and named in a warning.

    Raises:
        CollectionNotFoundError: There is no such collection, or nothing was indexed yet.
        UnknownEncoderError: The store has no such encoder.
    """
    everything = store.catalog.indexings.all()
    names = sorted({each.collection.name for each in everything})
    candidates = [each for each in everything if collection in (None, each.collection.name)]
    if not candidates:
        raise CollectionNotFoundError(collection or "default", names)
    seen_by = [each.encoder for each in reversed(candidates)]
    chosen = find_record(encoder, seen_by) if encoder else candidates[0].encoder
    indexings = _latest_of_each_collection(candidates, chosen.encoder_id)
    left_out = {each.collection.name for each in candidates} - {
        each.collection.name for each in indexings
    }
    if left_out:
        logger.warning(
            "Not searched, because %s has not indexed them: %s.",
            chosen.name,
            ", ".join(sorted(left_out)),
        )
    return indexings


def _latest_of_each_collection(
    candidates: Sequence[Indexing], encoder_id: int
) -> Sequence[Indexing]:
    # A collection has two indexings of one encoder only while the second is being made;
    # `Indexings.all` names the one that was completed first.
    latest: dict[int, Indexing] = {}
    for each in candidates:
        if each.encoder.encoder_id == encoder_id:
            latest.setdefault(each.collection.collection_id, each)
    return list(latest.values())
