"""Every setting of a clip-retrieval evaluation, and the settings of published evaluators by name.

Published R@k come from evaluators that differ in clip length, pooling, normalisation and metric, so
a number means little without its protocol; a report carries all of these.

Source: the reference codes of VCOP (Xu et al., CVPR 2019), SeLaVi, CoCLR and MSCL.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, get_args

from motionfit.errors import ConfigError
from motionfit.media.sampling import SHORT_POLICIES, ShortPolicy
from retrieval.evaluation.query_time import QueryTime

Level = Literal["video", "clip"]
Sampler = Literal["uniform", "sliding"]
Pool = Literal["max122", "max222", "gmax", "gavg"]
Centre = Literal["off", "per_set", "gallery_mean"]
Metric = Literal["cosine", "euclidean", "dot"]

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "level": get_args(Level),
    "sampler": get_args(Sampler),
    "short": SHORT_POLICIES,
    "query_time": get_args(QueryTime),
    "pool": get_args(Pool),
    "centre": get_args(Centre),
    "metric": get_args(Metric),
}
_AT_LEAST_ONE = ("clips", "clip_length", "stride", "sliding_step")


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """How clips become features and features become R@k; the defaults are VCOP's.

    Attributes:
        level: ``video`` averages a video's clips, on both sides, before the search; at ``clip``
            level every test clip is a query and every training clip an item. Their R@k for k > 1
            do not compare.
        clips: Clips a video, from the first possible start to the last (``uniform`` sampler).
        clip_length: Frames a clip; None is the encoder's own.
        stride: Frames between neighbours inside a clip; None is the encoder's own.
        sampler: ``uniform``, or ``sliding`` windows.
        sliding_step: Frames between the starts of sliding windows; None is half a clip less one.
        short: Videos shorter than a clip: ``loop``, ``repeat_last``, ``drop`` or ``error``.
        query_time: What is done to the frames of every query clip; the gallery stays as filmed.
            ``forward`` is nothing; ``frozen`` repeats the middle frame, ``reversed`` turns time
            round, ``shuffled`` puts all clips in one wrong order.
        resize: ``(height, width)`` px of the decoded frame; None is the encoder's own.
        crop: ``(height, width)`` px cut from its centre; None is the encoder's own.
        pool: Last feature map to vector: maximum over 1x2x2 or 2x2x2 windows, flattened; or the
            maximum (``gmax``) or mean (``gavg``) of each channel.
        clip_l2: Scale clip features to unit length first.
        centre: Subtract from each side its own mean (``per_set``), from both the gallery's, or
            nothing. Done after averaging.
        metric: ``cosine`` distance, ``euclidean`` distance or ``dot`` product.
        k: Cut-offs, increasing.
        drop_last_bs: Leave out the videos that do not fill a last batch of this size, as VCOP's
            loaders do; 0 keeps all.
        exclude_self_video: Leave every item of the query's own video out of its ranking.
    """

    level: Level = "video"
    clips: int = 10
    clip_length: int | None = None
    stride: int | None = None
    sampler: Sampler = "uniform"
    sliding_step: int | None = None
    short: ShortPolicy = "loop"
    query_time: QueryTime = "forward"
    resize: tuple[int, int] | None = None
    crop: tuple[int, int] | None = None
    pool: Pool = "max122"
    clip_l2: bool = False
    centre: Centre = "off"
    metric: Metric = "cosine"
    k: tuple[int, ...] = (1, 5, 10, 20, 50)
    drop_last_bs: int = 0
    exclude_self_video: bool = False

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise ConfigError(name, getattr(self, name), f"one of {', '.join(choices)}")
        for name in _AT_LEAST_ONE:
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(name, value, "at least 1")
        if not self.k or self.k[0] < 1 or list(self.k) != sorted(set(self.k)):
            raise ConfigError("k", self.k, "cut-offs of at least 1, increasing")
        if self.drop_last_bs < 0:
            raise ConfigError("drop_last_bs", self.drop_last_bs, "a batch size, or 0 to keep all")

    def to_json(self) -> dict[str, Any]:
        """Return every setting, and the rule for ties, as JSON values."""
        return {**asdict(self), "k": list(self.k), "ties": "lowest gallery index"}


EXTRACTION_SETTINGS = (
    "clips", "clip_length", "stride", "sampler", "sliding_step", "short", "query_time", "resize",
    "crop", "pool",
)  # fmt: skip

PRESETS: Mapping[str, Protocol] = {
    "xu": Protocol(),
    "xu-exact": Protocol(drop_last_bs=8),
    "clip-text": Protocol(level="clip"),
    "selavi": Protocol(clip_length=32, pool="max222", clip_l2=True, metric="euclidean"),
    "coclr": Protocol(
        clip_length=32, sampler="sliding", pool="gavg", clip_l2=True, centre="per_set"
    ),
    "mscl": Protocol(pool="gavg", centre="per_set"),
}


def get_preset(name: str) -> Protocol:
    """Return the preset called ``name``.

    Raises:
        ConfigError: There is none.
    """
    if name not in PRESETS:
        raise ConfigError("protocol", name, f"one of {', '.join(PRESETS)}")
    return PRESETS[name]


def make_protocol(name: str, changes: Mapping[str, Any]) -> Protocol:
    """Return the preset called ``name`` with some settings changed; None is "not changed".

    Raises:
        ConfigError: There is no such preset, or a setting has a value it cannot have.
    """
    given = {setting: value for setting, value in changes.items() if value is not None}
    return replace(get_preset(name), **given)


def protocol_name(protocol: Protocol) -> str:
    """Return what to call a protocol: ``xu``, or ``xu with pool=gmax, k=1,5``.

    The preset that it differs least from gives the name.
    """

    def differences(preset: Protocol) -> list[str]:
        return [
            field.name
            for field in fields(Protocol)
            if getattr(protocol, field.name) != getattr(preset, field.name)
        ]

    name, preset = min(PRESETS.items(), key=lambda item: len(differences(item[1])))
    changed = [f"{setting}={_text(getattr(protocol, setting))}" for setting in differences(preset)]
    return f"{name} with {', '.join(changed)}" if changed else name


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
