"""What a file of the cache says about itself."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, kw_only=True)
class FlowDescription:
    """All that is known of one video's flow but its values.

    Attributes:
        content_hash: Of the video's bytes.
        settings_key: What the flow was computed with.
        num_flows: Flows in the file, one less than the frames they are between.
        height: Of each flow, px.
        width: Of each flow, px.
        bound: What the levels were quantised with, px.
        saturated_share: Share of vectors that were clipped, 0 to 1; None where nobody counted.
        num_frames_expected: Frames that the video's header promises; None where it is silent.
        num_frames_decoded: Frames that could be decoded; None where that is unknown.
        flows_per_block: Flows that are coded together; the last block may have fewer.
    """

    content_hash: str
    settings_key: str
    num_flows: int
    height: int
    width: int
    bound: float
    saturated_share: float | None
    num_frames_expected: int | None
    num_frames_decoded: int | None
    flows_per_block: int

    @property
    def num_blocks(self) -> int:
        """Blocks in the file."""
        return -(-self.num_flows // self.flows_per_block)

    def to_json(self) -> bytes:
        """Return it as readable JSON; the same values give the same bytes."""
        values = {**asdict(self), "settings": json.loads(self.settings_key)}
        del values["settings_key"]
        return (json.dumps(values, indent=2, sort_keys=True) + "\n").encode()

    @classmethod
    def from_json(cls, text: bytes) -> "FlowDescription":
        """Return what `to_json` wrote.

        Raises:
            ValueError: It is no JSON object.
            TypeError: Something is missing, or there is more than this version knows.
        """
        values = json.loads(text)
        values["settings_key"] = json.dumps(values.pop("settings", None), sort_keys=True)
        return cls(**values)
