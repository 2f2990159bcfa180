"""The ways an object moves in the built-in data set: one function a class."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Track:
    """How something is moved, turned and stretched over time.

    Attributes:
        x: ``(num_frames,)`` shift to the right, in frame heights.
        y: ``(num_frames,)`` shift down, in frame heights.
        angle: ``(num_frames,)`` clockwise turn as seen on the screen, radians.
        log_width: ``(num_frames,)`` natural logarithm of the stretch along x.
        log_height: ``(num_frames,)`` natural logarithm of the stretch along y.
    """

    x: Series
    y: Series
    angle: Series
    log_width: Series
    log_height: Series

    def relative_to(self, frame: int) -> "Track":
        """Return the same motion, shifted so that nothing is moved at ``frame``."""
        return Track(
            **{
                field.name: getattr(self, field.name) - getattr(self, field.name)[frame]
                for field in fields(self)
            }
        )

    def scaled(self, factor: float) -> "Track":
        """Return the same motion, ``factor`` times as much of it."""
        return Track(**{f.name: factor * getattr(self, f.name) for f in fields(self)})

    def matrices(self, center: tuple[float, float], height_px: int) -> NDArray[np.float64]:
        """Return ``(num_frames, 3, 3)`` matrices from coordinates about 0 to pixels ``(x, y, 1)``.

        Args:
            center: ``(x, y)`` of the pixel that 0 comes to where nothing is moved.
            height_px: What a frame height is in pixels.
        """
        cosine, sine = np.cos(self.angle), np.sin(self.angle)
        width, height = np.exp(self.log_width), np.exp(self.log_height)
        matrices = np.zeros((len(self.x), 3, 3))
        matrices[:, 0, 0], matrices[:, 0, 1] = cosine * width, -sine * height
        matrices[:, 1, 0], matrices[:, 1, 1] = sine * width, cosine * height
        matrices[:, 0, 2] = center[0] + height_px * self.x
        matrices[:, 1, 2] = center[1] + height_px * self.y
        matrices[:, 2, 2] = 1
        return matrices


def make_track(num_frames: int, **moved: Series) -> Track:
    """Return a track in which only what is named moves."""
    still = {field.name: np.zeros(num_frames) for field in fields(Track)}
    return Track(**{**still, **moved})


Motion = Callable[[np.random.Generator, int], Track]


def _travel(axis: str, sign: int) -> Motion:
    def motion(rng: np.random.Generator, num_frames: int) -> Track:
        return make_track(num_frames, **{axis: _ramp(rng, num_frames, sign * 0.35, sign * 0.55)})

    return motion


def _rotate(sign: int) -> Motion:
    def motion(rng: np.random.Generator, num_frames: int) -> Track:
        return make_track(num_frames, angle=_ramp(rng, num_frames, sign * 1.6, sign * 3.0))

    return motion


def _zoom(sign: int) -> Motion:
    def motion(rng: np.random.Generator, num_frames: int) -> Track:
        growth = _ramp(rng, num_frames, sign * 0.7, sign * 1.1)
        return make_track(num_frames, log_width=growth, log_height=growth)

    return motion


def _oscillate(axis: str, low: float, high: float) -> Motion:
    def motion(rng: np.random.Generator, num_frames: int) -> Track:
        return make_track(
            num_frames, **{axis: rng.uniform(low, high) * np.sin(_phase(rng, num_frames))}
        )

    return motion


def _circle(sign: int) -> Motion:
    def motion(rng: np.random.Generator, num_frames: int) -> Track:
        phase, radius = _phase(rng, num_frames), rng.uniform(0.07, 0.11)
        return make_track(num_frames, x=radius * np.cos(phase), y=sign * radius * np.sin(phase))

    return motion


def _pulse(rng: np.random.Generator, num_frames: int) -> Track:
    growth = rng.uniform(0.2, 0.35) * np.sin(_phase(rng, num_frames))
    return make_track(num_frames, log_width=growth, log_height=growth)


def _stretch(rng: np.random.Generator, num_frames: int) -> Track:
    growth = rng.uniform(0.2, 0.35) * np.sin(_phase(rng, num_frames))
    return make_track(num_frames, log_width=growth, log_height=-growth)


def _bounce(rng: np.random.Generator, num_frames: int) -> Track:
    phase = _phase(rng, num_frames) / 2
    return make_track(num_frames, y=-rng.uniform(0.18, 0.26) * np.abs(np.sin(phase)))


def _figure_eight(rng: np.random.Generator, num_frames: int) -> Track:
    phase, radius = _phase(rng, num_frames) / 2, rng.uniform(0.1, 0.14)
    return make_track(num_frames, x=radius * np.sin(phase), y=radius * np.sin(2 * phase))


def _shake(rng: np.random.Generator, num_frames: int) -> Track:
    strength = rng.uniform(0.02, 0.03)
    return make_track(
        num_frames,
        x=strength * _tremor(rng, num_frames),
        y=strength * _tremor(rng, num_frames),
    )


def _ramp(rng: np.random.Generator, num_frames: int, low: float, high: float) -> Series:
    """A steady change over the whole video, so that a long one does not leave the picture."""
    total = low + (high - low) * rng.random()
    return total * np.arange(num_frames) / num_frames


def _phase(rng: np.random.Generator, num_frames: int) -> Series:
    """Periods of 14 to 22 frames, so that a clip of 16 frames shows about one; random start."""
    period = rng.uniform(14, 22)
    return 2 * np.pi * (np.arange(num_frames) / period + rng.random())


def _tremor(rng: np.random.Generator, num_frames: int) -> Series:
    """Four sines with periods of 3 to 6 frames; standard deviation about 1."""
    periods, starts = rng.uniform(3, 6, 4), rng.random(4)
    phases = 2 * np.pi * (np.arange(num_frames)[:, None] / periods + starts)
    total: Series = np.sin(phases).sum(axis=1) / np.sqrt(2)
    return total


MOTIONS: Mapping[str, Motion] = {
    "move_left": _travel("x", -1),
    "move_right": _travel("x", +1),
    "move_up": _travel("y", -1),
    "move_down": _travel("y", +1),
    "zoom_in": _zoom(+1),
    "zoom_out": _zoom(-1),
    "rotate_clockwise": _rotate(+1),
    "rotate_counterclockwise": _rotate(-1),
    "oscillate_horizontally": _oscillate("x", 0.07, 0.11),
    "oscillate_vertically": _oscillate("y", 0.07, 0.11),
    "circle_clockwise": _circle(+1),
    "circle_counterclockwise": _circle(-1),
    "swing": _oscillate("angle", 0.35, 0.6),
    "pulse": _pulse,
    "stretch": _stretch,
    "bounce": _bounce,
    "figure_eight": _figure_eight,
    "shake": _shake,
}
