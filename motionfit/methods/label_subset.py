"""Some of the videos of a labelled set, for training with few labels."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from hashlib import sha256

from motionfit.errors import ConfigError, TooFewVideosError
from motionfit.methods.videos import TrainingVideos


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
    decides: neither the order of the videos nor the machine does, and a larger fraction adds to a
    smaller one. Groups stay whole; the share is then kept to as far as they allow.

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
    units: defaultdict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(names):
        group = None if groups is None else groups[place]
        units[f"video {name}" if group is None else f"group {group}"].append(place)
    ranked = [units[unit] for unit in sorted(units, key=lambda unit: _rank(unit, seed))]
    num_wanted = {one: fraction * count for one, count in Counter(labels).items()}
    taken: Counter[int] = Counter()
    chosen: list[int] = []
    for places in ranked:
        counts = Counter(labels[place] for place in places)
        # Nearer to what is wanted with the unit than without it, in each of its classes.
        if all(taken[one] + count / 2 <= num_wanted[one] for one, count in counts.items()):
            chosen += places
            taken += counts
    for places in ranked:
        if any(taken[labels[place]] == 0 for place in places):
            chosen += places
            taken += Counter(labels[place] for place in places)
    return sorted(chosen)


def _rank(unit: str, seed: int) -> bytes:
    return sha256(f"labels {seed}:{unit}".encode(errors="surrogateescape")).digest()
