"""Removal of what no collection refers to any more."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, delete, exists, select

from index_store.schema import clips, embeddings, encodings, files, indexings, videos

_IDS_A_STATEMENT = 500
"""Databases bound how many values a statement may carry; SQLite's bound was 999 for long."""


def collect_garbage(connection: Connection, video_ids: Collection[int]) -> None:
    """Remove what nothing refers to among some videos, their clips and their embeddings.

    A video goes when no file holds it. What an encoder made of it by some sampling goes when no
    collection that holds the video is indexed that way.
    """
    for ids in in_chunks(sorted(video_ids)):
        held = exists().where(files.c.video_id == videos.c.id)
        connection.execute(delete(videos).where(videos.c.id.in_(ids), ~held))
        for encoding in _unused_encodings(connection, ids):
            _remove_encoding(connection, *encoding)


def forget_encodings(connection: Connection, video_id: int, sampling_id: int) -> None:
    """Remove what every encoder made of a video by one sampling, and the clips themselves."""
    sampled = (encodings.c.video_id == video_id, encodings.c.sampling_id == sampling_id)
    connection.execute(delete(encodings).where(*sampled))
    connection.execute(
        delete(clips).where(clips.c.video_id == video_id, clips.c.sampling_id == sampling_id)
    )


def in_chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Cut ids into pieces that one statement can carry."""
    for first in range(0, len(ids), _IDS_A_STATEMENT):
        yield ids[first : first + _IDS_A_STATEMENT]


def _unused_encodings(connection: Connection, video_ids: Sequence[int]) -> Sequence[Any]:
    used = exists().where(
        files.c.video_id == encodings.c.video_id,
        files.c.collection_id == indexings.c.collection_id,
        indexings.c.encoder_id == encodings.c.encoder_id,
        indexings.c.sampling_id == encodings.c.sampling_id,
    )
    unused = select(encodings).where(encodings.c.video_id.in_(video_ids), ~used)
    return connection.execute(unused).all()


def _remove_encoding(
    connection: Connection, video_id: int, encoder_id: int, sampling_id: int
) -> None:
    sampled = (clips.c.video_id == video_id, clips.c.sampling_id == sampling_id)
    connection.execute(
        delete(encodings).where(
            encodings.c.video_id == video_id,
            encodings.c.encoder_id == encoder_id,
            encodings.c.sampling_id == sampling_id,
        )
    )
    connection.execute(
        delete(embeddings).where(
            embeddings.c.encoder_id == encoder_id,
            embeddings.c.clip_id.in_(select(clips.c.id).where(*sampled)),
        )
    )
    encoded_otherwise = exists().where(
        encodings.c.video_id == clips.c.video_id, encodings.c.sampling_id == clips.c.sampling_id
    )
    connection.execute(delete(clips).where(*sampled, ~encoded_otherwise))
