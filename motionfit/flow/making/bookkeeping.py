"""What became of each video: in the report, on the progress bar, and for the time left."""

from collections.abc import Iterator
from pathlib import Path

from motionfit.errors import MotionFitError
from motionfit.flow.cache.file import FlowFile
from motionfit.flow.making.pace import Pace
from motionfit.flow.making.report import FlowReport
from motionfit.media.decode_events import VideoDecoded
from motionfit.media.outcomes import FailedFile, damage_note
from motionfit.progress import Progress

_MUCH_SATURATED = 0.05


class Bookkeeping:
    """Counts what happens to videos.

    Args:
        report: What the user gets in the end.
        progress: What the user sees meanwhile.
        pace: Knows how long it will take.
    """

    def __init__(self, report: FlowReport, progress: Progress, pace: Pace) -> None:
        self._report = report
        self._progress = progress
        self._pace = pace

    def begin(self) -> None:
        """Note that there is something to compute."""
        self._pace.start()

    def note_pairs(self, path: Path, num_pairs: int, num_expected: int) -> None:
        """Note that some pairs of a video are done."""
        self._pace.note_pairs(path, num_pairs, num_expected)
        self._progress.show(self._pace.remark())

    def note_made(self, path: Path, flow: FlowFile, end: VideoDecoded) -> None:
        """Count a video whose flow is in the cache now."""
        self._report.add_made(
            num_flows=flow.num_flows,
            num_bytes=flow.path.stat().st_size,
            saturated_share=flow.saturated_share,
        )
        self._report.remarks += [(str(path), remark) for remark in remarks_on(end, flow)]
        self._count(path)

    def note_skipped(self, path: Path) -> None:
        """Count a video whose flow was there."""
        self._report.skipped += 1
        self._count(path)

    def note_failed(self, path: Path, error: MotionFitError) -> None:
        """Count a video that has no flow, and say so at once."""
        failure = FailedFile.of(path, error)
        self._report.failed.append(failure)
        self._progress.note(f"failed: {failure.message}")
        self._count(path)

    def _count(self, path: Path) -> None:
        self._pace.note_end(path)
        self._progress.advance(self._pace.remark())


def remarks_on(end: VideoDecoded, flow: FlowFile) -> Iterator[str]:
    """Yield what a user should know of a video whose flow is kept, but is not as it should be.

    Args:
        end: The decoder's last word on the video.
        flow: Its flow.
    """
    damage = damage_note(end.num_frames_decoded, end.num_frames_expected)
    if damage is not None:
        yield f"{damage}; their flow is kept"
    if end.has_size_change:
        yield (
            "its pictures change their size on the way; "
            f"all were brought to {flow.width}x{flow.height} px"
        )
    share = flow.saturated_share or 0.0
    if share > _MUCH_SATURATED:
        yield f"{share:.0%} of its vectors lie beyond the bound of {flow.bound:g} px, clipped to it"
