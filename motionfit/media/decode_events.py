"""What goes into a pool of decoders and what comes out: tasks and events."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from motionfit.errors import MotionFitError
from motionfit.media.clips import DecodedClips
from motionfit.media.identity import VideoIdentity
from motionfit.media.reader import ReaderChoice
from motionfit.media.sampling import ClipSampling
from motionfit.media.video import VideoInfo


@dataclass(frozen=True, kw_only=True)
class DecodeTask:
    """One video to decode.

    Attributes:
        path: The file.
        sampling: The clips to take.
        size: ``(height, width)`` of the frames, px; None is the video's own.
        reader: Which reader serves.
        identify: Hash the file's bytes first and ask whether its content is already known.
    """

    path: Path
    sampling: ClipSampling
    size: tuple[int, int] | None
    reader: ReaderChoice = "auto"
    identify: bool = False


@dataclass(frozen=True, kw_only=True)
class ClipsDecoded:
    """Some consecutive clips of a video; a long video gives several of these.

    Where the sampling dropped the video, there is one of these without a clip.

    Attributes:
        task: What was asked for.
        clips: The clips. ``clips.frames`` lies in memory shared with a decoder and is overwritten
            soon after ``release``: copy what is to be kept (``clips.gather()`` copies).
        release: Gives the memory back; safe to call from any thread and more than once.
    """

    task: DecodeTask
    clips: DecodedClips
    release: Callable[[], None] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class VideoDecoded:
    """A video is complete: all its clips have been handed out.

    Attributes:
        task: What was asked for.
        identity: The file's content, where ``task.identify`` asked for it.
        info: The video's header.
        num_clips: Clips handed out in all; 0 where the sampling dropped the video.
        num_frames_expected: As in `DecodedClips`.
        num_frames_decoded: As in `DecodedClips`.
        has_size_change: As in `DecodedClips`.
    """

    task: DecodeTask
    identity: VideoIdentity | None
    info: VideoInfo
    num_clips: int
    num_frames_expected: int
    num_frames_decoded: int
    has_size_change: bool = False


@dataclass(frozen=True, kw_only=True)
class VideoSkipped:
    """A video's content is already known; nothing was decoded."""

    task: DecodeTask
    identity: VideoIdentity


@dataclass(frozen=True, kw_only=True)
class VideoFailed:
    """A video could not be decoded to its end; clips handed out before are not to be used."""

    task: DecodeTask
    error: MotionFitError


DecodeEvent = ClipsDecoded | VideoDecoded | VideoSkipped | VideoFailed
