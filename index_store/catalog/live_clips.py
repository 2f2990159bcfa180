"""What an indexing sees: which clips, of which videos, with which vectors."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Select, exists, func, select

from index_store.catalog.garbage import in_chunks
from index_store.records import Encoder
from index_store.schema import clips, embeddings, encodings, files, indexings
from motionfit.errors import ClipNotFoundError, EncoderMismatchError

ClipRows = tuple[NDArray[np.int64], NDArray[np.int64]]
"""``clip_ids`` and ``video_ids``, ``(num_clips,)`` each, clip ids growing."""


def live_clips(
    connection: Connection, indexing_id: int, video_ids: Sequence[int] | None = None
) -> ClipRows:
    """Return the clips that an indexing sees, of all videos or of some."""
    wanted = _live(indexing_id)
    if video_ids is None:
        found = connection.execute(wanted).all()
    else:
        found = []
        for ids in in_chunks(video_ids):
            found += connection.execute(wanted.where(clips.c.video_id.in_(ids))).all()
    rows = np.array([tuple(row) for row in found], dtype=np.int64).reshape(-1, 2)
    clip_ids, held_by = rows[np.argsort(rows[:, 0])].T
    return np.ascontiguousarray(clip_ids), np.ascontiguousarray(held_by)


def count_live_clips(connection: Connection, indexing_id: int) -> int:
    """Return how many clips an indexing sees."""
    count = select(func.count()).select_from(_live(indexing_id).subquery())
    return connection.scalars(count).one()


def load_vectors(
    connection: Connection, clip_ids: NDArray[np.int64], encoder: Encoder
) -> NDArray[np.float32]:
    """Return embeddings in the order of ``clip_ids``: ``(num_clips, embedding_dim)`` float32.

    Raises:
        ClipNotFoundError: One of the clips has no embedding by this encoder.
        EncoderMismatchError: An embedding is not of the encoder's size.
    """
    distinct, inverse = np.unique(clip_ids, return_inverse=True)
    blobs: list[bytes] = []
    for ids in in_chunks(distinct.tolist()):
        wanted = (
            select(embeddings.c.clip_id, embeddings.c.vector)
            .where(embeddings.c.encoder_id == encoder.encoder_id, embeddings.c.clip_id.in_(ids))
            .order_by(embeddings.c.clip_id)
        )
        rows = connection.execute(wanted).all()
        if len(rows) != len(ids):
            found = {clip_id for clip_id, _ in rows}
            raise ClipNotFoundError(next(clip_id for clip_id in ids if clip_id not in found))
        blobs.extend(vector for _, vector in rows)
    return _to_matrix(blobs, encoder)[inverse]


def _live(indexing_id: int) -> Select[Any]:
    # EXISTS, not a join: a collection that holds the same bytes twice sees each clip once.
    held = exists().where(
        files.c.video_id == clips.c.video_id, files.c.collection_id == indexings.c.collection_id
    )
    encoded = (encodings.c.encoder_id == indexings.c.encoder_id) & (
        encodings.c.sampling_id == indexings.c.sampling_id
    )
    sampled = (clips.c.video_id == encodings.c.video_id) & (
        clips.c.sampling_id == encodings.c.sampling_id
    )
    return (
        select(clips.c.id, clips.c.video_id)
        .select_from(indexings)
        .join(encodings, encoded)
        .join(clips, sampled)
        .where(indexings.c.id == indexing_id, held)
    )


def _to_matrix(blobs: Sequence[bytes], encoder: Encoder) -> NDArray[np.float32]:
    for blob in blobs:
        if len(blob) != 4 * encoder.embedding_dim:
            raise EncoderMismatchError(
                f"{encoder.name} of {encoder.embedding_dim} values",
                f"a vector of {len(blob)} bytes in the catalog",
            )
    values = np.frombuffer(b"".join(blobs), dtype="<f4").astype(np.float32, copy=False)
    return values.reshape(-1, encoder.embedding_dim)
