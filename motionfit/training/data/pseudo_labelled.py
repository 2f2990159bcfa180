"""Clips for training with a label each, not one a video: the pseudo-labels of a grid of clips."""

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from motionfit.errors import ConfigError, TooFewVideosError
from motionfit.media.packed.videos import PackedVideos
from motionfit.media.sampling import sample_clip_starts
from motionfit.training.data.cutting import ClipCutter
from motionfit.training.data.drawn_clips import Draw, DrawnClips
from motionfit.training.data.labelled_grid import LabelledGrid, centred_on, most_overlapped
from motionfit.training.data.settings import ClipSettings

LabelledStarts = Literal["grid", "nearest"]
LABELLED_STARTS: tuple[LabelledStarts, ...] = get_args(LabelledStarts)


class PseudoLabelledClips(DrawnClips):
    """Batches of R clips of each video, with the labels of the clips.

    Args:
        packed: The videos.
        settings: How clips are cut; of ``placement`` only ``uniform`` matters, which takes clips
            spread evenly over the video's grid, always the same, whatever ``starts`` says.
        grid: Clips and their labels. Videos without a clip are not used.
        video_indices: Videos to use, by their places in ``packed``; None is all on the grid.
        starts: ``grid`` shows clips of the grid, so that a label is that of exactly these frames; a
            video with fewer than R of them shows all, and some again. Where the grid's clips are
            of another span than ``settings``, those shown have the same middle, or as near to it
            as the video allows; see `centred_on`. ``nearest`` draws starts anywhere in the video,
            independently; a clip has the label of the grid's clip that it shares most frames with;
            see `most_overlapped`. A start from which no frame would be shared with any is not
            drawn.
        with_neighbours: Also give the labels of the grid's clips before and after.
        seed: Of the run.

    Raises:
        TooFewVideosError: No video has a clip on the grid.
        ConfigError: The settings or the grid do not fit the packed videos.

    Source: MotionFit, section 3.3, which does not say where the clips start.
    """

    def __init__(
        self,
        packed: PackedVideos,
        settings: ClipSettings,
        grid: LabelledGrid,
        *,
        video_indices: Sequence[int] | NDArray[np.int64] | None = None,
        starts: LabelledStarts = "grid",
        with_neighbours: bool = False,
        seed: int = 0,
    ) -> None:
        cutter = ClipCutter(packed, settings)
        if starts not in LABELLED_STARTS:
            raise ConfigError("starts", starts, f"one of {', '.join(LABELLED_STARTS)}")
        on_grid, firsts, counts = np.unique(grid.videos, return_index=True, return_counts=True)
        is_used = np.ones(len(on_grid), bool)
        if video_indices is not None:
            is_used = np.isin(on_grid, np.asarray(video_indices, np.int64))
        if not is_used.any():
            raise TooFewVideosError(packed.path, "no video has a labelled clip", "some that have")
        _check_fits(grid, packed)
        super().__init__(cutter, on_grid[is_used], seed=seed)
        self._grid = grid
        self._firsts, self._counts = firsts[is_used], counts[is_used]
        self._is_nearest = starts == "nearest" and settings.placement != "uniform"
        self._before = grid.neighbour_labels(-1) if with_neighbours else None
        self._after = grid.neighbour_labels(1) if with_neighbours else None

    def _draw(self, items: NDArray[np.int64], rngs: Sequence[np.random.Generator]) -> Draw:
        shape = (len(items), self.settings.num_clips)
        starts, rows = np.empty(shape, np.int64), np.empty(shape, np.int64)
        for place, (item, rng) in enumerate(zip(items.tolist(), rngs, strict=True)):
            draw = self._draw_nearest if self._is_nearest else self._draw_on_grid
            starts[place], chosen = draw(item, rng)
            rows[place] = int(self._firsts[item]) + chosen
        return Draw(
            starts=starts,
            labels=self._grid.labels[rows],
            previous_labels=None if self._before is None else self._before[rows],
            next_labels=None if self._after is None else self._after[rows],
        )

    def _draw_on_grid(
        self, item: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return starts of clips, and on which of the video's clips on the grid each is centred."""
        on_grid, num_frames = self._on_grid(item)
        chosen = self._choose_on_grid(len(on_grid), rng)
        span = self.settings.span
        return centred_on(
            on_grid[chosen], self._grid.span, span=span, num_frames=num_frames
        ), chosen

    def _choose_on_grid(self, num_on_grid: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Return which of a video's clips to show; none twice before all were shown."""
        num_clips = self.settings.num_clips
        if self.settings.placement == "uniform":
            return sample_clip_starts(num_on_grid, num_clips, 1)
        num_rounds = -(-num_clips // num_on_grid)
        rounds = [rng.permutation(num_on_grid) for _ in range(num_rounds)]
        return np.concatenate(rounds)[:num_clips].astype(np.int64)

    def _draw_nearest(
        self, item: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return starts of clips, and which of the video's clips on the grid each has its label of.

        The grid's clips begin within the video, so that there is a start that shares a frame.
        """
        on_grid, num_frames = self._on_grid(item)
        # A shorter video is shown as a whole.
        span = min(self.settings.span, num_frames)
        starts = np.arange(num_frames - span + 1, dtype=np.int64)
        nearest, num_shared = most_overlapped(starts, span, on_grid, self._grid.span)
        possible = np.flatnonzero(num_shared)
        chosen = possible[rng.integers(0, len(possible), self.settings.num_clips)]
        return starts[chosen], nearest[chosen]

    def _on_grid(self, item: int) -> tuple[NDArray[np.int64], int]:
        """Return where a video's clips on the grid start, and its number of frames."""
        first = int(self._firsts[item])
        on_grid = self._grid.starts[first : first + int(self._counts[item])]
        return on_grid, self._cutter.num_frames(int(self.video_indices[item]))


def _check_fits(grid: LabelledGrid, packed: PackedVideos) -> None:
    """Refuse clips of videos, or from frames, that there are not."""
    first, last = int(grid.videos[0]), int(grid.videos[-1])
    if not 0 <= first <= last < len(packed):
        raise ConfigError("videos", (first, last), f"numbers from 0 to {len(packed) - 1}")
    is_inside = (grid.starts >= 0) & (grid.starts < packed.num_frames[grid.videos])
    for clip in np.flatnonzero(~is_inside)[:1].tolist():
        name, num_rows = packed.names[grid.videos[clip]], packed.num_frames[grid.videos[clip]]
        expected = f"a number from 0 to {num_rows - 1}, as {name} is no longer"
        raise ConfigError("start", int(grid.starts[clip]), expected)
