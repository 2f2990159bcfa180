"""What a decoder process tells its parent, as JSON.

A decoder has parsed bytes that nobody vouches for: what it says is never unpickled, and every
number in it is checked before the parent acts on it.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from motionfit.errors import MotionFitError, one_line, restore_error
from motionfit.media.clips import DecodedClips, ReaderName
from motionfit.media.identity import VideoIdentity
from motionfit.media.video import VideoInfo

MAX_REPLY_BYTES = 16 << 20
_MAX_SIDE_PX = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Ready:
    """The decoder has started and takes tasks."""


@dataclass(frozen=True, kw_only=True)
class Identified:
    """The decoder has hashed a file and asks whether to go on."""

    identity: VideoIdentity


@dataclass(frozen=True, kw_only=True)
class ChunkDecoded:
    """The decoder has put frames into a slot.

    Attributes:
        slot: Which one.
        shape: ``(num_frames, height, width, 3)`` of the frames there.
        clips: The chunk, but for its frames.
    """

    slot: int
    shape: tuple[int, int, int, int]
    clips: DecodedClips


@dataclass(frozen=True, kw_only=True)
class Finished:
    """The decoder has handed over all clips of a video."""


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """The decoder has left a video alone, as it was told."""

    identity: VideoIdentity


@dataclass(frozen=True, kw_only=True)
class Failed:
    """The decoder cannot read a video."""

    error: MotionFitError


Reply = Ready | Identified | ChunkDecoded | Finished | Skipped | Failed
_PLAIN_REPLIES = {reply.__name__: reply for reply in (Ready, Finished)}


def write_reply(reply: Reply) -> bytes:
    """Return a reply as bytes."""
    match reply:
        case Identified(identity=identity) | Skipped(identity=identity):
            values = asdict(identity)
        case ChunkDecoded(slot=slot, shape=shape, clips=clips):
            values = {"slot": slot, "shape": shape, **_clips_to_json(clips)}
        case Failed(error=error):
            values = {"error": type(error).__name__, "message": str(error)}
        case Ready() | Finished():
            values = {}
    return json.dumps({"reply": type(reply).__name__, **values}).encode("ascii")


def read_reply(message: bytes, path: Path, slot_bytes: int) -> Reply:
    """Return the reply that `write_reply` wrote, if that is what ``message`` is.

    Args:
        message: Bytes from a decoder.
        path: The video that it works on.
        slot_bytes: Size of a slot: frames larger than that are a lie.

    Raises:
        ValueError: The message is not a reply, or holds values that no decoder sends.
    """
    try:
        values = json.loads(message)
        name = values["reply"]
        if name == "Identified":
            return Identified(identity=_identity_from_json(values))
        if name == "Skipped":
            return Skipped(identity=_identity_from_json(values))
        if name == "ChunkDecoded":
            shape = _shape_from_json(values["shape"], slot_bytes)
            clips = _clips_from_json(values, path, shape)
            return ChunkDecoded(slot=_whole(values["slot"]), shape=shape, clips=clips)
        if name == "Failed":
            error = restore_error(_text(values["error"]), one_line(_text(values["message"])))
            return Failed(error=error)
        return _PLAIN_REPLIES[name]()
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise ValueError(f"not a reply: {error!r}") from error


def _identity_from_json(values: Mapping[str, Any]) -> VideoIdentity:
    content_hash = _text(values["content_hash"])
    if len(bytes.fromhex(content_hash)) != 32:
        raise ValueError("not a SHA-256")
    return VideoIdentity(content_hash=content_hash, size_bytes=_whole(values["size_bytes"]))


def _shape_from_json(values: list[Any], slot_bytes: int) -> tuple[int, int, int, int]:
    num_frames, height, width, channels = map(_whole, values)
    shape = num_frames, height, width, channels
    if channels != 3 or max(height, width) > _MAX_SIDE_PX or math.prod(shape) > slot_bytes:
        raise ValueError(f"no frames of shape {shape} fit into a slot")
    return shape


def _clips_to_json(clips: DecodedClips) -> dict[str, Any]:
    info = asdict(clips.info)
    del info["path"]
    return {
        "positions": clips.positions.tolist(),
        "clip_length": clips.positions.shape[1],
        "start_seconds": clips.start_seconds.tolist(),
        "end_seconds": clips.end_seconds.tolist(),
        "info": info,
        "reader": clips.reader,
        "num_frames_expected": clips.num_frames_expected,
        "num_frames_decoded": clips.num_frames_decoded,
        "is_stretched": clips.is_stretched,
        "has_size_change": clips.has_size_change,
    }


def _clips_from_json(
    values: Mapping[str, Any], path: Path, shape: tuple[int, int, int, int]
) -> DecodedClips:
    positions = np.array(values["positions"], dtype=np.int64)
    positions = positions.reshape(len(positions), _whole(values["clip_length"]))
    if positions.size and not 0 <= positions.min() <= positions.max() < shape[0]:
        raise ValueError("a clip holds frames that the chunk has not")
    if values["reader"] not in get_args(ReaderName):
        raise ValueError("no such reader")
    return DecodedClips(
        frames=np.empty((0, *shape[1:]), dtype=np.uint8),
        positions=positions,
        start_seconds=_seconds(values["start_seconds"], len(positions)),
        end_seconds=_seconds(values["end_seconds"], len(positions)),
        info=_info_from_json(values["info"], path),
        reader=values["reader"],
        num_frames_expected=_whole(values["num_frames_expected"]),
        num_frames_decoded=_whole(values["num_frames_decoded"]),
        is_stretched=values["is_stretched"] is True,
        has_size_change=values["has_size_change"] is True,
    )


def _info_from_json(values: Mapping[str, Any], path: Path) -> VideoInfo:
    checks: dict[object, Callable[[object], Any]] = {int: _whole, float: _number, str: _text}
    checked = {
        field.name: checks[field.type](values[field.name])
        for field in fields(VideoInfo)
        if field.name != "path"
    }
    return VideoInfo(path=path, **checked)


def _seconds(values: list[Any], length: int) -> NDArray[np.float64]:
    seconds = np.array([_number(value) for value in values], dtype=np.float64)
    if len(seconds) != length:
        raise ValueError("not one time for each clip")
    return seconds


def _whole(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 63:
        raise ValueError("expected a whole number")
    return value


def _number(value: object) -> float:
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("expected a number")
    return float(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("expected a text")
    return value
