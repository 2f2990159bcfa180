"""The protocol's settings as options of a command."""

import argparse
from dataclasses import fields
from typing import Any, get_args

from motionfit.media.sampling import SHORT_POLICIES
from retrieval.evaluation.protocol import PRESETS, Centre, Level, Metric, Pool, Protocol, Sampler
from retrieval.evaluation.query_time import QueryTime


def add_protocol_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--protocol`` and an option for every setting; none given leaves the preset's value."""
    group = parser.add_argument_group("protocol", "a preset, and settings that differ from it")
    group.add_argument("--protocol", choices=tuple(PRESETS), default="xu", help="default: xu")
    group.add_argument("--level", choices=get_args(Level), help="what is a query and an item")
    group.add_argument("--clips", type=int, metavar="N", help="clips per video")
    group.add_argument("--clip-length", type=int, metavar="FRAMES", help="default: the encoder's")
    group.add_argument("--stride", type=int, metavar="FRAMES", help="default: the encoder's")
    group.add_argument("--sampler", choices=get_args(Sampler))
    group.add_argument(
        "--sliding-step", type=int, metavar="FRAMES", help="default: half a clip less one"
    )
    group.add_argument("--short", choices=SHORT_POLICIES, help="videos shorter than a clip")
    group.add_argument(
        "--query-time", choices=get_args(QueryTime), help="frames of query clips (default: forward)"
    )
    group.add_argument("--resize", type=_size, metavar="HxW", help="default: the encoder's")
    group.add_argument("--crop", type=_size, metavar="HxW", help="default: the encoder's")
    group.add_argument("--pool", choices=get_args(Pool), help="last feature map to vector")
    on_off = argparse.BooleanOptionalAction
    group.add_argument("--clip-l2", action=on_off, help="scale clip features to unit length")
    group.add_argument("--centre", choices=get_args(Centre), help="mean to subtract")
    group.add_argument("--metric", choices=get_args(Metric))
    group.add_argument("--k", type=_cut_offs, metavar="K,K,...", help="default: 1,5,10,20,50")
    group.add_argument(
        "--drop-last-bs", type=int, metavar="N", help="leave out videos that fill no last batch"
    )
    group.add_argument("--exclude-self-video", action=on_off, help="leave out a query's own video")


def protocol_changes(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the settings that were given."""
    settings = {field.name: getattr(arguments, field.name) for field in fields(Protocol)}
    return {name: value for name, value in settings.items() if value is not None}


def _size(text: str) -> tuple[int, int]:
    """Return ``(height, width)`` of ``128x171``."""
    height, _, width = text.lower().partition("x")
    return int(height), int(width or height)


def _cut_offs(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


# argparse shows these names when a value cannot be read.
_size.__name__ = "HEIGHTxWIDTH"
_cut_offs.__name__ = "list of numbers"
