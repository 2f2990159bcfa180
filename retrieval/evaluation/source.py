"""What an evaluation decodes: which data set, which encoder, which cache."""

import os
from pathlib import Path

from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.registry import load_encoder
from motionfit.encoders.runtime import DeviceName
from motionfit.encoders.shipped import DEFAULT_ENCODER
from motionfit.errors import ConfigError
from motionfit.media.datasets.built_in import SYNTHETIC
from motionfit.media.datasets.dataset import Dataset
from motionfit.media.datasets.registry import load_dataset
from motionfit.user_dirs import user_cache_dir
from retrieval.evaluation.extraction import extract_features
from retrieval.evaluation.protocol import Protocol


def extract_to(
    out_dir: Path,
    *,
    dataset: str | Path | None,
    data_root: Path | None,
    lists_dir: Path | None,
    split: int,
    encoder: str | ClipEncoder | None,
    protocol: Protocol,
    feature_cache: Path | None,
    use_feature_cache: bool,
    workers: int | None,
    device: DeviceName,
) -> None:
    """Write feature files of a data set to ``out_dir``; parameters as in ``evaluate``.

    Raises:
        MotionFitError: The data set, the encoder or a folder cannot be used.
    """
    if workers is not None and workers < 1:
        raise ConfigError("workers", workers, "at least 1")
    if not isinstance(encoder, ClipEncoder):
        encoder = load_encoder(encoder or DEFAULT_ENCODER, device=device)
    loaded = _load_dataset(dataset, data_root, split, lists_dir)
    cache_dir = None
    if use_feature_cache:
        cache_dir = feature_cache or user_cache_dir() / "features"
    extract_features(
        loaded,
        encoder,
        protocol,
        out_dir,
        cache_dir=cache_dir,
        num_workers=workers or os.cpu_count() or 1,
    )


def _load_dataset(
    name: str | Path | None, root: Path | None, split: int, lists_dir: Path | None
) -> Dataset:
    if name is None and root is not None:
        return load_dataset(str(root), None, split, lists_dir=lists_dir)
    return load_dataset(str(name or SYNTHETIC), root, split, lists_dir=lists_dir)
