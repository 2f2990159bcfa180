"""Encoders: whose embeddings the catalog holds."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping, insert, select

from index_store.database import Database
from index_store.records import Encoder
from index_store.schema import encoders
from motionfit.errors import EncoderMismatchError


class Encoders:
    """The encoders that a store knows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def register(
        self, *, identity: str, name: str, embedding_dim: int, header: Mapping[str, Any]
    ) -> Encoder:
        """Return the encoder of that identity, made known where it is not yet.

        Args:
            identity: Hash of weights and preprocessing.
            name: For people; the one given first stays.
            embedding_dim: Values a clip.
            header: Anything JSON can hold that is needed to load the encoder again.

        Raises:
            EncoderMismatchError: The identity is known with another number of values.
        """
        wanted = select(encoders).where(encoders.c.identity == identity)
        with self._database.writing() as connection:
            row = connection.execute(wanted).mappings().one_or_none()
            if row is None:
                connection.execute(
                    insert(encoders).values(
                        identity=identity,
                        name=name,
                        embedding_dim=embedding_dim,
                        header=dict(header),
                    )
                )
                row = connection.execute(wanted).mappings().one()
        encoder = encoder_record(row)
        if encoder.embedding_dim != embedding_dim:
            raise EncoderMismatchError(
                f"{name} of {encoder.embedding_dim} values", f"one of {embedding_dim} values"
            )
        return encoder

    def all(self) -> list[Encoder]:
        """Return every encoder, in the order in which they came."""
        with self._database.reading() as connection:
            rows = connection.execute(select(encoders).order_by(encoders.c.id)).mappings()
            return [encoder_record(row) for row in rows]


def encoder_record(row: RowMapping) -> Encoder:
    """Return the encoder that a row of the table ``encoders`` describes."""
    return Encoder(
        encoder_id=row["id"],
        identity=row["identity"],
        name=row["name"],
        embedding_dim=row["embedding_dim"],
        header=row["header"],
    )
