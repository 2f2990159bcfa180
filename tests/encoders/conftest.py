"""Small encoders and structured clips."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from motionfit.encoders.backbones.build import build_backbone
from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.network import Network
from motionfit.encoders.origin import Origin
from motionfit.encoders.runtime import choose_runtime
from motionfit.encoders.spec import EncoderSpec
from motionfit.media.sampling import ClipSpec

SMALL_SPEC = EncoderSpec(
    architecture="r2plus1d_10", clip=ClipSpec(clip_length=4), resize=(36, 44), crop=(32, 32)
)


@pytest.fixture
def small_spec() -> EncoderSpec:
    return SMALL_SPEC


@pytest.fixture(scope="session")
def small_encoder() -> ClipEncoder:
    """The light backbone, untrained, for clips of 4 frames of 36x44."""
    network = Network(build_backbone("r2plus1d_10"), choose_runtime("cpu"))
    return ClipEncoder(
        network, SMALL_SPEC, origin=Origin(is_trained=False, seed=0), name="r2plus1d_10"
    )


@pytest.fixture(scope="session")
def moving_clips() -> Callable[..., NDArray[np.uint8]]:
    """Return a function that makes clips of smooth coloured textures, each with its own motion."""
    return _moving_clips


def _moving_clips(
    num_clips: int, time: int, height: int, width: int, seed: int = 0
) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width].astype(np.float64)
    clips = np.empty((num_clips, time, height, width, 3), dtype=np.uint8)
    for clip in clips:
        step = rng.uniform(-3, 3, size=2)
        waves = rng.uniform(-0.3, 0.3, size=(3, 8, 2))
        phases = rng.uniform(0, 2 * np.pi, size=(3, 8))
        for number, frame in enumerate(clip):
            y, x = rows + number * step[0], columns + number * step[1]
            angle = waves[..., 0, None, None] * y + waves[..., 1, None, None] * x
            value = np.cos(angle + phases[..., None, None]).mean(axis=1)
            frame[:] = np.moveaxis(np.clip(128 + 200 * value, 0, 255), 0, -1)
    return clips
