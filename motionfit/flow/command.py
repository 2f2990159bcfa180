"""`python -m motionfit.flow`: compute the optical flow of videos and keep it."""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from motionfit.command import (
    DONE,
    SOME_FAILED,
    add_device_option,
    add_verbose_option,
    run_command,
    write_json,
)
from motionfit.config import load_settings
from motionfit.flow.making.settings import METHOD_CHOICES, MakingSettings
from motionfit.flow.making.threads import is_any_busy


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command's options."""
    parser = argparse.ArgumentParser(
        prog="motionfit flow",
        description="Compute the optical flow of videos and keep it in a cache. Safe to repeat, to "
        "stop and to kill: what is finished is kept and costs nothing the next time.",
    )
    parser.add_argument("videos", nargs="+", type=Path, metavar="VIDEOS", help="files or folders")
    parser.add_argument(
        "--cache", type=Path, required=True, metavar="DIR", help="where flow is kept"
    )
    parser.add_argument(
        "--method",
        choices=METHOD_CHOICES,
        help="default: auto, the TV-L1 that the cache was begun with, else the fastest one here",
    )
    parser.add_argument(
        "--size", metavar="HxW", help="bring frames to this size first, in px (default: native)"
    )
    parser.add_argument(
        "--bound",
        dest="bound_px",
        type=float,
        metavar="PX",
        help="clip flow to this (default: 20 px, with --size 20 px for each 240 px of height)",
    )
    parser.add_argument(
        "--remove-camera-motion",
        action="store_true",
        default=None,
        help="subtract the affine motion that fits most of each picture",
    )
    parser.add_argument(
        "--workers", type=int, metavar="N", help="threads that compute (default: one a core)"
    )
    parser.add_argument(
        "--preview",
        type=Path,
        metavar="DIR",
        help="write a video of each video's first 10 s beside its flow",
    )
    parser.add_argument("--config", type=Path, metavar="TOML", help="settings from [flow]")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    add_device_option(parser, purpose="where tvl1-torch runs")
    add_verbose_option(parser)
    return parser


def command(arguments: argparse.Namespace) -> int:
    """Make flow as asked; write the report to stdout."""
    from motionfit.flow.making.make import make_flow

    given = {field.name: getattr(arguments, field.name) for field in fields(MakingSettings)}
    settings = load_settings(MakingSettings, "flow", config_path=arguments.config, overrides=given)
    report = make_flow(arguments.videos, arguments.cache, settings, preview_dir=arguments.preview)
    if arguments.format == "json":
        write_json(report.to_json())
    else:
        sys.stdout.write(report.to_text())
    return SOME_FAILED if report.failed else DONE


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; see :mod:`motionfit.command` for exit codes."""
    code = run_command(build_parser(), command, argv)
    if is_any_busy():
        # Inside a pair of large frames, where it cannot be stopped. OpenCV's code must not run on
        # while the process is taken down around it.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code
