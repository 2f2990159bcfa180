"""What a run over many videos says of those that failed, or that are not as they should be."""

from dataclasses import dataclass
from pathlib import Path

from motionfit.errors import one_line


@dataclass(frozen=True, kw_only=True)
class FailedFile:
    """A file that a run could not use, and why.

    Attributes:
        path: The file.
        error: Name of the error's class.
        message: One sentence.
    """

    path: str
    error: str
    message: str

    @classmethod
    def of(cls, path: Path, error: Exception) -> "FailedFile":
        """Return what is to be said of a file; the sentence names it, whatever the error says."""
        message = str(error)
        if one_line(path) not in message:
            message = f"{one_line(path)}: {message}"
        return cls(path=str(path), error=type(error).__name__, message=message)


def damage_note(num_frames_decoded: int, num_frames_expected: int) -> str | None:
    """Return a remark where a video could be read only in part."""
    if num_frames_decoded >= num_frames_expected:
        return None
    return f"{num_frames_decoded} of {num_frames_expected} frames readable"
