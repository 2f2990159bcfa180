"""Options and ends that the commands of training share."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from motionfit.command import Command, add_device_option, add_verbose_option, run_command
from motionfit.fit.choices import PRESET_NAMES
from motionfit.flow.making.threads import is_any_busy

SAFE_TO_REPEAT = (
    "Safe to repeat, to stop and to kill: what is finished is kept and costs nothing the next time."
)


def add_labeled_option(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """Add ``--labeled`` and ``--split``."""
    parser.add_argument(
        "--labeled",
        required=required,
        metavar="DATA",
        help="labelled data set: lists like UCF101's or HMDB51's, a CSV, or class folders",
    )
    parser.add_argument("--split", type=int, default=1, metavar="N", help="of DATA (default: 1)")


def add_unlabeled_option(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """Add ``--unlabeled``."""
    parser.add_argument(
        "--unlabeled",
        nargs="+",
        required=required,
        default=[],
        metavar="DIR",
        help="folders or files of videos",
    )


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add what every training has: where, how, and how to tell."""
    parser.add_argument(
        "--out", type=Path, required=True, metavar="RUN", help="the run's folder, made or continued"
    )
    parser.add_argument(
        "--preset",
        default="small",
        choices=PRESET_NAMES,
        help="tiny: a minute, to try it; small: two cores, an hour for a thousand short videos "
        "(default); gpu: one GPU; paper: the paper's numbers",
    )
    parser.add_argument("--config", type=Path, metavar="TOML", help="changes to it, from [fit]")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="default: 0")
    parser.add_argument(
        "--flow-cache", type=Path, metavar="DIR", help="where flow is kept (default: RUN/flow)"
    )
    parser.add_argument(
        "--packs",
        type=Path,
        metavar="DIR",
        help="where packed videos are kept; runs may share one (default: RUN/packed)",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    add_device_option(parser, purpose="where networks run")
    add_verbose_option(parser)


def run_training(
    parser: argparse.ArgumentParser, command: Command, argv: Sequence[str] | None
) -> int:
    """Run a command; see :mod:`motionfit.command` for exit codes."""
    code = run_command(parser, command, argv)
    if is_any_busy():
        # As in `motionfit.flow.command`: OpenCV is inside a pair of frames and cannot be stopped.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code
