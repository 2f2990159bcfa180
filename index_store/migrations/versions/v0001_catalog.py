"""The first catalog: collections, files, videos, clips, encoders, embeddings, indexings."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _id() -> sa.Column[int]:
    return sa.Column("id", _ROW_ID, primary_key=True)


def _reference(name: str, target: str, *, ondelete: str | None = None) -> sa.Column[int]:
    key = sa.ForeignKey(target, ondelete=ondelete)
    return sa.Column(name, _ROW_ID, key, nullable=False)


def upgrade() -> None:
    """Make the tables."""
    _make_names()
    _make_files()
    _make_clips()
    _make_indexings()


def _make_names() -> None:
    op.create_table(
        "store_info",
        sa.Column("store_id", sa.String(32), primary_key=True),
        sa.Column("created_at", sa.String(40), nullable=False),
    )
    op.create_table(
        "collections",
        _id(),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "encoders",
        _id(),
        sa.Column("identity", sa.String(128), nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("embedding_dim", sa.Integer, nullable=False),
        sa.Column("header", sa.JSON, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "samplings",
        _id(),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sqlite_autoincrement=True,
    )


def _make_files() -> None:
    op.create_table(
        "videos",
        _id(),
        sa.Column("content_hash", sa.String(128), nullable=False, unique=True),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("duration_seconds", sa.Float(53), nullable=False),
        sa.Column("num_frames", sa.BigInteger, nullable=False),
        sa.Column("frame_rate", sa.Float(53), nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("codec", sa.Text, nullable=False),
        sa.Column("container", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "files",
        _id(),
        _reference("collection_id", "collections.id", ondelete="CASCADE"),
        sa.Column("video_id", _ROW_ID, sa.ForeignKey("videos.id"), nullable=True),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("mtime_ns", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("error_class", sa.String(128)),
        sa.Column("message", sa.Text),
        sa.Column("note", sa.Text),
        sa.Column("label", sa.Text),
        sa.Column("indexed_at", sa.String(40), nullable=False),
        sa.UniqueConstraint("collection_id", "path", name="uq_files_path"),
        sa.CheckConstraint("status IN ('indexed', 'failed')", name="ck_files_status"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_files_video", "files", ["video_id", "collection_id"])


def _make_clips() -> None:
    op.create_table(
        "clips",
        _id(),
        _reference("video_id", "videos.id", ondelete="CASCADE"),
        _reference("sampling_id", "samplings.id"),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("start_seconds", sa.Float(53), nullable=False),
        sa.Column("end_seconds", sa.Float(53), nullable=False),
        sa.UniqueConstraint("video_id", "sampling_id", "position", name="uq_clips_position"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "encodings",
        _reference("video_id", "videos.id", ondelete="CASCADE"),
        _reference("encoder_id", "encoders.id"),
        _reference("sampling_id", "samplings.id"),
        sa.PrimaryKeyConstraint("video_id", "encoder_id", "sampling_id"),
    )
    op.create_table(
        "embeddings",
        _reference("clip_id", "clips.id", ondelete="CASCADE"),
        _reference("encoder_id", "encoders.id"),
        sa.Column("vector", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("clip_id", "encoder_id"),
    )


def _make_indexings() -> None:
    op.create_table(
        "indexings",
        _id(),
        _reference("collection_id", "collections.id", ondelete="CASCADE"),
        _reference("encoder_id", "encoders.id"),
        _reference("sampling_id", "samplings.id"),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("completed_order", sa.BigInteger),
        sa.UniqueConstraint("collection_id", "encoder_id", "sampling_id", name="uq_indexings"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "changes",
        _reference("indexing_id", "indexings.id", ondelete="CASCADE"),
        sa.Column("video_id", _ROW_ID, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("indexing_id", "video_id"),
    )
    op.create_index("ix_changes_revision", "changes", ["indexing_id", "revision"])
    op.create_table(
        "publications",
        sa.Column("stamp", sa.String(32), primary_key=True),
        _reference("indexing_id", "indexings.id", ondelete="CASCADE"),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
