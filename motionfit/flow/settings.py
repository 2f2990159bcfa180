"""What optical flow is computed with: the method, its size, its bound."""

import json
import math
from dataclasses import asdict, dataclass
from typing import Literal, get_args

from motionfit.errors import ConfigError

FlowMethod = Literal["tvl1", "tvl1-numba", "tvl1-torch", "dis"]
FLOW_METHODS: tuple[FlowMethod, ...] = get_args(FlowMethod)

# Add one where a method's flow changes: what an older version cached is then made anew.
METHOD_VERSIONS: dict[FlowMethod, int] = {"tvl1": 1, "tvl1-numba": 1, "tvl1-torch": 1, "dis": 1}
CAMERA_MOTION_VERSION = 1

REFERENCE_BOUND_PX = 20.0
REFERENCE_HEIGHT_PX = 240


@dataclass(frozen=True, kw_only=True)
class FlowSettings:
    """Everything that decides the values of a cached flow.

    Attributes:
        method: ``tvl1`` is OpenCV's TV-L1, the reference; ``tvl1-numba`` and ``tvl1-torch`` are the
            same algorithm made fast on a CPU and on a GPU; ``dis`` is cheaper and less exact.
        size: ``(height, width)`` px that frames are brought to before flow is computed; None is the
            video's own size. Flow is in px of the frames it was computed on.
        bound_px: Flow is clipped to ``[-bound_px, bound_px]`` when it is quantised. None is 20 px
            at a video's own size, and with ``size`` 20 px for each 240 px of height, so that the
            same movement is quantised alike at every size.
        remove_camera_motion: Subtract the affine motion that fits most of each picture.
    """

    method: FlowMethod = "tvl1-numba"
    size: tuple[int, int] | None = None
    bound_px: float | None = None
    remove_camera_motion: bool = False

    def __post_init__(self) -> None:
        if self.method not in FLOW_METHODS:
            raise ConfigError("method", self.method, f"one of {', '.join(FLOW_METHODS)}")
        if self.size is not None and not all(16 <= side <= 4096 for side in self.size):
            raise ConfigError("size", self.size, "(height, width), each from 16 to 4096 px")
        if self.bound_px is not None and not 0 < self.bound_px < math.inf:
            raise ConfigError("bound_px", self.bound_px, "a positive number of px")

    @property
    def bound(self) -> float:
        """The bound in force, px."""
        if self.bound_px is not None:
            return float(self.bound_px)
        if self.size is None:
            return REFERENCE_BOUND_PX
        return REFERENCE_BOUND_PX * self.size[0] / REFERENCE_HEIGHT_PX

    def key(self) -> str:
        """Return a canonical JSON text, equal to another's exactly where the flow would be.

        It names the versions of the algorithms too, so that two versions' flows never mix.
        """
        versions = {"method": METHOD_VERSIONS[self.method]}
        if self.remove_camera_motion:
            versions["remove_camera_motion"] = CAMERA_MOTION_VERSION
        settings = {**asdict(self), "bound_px": self.bound, "versions": versions}
        return json.dumps(settings, sort_keys=True)
