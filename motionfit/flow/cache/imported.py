"""Flow that another program computed, as settings of the cache."""

import json
import math
from dataclasses import asdict, dataclass

from motionfit.errors import ConfigError
from motionfit.flow.settings import FlowSettings


@dataclass(frozen=True, kw_only=True)
class ImportedFlowSettings:
    """What is known of imported flow. Its key never equals that of flow computed here.

    Attributes:
        source: Which program or archive it came from; kept apart from every other source.
        bound_px: The bound that it was quantised with, px.
    """

    source: str = "denseflow"
    bound_px: float = 20.0

    def __post_init__(self) -> None:
        if not self.source:
            raise ConfigError("source", self.source, "a name")
        if not 0 < self.bound_px < math.inf:
            raise ConfigError("bound_px", self.bound_px, "a positive number of px")

    @property
    def method(self) -> str:
        """``imported``, where computed flow has the name of its method."""
        return "imported"

    @property
    def bound(self) -> float:
        """The bound in force, px."""
        return float(self.bound_px)

    def key(self) -> str:
        """Return a canonical JSON text, equal to another's exactly where bound and source are."""
        return json.dumps({"imported": {**asdict(self), "bound_px": self.bound}}, sort_keys=True)


KeptSettings = FlowSettings | ImportedFlowSettings


def settings_of_key(key: str) -> KeptSettings | None:
    """Return the settings with a given key; None where this version computes no such flow.

    The settings' keys are equal; ``bound_px`` is written out where it was left to its default.
    """
    try:
        values = json.loads(key)
        settings = _settings_of(values)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return settings if settings.key() == key else None


def _settings_of(values: dict[str, object]) -> KeptSettings:
    if "imported" in values:
        return ImportedFlowSettings(**values["imported"])  # type: ignore[arg-type]
    known = {name: value for name, value in values.items() if name != "versions"}
    if known["size"] is not None:
        known["size"] = tuple(known["size"])  # type: ignore[arg-type]
    return FlowSettings(**known)  # type: ignore[arg-type]
