"""Some of the videos of a labelled set, for training with few labels."""

from collections import Counter
from collections.abc import Sequence

from motionfit.errors import ConfigError, TooFewVideosError
from motionfit.methods.videos import TrainingVideos
from motionfit.training.data.units import ranked_units


def choose_labelled(videos: TrainingVideos, *, fraction: float, seed: int = 0) -> list[int]:
    """Return the videos that may be used with their labels; see `choose_label_subset`.

    The choice depends on the videos' contents, and not on where their files lie.

    Raises:
        TooFewVideosError: The videos have no labels.
        ConfigError: The fraction lies outside 0 to 1.
    """
    if videos.labels is None:
        raise TooFewVideosError(videos.packed.path, "videos without labels", "labelled videos")
    return choose_label_subset(
        videos.packed.content_hashes,
        videos.labels,
        fraction=fraction,
        seed=seed,
        groups=videos.groups,
    )


def choose_label_subset(
    names: Sequence[str],
    labels: Sequence[int],
    *,
    fraction: float,
    seed: int = 0,
    groups: Sequence[str | None] | None = None,
) -> list[int]:
    """Return which videos may be used with their labels: the same share of every class.

    Of each class ``fraction``, rounded half up, and at least one video. A hash of names and seed
    decides: neither the order of the videos nor the machine does. Groups stay whole; the share is
    then kept to as far as they allow.

    A larger fraction adds to a smaller one: the groups of a class are gone through in one order, up
    to the first that is more than half too much. A group of several classes is taken where all of
    them come as far as to it.

    Args:
        names: One for each video.
        labels: The class of each.
        fraction: Share of the videos, above 0.
        seed: Another one gives another subset.
        groups: Videos of one source; None for one alone.

    Returns:
        Places in ``names``, ascending.

    Raises:
        ConfigError: The fraction lies outside 0 to 1, or there is not one label for each name.

    Source: MotionFit, Table 8: 20 % and 50 % of UCF101's training labels. Which videos the paper
    took is not stated; that classes keep their shares is our choice.
    """
    if not 0 < fraction <= 1:
        raise ConfigError("fraction", fraction, "a number above 0, at most 1")
    if len(labels) != len(names):
        raise ConfigError("labels", len(labels), f"{len(names)}, one for each video")
    num_wanted = {one: fraction * count for one, count in Counter(labels).items()}
    num_passed: Counter[int] = Counter()
    is_full: set[int] = set()
    chosen: list[int] = []
    for places in ranked_units(names, groups, salt=f"labels {seed}"):
        counts = Counter(labels[place] for place in places)
        is_first = any(num_passed[one] == 0 for one in counts)
        # Nearer to what is wanted with the unit than without it.
        is_full |= {
            one for one, count in counts.items() if num_passed[one] + count / 2 > num_wanted[one]
        }
        if is_first or not is_full & set(counts):
            chosen += places
        # Also where it is left out: what comes next must not depend on the fraction.
        num_passed += counts
    return sorted(chosen)
