"""What every method is told: the network, its clips, what is held out, the loop."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from motionfit.encoders.spec import EncoderSpec
from motionfit.errors import ConfigError
from motionfit.methods.videos import TrainingVideos
from motionfit.training.data.clips import are_long_enough
from motionfit.training.data.settings import ClipSettings
from motionfit.training.settings import TrainingSettings


@dataclass(frozen=True, kw_only=True)
class MethodSettings:
    """How a network is trained, as far as methods agree; each adds what is its own.

    Attributes:
        spec: Backbone and input; two channels are flow.
        num_clips: Clips of each video a step, R.
        flip: Mirror half of the clips. Motion to the left becomes motion to the right: not for
            labels that tell them apart.
        validation_fraction: Share of the videos held out; the epoch with the lowest loss on them is
            kept.
        training: The loop's settings.
        seed: Of the network, the clips and the held-out videos.

    Raises:
        ConfigError: A value cannot be used.

    Source: MotionFit: R = 3, about 10 % held out, no flip.
    """

    spec: EncoderSpec
    num_clips: int = 3
    flip: bool = False
    validation_fraction: float = 0.1
    training: TrainingSettings = field(default_factory=TrainingSettings)
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.validation_fraction < 1:
            raise ConfigError("validation_fraction", self.validation_fraction, "between 0 and 1")
        # Refuses clips that cannot be.
        _ = self.clips

    @property
    def clips(self) -> ClipSettings:
        """Clips to learn from."""
        return ClipSettings(
            clip_length=self.spec.clip.clip_length,
            stride=self.spec.clip.stride,
            num_clips=self.num_clips,
            crop=self.spec.crop,
            flip=self.flip,
        )

    def sides(
        self, videos: TrainingVideos, places: Sequence[int] | None = None
    ) -> Iterator[tuple[list[int], ClipSettings]]:
        """Yield the videos to learn from, then those held out, each with the clips to take of them.

        Those without room for such clips are on neither side.

        Args:
            videos: All there are.
            places: Those to be used; None is all.

        Raises:
            TooFewVideosError: None has room; see `are_long_enough`.
        """
        chosen = np.array(videos.chosen(places), np.int64)
        usable = chosen[are_long_enough(videos.packed, self.clips, chosen)].tolist()
        learnt, held_out = videos.split(usable, fraction=self.validation_fraction, seed=self.seed)
        yield learnt, self.clips
        yield held_out, self.clips.for_validation()


def student_training() -> TrainingSettings:
    """Return the loop's settings of a student.

    Source: MotionFit: batch 16, 45 epochs, a tenth of the learning rate at 20 and 40.
    """
    return TrainingSettings(epochs=45, batch_size=16, milestones=(20, 40))
