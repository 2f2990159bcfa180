"""Frames of a scene in motion, with the exact optical flow between them."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from motionfit.media.synthetic_motions import MOTIONS
from motionfit.media.synthetic_scenes import BackgroundMotion, Scene, draw_scene

Matrices = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class RenderedVideo:
    """A video whose motion is known.

    Attributes:
        frames: ``(time, height, width, 3)`` uint8 RGB.
        masks: ``(time, height, width)`` bool, where the object is.
        object_matrices: ``(time, 3, 3)`` float64, from a point of the object to its pixel.
        background_matrices: ``(time, 3, 3)`` float64, the same for the background.
    """

    frames: NDArray[np.uint8]
    masks: NDArray[np.bool_]
    object_matrices: Matrices
    background_matrices: Matrices

    def flow(self) -> NDArray[np.float32]:
        """Return where each pixel goes: ``(time - 1, height, width, 2)`` float32, px a frame.

        ``flow[t, y, x]`` is ``(right, down)`` from frame ``t`` to frame ``t + 1``; exact but for
        the pixels that mix object and background.
        """
        height, width = self.frames.shape[1:3]
        of_object = _flow_of_plane(self.object_matrices, height, width)
        of_background = _flow_of_plane(self.background_matrices, height, width)
        return np.where(self.masks[:-1, :, :, None], of_object, of_background)


def render_video(
    class_name: str,
    rng: np.random.Generator,
    *,
    size: tuple[int, int] = (128, 172),
    num_frames: int = 40,
    background_motion: BackgroundMotion = "slow",
) -> RenderedVideo:
    """Return a video of an object that moves like its class.

    The scene and the motion are drawn from separate streams of ``rng``, and every motion passes
    mid-clip (frame ``num_frames // 2``) unmoved: that frame is the same, byte for byte, for every
    class that is rendered with an equal ``rng``.

    Args:
        class_name: One of ``MOTIONS``.
        rng: Decides everything else.
        size: Height and width of the frames, px.
        num_frames: Frames to render.
        background_motion: See `draw_scene`.
    """
    scene_rng, motion_rng = rng.spawn(2)
    scene = draw_scene(scene_rng, size, num_frames, background_motion)
    middle = num_frames // 2
    motion = MOTIONS[class_name](motion_rng, num_frames).relative_to(middle)
    height, width = size
    frame_center = ((width - 1) / 2, (height - 1) / 2)
    to_center = _translation(-frame_center[0], -frame_center[1])
    camera = scene.camera_track.relative_to(middle).matrices(frame_center, height) @ to_center
    drift = scene.background_track.relative_to(middle).matrices(frame_center, height)
    object_matrices = camera @ motion.matrices(scene.object_center, height)
    background_matrices = camera @ drift
    frames, masks = _composite(scene, object_matrices, background_matrices, size)
    return RenderedVideo(
        frames=frames,
        masks=masks,
        object_matrices=object_matrices,
        background_matrices=background_matrices,
    )


def _composite(
    scene: Scene, object_matrices: Matrices, background_matrices: Matrices, size: tuple[int, int]
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    num_frames = len(object_matrices)
    frames = np.empty((num_frames, *size, 3), dtype=np.uint8)
    masks = np.empty((num_frames, *size), dtype=np.bool_)
    for time in range(num_frames):
        # The mirrored continuation is a fixed picture too, so the flow is exact outside as well.
        background = _warp(
            scene.background, background_matrices[time], size, cv2.BORDER_REFLECT_101
        )
        texture = _warp(scene.object_texture, object_matrices[time], size, cv2.BORDER_REFLECT_101)
        alpha = _warp(scene.object_alpha, object_matrices[time], size, cv2.BORDER_CONSTANT)
        frame = background + alpha[:, :, None] * (texture - background)
        frames[time] = np.rint(frame)
        masks[time] = alpha > 0.5
    return frames, masks


def _warp(
    image: NDArray[np.float32], matrix: NDArray[np.float64], size: tuple[int, int], border: int
) -> NDArray[np.float32]:
    """Return ``image``, its middle at 0, seen through ``matrix`` in a frame of ``size``."""
    middle = _translation(-(image.shape[1] // 2), -(image.shape[0] // 2))
    height, width = size
    warped = cv2.warpAffine(
        image, (matrix @ middle)[:2], (width, height), flags=cv2.INTER_LINEAR, borderMode=border
    )
    return np.asarray(warped, dtype=np.float32)


def _flow_of_plane(matrices: Matrices, height: int, width: int) -> NDArray[np.float32]:
    steps = (matrices[1:] @ np.linalg.inv(matrices[:-1]) - np.eye(3))[:, :2]
    x, y = np.arange(width), np.arange(height)[:, None]
    flow = np.empty((len(steps), height, width, 2), dtype=np.float32)
    for time, step in enumerate(steps):
        for axis, (by_x, by_y, shift) in enumerate(step):
            flow[time, :, :, axis] = by_x * x + (by_y * y + shift)
    return flow


def _translation(x: float, y: float) -> NDArray[np.float64]:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], dtype=np.float64)
