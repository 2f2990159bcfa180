"""A teacher of motion that needs no label: local motion in flow, its numbers fitted to videos.

::

    flow ── descriptors ── principal components ── mixture of Gaussians: kinds of motion
                                                └─ Fisher vectors ── principal components

Source: see ``motionfit.encoders.backbones.local_motion``.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from motionfit.encoders.backbones.build import build_backbone
from motionfit.encoders.backbones.local_motion import (
    LEAST_MOTION_PX,
    NUM_COMPONENTS,
    FlowMotion,
    coordinates,
)
from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.network import Network
from motionfit.encoders.origin import Origin
from motionfit.encoders.runtime import DeviceName, choose_runtime
from motionfit.encoders.spec import EncoderSpec
from motionfit.errors import TooFewVideosError
from motionfit.media.packed.videos import PackedVideos
from motionfit.methods.inputs import check_input, describe_flow
from motionfit.methods.model import ENCODER_NAME, write_encoder
from motionfit.methods.motion_pool import (
    fisher_vectors,
    fit_mixture,
    fit_projection,
    some_clips,
)
from motionfit.methods.run_files import make_folder
from motionfit.methods.videos import describe_videos

METHOD = "local motion"

_PLACES_A_CLIP = 50
_MIN_PLACES = 10 * NUM_COMPONENTS


@dataclass(frozen=True, kw_only=True)
class LocalMotionSettings:
    """How the teacher is made.

    Attributes:
        spec: Its input; flow in px.
        seed: Of what is drawn.
    """

    spec: EncoderSpec
    seed: int = 0

    def facts(self, flow: PackedVideos) -> dict[str, Any]:
        """Return JSON values that differ where the teachers would."""
        return {"spec": self.spec.to_dict(), "seed": self.seed, "flow": describe_videos(flow)}


def fit_local_motion(
    flow: PackedVideos,
    settings: LocalMotionSettings,
    run_dir: str | Path,
    *,
    data: str | None = None,
    device: DeviceName = "auto",
) -> ClipEncoder:
    """Return the teacher, and write it as ``encoder.safetensors``.

    Args:
        flow: Of videos; nobody needs to know what they show.
        settings: How.
        run_dir: Gets the file.
        data: Name of the videos, for the encoder's origin.
        device: Where the teacher is to run.

    Raises:
        ConfigError: The videos are not what the spec takes.
        TooFewVideosError: Hardly anything moves in them.
        RunFileError: The disk does not take it.
    """
    check_input(flow, settings.spec)
    spec, seed = settings.spec, settings.seed
    network = build_backbone(spec.architecture, in_channels=spec.in_channels, seed=seed)
    assert isinstance(network, FlowMotion)
    descriptors, where = _sample_descriptors(network, flow, spec, seed=seed)
    values = np.concatenate([_fit_basis(network, descriptors), where], 1)
    fit_mixture(values, network.pool.fisher, seed=seed)
    clips = some_clips(flow, spec, seed=seed, title="pooling motion")
    fit_projection(network.pool, fisher_vectors(network, clips, dtype=torch.float32), seed=seed)
    path = Path(run_dir) / ENCODER_NAME
    encoder = ClipEncoder(
        Network(network, choose_runtime(device)),
        spec,
        origin=Origin(
            is_trained=True, method=METHOD, data=data, flow=describe_flow(flow), seed=seed
        ),
        name=METHOD,
        source=str(path),
    )
    make_folder(path.parent)
    write_encoder(encoder, path)
    return encoder


def _sample_descriptors(
    network: FlowMotion, flow: PackedVideos, spec: EncoderSpec, *, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return what is at places where something moves, and where that is.

    Returns:
        ``(number, 300)`` descriptors and ``(number, 2)`` coordinates.
    """
    generator = torch.Generator().manual_seed(seed)
    found, where = [], []
    with torch.inference_mode():
        for clips in some_clips(flow, spec, seed=seed, title="describing motion"):
            descriptors, motion = network.places.descriptors(network.halved_flow(clips))
            placed = torch.cat([descriptors, coordinates(motion)], 1).movedim(1, -1)
            for of_clip, moved in zip(placed, motion, strict=True):
                moving = of_clip[moved > LEAST_MOTION_PX]
                order = torch.randperm(len(moving), generator=generator)
                chosen = moving[order[:_PLACES_A_CLIP]]
                found.append(chosen[:, :-2])
                where.append(chosen[:, -2:])
    descriptors_found: NDArray[np.float32] = torch.cat(found).numpy()
    if len(descriptors_found) < _MIN_PLACES:
        told = f"{len(descriptors_found)} places where something moves"
        raise TooFewVideosError(flow.path, told, f"at least {_MIN_PLACES}, in more videos")
    return descriptors_found, torch.cat(where).numpy()


def _fit_basis(network: FlowMotion, descriptors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Set what is kept of a descriptor, and return ``(number, 64)``, that of these."""
    mean = descriptors.mean(0)
    _, vectors = np.linalg.eigh(np.cov(descriptors, rowvar=False))
    kept = vectors[:, ::-1][:, : network.places.basis.shape[1]]
    values = (descriptors - mean) @ kept
    # One number for all: directions in which motion differs more go on counting more.
    scale = values.std()
    network.places.mean.data = torch.from_numpy(mean)
    network.places.basis.data = torch.from_numpy((kept / scale).astype(np.float32))
    scaled: NDArray[np.float32] = (values / scale).astype(np.float32)
    return scaled
