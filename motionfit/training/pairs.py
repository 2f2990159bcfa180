"""RGB and flow of the same clips side by side, for students that imitate a flow teacher."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from motionfit.errors import ConfigError
from motionfit.training.batches import map_tensors
from motionfit.training.data.batch import ClipBatch
from motionfit.training.data.source import ClipSource


@dataclass(frozen=True, kw_only=True)
class PairedBatch:
    """Clips of some videos, each as RGB and as flow.

    Attributes:
        rgb: Frames, with the labels.
        flow: Flow of the same videos from the same frame on, cropped and flipped alike.
    """

    rgb: ClipBatch
    flow: ClipBatch

    def __len__(self) -> int:
        return len(self.rgb)

    @property
    def num_videos_joint(self) -> int:
        """Videos of this step in all processes together."""
        return self.rgb.num_videos_joint

    def pin_memory(self) -> "PairedBatch":
        """Return the batch in memory from which a GPU copies while it computes."""
        paired: PairedBatch = map_tensors(self, lambda tensor: tensor.pin_memory())
        return paired


class KnownClips(ClipSource, Protocol):
    """A source that knows which videos it is of."""

    @property
    def content_hashes(self) -> Sequence[str]:
        """One for each video of an epoch."""
        ...


class PairedClips:
    """Batches of two sources that draw alike: same videos in the same order, settings and seed.

    Args:
        rgb: Frames.
        flow: Flow, of as many frames a video or the clips would start elsewhere.

    Raises:
        ConfigError: They are not of the same videos.
    """

    def __init__(self, rgb: KnownClips, flow: KnownClips) -> None:
        if rgb.num_videos != flow.num_videos:
            expected = f"as many as RGB has, {rgb.num_videos}"
            raise ConfigError("videos with flow", flow.num_videos, expected)
        pairs = zip(rgb.content_hashes, flow.content_hashes, strict=True)
        for place, (of_rgb, of_flow) in enumerate(pairs):
            if of_rgb != of_flow:
                expected = f"of the same video as RGB there, {of_rgb[:12]}"
                raise ConfigError(f"flow at place {place}", f"of {of_flow[:12]}", expected)
        self._rgb = rgb
        self._flow = flow

    @property
    def num_videos(self) -> int:
        """Videos of an epoch."""
        return self._rgb.num_videos

    def num_steps(self, batch_size: int) -> int:
        """Return the steps of an epoch; see `ClipSource`."""
        return self._rgb.num_steps(batch_size)

    def batch(
        self, epoch: int, step: int, batch_size: int, *, rank: int = 0, world_size: int = 1
    ) -> PairedBatch:
        """Return this process's part of a batch; see `ClipSource`.

        Raises:
            ConfigError: The two have drawn different clips.
        """
        rgb, flow = (
            source.batch(epoch, step, batch_size, rank=rank, world_size=world_size)
            for source in (self._rgb, self._flow)
        )
        if not rgb.starts.equal(flow.starts):
            raise ConfigError("flow", "clips that start elsewhere", "flow of the same clips as RGB")
        return PairedBatch(rgb=rgb, flow=flow)
