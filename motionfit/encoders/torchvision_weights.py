"""torchvision's published video networks, trained on Kinetics-400."""

import pickle
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace

from torch import Tensor, nn
from torchvision.models import WeightsEnum
from torchvision.models.video import R2Plus1D_18_Weights, R3D_18_Weights

from motionfit.encoders.backbones.build import backbone_shapes, build_backbone, default_spec
from motionfit.encoders.origin import Origin
from motionfit.encoders.spec import EncoderSpec
from motionfit.encoders.values import first_mismatch, is_weight, set_weights
from motionfit.errors import WeightsUnavailableError
from motionfit.media.sampling import ClipSpec

PREFIX = "torchvision:"
TORCHVISION_NAMES: tuple[str, ...] = (f"{PREFIX}r2plus1d_18", f"{PREFIX}r3d_18")

ORIGIN = Origin(is_trained=True, method="supervised", data="Kinetics-400")

_WEIGHTS = {
    "r2plus1d_18": R2Plus1D_18_Weights.KINETICS400_V1,
    "r3d_18": R3D_18_Weights.KINETICS400_V1,
}
# torchvision trained and judged these weights on videos brought to 15 frames a second.
_FRAME_RATE = 15.0
_TIMEOUT_SECONDS = 10.0


def load_torchvision(name: str) -> tuple[nn.Module, EncoderSpec]:
    """Return a backbone with published weights, and what it was trained to be fed.

    The weights come from torchvision's cache, or are downloaded into it.

    Args:
        name: One of ``TORCHVISION_NAMES``.

    Raises:
        WeightsUnavailableError: No network, or what came is damaged.
    """
    architecture = name.removeprefix(PREFIX)
    entry = _WEIGHTS[architecture]
    weights = _without_classifier(_fetch(name, entry))
    shapes = {key: tuple(value.shape) for key, value in weights.items()}
    problem = first_mismatch(shapes, backbone_shapes(architecture, 3))
    if problem is not None:
        raise WeightsUnavailableError(name, problem)
    backbone = build_backbone(architecture)
    set_weights(backbone, weights)
    return backbone, _spec(architecture, entry)


def _spec(architecture: str, entry: WeightsEnum) -> EncoderSpec:
    transforms = entry.transforms()
    return replace(
        default_spec(architecture),
        clip=ClipSpec(clip_length=16, frame_rate=_FRAME_RATE),
        resize=tuple(transforms.resize_size),
        crop=tuple(transforms.crop_size),
        mean=tuple(transforms.mean),
        std=tuple(transforms.std),
    )


def _without_classifier(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        key: value for key, value in state.items() if is_weight(key) and not key.startswith("fc.")
    }


def _fetch(name: str, entry: WeightsEnum) -> dict[str, Tensor]:
    try:
        # torch.hub announces downloads on stdout, which belongs to results.
        with _socket_timeout(_TIMEOUT_SECONDS), redirect_stdout(sys.stderr):
            state: dict[str, Tensor] = entry.get_state_dict(
                progress=sys.stderr.isatty(), check_hash=True, weights_only=True
            )
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise WeightsUnavailableError(name, reason) from error
    return state


@contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    """Give up on a silent network; torch.hub would wait for minutes."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
