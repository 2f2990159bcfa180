"""`python -m motionfit.fit`: train an encoder from labelled and unlabelled videos."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from motionfit.command import (
    DONE,
    SOME_FAILED,
    add_device_option,
    add_verbose_option,
    run_command,
    write_json,
)
from motionfit.flow.making.threads import is_any_busy


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command's options."""
    parser = argparse.ArgumentParser(
        prog="motionfit fit",
        description="Train an encoder that tells videos apart by what moves. Safe to repeat, to "
        "stop and to kill: what is finished is kept and costs nothing the next time.",
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--labeled",
        metavar="DATA",
        help="labelled data set: lists like UCF101's or HMDB51's, a CSV, or class folders",
    )
    source.add_argument("--teacher", metavar="CHECKPOINT", help="a ready motion model instead")
    parser.add_argument(
        "--unlabeled", nargs="+", required=True, metavar="DIR", help="folders or files of videos"
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="RUN", help="the run's folder, made or continued"
    )
    parser.add_argument("--split", type=int, default=1, metavar="N", help="of DATA (default: 1)")
    parser.add_argument(
        "--preset",
        default="small",
        choices=("tiny", "small", "gpu", "paper"),
        help="tiny: a minute, to try it; small: two cores, an hour for a thousand short videos "
        "(default); gpu: one GPU; paper: the paper's numbers",
    )
    parser.add_argument("--config", type=Path, metavar="TOML", help="changes to it, from [fit]")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="default: 0")
    parser.add_argument(
        "--flow-cache", type=Path, metavar="DIR", help="where flow is kept (default: RUN/flow)"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    add_device_option(parser, purpose="where networks run")
    add_verbose_option(parser)
    return parser


def command(arguments: argparse.Namespace) -> int:
    """Run the recipe as asked; write what came out to stdout."""
    from motionfit.fit.fit import fit

    result = fit(
        labeled=arguments.labeled,
        teacher=arguments.teacher,
        unlabeled=arguments.unlabeled,
        out=arguments.out,
        split=arguments.split,
        preset=arguments.preset,
        config=arguments.config,
        seed=arguments.seed,
        flow_cache=arguments.flow_cache,
        device=arguments.device or "auto",
    )
    if arguments.format == "json":
        write_json(result.to_json())
    else:
        sys.stdout.write(result.to_text())
    return SOME_FAILED if result.failed else DONE


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; see :mod:`motionfit.command` for exit codes."""
    code = run_command(build_parser(), command, argv)
    if is_any_busy():
        # As in `motionfit.flow.command`: OpenCV is inside a pair of frames and cannot be stopped.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code
