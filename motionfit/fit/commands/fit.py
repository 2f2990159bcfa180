"""`python -m motionfit.fit`: train an encoder from labelled and unlabelled videos."""

import argparse
import sys
from collections.abc import Sequence

from motionfit.command import DONE, SOME_FAILED, write_json
from motionfit.fit.choices import METHOD_NAMES
from motionfit.fit.commands.options import (
    SAFE_TO_REPEAT,
    add_labeled_option,
    add_run_options,
    add_unlabeled_option,
    run_training,
)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command's options."""
    parser = argparse.ArgumentParser(
        prog="motionfit fit",
        description="Train an encoder that tells videos apart by what moves, or one of the methods "
        f"to compare it with. {SAFE_TO_REPEAT}",
    )
    add_labeled_option(parser, required=False)
    parser.add_argument(
        "--teacher",
        metavar="CHECKPOINT",
        help="a ready teacher; DATA then serves the evaluation alone",
    )
    add_unlabeled_option(parser, required=False)
    parser.add_argument(
        "--method",
        default="motionfit",
        choices=METHOD_NAMES,
        help="default: motionfit; the others are baselines",
    )
    parser.add_argument(
        "--no-evaluation",
        action="store_true",
        help="do not measure retrieval on the test side of DATA",
    )
    add_run_options(parser)
    return parser


def command(arguments: argparse.Namespace) -> int:
    """Train as asked; write what came out to stdout."""
    from motionfit.fit.fit import fit

    result = fit(
        labeled=arguments.labeled,
        teacher=arguments.teacher,
        unlabeled=arguments.unlabeled,
        out=arguments.out,
        method=arguments.method,
        split=arguments.split,
        preset=arguments.preset,
        config=arguments.config,
        seed=arguments.seed,
        flow_cache=arguments.flow_cache,
        packs=arguments.packs,
        evaluation=not arguments.no_evaluation,
        device=arguments.device or "auto",
    )
    if arguments.format == "json":
        write_json(result.to_json())
    else:
        sys.stdout.write(result.to_text())
    return SOME_FAILED if result.failed else DONE


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; see :mod:`motionfit.command` for exit codes."""
    return run_training(build_parser(), command, argv)
