"""`motionfit teacher`: train a motion model on a few labelled videos."""

import argparse
from collections.abc import Sequence

from motionfit.fit.commands.options import (
    SAFE_TO_REPEAT,
    add_flow_option,
    add_label_fraction_option,
    add_labeled_option,
    add_run_options,
    run_options,
    run_training,
    write_result,
)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command's options."""
    parser = argparse.ArgumentParser(
        prog="motionfit teacher",
        description=f"Train a motion model, the first stage of `motionfit fit`. {SAFE_TO_REPEAT}",
    )
    add_labeled_option(parser, required=True)
    add_label_fraction_option(parser)
    add_run_options(parser)
    add_flow_option(parser)
    return parser


def command(arguments: argparse.Namespace) -> int:
    """Do as asked; write what came out to stdout."""
    from motionfit.fit.stages.teacher import fit_teacher

    result = fit_teacher(
        labeled=arguments.labeled,
        split=arguments.split,
        label_fraction=arguments.label_fraction,
        flow_cache=arguments.flow_cache,
        **run_options(arguments),
    )
    return write_result(result, arguments)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; see :mod:`motionfit.command` for exit codes."""
    return run_training(build_parser(), command, argv)
