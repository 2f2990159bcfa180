"""Training videos held out to tell which epoch is the best."""

from collections import Counter
from collections.abc import Hashable, Sequence

from motionfit.errors import ConfigError
from motionfit.training.data.units import ranked_units

_EVERYTHING = "no classes"


def split_validation(
    names: Sequence[str],
    *,
    groups: Sequence[str | None] | None = None,
    labels: Sequence[int] | None = None,
    fraction: float = 0.1,
    seed: int = 0,
) -> tuple[list[int], list[int]]:
    """Return which videos to train on, and which to validate on.

    Groups stay whole, every class keeps something to train on, and classes take turns in giving a
    group, so that few of them go without validation. A hash of names and seed decides: neither the
    order of the videos nor the machine does.

    Args:
        names: One for each video.
        groups: Videos of one source, which must not be on both sides; None for one alone.
        labels: Classes; None is one class.
        fraction: Share of the videos to validate on, which is kept to as far as groups allow.
        seed: Another one gives another split.

    Returns:
        Places in ``names``, ascending: to train on, and to validate on. The latter is empty where
        nothing can be spared.

    Raises:
        ConfigError: The fraction lies outside 0 to 1.
    """
    if not 0 <= fraction < 1:
        raise ConfigError("fraction", fraction, "a number from 0 to less than 1")
    classes: Sequence[Hashable] = labels if labels is not None else [_EVERYTHING] * len(names)
    units = ranked_units(names, groups, salt=str(seed))
    num_wanted = max(1.0, fraction * len(names)) if fraction else 0.0
    left = Counter(classes)
    held_out: list[int] = []
    for places in _in_turns(units, classes):
        taken = Counter(classes[place] for place in places)
        is_missed = any(left[one] <= count for one, count in taken.items())
        # Nearer to what is wanted with the unit than without it.
        is_nearer = len(held_out) + len(places) / 2 <= num_wanted
        if is_nearer and not is_missed:
            held_out += places
            left -= taken
    return sorted(set(range(len(names))) - set(held_out)), sorted(held_out)


def _in_turns(units: Sequence[list[int]], classes: Sequence[Hashable]) -> list[list[int]]:
    """Return the units in another order: first one of each class, then another of each."""
    num_before: Counter[Hashable] = Counter()
    turns = []
    for places in units:
        its_class = classes[places[0]]
        turns.append(num_before[its_class])
        num_before[its_class] += 1
    return [units[number] for number in sorted(range(len(units)), key=turns.__getitem__)]
