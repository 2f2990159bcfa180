"""Videos decoded side by side in child processes, each of which can be killed.

::

    tasks ──> pool's thread ──> decoder process 1 ── frames in shared memory ──┐
                   │      └───> decoder process 2 ── frames in shared memory ──┤
                   └── events: clips, ends, failures ──────────────────────────┴──> consumer
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType

from motionfit.media.clips import DecodedClips
from motionfit.media.decode_events import DecodeEvent, DecodeTask
from motionfit.media.identity import VideoIdentity
from motionfit.media.limits import DecodeLimits
from motionfit.media.sampling import ClipSampling

Skip = Callable[[DecodeTask, VideoIdentity], bool]


class DecodePool:
    """Decoder processes, used in a ``with`` statement.

    Entering starts the processes and returns at once, so that they load while the caller does.
    Leaving kills them.
    """

    def __init__(
        self,
        *,
        num_workers: int,
        limits: DecodeLimits = DecodeLimits(),  # noqa: B008 - frozen
        slot_bytes: int = 64 << 20,
        num_slots: int = 2,
        max_frames: int = 256,
        threads: int | None = 1,
        niceness: int = 0,
    ) -> None:
        raise NotImplementedError

    def __enter__(self) -> "DecodePool":
        raise NotImplementedError

    def __exit__(
        self,
        error_class: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        raise NotImplementedError

    def run(
        self, tasks: Iterable[DecodeTask], *, skip: Skip | None = None
    ) -> Iterator[DecodeEvent]:
        """Yield what becomes of each task; decoding goes on while the caller is busy.

        For each task: any number of `ClipsDecoded`, then exactly one of `VideoDecoded`,
        `VideoSkipped` and `VideoFailed`. Events of different tasks are mixed. Each `ClipsDecoded`
        must be released; a caller that holds on to all of them waits for ever for the next.

        Args:
            tasks: Consumed lazily, one ahead of what is being decoded, in the pool's own thread.
            skip: Called in the pool's own thread for a task with ``identify``, before it is
                decoded; True when its content is known and need not be decoded.
        """
        raise NotImplementedError


def decode_clips(
    path: str | Path,
    sampling: ClipSampling,
    size: tuple[int, int] | None = None,
    *,
    limits: DecodeLimits = DecodeLimits(),  # noqa: B008 - frozen
) -> DecodedClips:
    """Return the clips of one video, decoded in a process of its own; frames are copied out.

    Raises:
        MediaError: The video cannot be decoded within ``limits``.
    """
    raise NotImplementedError
