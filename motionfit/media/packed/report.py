"""What became of packing, and whether it was done before."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from motionfit.errors import PackedVideosError, TooFewVideosError
from motionfit.media.outcomes import FailedFile
from motionfit.media.packed.layout import PackedFormat
from motionfit.media.packed.table import SourceFile
from motionfit.media.packed.videos import PackedVideos


@dataclass(frozen=True, kw_only=True)
class PackingReport:
    """What became of packing.

    Attributes:
        packed: The file, open.
        was_ready: It was there already; nothing was done.
        remarks: Videos that are packed but not as they should be, each with a sentence.
    """

    packed: PackedVideos
    was_ready: bool = False
    remarks: tuple[tuple[str, str], ...] = ()

    @property
    def failed(self) -> tuple[FailedFile, ...]:
        """Videos that could not be packed, and why; they are not in the file."""
        return self.packed.failed


def find_ready(
    path: Path, packed_format: PackedFormat, sources: Sequence[SourceFile]
) -> PackedVideos | None:
    """Return the file if it is what packing these sources would give; None if it has to be made.

    A damaged file is to be made anew.
    """
    if not path.is_file():
        return None
    try:
        packed = PackedVideos(path)
    except PackedVideosError:
        return None
    is_same = packed.format == packed_format and packed.sources == tuple(sources)
    return packed if is_same else None


def refuse_nothing(path: Path, num_asked: int, failed: Sequence[FailedFile]) -> None:
    """Raise an error where not one video could be packed.

    Raises:
        TooFewVideosError: All have failed, or none was asked for.
    """
    if len(failed) == num_asked:
        why = f", the first because: {failed[0].message.rstrip('.')}" if failed else ""
        raise TooFewVideosError(path, f"none of {num_asked} videos could be packed{why}", "one")
