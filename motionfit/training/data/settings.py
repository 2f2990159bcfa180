"""What clips a method of training sees."""

from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from motionfit.errors import ConfigError
from motionfit.media.sampling import ClipSpec
from motionfit.training.data.colour import ColourJitter

Placement = Literal["random", "segments", "vcop", "uniform"]
PLACEMENTS: tuple[Placement, ...] = get_args(Placement)


@dataclass(frozen=True, kw_only=True)
class ClipSettings:
    """Which clips are taken of a video, and how they are cut.

    Attributes:
        clip_length: Frames (or flows) of a clip.
        stride: Frames from one to the next inside a clip.
        num_clips: Clips of each video, R.
        placement: Where they start: ``random`` anywhere, independently; ``segments`` one in each of
            R equal parts; ``vcop`` one after the other with ``gap`` frames between, shuffled;
            ``uniform`` evenly, always the same.
        gap: Frames between the clips of ``vcop``.
        crop: ``(height, width)`` px; None is the whole packed frame.
        is_random: Draw crops, flips and colours; else the crop is in the middle and nothing else
            happens. One draw holds for all frames of a clip.
        flip: Mirror half of the clips; the x component of flow changes its sign.
        colour: How colours of RGB are changed; None leaves them.

    Source: MotionFit: R = 3 clips of 16 frames, crop 112x112 of 128x171, no flip, no colours. VCOP
    (Xu et al.): gap 8.
    """

    clip_length: int = 16
    stride: int = 1
    num_clips: int = 3
    placement: Placement = "random"
    gap: int = 8
    crop: tuple[int, int] | None = (112, 112)
    is_random: bool = True
    flip: bool = False
    colour: ColourJitter | None = field(default=None)

    def __post_init__(self) -> None:
        ClipSpec(clip_length=self.clip_length, stride=self.stride)
        if self.num_clips < 1:
            raise ConfigError("num_clips", self.num_clips, "at least 1 clip")
        if self.placement not in PLACEMENTS:
            raise ConfigError("placement", self.placement, f"one of {', '.join(PLACEMENTS)}")
        if self.gap < 0:
            raise ConfigError("gap", self.gap, "0 or more frames")
        if self.crop is not None and not all(side >= 1 for side in self.crop):
            raise ConfigError("crop", self.crop, "(height, width), each at least 1 px")

    @property
    def span(self) -> int:
        """Frames that a clip covers, first and last included; see `ClipSpec.span`."""
        return ClipSpec(clip_length=self.clip_length, stride=self.stride).span

    @property
    def tuple_span(self) -> int:
        """Frames that the clips of ``vcop`` cover together.

        num_clips=3, clip_length=4, gap=2:  ####..####..####  tuple_span 16
        """
        return self.num_clips * self.span + (self.num_clips - 1) * self.gap

    def for_validation(self) -> "ClipSettings":
        """Return settings that give the same clips in every epoch, cut from the middle."""
        placement = self.placement if self.placement == "vcop" else "uniform"
        return replace(self, placement=placement, is_random=False)
