"""What tests of optical flow may ask for: scenes whose flow is known, and real pairs."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from motionfit.flow.tvl1.opencv import OpenCvTvL1
from motionfit.media.discover import find_videos
from motionfit.media.reader import read_clips
from motionfit.media.sampling import ClipSampling, ClipSpec, Sliding
from motionfit.media.synthetic_render import render_video

HEIGHT, WIDTH = 128, 171


@dataclass(frozen=True)
class KnownMotion:
    """Two frames and the flow between them.

    Attributes:
        name: What moves.
        grey: ``(2, height, width)`` uint8.
        flow: ``(height, width, 2)`` float32, px.
        is_seen: ``(height, width)`` bool: the pixel is in the second frame too, not hidden.
    """

    name: str
    grey: NDArray[np.uint8]
    flow: NDArray[np.float32]
    is_seen: NDArray[np.bool_]

    def error_px(self, flow: NDArray[np.float32]) -> float:
        """Return the mean end-point error where the motion can be seen."""
        distance = np.linalg.norm(flow - self.flow, axis=-1)
        return float(distance[self.is_seen].mean())


def affine_motion(name: str, matrix: list[list[float]], seed: int = 0) -> KnownMotion:
    """Return a textured plane moved by ``(x, y) -> matrix (x, y, 1)`` around its middle."""
    rng = np.random.default_rng(seed)
    height, width = 2 * HEIGHT, 2 * WIDTH
    scene = sum(
        cv2.GaussianBlur(rng.normal(0, 1, (height, width)), (0, 0), sigma) * sigma
        for sigma in (1.5, 3.0, 6.0, 12.0)
    )
    scene = np.clip(128 + 45 * scene / scene.std(), 0, 255).astype(np.float32)
    middle = np.array([width / 2, height / 2])
    forward = np.array(matrix, float)
    forward[:, 2] += middle - forward[:, :2] @ middle
    moved = cv2.warpAffine(scene, forward, (width, height), flags=cv2.INTER_CUBIC)
    inside = np.s_[HEIGHT // 2 : HEIGHT // 2 + HEIGHT, WIDTH // 2 : WIDTH // 2 + WIDTH]
    rows, columns = np.mgrid[:height, :width].astype(float)
    places = np.stack([columns, rows], axis=-1)
    flow = (places @ forward[:, :2].T + forward[:, 2] - places)[inside].astype(np.float32)
    grey = np.stack([scene[inside], moved[inside]]).round().clip(0, 255).astype(np.uint8)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    to_x, to_y = columns + flow[..., 0], rows + flow[..., 1]
    is_seen = (to_x >= 0) & (to_x <= WIDTH - 1) & (to_y >= 0) & (to_y <= HEIGHT - 1)
    return KnownMotion(name, grey, flow, is_seen)


def turn(degrees: float) -> list[list[float]]:
    """Return a rotation about the middle."""
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return [[cosine, -sine, 0.0], [sine, cosine, 0.0]]


def occlusion(class_name: str = "move_right") -> KnownMotion:
    """Return an object that moves in front of a background, from the built-in data set."""
    video = render_video(class_name, np.random.default_rng(3), num_frames=4)
    grey = np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in video.frames[:2]])
    flow = video.flow()[0]
    was_object, is_object = video.masks[0], video.masks[1]
    return KnownMotion(f"occlusion ({class_name})", grey, flow, was_object | ~is_object)


def known_motions() -> Iterator[KnownMotion]:
    """Yield every kind of motion that optical flow should find."""
    yield affine_motion("sub-pixel translation", [[1, 0, 0.3], [0, 1, -0.6]])
    yield affine_motion("large translation", [[1, 0, 5.0], [0, 1, -3.0]])
    yield affine_motion("rotation", turn(3))
    yield affine_motion("zoom", [[1.04, 0, 0], [0, 1.04, 0]])
    yield occlusion()


@pytest.fixture(params=known_motions(), ids=lambda motion: motion.name)
def known_motion(request: pytest.FixtureRequest) -> KnownMotion:
    """Each of the known motions."""
    return request.param


def draw_real_pairs(folder: Path, num_videos: int, pairs_each: int) -> Iterator[NDArray[np.uint8]]:
    """Yield pairs of full frames of real videos drawn at random: ``(2, height, width)`` uint8."""
    paths = list(find_videos([folder / "jhmdb21"]))
    rng = np.random.default_rng(0)
    every_pair = ClipSampling(spec=ClipSpec(clip_length=2), placement=Sliding(clip_hop=1))
    for number in rng.choice(len(paths), num_videos, replace=False):
        clips = read_clips(paths[number], every_pair).gather()
        for pair in rng.choice(clips, pairs_each, replace=False):
            yield np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in pair])


@pytest.fixture(scope="session")
def real_pairs(shared_data: Path) -> list[NDArray[np.uint8]]:
    """Pairs of full frames, one from each of 24 real videos: ``(2, height, width)`` uint8."""
    return list(draw_real_pairs(shared_data, num_videos=24, pairs_each=1))


@pytest.fixture(scope="session")
def reference_flows(real_pairs: list[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
    """OpenCV's flow of each real pair: ``(height, width, 2)`` px."""
    reference = OpenCvTvL1()
    return [reference.estimate(pair)[0] for pair in real_pairs]


@pytest.fixture(scope="session")
def many_real_pairs(shared_data: Path) -> list[NDArray[np.uint8]]:
    """Five pairs of full frames from each of 100 real videos: ``(2, height, width)`` uint8."""
    return list(draw_real_pairs(shared_data, num_videos=100, pairs_each=5))
