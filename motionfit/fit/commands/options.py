"""Options and ends that the commands of training share."""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from motionfit.command import (
    DONE,
    INTERRUPTED,
    SOME_FAILED,
    Command,
    add_device_option,
    add_verbose_option,
    run_command,
    write_json,
)
from motionfit.errors import MotionFitError
from motionfit.fit.choices import PRESET_NAMES
from motionfit.flow.making.threads import is_any_busy
from motionfit.media.outcomes import FailedFile

SAFE_TO_REPEAT = (
    "Safe to repeat, to stop and to kill: what is finished is kept and costs nothing the next time."
)

_SECONDS_TO_END = 20.0


class Result(Protocol):
    """What came out of a training."""

    @property
    def failed(self) -> Sequence[FailedFile]:
        """Videos that could not be used."""

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""

    def to_text(self) -> str:
        """Return the result for a person."""


def add_labeled_option(
    parser: argparse.ArgumentParser,
    *,
    required: bool,
    several_splits: bool = False,
    adds: str = "",
) -> None:
    """Add ``--labeled`` and ``--split``; ``adds`` says what the data set is good for."""
    parser.add_argument(
        "--labeled",
        required=required,
        metavar="DATA",
        help="labelled data set: lists like UCF101's or HMDB51's, a CSV, class folders, or "
        f"the word synthetic for the built-in one{'; ' if adds else ''}{adds}",
    )
    parser.add_argument(
        "--split",
        type=int,
        nargs="+" if several_splits else None,
        default=1,
        metavar="N",
        help="which split of DATA (default: 1)",
    )


def add_label_fraction_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--label-fraction``."""
    parser.add_argument(
        "--label-fraction",
        type=float,
        default=1.0,
        metavar="SHARE",
        help="share of each class's labels to learn from (default: 1)",
    )


def add_tune_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--tune``."""
    parser.add_argument(
        "--tune",
        action="store_true",
        help="leave the test side of DATA alone and search with three in ten of its training "
        "videos, which are not learnt from: to choose settings",
    )


def add_unlabeled_option(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """Add ``--unlabeled``."""
    parser.add_argument(
        "--unlabeled",
        nargs="+",
        required=required,
        default=[],
        metavar="VIDEOS",
        help="files, or folders that are searched for videos",
    )


def add_run_options(parser: argparse.ArgumentParser, *, preset_by_method: bool = False) -> None:
    """Add what every training has: where, how, and how to tell.

    Args:
        parser: Gets the options.
        preset_by_method: The preset depends on the method unless it is given.
    """
    preset = "small, or plus for motionfit_plus" if preset_by_method else "small"
    parser.add_argument(
        "--out", type=Path, required=True, metavar="RUN", help="the run's folder, made or continued"
    )
    parser.add_argument(
        "--preset",
        default=None if preset_by_method else "small",
        choices=PRESET_NAMES,
        help="tiny: a minute, to try it; small: two cores, an hour for a thousand short videos; "
        "plus: the same for motionfit_plus; gpu: one GPU; paper: the paper's numbers "
        f"(default: {preset})",
    )
    parser.add_argument(
        "--config",
        type=Path,
        metavar="TOML",
        help="file whose table [fit] changes settings of the preset",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="default: 0")
    parser.add_argument(
        "--packs",
        type=Path,
        metavar="DIR",
        help="where packed videos are kept; runs may share one (default: RUN/packed)",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    add_device_option(parser, purpose="where networks run")
    add_verbose_option(parser)


def add_flow_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--flow-cache``."""
    parser.add_argument(
        "--flow-cache", type=Path, metavar="DIR", help="where flow is kept (default: RUN/flow)"
    )


def run_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what `add_run_options` has read, as parameters of a function."""
    return {
        "out": arguments.out,
        "preset": arguments.preset,
        "config": arguments.config,
        "seed": arguments.seed,
        "packs": arguments.packs,
        "device": arguments.device or "auto",
    }


def write_result(result: Result, arguments: argparse.Namespace) -> int:
    """Write what came out to stdout, as the options ask for; return the exit code."""
    if arguments.format == "json":
        write_json(result.to_json())
    else:
        sys.stdout.write(result.to_text())
    return SOME_FAILED if result.failed else DONE


def run_training(
    parser: argparse.ArgumentParser, command: Command, argv: Sequence[str] | None
) -> int:
    """Run a command; see :mod:`motionfit.command` for exit codes.

    Of several processes that ``torchrun`` started, the first one does; the others help it train.
    """
    is_alone = os.environ.get("WORLD_SIZE", "1") == "1"
    code = run_command(parser, command if is_alone else partial(_together, command), argv)
    if is_any_busy():
        # As in `motionfit.flow.command`: OpenCV is inside a pair of frames and cannot be stopped.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


def _together(command: Command, arguments: argparse.Namespace) -> int:
    from motionfit.training.distributed import join_processes
    from motionfit.training.followers import follow, leading
    from motionfit.training.runtime import choose_device
    from motionfit.training.train import train

    processes = join_processes(choose_device(arguments.device or "auto").type)
    if processes.is_first:
        with leading(processes):
            return command(arguments)
    try:
        follow(processes, train)
    except MotionFitError:
        # The first process has met the same and says so; torchrun then ends this one. It is still
        # here afterwards only if it is the only one.
        time.sleep(_SECONDS_TO_END)
        raise
    except KeyboardInterrupt:
        return INTERRUPTED
    return DONE
