"""Videos: bytes that were decoded and encoded, with their clips and embeddings."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, func, insert, select

from index_store.catalog.changes import record_changes, sightings
from index_store.catalog.files import place
from index_store.catalog.garbage import forget_encodings
from index_store.catalog.indexings import get_indexing
from index_store.database import Database
from index_store.index.similarity import to_unit_rows
from index_store.records import EmbeddedClips, FileRecord, Indexing, VideoRecord
from index_store.schema import clips, embeddings, encodings, samplings, videos
from motionfit.errors import ConfigError, EncoderMismatchError


class Videos:
    """The videos of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, indexing_id: int, file: FileRecord, video: VideoRecord, embedded: EmbeddedClips
    ) -> None:
        """Put a file, its video, its clips and their embeddings in, in one transaction.

        What the path held before is replaced. Where the same bytes are already embedded this way,
        those embeddings stay.

        Raises:
            EncoderMismatchError: The vectors are not of the size that the encoder makes.
            IndexingNotFoundError: The indexing was removed meanwhile.
        """
        with self._database.writing() as connection:
            indexing = get_indexing(connection, indexing_id)
            _check_dim(indexing, embedded)
            video_id = _video_id(connection, video)
            # First the path, so that a new embedding is noted as a change for every indexing that
            # sees the video, this one included.
            place(connection, indexing.collection.collection_id, file, video_id)
            if _add_encoding(connection, video_id, indexing, embedded):
                record_changes(connection, sightings(connection, [video_id]))

    def embedded_hashes(self, encoder_id: int, sampling_key: str) -> set[str]:
        """Return the content hashes of the videos that were encoded this way already."""
        wanted = (
            select(videos.c.content_hash)
            .join(encodings, encodings.c.video_id == videos.c.id)
            .join(samplings, samplings.c.id == encodings.c.sampling_id)
            .where(encodings.c.encoder_id == encoder_id, samplings.c.key == sampling_key)
        )
        with self._database.reading() as connection:
            return set(connection.scalars(wanted))

    def get(self, content_hash: str) -> VideoRecord:
        """Return what is known of a video.

        Raises:
            ConfigError: The catalog does not know it.
        """
        wanted = select(videos).where(videos.c.content_hash == content_hash)
        with self._database.reading() as connection:
            row = connection.execute(wanted).mappings().one_or_none()
        if row is None:
            raise ConfigError("content_hash", content_hash, "one that the catalog knows")
        return VideoRecord(**{name: value for name, value in row.items() if name != "id"})


def _check_dim(indexing: Indexing, embedded: EmbeddedClips) -> None:
    found = embedded.vectors.shape[1]
    encoder = indexing.encoder
    if found != encoder.embedding_dim:
        raise EncoderMismatchError(
            f"{encoder.name} of {encoder.embedding_dim} values", f"one of {found} values"
        )


def _video_id(connection: Connection, video: VideoRecord) -> int:
    known = select(videos.c.id).where(videos.c.content_hash == video.content_hash)
    video_id = connection.scalars(known).one_or_none()
    if video_id is None:
        connection.execute(insert(videos).values(**asdict(video)))
        video_id = connection.scalars(known).one()
    return int(video_id)


def _add_encoding(
    connection: Connection, video_id: int, indexing: Indexing, embedded: EmbeddedClips
) -> bool:
    """Store the embeddings of a video, unless they are there; return whether they were not."""
    sampling = select(samplings.c.id).where(samplings.c.key == indexing.sampling_key)
    encoding = {
        "video_id": video_id,
        "encoder_id": indexing.encoder.encoder_id,
        "sampling_id": connection.scalars(sampling).one(),
    }
    if connection.execute(select(encodings).filter_by(**encoding)).first() is not None:
        return False
    clip_ids = _clip_ids(connection, video_id, encoding["sampling_id"], embedded)
    connection.execute(insert(encodings).values(encoding))
    unit_rows = to_unit_rows(embedded.vectors).astype("<f4")
    rows: list[dict[str, Any]] = [
        {"clip_id": clip_id, "encoder_id": encoding["encoder_id"], "vector": vector.tobytes()}
        for clip_id, vector in zip(clip_ids, unit_rows, strict=True)
    ]
    if rows:
        connection.execute(insert(embeddings), rows)
    return True


def _clip_ids(
    connection: Connection, video_id: int, sampling_id: int, embedded: EmbeddedClips
) -> list[int]:
    """Return the ids of a video's clips in order, shared by all encoders of one sampling.

    Should two encoders have seen different numbers of clips (the decoder was updated in between,
    say), the older clips go, and the older encoder's next run encodes the video again.
    """
    sampled = {"video_id": video_id, "sampling_id": sampling_id}
    wanted = select(clips.c.id).filter_by(**sampled).order_by(clips.c.position)
    num_clips = len(embedded.vectors)
    num_known = connection.scalars(
        select(func.count()).select_from(clips).filter_by(**sampled)
    ).one()
    if num_known != num_clips:
        forget_encodings(connection, video_id, sampling_id)
        rows = [
            {**sampled, "position": position, "start_seconds": start, "end_seconds": end}
            for position, (start, end) in enumerate(
                zip(embedded.start_seconds.tolist(), embedded.end_seconds.tolist(), strict=True)
            )
        ]
        if rows:
            connection.execute(insert(clips), rows)
    return list(connection.scalars(wanted))
