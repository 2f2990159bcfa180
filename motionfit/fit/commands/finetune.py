"""`motionfit finetune`: fine-tune an encoder to name classes, and count how often it is right."""

import argparse
from collections.abc import Sequence

from motionfit.fit.choices import AVERAGED, TRAINED_PARTS
from motionfit.fit.commands.options import (
    SAFE_TO_REPEAT,
    add_flow_option,
    add_label_fraction_option,
    add_labeled_option,
    add_run_options,
    add_tune_option,
    run_options,
    run_training,
    write_result,
)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command's options."""
    parser = argparse.ArgumentParser(
        prog="motionfit finetune",
        description="Fine-tune an encoder on the train side of a labelled data set, and try it on "
        f"the test side, for as many epochs as the preset gives a teacher. {SAFE_TO_REPEAT}",
    )
    parser.add_argument("encoder", metavar="ENCODER", help="a checkpoint, or a backbone's name")
    add_labeled_option(parser, required=True, several_splits=True)
    parser.add_argument(
        "--trained",
        default="conv4_conv5_fc",
        choices=TRAINED_PARTS,
        help="parts of the encoder that are trained (default: conv4_conv5_fc)",
    )
    parser.add_argument(
        "--statistics-move",
        action="store_true",
        help="batch norms of parts that are not trained normalise by the batch and go on counting",
    )
    parser.add_argument(
        "--averaged",
        default="logits",
        choices=AVERAGED,
        help="what is averaged over the clips of a test video (default: logits)",
    )
    add_label_fraction_option(parser)
    add_tune_option(parser)
    add_run_options(parser)
    add_flow_option(parser)
    return parser


def command(arguments: argparse.Namespace) -> int:
    """Do as asked; write what came out to stdout."""
    from motionfit.fit.stages.finetune import fit_downstream

    result = fit_downstream(
        encoder=arguments.encoder,
        labeled=arguments.labeled,
        split=arguments.split,
        tuning=arguments.tune,
        trained=arguments.trained,
        statistics_move=arguments.statistics_move,
        averaged=arguments.averaged,
        label_fraction=arguments.label_fraction,
        flow_cache=arguments.flow_cache,
        **run_options(arguments),
    )
    return write_result(result, arguments)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; see :mod:`motionfit.command` for exit codes."""
    return run_training(build_parser(), command, argv)
