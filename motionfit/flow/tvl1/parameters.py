"""The numbers of TV-L1: OpenCV's defaults, which every pipeline of the field uses untouched."""

from dataclasses import dataclass

from motionfit.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class TvL1Parameters:
    """What TV-L1 is run with.

    Attributes:
        tau: Time step of the dual ascent (Chambolle's, at most 1/4).
        lambda_: Weight of the data term against the total variation.
        theta: Tightness of the coupling between ``u`` and ``v``.
        num_scales: Levels of the pyramid; levels with a side below 16 px are left out.
        scale_step: Size of a level in terms of the finer one.
        num_warps: Linearisations of the data term at each level.
        num_outer: Most rounds of a warp, each begun with a median filter.
        num_inner: Most iterations of a round.
        epsilon: A warp ends once ``u`` moves by less than this, px, root mean square.
        median_size: Side of the median filter, px; 1 is none.

    Source: `cv2.optflow.DualTVL1OpticalFlow`; Sánchez Pérez, Meinhardt-Llopis and Facciolo, "TV-L1
    Optical Flow Estimation", IPOL 2013, whose code OpenCV's grew from.
    """

    tau: float = 0.25
    lambda_: float = 0.15
    theta: float = 0.3
    num_scales: int = 5
    scale_step: float = 0.8
    num_warps: int = 5
    num_outer: int = 10
    num_inner: int = 30
    epsilon: float = 0.01
    median_size: int = 5

    def __post_init__(self) -> None:
        for name in ("tau", "lambda_", "theta", "epsilon"):
            if not getattr(self, name) > 0:
                raise ConfigError(name, getattr(self, name), "a positive number")
        for name in ("num_scales", "num_warps", "num_outer", "num_inner"):
            if getattr(self, name) < 1:
                raise ConfigError(name, getattr(self, name), "at least 1")
        if not 0 < self.scale_step < 1:
            raise ConfigError("scale_step", self.scale_step, "a number between 0 and 1")
        if self.median_size not in (1, 3, 5):
            raise ConfigError("median_size", self.median_size, "1, 3 or 5 px")
