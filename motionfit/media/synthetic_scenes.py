"""What the built-in data set looks like: a textured object, a background, an unsteady camera."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from motionfit.media.synthetic_motions import MOTIONS, Track, make_track

Image = NDArray[np.float32]
BackgroundMotion = Literal["slow", "distracting"]


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Everything in a video but the object's own motion; drawn without knowing the class.

    Attributes:
        object_texture: ``(side, side, 3)`` float32 in 0..255.
        object_alpha: ``(side, side)`` float32 in 0..1, its shape with a soft edge.
        object_center: ``(x, y)`` of the object at mid-clip, px.
        background: ``(height, width, 3)`` float32 in 0..255, larger than the frame.
        background_track: How the background drifts.
        camera_track: How the whole picture drifts and trembles.
    """

    object_texture: Image
    object_alpha: Image
    object_center: tuple[float, float]
    background: Image
    background_track: Track
    camera_track: Track


def draw_scene(
    rng: np.random.Generator,
    size: tuple[int, int],
    num_frames: int,
    background_motion: BackgroundMotion = "slow",
) -> Scene:
    """Return a random scene.

    Args:
        rng: Decides everything.
        size: ``(height, width)`` of the frames, px.
        num_frames: Frames of the video.
        background_motion: ``slow`` is a steady drift; ``distracting`` moves like any of the
            classes, half as much.
    """
    height, width = size
    radius = height * rng.uniform(0.2, 0.28)
    side = 2 * int(np.ceil(1.4 * radius)) + 1
    return Scene(
        object_texture=draw_texture(rng, side, side),
        object_alpha=draw_shape(rng, side, radius),
        object_center=(width * rng.uniform(0.4, 0.6), height * rng.uniform(0.42, 0.58)),
        background=draw_texture(rng, height + height // 4, width + width // 4),
        background_track=(_drift if background_motion == "slow" else _distract)(rng, num_frames),
        camera_track=_unsteady(rng, num_frames),
    )


def draw_texture(rng: np.random.Generator, height: int, width: int) -> Image:
    """Return ``(height, width, 3)`` float32 in 0..255: smooth noise in three random colours."""
    noise = np.zeros((height, width), dtype=np.float32)
    for cell_px in (4, 8, 16, 32):
        cells = rng.random((height // cell_px + 2, width // cell_px + 2), dtype=np.float32)
        noise += rng.uniform(0.2, 1) * cv2.resize(
            cells, (width, height), interpolation=cv2.INTER_CUBIC
        )
    levels = np.quantile(noise, (0.02, 0.5, 0.98))
    colors = rng.uniform(10, 245, (3, 3))
    channels = [np.interp(noise, levels, channel) for channel in colors.T]
    return np.stack(channels, axis=-1).astype(np.float32)


def draw_shape(rng: np.random.Generator, side: int, radius: float) -> Image:
    """Return ``(side, side)`` float32 in 0..1: a random blob about the middle, ``radius`` px wide.

    Its edge is ``radius * (1 + bumps)`` with at most a third of bumps, in each direction.
    """
    offsets = np.arange(side) - side // 2
    x, y = np.meshgrid(offsets, offsets)
    direction = np.arctan2(y, x)
    edge = np.full((side, side), radius)
    for num_bumps in (2, 3, 4, 5):
        strength, start = rng.uniform(0, radius / 12), rng.uniform(0, 2 * np.pi)
        edge += strength * np.cos(num_bumps * direction + start)
    return np.clip(edge - np.hypot(x, y) + 0.5, 0, 1).astype(np.float32)


def _drift(rng: np.random.Generator, num_frames: int) -> Track:
    """A slow steady motion in a random direction, a quarter of an object's or less."""
    direction, distance = rng.uniform(0, 2 * np.pi), rng.uniform(0.02, 0.12)
    time = np.arange(num_frames) / num_frames
    growth = rng.uniform(-0.05, 0.05) * time
    return make_track(
        num_frames,
        x=distance * np.cos(direction) * time,
        y=distance * np.sin(direction) * time,
        angle=rng.uniform(-0.06, 0.06) * time,
        log_width=growth,
        log_height=growth,
    )


def _distract(rng: np.random.Generator, num_frames: int) -> Track:
    """Half the motion of a class, drawn anew: it says nothing of the class of the video."""
    motion = list(MOTIONS.values())[rng.integers(len(MOTIONS))]
    return motion(rng, num_frames).scaled(0.5)


def _unsteady(rng: np.random.Generator, num_frames: int) -> Track:
    """A hand that drifts a little and trembles by about a third of a pixel in 128."""
    drift = rng.uniform(-0.08, 0.08, 2)[:, None] * np.arange(num_frames) / num_frames
    steps = rng.normal(0, 0.004, (2, num_frames + 2))
    tremble = (steps[:, :-2] + 2 * steps[:, 1:-1] + steps[:, 2:]) / 4
    x, y = drift + tremble
    return make_track(num_frames, x=x, y=y, angle=rng.normal(0, 0.002, num_frames))
