"""RGB and flow of the same clips side by side, for students that imitate a flow teacher."""

from dataclasses import dataclass

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


class PairedClips:
    """Batches of two sources that draw alike: same videos in the same order, settings and seed.

    Args:
        rgb: Frames.
        flow: Flow, of as many frames a video or the clips would start elsewhere.

    Raises:
        ConfigError: They have not as many videos.
    """

    def __init__(self, rgb: ClipSource, flow: ClipSource) -> None:
        if rgb.num_videos != flow.num_videos:
            expected = f"as many as RGB has, {rgb.num_videos}"
            raise ConfigError("videos with flow", flow.num_videos, expected)
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
        # The videos may have other places in the file of flow, which can lack some.
        if not rgb.starts.equal(flow.starts):
            raise ConfigError("flow", "clips that start elsewhere", "flow of the same clips as RGB")
        return PairedBatch(rgb=rgb, flow=flow)
