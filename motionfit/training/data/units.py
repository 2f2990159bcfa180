"""Videos that must not be torn apart, in an order that only names and a seed decide."""

from collections import defaultdict
from collections.abc import Sequence
from hashlib import sha256


def ranked_units(
    names: Sequence[str], groups: Sequence[str | None] | None, *, salt: str
) -> list[list[int]]:
    """Return the places of the videos of each group, a video without one by itself.

    The units come in the order of a hash of their names: neither the order of the videos nor the
    machine decides it.

    Args:
        names: One for each video; videos of one name, such as copies, are one unit.
        groups: Videos of one source; None for one alone.
        salt: Another one gives another order.
    """
    units: defaultdict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(names):
        group = None if groups is None else groups[place]
        units[f"video {name}" if group is None else f"group {group}"].append(place)

    def rank(unit: str) -> bytes:
        return sha256(f"{salt}:{unit}".encode(errors="surrogateescape")).digest()

    return [units[unit] for unit in sorted(units, key=rank)]
