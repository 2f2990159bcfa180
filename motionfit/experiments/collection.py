"""The videos that an experiment is carried out on."""

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from motionfit.errors import ConfigError, NotGivenError
from motionfit.experiments.plan import Experiment
from motionfit.fit.inputs import find_unlabelled, read_labelled
from motionfit.media.synthetic import SyntheticSettings, generate_synthetic


@dataclass(frozen=True, kw_only=True)
class Collection:
    """The videos that an experiment is carried out on.

    Attributes:
        labelled: A labelled data set, as `load_dataset` takes it.
        sources: Files and folders of further videos, which have no labels.
        splits: Of the data set; every variant is trained on each.
        tuning: Leave the test sides alone; see `fit`.
        made: The data set is the synthetic one of these settings, to be made there.
    """

    labelled: str | Path
    sources: tuple[str | Path, ...] = ()
    splits: tuple[int, ...] = (1,)
    tuning: bool = False
    made: SyntheticSettings | None = None

    def __post_init__(self) -> None:
        if not self.splits or len(set(self.splits)) < len(self.splits):
            raise ConfigError("splits", list(self.splits), "one or several different numbers")

    def describe(self) -> str:
        """Return a few words on it."""
        asked = "; queries are held out of the training videos" if self.tuning else ""
        if self.made is not None:
            return (
                f"{self.made.num_train_per_class} training and "
                f"{self.made.num_test_per_class} test videos a class{asked}"
            )
        sources = ", ".join(Path(source).name for source in self.sources)
        added = f" with {sources} as further unlabelled sources" if sources else ""
        return f"{Path(self.labelled).name}{added}{asked}"

    def make(self) -> None:
        """Make the videos, where they are to be made and are not there yet.

        Raises:
            DatasetError: Other files stand there.
        """
        if self.made is not None:
            generate_synthetic(self.labelled, **asdict(self.made))

    def unlabelled(self, split: int, *, source_share: float = 1.0) -> list[Path]:
        """Return what is learnt from without labels: the train side, and the further sources.

        Args:
            split: Of the data set.
            source_share: Share of the videos of the sources; names decide which, and a larger share
                contains a smaller one.

        Raises:
            MotionFitError: As `read_labelled` raises.
            VideoNotFoundError: Nothing stands where a source is said to be.
            TooFewVideosError: A source has no video.
        """
        dataset = read_labelled(self.labelled, split, tuning=self.tuning)
        further = find_unlabelled(self.sources)
        drawn = sorted(further, key=lambda path: sha256(os.fsencode(path.name)).digest())
        kept = set(drawn[: round(source_share * len(drawn))])
        return [
            *sorted(video.path for video in dataset.train),
            *(path for path in further if path in kept),
        ]


def choose_collection(
    experiment: Experiment,
    out: Path,
    *,
    labelled: str | Path | None = None,
    sources: Sequence[str | Path] = (),
    splits: Sequence[int] = (1,),
    tuning: bool = False,
) -> Collection:
    """Return the videos of an experiment: those that it brings along, or those that are given.

    Args:
        experiment: What is compared.
        out: Its folder, where it has videos made.
        labelled: As in `Collection`, as are the others.
        sources: Of the unlabelled videos.
        splits: Of the data set.
        tuning: Leave the test sides alone.

    Raises:
        NotGivenError: It needs a labelled data set.
        ConfigError: It brings its videos along, and others are given; or splits cannot be used.
    """
    if experiment.videos is None:
        if labelled is None:
            raise NotGivenError("labeled", "a labelled data set")
        return Collection(
            labelled=labelled, sources=tuple(sources), splits=tuple(splits), tuning=tuning
        )
    if labelled is not None or sources:
        given = str(labelled) if labelled is not None else str(sources[0])
        raise ConfigError("videos", given, f"none: {experiment.name} makes its own")
    return Collection(
        labelled=out / "videos", splits=tuple(splits), tuning=tuning, made=experiment.videos
    )
