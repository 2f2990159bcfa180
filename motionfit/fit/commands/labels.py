"""`motionfit labels`: make pseudo-labels of unlabelled videos."""

import argparse
from collections.abc import Sequence

from motionfit.fit.commands.options import (
    SAFE_TO_REPEAT,
    add_flow_option,
    add_labeled_option,
    add_run_options,
    add_unlabeled_option,
    run_options,
    run_training,
    write_result,
)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command's options."""
    parser = argparse.ArgumentParser(
        prog="motionfit labels",
        description="Cluster what a motion model sees in unlabelled videos, the second stage of "
        f"`motionfit fit`. {SAFE_TO_REPEAT}",
    )
    parser.add_argument(
        "--teacher",
        required=True,
        metavar="CHECKPOINT",
        help="encoder.safetensors that `motionfit teacher` made",
    )
    add_unlabeled_option(parser, required=True)
    add_labeled_option(
        parser,
        required=False,
        adds="its test videos are left out, and its classes told in the report",
    )
    add_run_options(parser)
    add_flow_option(parser)
    return parser


def command(arguments: argparse.Namespace) -> int:
    """Do as asked; write what came out to stdout."""
    from motionfit.fit.stages.labels import fit_labels

    result = fit_labels(
        teacher=arguments.teacher,
        unlabeled=arguments.unlabeled,
        labeled=arguments.labeled,
        split=arguments.split,
        flow_cache=arguments.flow_cache,
        **run_options(arguments),
    )
    return write_result(result, arguments)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; see :mod:`motionfit.command` for exit codes."""
    return run_training(build_parser(), command, argv)
