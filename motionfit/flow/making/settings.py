"""How the flow of many videos is to be made."""

import os
import re
from dataclasses import dataclass
from typing import Literal, get_args

from motionfit.errors import ConfigError
from motionfit.flow.settings import FLOW_METHODS, FlowMethod, FlowSettings

NATIVE = "native"

MethodChoice = FlowMethod | Literal["auto"]
METHOD_CHOICES: tuple[MethodChoice, ...] = ("auto", *FLOW_METHODS)

DeviceChoice = Literal["auto", "cpu", "cuda", "mps"]

_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})")


@dataclass(frozen=True, kw_only=True)
class MakingSettings:
    """Everything about a run that makes flow, but the videos and the cache.

    Attributes:
        method: See `FlowSettings`; ``auto`` goes on with the TV-L1 that a cache was begun with, and
            begins with the one that is fastest on this machine.
        size: ``HEIGHTxWIDTH`` px that frames are brought to first, or ``native``.
        bound_px: See `FlowSettings`.
        remove_camera_motion: See `FlowSettings`.
        workers: Threads that compute; None is one a core.
        device: Where ``tvl1-torch`` runs.
    """

    method: MethodChoice = "auto"
    size: str = NATIVE
    bound_px: float | None = None
    remove_camera_motion: bool = False
    workers: int | None = None
    device: DeviceChoice = "auto"

    def __post_init__(self) -> None:
        if self.method not in METHOD_CHOICES:
            raise ConfigError("method", self.method, f"one of {', '.join(METHOD_CHOICES)}")
        if not isinstance(self.remove_camera_motion, bool):
            raise ConfigError("remove_camera_motion", self.remove_camera_motion, "true or false")
        if self.bound_px is not None and not _is_number(self.bound_px):
            raise ConfigError("bound_px", self.bound_px, "a positive number of px")
        if self.workers is not None and not (type(self.workers) is int and self.workers >= 1):
            raise ConfigError("workers", self.workers, "at least 1")
        if self.device not in get_args(DeviceChoice):
            raise ConfigError("device", self.device, f"one of {', '.join(get_args(DeviceChoice))}")
        self.flow_settings("tvl1")  # checks size and bound

    @property
    def num_workers(self) -> int:
        """Threads that compute."""
        return self.workers or os.cpu_count() or 1

    def flow_settings(self, method: FlowMethod) -> FlowSettings:
        """Return what decides the flow's values, made by a method.

        Raises:
            ConfigError: The size or the bound cannot be used.
        """
        return FlowSettings(
            method=method,
            size=_parse_size(self.size),
            bound_px=self.bound_px,
            remove_camera_motion=self.remove_camera_motion,
        )


def _parse_size(size: object) -> tuple[int, int] | None:
    if size == NATIVE:
        return None
    found = _SIZE.fullmatch(size) if isinstance(size, str) else None
    if found is None:
        raise ConfigError("size", size, "HEIGHTxWIDTH in px, such as 128x171, or native")
    return int(found[1]), int(found[2])


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
