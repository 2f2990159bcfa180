"""The store keeps a copy of each encoder, so that a search never depends on a file elsewhere."""

from collections.abc import Sequence

from index_store.records import Encoder
from index_store.store import Store
from motionfit.config import provenance
from motionfit.encoders.checkpoint import save_checkpoint
from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.registry import load_encoder
from motionfit.encoders.runtime import DeviceName
from motionfit.errors import EncoderMismatchError, UnknownEncoderError


def keep_encoder(store: Store, encoder: ClipEncoder) -> Encoder:
    """Return the store's record of an encoder, copied into the store where it is new there."""
    path = store.encoders_dir / f"{encoder.identity}.safetensors"
    if not path.exists():
        save_checkpoint(encoder, path)
    return store.catalog.encoders.register(
        identity=encoder.identity,
        name=encoder.name,
        embedding_dim=encoder.embedding_dim,
        header={
            "description": encoder.description,
            "is_trained": encoder.is_trained,
            "source": encoder.source,
            "spec": encoder.spec.to_dict(),
            "made_by": dict(provenance()),
        },
    )


def load_kept_encoder(store: Store, record: Encoder, *, device: DeviceName) -> ClipEncoder:
    """Return the encoder that a record stands for.

    Raises:
        CheckpointError: The store's copy is damaged.
        UnknownEncoderError: The store's copy is gone, and so is what it was made from.
        EncoderMismatchError: What was loaded is another encoder than the one that indexed.
    """
    path = store.encoders_dir / f"{record.identity}.safetensors"
    source = str(path) if path.exists() else str(record.header["source"])
    encoder = load_encoder(source, device=device)
    if encoder.identity != record.identity:
        raise EncoderMismatchError(
            f"{record.name} ({record.identity[:12]})", f"{source} ({encoder.identity[:12]})"
        )
    return encoder


def find_record(name: str, records: Sequence[Encoder]) -> Encoder:
    """Return the store's encoder of that name, source or (begin of the) identity, newest first.

    Raises:
        UnknownEncoderError: The store has none.
    """
    for record in reversed(records):
        if name in (record.name, record.header.get("source")) or (
            len(name) >= 8 and record.identity.startswith(name)
        ):
            return record
    raise UnknownEncoderError(name, [record.name for record in records])
