"""Filmstrips: a few frames of a stretch of video side by side, to see what a hit is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motionfit.errors import MotionFitError
from motionfit.media.decode_events import ClipsDecoded, DecodeTask, VideoFailed
from motionfit.media.pool import DecodePool
from motionfit.media.sampling import ClipSampling, ClipSpec, Uniform

NUM_FRAMES = 4
FRAME_SIZE = (96, 128)


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """A part of a video file, in seconds from its first frame."""

    path: Path
    start_seconds: float
    end_seconds: float


def make_filmstrips(
    stretches: Sequence[Stretch], *, num_workers: int = 2
) -> Mapping[Stretch, NDArray[np.uint8] | MotionFitError]:
    """Return a filmstrip for each stretch, or the reason why there is none.

    Returns:
        ``(96, 4 * 128, 3)`` uint8 RGB by stretch: frames spread evenly, both ends included.
    """
    wanted = dict.fromkeys(stretches)
    tasks = {_task(stretch): stretch for stretch in wanted}
    strips: dict[Stretch, NDArray[np.uint8] | MotionFitError] = {}
    with DecodePool(num_workers=max(1, min(num_workers, len(tasks)))) as pool:
        for event in pool.run(tasks):
            stretch = tasks[event.task]
            if isinstance(event, ClipsDecoded):
                frames = event.clips.gather()[:, 0]
                event.release()
                strips[stretch] = np.concatenate(list(frames), axis=1)
            elif isinstance(event, VideoFailed):
                strips[stretch] = event.error
    return strips


def _task(stretch: Stretch) -> DecodeTask:
    sampling = ClipSampling(
        spec=ClipSpec(clip_length=1),
        placement=Uniform(num_clips=NUM_FRAMES),
        start_seconds=stretch.start_seconds,
        end_seconds=stretch.end_seconds,
    )
    return DecodeTask(path=stretch.path, sampling=sampling, size=FRAME_SIZE)
