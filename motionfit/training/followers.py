"""Processes that join the trainings of the first one, and do nothing else.

A program that does more than train, such as `motionfit fit`, runs in the first process of a group
that ``torchrun`` started. The others wait for its calls of ``motionfit.training.train.train``, and
carry out the same ones::

    first      flow, packs ── train ── pseudo-labels ── train ── evaluation
    others                 ── train ──               ── train ──
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from motionfit.training.distributed import Processes


@dataclass
class _Group:
    processes: Processes
    is_training: bool = False


_led: list[_Group] = []
"""The group whose first process is this one and whose others follow; else nothing."""


def is_leading() -> bool:
    """Return whether the other processes of the group follow this one."""
    return bool(_led)


@contextmanager
def leading(processes: Processes) -> Iterator[None]:
    """Lead the other processes, which `follow`, as long as the block lasts.

    They are let go in the end. After an error in a training they are not: they have met it too, or
    are ended by ``torchrun`` as soon as this process ends.
    """
    group = _Group(processes)
    _led.append(group)
    try:
        yield
    finally:
        _led.pop()
        if not group.is_training:
            processes.hand_out(None)


@contextmanager
def followed(**parameters: Any) -> Iterator[None]:
    """Let those who follow, if any do, call what they `follow` with these parameters meanwhile."""
    for group in _led:
        group.processes.hand_out(parameters)
        group.is_training = True
    yield
    for group in _led:
        group.is_training = False


def follow(processes: Processes, function: Callable[..., object]) -> None:
    """Call ``function`` as often as the first process calls for it; return when let go."""
    while (parameters := processes.hand_out(None)) is not None:
        function(**parameters)
