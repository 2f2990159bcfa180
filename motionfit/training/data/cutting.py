"""Clips cut out of packed videos: frames, crop and flip, copied once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motionfit.errors import ConfigError
from motionfit.media.packed.clip_frames import clip_frame_indices
from motionfit.media.packed.videos import PackedVideos
from motionfit.training.data.colour import ColourChange
from motionfit.training.data.settings import ClipSettings

MAX_LEVEL = 255


@dataclass(frozen=True, kw_only=True)
class View:
    """How a clip is looked at; the same for all its frames.

    Attributes:
        top: First row of the crop, px.
        left: First column of the crop, px.
        is_flipped: Mirrored left to right.
        colour: How colours are changed, or None.
    """

    top: int
    left: int
    is_flipped: bool = False
    colour: ColourChange | None = None


def draw_view(size: tuple[int, int], settings: ClipSettings, rng: np.random.Generator) -> View:
    """Return the view of one clip.

    Args:
        size: ``(height, width)`` px of a frame.
        settings: What may happen to it.
        rng: Decides; not asked unless ``settings.is_random``.
    """
    height, width = settings.crop or size
    if not settings.is_random:
        # Half a pixel goes to the even number, as in torchvision and where encoders crop.
        return View(top=round((size[0] - height) / 2), left=round((size[1] - width) / 2))
    top = int(rng.integers(0, size[0] - height + 1))
    left = int(rng.integers(0, size[1] - width + 1))
    # Drawn also where nothing is flipped, so that RGB and flow see the same crops in any case.
    coin = rng.random()
    # By numbers of their own: flow has no colours, and is to be cut as its frames are.
    colour = None if settings.colour is None else settings.colour.draw(rng.spawn(1)[0])
    return View(top=top, left=left, is_flipped=settings.flip and coin < 0.5, colour=colour)


def cut_clip(
    planes: NDArray[np.uint8],
    frame_indices: NDArray[np.int64],
    view: View,
    out: NDArray[np.uint8],
    *,
    is_flow: bool,
) -> None:
    """Write a clip into its place in a batch.

    Args:
        planes: ``(num_frames, channel, height, width)`` uint8, a whole video.
        frame_indices: ``(time,)`` int64.
        view: How to cut it.
        out: ``(channel, time, height, width)`` uint8, contiguous.
        is_flow: Mirroring changes the sign of the first channel.
    """
    height, width = out.shape[2:]
    crop = planes[:, :, view.top : view.top + height, view.left : view.left + width]
    if view.is_flipped:
        crop = crop[..., ::-1]
    first, last = int(frame_indices[0]), int(frame_indices[-1])
    step = int(frame_indices[1]) - first if len(frame_indices) > 1 else 1
    if step > 0 and np.array_equal(frame_indices, np.arange(first, last + 1, step)):
        chosen = crop[first : last + 1 : step]
    else:
        chosen = crop[frame_indices]
    out[...] = np.moveaxis(chosen, 1, 0)
    if is_flow and view.is_flipped:
        np.subtract(MAX_LEVEL, out[0], out=out[0])
    if view.colour is not None:
        view.colour.apply(out)


class ClipCutter:
    """Cuts clips of packed videos as some settings say.

    Args:
        packed: The videos.
        settings: How.

    Raises:
        ConfigError: The crop is larger than the frames, or colours are to be changed of flow.
    """

    def __init__(self, packed: PackedVideos, settings: ClipSettings) -> None:
        height, width = packed.size
        crop = settings.crop or packed.size
        if crop[0] > height or crop[1] > width:
            raise ConfigError("crop", crop, f"at most the packed size {packed.size}")
        if settings.colour is not None and packed.is_flow:
            raise ConfigError("colour", settings.colour, "None for flow, which has no colours")
        self.packed = packed
        self.settings = settings
        self._clip_shape = (packed.num_channels, settings.clip_length, *crop)

    def num_frames(self, video: int) -> int:
        """Return the frames of a video, which has one flow less than that.

        Clips are placed by frames also where flow is packed: so RGB and flow of a video, drawn by
        the same numbers, are of the same time.
        """
        return int(self.packed.num_frames[video]) + self.packed.is_flow

    def draw_view(self, rng: np.random.Generator) -> View:
        """Return how to look at one clip."""
        return draw_view(self.packed.size, self.settings, rng)

    def cut(
        self,
        videos: NDArray[np.int64],
        starts: NDArray[np.int64],
        views: Sequence[Sequence[View]],
    ) -> NDArray[np.uint8]:
        """Return the clips of a batch.

        Args:
            videos: ``(videos,)`` int64.
            starts: ``(videos, clips)`` int64.
            views: One each.

        Returns:
            ``(videos, clips, channel, time, height, width)`` uint8, contiguous.
        """
        clips = np.empty((*starts.shape, *self._clip_shape), np.uint8)
        is_flow = self.packed.is_flow
        for item, video in enumerate(videos.tolist()):
            planes = self.packed.planes(video)
            for clip, start in enumerate(starts[item].tolist()):
                indices = clip_frame_indices(
                    start,
                    len(planes),
                    clip_length=self.settings.clip_length,
                    stride=self.settings.stride,
                    is_flow=is_flow,
                )
                cut_clip(planes, indices, views[item][clip], clips[item, clip], is_flow=is_flow)
        return clips
