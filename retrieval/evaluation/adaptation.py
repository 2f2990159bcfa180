"""An encoder as a protocol wants it, and the settings as they then are."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.spec import PoolName
from motionfit.media.datasets.built_in import SYNTHETIC
from motionfit.media.outcomes import FailedFile
from motionfit.media.sampling import ClipSampling, ClipSpec, Sliding, Uniform
from retrieval.evaluation.protocol import Pool, Protocol

_ENCODER_POOLS: Mapping[Pool, PoolName] = {
    "max122": "max122",
    "max222": "max222",
    "gmax": "max",
    "gavg": "avg",
}


def adapt_encoder(encoder: ClipEncoder, protocol: Protocol) -> ClipEncoder:
    """Return the same weights with the pool, clips and sizes that the protocol asks for.

    Raises:
        ConfigError: They do not fit the backbone.
    """
    spec = encoder.spec
    adapted = replace(
        spec,
        clip=ClipSpec(
            clip_length=protocol.clip_length or spec.clip.clip_length,
            stride=protocol.stride or spec.clip.stride,
            frame_rate=spec.clip.frame_rate,
        ),
        resize=protocol.resize or spec.resize,
        crop=protocol.crop or spec.crop,
        pool=_ENCODER_POOLS[protocol.pool],
    )
    return ClipEncoder(
        encoder.network, adapted, origin=encoder.origin, name=encoder.name, source=encoder.source
    )


def make_sampling(protocol: Protocol, spec: ClipSpec) -> ClipSampling:
    """Return which clips the protocol takes from a video."""
    if protocol.sampler == "uniform":
        placement: Uniform | Sliding = Uniform(num_clips=protocol.clips)
    else:
        placement = Sliding(clip_hop=_sliding_step(protocol, spec))
    return ClipSampling(spec=spec, placement=placement, short=protocol.short)


def _sliding_step(protocol: Protocol, spec: ClipSpec) -> int:
    return protocol.sliding_step or max(1, spec.clip_length // 2 - 1)


def resolved_settings(protocol: Protocol, encoder: ClipEncoder) -> dict[str, Any]:
    """Return the extraction settings as they are for an adapted encoder, as JSON values."""
    spec = encoder.spec
    is_uniform = protocol.sampler == "uniform"
    return {
        "clips": protocol.clips if is_uniform else None,
        "clip_length": spec.clip.clip_length,
        "stride": spec.clip.stride,
        "frame_rate": spec.clip.frame_rate or "native",
        "sampler": protocol.sampler,
        "sliding_step": None if is_uniform else _sliding_step(protocol, spec.clip),
        "short": protocol.short,
        "query_time": protocol.query_time,
        "resize": list(spec.resize),
        "crop": list(spec.crop),
        "pool": protocol.pool,
    }


def describe_features(
    encoder: ClipEncoder,
    protocol: Protocol,
    *,
    dataset: str,
    split: int,
    class_names: Sequence[str],
    num_stretched: int,
    dropped: Sequence[str],
    failed: Sequence[FailedFile],
    damaged: Sequence[tuple[str, str]] = (),
    missing: Sequence[str] = (),
) -> dict[str, Any]:
    """Return what features are of, as ``SplitFeatures`` keeps it and the report tells it.

    Args:
        encoder: Adapted to the protocol.
        protocol: As asked for.
        dataset: Its name; ``synthetic`` is the built-in one.
        split: Which official split.
        class_names: The index of a name is its label.
        num_stretched: Videos shorter than a clip that were looped or held.
        dropped: Videos without clips.
        failed: Videos that could not be decoded.
        damaged: Name and remark of videos that were decoded only in part.
        missing: Videos that are listed and not on the disk.
    """
    return {
        "dataset": dataset,
        "split": split,
        "is_synthetic": dataset == SYNTHETIC,
        "class_names": list(class_names),
        "encoder": encoder.description,
        "encoder_identity": encoder.identity,
        "encoder_trained": encoder.is_trained,
        "encoder_trained_on": encoder.origin.trained_on,
        "extraction": resolved_settings(protocol, encoder),
        "stretched": num_stretched,
        "dropped": list(dropped),
        "damaged": [list(remark) for remark in damaged],
        "missing": list(missing),
        "failed": [vars(failure) for failure in failed],
    }
