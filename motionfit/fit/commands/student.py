"""`motionfit student`: train an encoder of frames on pseudo-labels."""

import argparse
from collections.abc import Sequence

from motionfit.fit.commands.options import (
    SAFE_TO_REPEAT,
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
        prog="motionfit student",
        description="Train an encoder on pseudo-labels, the third stage of `motionfit fit`. "
        f"{SAFE_TO_REPEAT}",
    )
    parser.add_argument(
        "--labels",
        required=True,
        metavar="FILE",
        help="pseudo_labels.npz that `motionfit labels` made",
    )
    add_unlabeled_option(parser, required=True)
    add_labeled_option(parser, required=False, adds="its test videos are left out")
    add_run_options(parser)
    return parser


def command(arguments: argparse.Namespace) -> int:
    """Do as asked; write what came out to stdout."""
    from motionfit.fit.stages.student import fit_student

    result = fit_student(
        labels=arguments.labels,
        unlabeled=arguments.unlabeled,
        labeled=arguments.labeled,
        split=arguments.split,
        **run_options(arguments),
    )
    return write_result(result, arguments)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; see :mod:`motionfit.command` for exit codes."""
    return run_training(build_parser(), command, argv)
