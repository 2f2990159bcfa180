"""`python -m motionfit.fit`: train an encoder from labelled and unlabelled videos."""

import argparse
from collections.abc import Sequence

from motionfit.fit.choices import METHOD_NAMES
from motionfit.fit.commands.options import (
    SAFE_TO_REPEAT,
    add_flow_option,
    add_label_fraction_option,
    add_labeled_option,
    add_run_options,
    add_tune_option,
    add_unlabeled_option,
    run_options,
    run_training,
    write_result,
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
        help="a ready teacher, such as motion-teacher-small, which comes with the program; DATA "
        "then serves the evaluation alone",
    )
    parser.add_argument(
        "--start",
        metavar="CHECKPOINT",
        help="an encoder to start from instead of random weights, such as motionfit-small; of "
        "motionfit_plus alone",
    )
    add_unlabeled_option(parser, required=False)
    parser.add_argument(
        "--method",
        choices=METHOD_NAMES,
        help="default: motionfit, or motionfit_plus where neither labels nor a teacher are given; "
        "the others are baselines",
    )
    add_label_fraction_option(parser)
    add_tune_option(parser)
    parser.add_argument(
        "--no-evaluation",
        action="store_true",
        help="do not measure retrieval on the test side of DATA",
    )
    add_run_options(parser, preset_by_method=True)
    add_flow_option(parser)
    return parser


def command(arguments: argparse.Namespace) -> int:
    """Train as asked; write what came out to stdout."""
    from motionfit.fit.fit import fit

    result = fit(
        labeled=arguments.labeled,
        teacher=arguments.teacher,
        start=arguments.start,
        unlabeled=arguments.unlabeled,
        method=arguments.method,
        split=arguments.split,
        tuning=arguments.tune,
        label_fraction=arguments.label_fraction,
        flow_cache=arguments.flow_cache,
        evaluation=not arguments.no_evaluation,
        **run_options(arguments),
    )
    return write_result(result, arguments)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; see :mod:`motionfit.command` for exit codes."""
    return run_training(build_parser(), command, argv)
