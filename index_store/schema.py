"""The tables of the catalog, as this version of the program reads and writes them.

::

    collections ─┬─< files >──────── videos ─┬─< clips >── samplings
                 └─< indexings              ├─< encodings      "video v was encoded by e at s"
                       │  encoder, sampling  └─  clips ─< embeddings >── encoders
                       ├─< changes           "video v of indexing i last changed in revision r"
                       └─< publications      "a vector index was made of indexing i at revision r"

A video with no clips (too short, and dropped) still has its ``encodings`` row: it is done.
"""

import re

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

metadata = MetaData()
RowId = BigInteger().with_variant(Integer(), "sqlite")


class AnyText(TypeDecorator[str]):
    r"""Text that may hold what no database's UTF-8 text can: lone surrogates and NUL.

    File names on POSIX are bytes; Python hands undecodable ones over as lone surrogates. They are
    written as ``\udc80`` and a backslash as two, so that ordinary names stand in the database as
    they are and every name comes back as it was.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        """Return the text as it is stored."""
        return None if value is None else encode_text(value)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> str | None:
        """Return the text as it was given."""
        return None if value is None else decode_text(value)


def encode_text(text: str) -> str:
    r"""Return ``text`` with backslashes doubled, and surrogates and NUL as ``\uXXXX``."""
    return re.sub(
        "[\\\\\0\ud800-\udfff]",
        lambda found: "\\\\" if found[0] == "\\" else f"\\u{ord(found[0]):04x}",
        text,
    )


def decode_text(stored: str) -> str:
    """Return the text that :func:`encode_text` was given."""
    return re.sub(
        r"\\(?:\\|u([0-9a-f]{4}))",
        lambda found: "\\" if found[1] is None else chr(int(found[1], 16)),
        stored,
    )


def _reference(target: str) -> ForeignKey:
    return ForeignKey(target, ondelete="CASCADE")


store_info = Table(
    "store_info",
    metadata,
    Column("store_id", String(32), primary_key=True),
    Column("created_at", String(40), nullable=False),
)

collections = Table(
    "collections",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("name", AnyText, nullable=False, unique=True),
    sqlite_autoincrement=True,
)

encoders = Table(
    "encoders",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("identity", String(128), nullable=False, unique=True),
    Column("name", AnyText, nullable=False),
    Column("embedding_dim", Integer, nullable=False),
    Column("header", JSON, nullable=False),
    sqlite_autoincrement=True,
)

samplings = Table(
    "samplings",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    sqlite_autoincrement=True,
)

videos = Table(
    "videos",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("content_hash", String(128), nullable=False, unique=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("duration_seconds", Float(53), nullable=False),
    Column("num_frames", BigInteger, nullable=False),
    Column("frame_rate", Float(53), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("codec", AnyText, nullable=False),
    Column("container", AnyText, nullable=False),
    sqlite_autoincrement=True,
)

files = Table(
    "files",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("collection_id", RowId, _reference("collections.id"), nullable=False),
    Column("video_id", RowId, ForeignKey("videos.id"), nullable=True),
    Column("path", AnyText, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("status", String(16), nullable=False),
    Column("error_class", String(128)),
    Column("message", AnyText),
    Column("note", AnyText),
    Column("label", AnyText),
    Column("indexed_at", String(40), nullable=False),
    UniqueConstraint("collection_id", "path", name="uq_files_path"),
    CheckConstraint("status IN ('indexed', 'failed')", name="ck_files_status"),
    Index("ix_files_video", "video_id", "collection_id"),
    sqlite_autoincrement=True,
)

clips = Table(
    "clips",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("video_id", RowId, _reference("videos.id"), nullable=False),
    Column("sampling_id", RowId, ForeignKey("samplings.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("start_seconds", Float(53), nullable=False),
    Column("end_seconds", Float(53), nullable=False),
    UniqueConstraint("video_id", "sampling_id", "position", name="uq_clips_position"),
    sqlite_autoincrement=True,
)

encodings = Table(
    "encodings",
    metadata,
    Column("video_id", RowId, _reference("videos.id"), nullable=False),
    Column("encoder_id", RowId, ForeignKey("encoders.id"), nullable=False),
    Column("sampling_id", RowId, ForeignKey("samplings.id"), nullable=False),
    PrimaryKeyConstraint("video_id", "encoder_id", "sampling_id"),
)

embeddings = Table(
    "embeddings",
    metadata,
    Column("clip_id", RowId, _reference("clips.id"), nullable=False),
    Column("encoder_id", RowId, ForeignKey("encoders.id"), nullable=False),
    Column("vector", LargeBinary, nullable=False),
    PrimaryKeyConstraint("clip_id", "encoder_id"),
)

indexings = Table(
    "indexings",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("collection_id", RowId, _reference("collections.id"), nullable=False),
    Column("encoder_id", RowId, ForeignKey("encoders.id"), nullable=False),
    Column("sampling_id", RowId, ForeignKey("samplings.id"), nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("completed_order", BigInteger),
    UniqueConstraint("collection_id", "encoder_id", "sampling_id", name="uq_indexings"),
    sqlite_autoincrement=True,
)

# No reference to videos: that a video is gone is itself a change to be told of.
changes = Table(
    "changes",
    metadata,
    Column("indexing_id", RowId, _reference("indexings.id"), nullable=False),
    Column("video_id", RowId, nullable=False),
    Column("revision", BigInteger, nullable=False),
    PrimaryKeyConstraint("indexing_id", "video_id"),
    Index("ix_changes_revision", "indexing_id", "revision"),
)

publications = Table(
    "publications",
    metadata,
    Column("stamp", String(32), primary_key=True),
    Column("indexing_id", RowId, _reference("indexings.id"), nullable=False),
    Column("revision", BigInteger, nullable=False),
)
