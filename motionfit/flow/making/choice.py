"""Which method makes the flow, where the user leaves that to us."""

from dataclasses import dataclass

from motionfit.errors import FlowMethodError
from motionfit.flow.cache.cache import FlowCache
from motionfit.flow.estimator import FlowEstimator
from motionfit.flow.making.settings import MakingSettings
from motionfit.flow.methods import TV_L1_METHODS, choose_method, make_estimator
from motionfit.flow.settings import FlowMethod


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A method, ready to be called, and why it was taken.

    Attributes:
        estimator: The method.
        reason: Why it and no other.
    """

    estimator: FlowEstimator
    reason: str


def choose_estimator(wanted: MakingSettings, cache: FlowCache) -> Choice:
    """Return the method to make flow with.

    ``auto`` goes on with the TV-L1 that the cache was begun with: their flows agree but are not
    equal, and one collection should not be made by two of them, nor twice because the machine was
    busy the second time it was measured.

    Raises:
        FlowMethodError: The method that was asked for cannot run on this machine.
        FlowError: The cache cannot be read.
        ConfigError: Something else than a cache stands in its place.
    """
    if wanted.method != "auto":
        return Choice(
            estimator=make_estimator(wanted.method, device=wanted.device), reason="as asked"
        )
    begun = begun_with(wanted, cache)
    for method in begun:
        try:
            estimator = make_estimator(method, device=wanted.device)
        except FlowMethodError:
            continue
        return Choice(estimator=estimator, reason="this cache was begun with it")
    fastest = choose_method(wanted.device)
    return Choice(
        estimator=make_estimator(fastest, device=wanted.device),
        reason=_why_another(begun) or "the fastest TV-L1 on this machine",
    )


def begun_with(wanted: MakingSettings, cache: FlowCache) -> list[FlowMethod]:
    """Return the kinds of TV-L1 whose flow of this size and bound a cache holds.

    Raises:
        FlowError: The cache cannot be read.
        ConfigError: Something else than a cache stands in its place.
    """
    keys = {settings.key() for settings in cache.settings()}
    return [method for method in TV_L1_METHODS if wanted.flow_settings(method).key() in keys]


def _why_another(begun: list[FlowMethod]) -> str:
    if not begun:
        return ""
    return f"this cache was begun with {begun[0]}, which cannot run on this machine"
