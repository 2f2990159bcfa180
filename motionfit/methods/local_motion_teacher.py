"""A teacher of motion without training: local motion in flow, its numbers fitted to videos.

::

    flow of all videos ── descriptors ── principal components ── mixture: kinds of motion
                                                              └─ Fisher vectors
    labelled videos ─── which differences of Fisher vectors tell classes apart: the projection

Source: see ``motionfit.encoders.backbones.local_motion`` and ``motionfit.methods.projection``.
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
    choose_videos,
    describe_videos,
    fit_mixture,
    project_classes,
    set_projection,
    some_clips,
)
from motionfit.methods.run_files import make_folder
from motionfit.methods.videos import LabelledVideos
from motionfit.methods.videos import describe_videos as facts_of_videos

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

    def facts(self, flow: PackedVideos, labelled: LabelledVideos) -> dict[str, Any]:
        """Return JSON values that differ where the teachers would."""
        return {
            "spec": self.spec.to_dict(),
            "seed": self.seed,
            "flow": facts_of_videos(flow),
            "labelled": labelled.facts(),
        }


def fit_local_motion(
    flow: PackedVideos,
    labelled: LabelledVideos,
    settings: LocalMotionSettings,
    run_dir: str | Path,
    *,
    data: str | None = None,
    device: DeviceName = "auto",
) -> ClipEncoder:
    """Return the teacher, and write it as ``encoder.safetensors``.

    Args:
        flow: Of many videos; nobody needs to know what they show.
        labelled: Flow of some whose classes are known.
        settings: How.
        run_dir: Gets the file.
        data: Name of the labelled videos, for the encoder's origin.
        device: Where the teacher is to run.

    Raises:
        ConfigError: The videos are not what the spec takes.
        TooFewVideosError: Hardly anything moves in them, or all labels are one.
        RunFileError: The disk does not take it.
    """
    check_input(flow, settings.spec)
    check_input(labelled.videos.packed, settings.spec)
    labelled.check_classes()
    spec, seed = settings.spec, settings.seed
    network = build_backbone(spec.architecture, in_channels=spec.in_channels, seed=seed)
    assert isinstance(network, FlowMotion)
    descriptors, where = _sample_descriptors(network, flow, spec, seed=seed)
    values = np.concatenate([_fit_basis(network, descriptors), where], 1)
    fit_mixture(values, network.pool.fisher, seed=seed)
    _fit_projection(network, flow, labelled, spec, seed=seed)
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
        videos = choose_videos(np.arange(len(flow)), seed=seed)
        for _, clips in some_clips(flow, spec, videos, title="describing motion"):
            halved = network.halved_flow(clips.flatten(0, 1))
            descriptors, motion = network.places.descriptors(halved)
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


def _fit_projection(
    network: FlowMotion,
    flow: PackedVideos,
    labelled: LabelledVideos,
    spec: EncoderSpec,
    *,
    seed: int,
) -> None:
    """Set the projection, so that videos of one class come near each other."""
    known = labelled.videos.packed
    unknown, described = (
        describe_videos(
            network,
            packed,
            spec,
            choose_videos(np.asarray(videos, np.int64), seed=seed),
            dtype=torch.float32,
            title=title,
        )
        for packed, videos, title in (
            (flow, range(len(flow)), "pooling motion"),
            (known, labelled.chosen, "pooling labelled motion"),
        )
    )
    classes = labelled.labels_of(described.videos.tolist())
    set_projection(network.pool, project_classes(described.vectors, classes, unknown.vectors))
