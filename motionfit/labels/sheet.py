"""A picture of what is in some clusters: a row of example clips for each."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from motionfit.durable import write_durably
from motionfit.errors import ConfigError, PseudoLabelError
from motionfit.flow.picture import draw_flow
from motionfit.flow.quantise import restore_flow
from motionfit.labels.pseudo_labels import PseudoLabels
from motionfit.media.packed.clip_frames import clip_frame_indices
from motionfit.media.packed.videos import PackedVideos

_MARGIN_PX = 10
_TITLE_PX = 22
_GAP_PX = 2
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_FONT_SCALE = 0.45
_INK = (32, 32, 32)
_PAPER = 255
# Of a clip's own speeds: what is faster has the full colour too.
_FULL_COLOUR_PERCENTILE = 99.0
# In parts of the bound. Without it, the rounding of a clip without motion would be in full colour.
_LEAST_FULL_COLOUR = 0.03

Picture = NDArray[np.uint8]


def draw_sheet(
    labels: PseudoLabels,
    packed: PackedVideos,
    *,
    clusters: Sequence[int] | None = None,
    num_clusters: int = 8,
    num_clips: int = 6,
    num_frames: int = 3,
    frame_height: int = 64,
) -> Picture:
    """Return a sheet of example clips, one row of clips a cluster.

    A clip is shown by some of its frames side by side, from its first to its last. Flow is drawn
    in colours of direction, each clip to its own speed: right red, down yellow, left cyan, up
    violet. A row shows the clips nearest to the centroid, of different videos as far as there are.

    Args:
        labels: The clusters.
        packed: The videos that were clustered, as frames or as flow, whichever is to be seen.
        clusters: Which to show; None takes ``num_clusters`` from the largest to the smallest.
        num_clusters: Rows.
        num_clips: Clips a row.
        num_frames: Frames a clip.
        frame_height: Height of a frame, px.

    Returns:
        ``(height, width, 3)`` uint8 RGB.

    Raises:
        ConfigError: A number is not positive, or a cluster does not exist.
        PseudoLabelError: A video that was clustered is not among them.
    """
    painter = _Painter(labels, packed, num_frames, frame_height)
    for name, value in (("num_clips", num_clips), ("num_frames", num_frames)):
        if value < 1:
            raise ConfigError(name, value, "at least 1")
    rows = []
    for cluster in choose_clusters(labels, num_clusters) if clusters is None else clusters:
        if not 0 <= cluster < labels.num_clusters:
            raise ConfigError("clusters", cluster, f"numbers from 0 to {labels.num_clusters - 1}")
        examples = choose_examples(labels, cluster, num_clips)
        strips = [painter.draw(int(clip)) for clip in examples]
        blank = np.full_like(strips[0], _PAPER)
        strips += [blank] * (num_clips - len(strips))
        rows.append(_lay_out_row(_title(labels, cluster), strips))
    sheet = np.concatenate(rows)
    edges = [(_MARGIN_PX, 0), (_MARGIN_PX, 0), (0, 0)]
    return np.pad(sheet, edges, constant_values=_PAPER)


def write_sheet(path: str | Path, sheet: Picture) -> None:
    """Write a sheet as PNG.

    Raises:
        PseudoLabelError: The file cannot be written.
    """
    path = Path(path)
    _, content = cv2.imencode(".png", np.ascontiguousarray(sheet[..., ::-1]))
    try:
        write_durably(path, content.tobytes())
    except OSError as error:
        problem = f"it could not be written: {error.strerror or error}"
        raise PseudoLabelError(path, problem) from error


def choose_clusters(labels: PseudoLabels, num_clusters: int) -> list[int]:
    """Return some clusters, evenly from the one with most clips to the one with fewest."""
    counts = np.bincount(labels.label, minlength=labels.num_clusters)
    by_size = np.argsort(-counts, kind="stable")
    num_shown = min(num_clusters, labels.num_clusters)
    places = np.linspace(0, labels.num_clusters - 1, num_shown).round().astype(np.int64)
    return [int(cluster) for cluster in by_size[places]]


def choose_examples(labels: PseudoLabels, cluster: int, num_clips: int) -> NDArray[np.int64]:
    """Return clips of a cluster: a clip of each video before a second one of any, nearest first.

    Of an item with several clips the one in its middle comes first.
    """
    clips = np.flatnonzero(labels.label == cluster)
    from_middle = np.abs(clips - _middles_of_items(labels)[clips])
    clips = clips[np.lexsort((from_middle, labels.distance[clips]))]
    turn = np.zeros(len(clips), np.int64)
    for video in np.unique(labels.video[clips]):
        of_video = labels.video[clips] == video
        turn[of_video] = np.arange(of_video.sum())
    return clips[np.argsort(turn, kind="stable")][:num_clips]


def _middles_of_items(labels: PseudoLabels) -> NDArray[np.float64]:
    """Return for each clip the mean number of the clips of its item: ``(num_clips,)``."""
    num_items = labels.item.max() + 1
    counts = np.bincount(labels.item, minlength=num_items)
    sums = np.bincount(labels.item, weights=np.arange(labels.num_clips), minlength=num_items)
    middles: NDArray[np.float64] = (sums / np.maximum(counts, 1))[labels.item]
    return middles


class _Painter:
    """Draws clips as strips of frames."""

    def __init__(
        self, labels: PseudoLabels, packed: PackedVideos, num_frames: int, frame_height: int
    ) -> None:
        self._labels = labels
        self._packed = packed
        self._num_frames = num_frames
        height, width = packed.size
        self._size = (max(round(width * frame_height / height), 1), frame_height)
        self._place = {content: place for place, content in enumerate(packed.content_hashes)}

    def draw(self, clip: int) -> Picture:
        """Return some frames of a clip side by side."""
        indices = self._frames(clip)
        shown = np.linspace(0, len(indices) - 1, self._num_frames).round().astype(np.int64)
        pixels = self._packed.read(self._video(clip), indices[shown])
        frames = _draw_levels(pixels) if self._packed.is_flow else pixels
        return np.concatenate([self._shrink(frame) for frame in frames], axis=1)

    def _video(self, clip: int) -> int:
        collection, video = self._labels.collection, self._labels.video[clip]
        place = self._place.get(collection.content_hashes[video])
        if place is None:
            raise PseudoLabelError(self._packed.path, f"it lacks {collection.names[video]}")
        return place

    def _frames(self, clip: int) -> NDArray[np.int64]:
        num_frames = int(self._packed.num_frames[self._video(clip)])
        start = int(self._labels.start[clip])
        grid = self._labels.grid
        return clip_frame_indices(
            start,
            num_frames,
            clip_length=grid.clip_length,
            stride=grid.stride,
            is_flow=self._packed.is_flow,
        )

    def _shrink(self, frame: Picture) -> Picture:
        small = cv2.resize(np.ascontiguousarray(frame), self._size, interpolation=cv2.INTER_AREA)
        return np.pad(small, [(0, 0), (0, _GAP_PX), (0, 0)], constant_values=_PAPER)


def _draw_levels(levels: Picture) -> Picture:
    # In parts of the bound: the speed is shown by how it compares with the clip's fastest.
    flow = restore_flow(levels, 1.0)
    speed = np.hypot(flow[..., 0], flow[..., 1])
    full_colour = max(float(np.percentile(speed, _FULL_COLOUR_PERCENTILE)), _LEAST_FULL_COLOUR)
    flow *= (full_colour / np.maximum(speed, full_colour))[..., None]
    # A little more, lest rounding takes what was shortened for faster: that is drawn dark.
    return draw_flow(flow, 1.001 * full_colour)


def _title(labels: PseudoLabels, cluster: int) -> str:
    is_inside = labels.label == cluster
    num_clips, num_videos = int(is_inside.sum()), len(np.unique(labels.video[is_inside]))
    return f"cluster {cluster}: {_count(num_clips, 'clip')} of {_count(num_videos, 'video')}"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _lay_out_row(title: str, strips: Sequence[Picture]) -> Picture:
    gap = [(_TITLE_PX, _MARGIN_PX), (0, _MARGIN_PX), (0, 0)]
    row = np.concatenate([np.pad(strip, gap, constant_values=_PAPER) for strip in strips], axis=1)
    cv2.putText(row, title, (0, _TITLE_PX - 7), _FONT, _FONT_SCALE, _INK, 1, cv2.LINE_AA)
    return row
