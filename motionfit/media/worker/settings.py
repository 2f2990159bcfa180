"""What a decoder process is started with."""

import json
from dataclasses import asdict, dataclass, field

from motionfit.errors import ConfigError
from motionfit.media.worker.limits import DecodeLimits


@dataclass(frozen=True, kw_only=True)
class WorkerSettings:
    """What a decoder process is started with.

    Attributes:
        limits: What one video may cost.
        slot_bytes: Size of a slot of shared memory: most that the frames of one chunk may take.
        num_slots: Slots of each process; it decodes into one while the consumer holds another.
        max_frames: Most frames that a chunk holds, unless a single clip needs more.
        threads: Codec threads of each process; None leaves it to the reader.
        niceness: By how much decoding gives way to other work on the same cores, 0 to 19.
        decode: Dotted path of the function that decodes, called as `stream_clips` is.
    """

    limits: DecodeLimits = field(default_factory=DecodeLimits)
    slot_bytes: int = 64 << 20
    num_slots: int = 2
    max_frames: int = 256
    threads: int | None = 1
    niceness: int = 0
    decode: str = "motionfit.media.reader:stream_clips"

    def __post_init__(self) -> None:
        for name in ("slot_bytes", "num_slots", "max_frames"):
            if getattr(self, name) < 1:
                raise ConfigError(name, getattr(self, name), "at least 1")
        if not 0 <= self.niceness <= 19:
            raise ConfigError("niceness", self.niceness, "a number from 0 to 19")

    def to_json(self) -> str:
        """Return the settings as one line of text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "WorkerSettings":
        """Return the settings that `to_json` wrote."""
        values = json.loads(text)
        return cls(**{**values, "limits": DecodeLimits(**values["limits"])})
