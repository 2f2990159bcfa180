"""Where an encoder's weights come from."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from motionfit.config import provenance


@dataclass(frozen=True, kw_only=True)
class Origin:
    """How weights came to be; informs people, and does not enter an encoder's identity.

    Attributes:
        is_trained: False for seeded random weights.
        method: What trained them, such as ``motionfit`` or ``supervised``.
        data: What they were trained on.
        teacher: Where those of its teacher come from, as `describe` tells it; None where it had
            none, or where that is unknown. What the teacher has learnt from has reached them too.
        flow: How the flow was made that they were trained on, in words; None where they were
            trained on frames, or where it is unknown.
        seed: Of the random start; None where unknown.
        version: Of motionfit, when they were made.
        revision: Of motionfit's sources, where they were made from a checkout.
    """

    is_trained: bool
    method: str | None = None
    data: str | None = None
    teacher: str | None = None
    flow: str | None = None
    seed: int | None = None
    version: str | None = field(default_factory=lambda: provenance().get("version"))
    revision: str | None = field(default_factory=lambda: provenance().get("revision"))

    def describe(self) -> str:
        """Return ``untrained, seed 0`` or ``motionfit on UCF101``."""
        if not self.is_trained:
            return f"untrained, seed {self.seed}"
        method = self.method or "trained"
        return f"{method} on {self.data}" if self.data else method

    @property
    def trained_on(self) -> str | None:
        """Everything they have learnt from: ``500 videos; taught by motion teacher on UCF101``."""
        known = [self.data, None if self.teacher is None else f"taught by {self.teacher}"]
        told = "; ".join(part for part in known if part is not None)
        return told if self.is_trained and told else None

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values that ``from_dict`` reads back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Origin":
        """Return the origin that ``to_dict`` described.

        Raises:
            TypeError: A value is missing, unknown, or has the wrong type.
        """
        origin = cls(**values)
        texts = [
            value for name, value in asdict(origin).items() if name not in ("is_trained", "seed")
        ]
        if type(origin.is_trained) is not bool or type(origin.seed) not in (int, type(None)):
            raise TypeError(f"is_trained is {origin.is_trained!r}, seed is {origin.seed!r}")
        if not all(text is None or type(text) is str for text in texts):
            raise TypeError("all but is_trained and seed must be texts")
        return origin
