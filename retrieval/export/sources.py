"""What the headers of videos say, asked in decoder processes: a hostile file costs only itself."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from motionfit.errors import MotionFitError
from motionfit.media.decode_events import ClipsDecoded, DecodeTask, VideoDecoded, VideoFailed
from motionfit.media.pool import DecodePool
from motionfit.media.sampling import ClipSampling, ClipSpec, Uniform
from motionfit.media.video import VideoInfo

_FIRST_FRAME = ClipSampling(
    spec=ClipSpec(clip_length=1), placement=Uniform(num_clips=1), end_seconds=1e-6
)
_SMALL_PICTURE = (16, 16)


def probe_sources(
    pool: DecodePool, paths: Iterable[str]
) -> Mapping[str, VideoInfo | MotionFitError]:
    """Return what the header of each video says, or why it cannot be read.

    Args:
        pool: Entered, and free.
        paths: The videos.
    """
    tasks = {
        path: DecodeTask(path=Path(path), sampling=_FIRST_FRAME, size=_SMALL_PICTURE)
        for path in paths
    }
    found: dict[DecodeTask, VideoInfo | MotionFitError] = {}
    for event in pool.run(dict.fromkeys(tasks.values())):
        match event:
            case ClipsDecoded(release=release):
                release()
            case VideoDecoded(task=task, info=info):
                found[task] = info
            case VideoFailed(task=task, error=error):
                found[task] = error
    return {path: found[task] for path, task in tasks.items()}
