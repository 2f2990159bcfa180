"""`python -m motionfit.experiments`: compare methods and settings over several seeds."""

import argparse
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from motionfit.command import DONE, add_device_option, add_verbose_option
from motionfit.experiments.names import EXPERIMENT_NAMES
from motionfit.fit.commands.options import (
    SAFE_TO_REPEAT,
    add_labeled_option,
    add_tune_option,
    add_unlabeled_option,
    run_training,
)
from motionfit.methods.run_files import write_file


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command's options."""
    parser = argparse.ArgumentParser(
        prog="motionfit experiment",
        description="Train variants of a method with several seeds, and print the table. proof and "
        f"ablations make their videos; the others take yours. {SAFE_TO_REPEAT}",
    )
    parser.add_argument("name", choices=EXPERIMENT_NAMES, help="which comparison")
    add_labeled_option(
        parser, required=False, several_splits=True, adds="its train side is unlabelled source too"
    )
    add_unlabeled_option(parser, required=False)
    add_tune_option(parser)
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="its folder, made or continued"
    )
    parser.add_argument(
        "--into",
        type=Path,
        metavar="PAGE",
        help="Markdown page that gets the table too, between the lines <!-- TABLE NAME --> and "
        "<!-- END OF TABLE -->",
    )
    parser.add_argument(
        "--config",
        type=Path,
        metavar="TOML",
        help="file whose table [fit] changes settings of the experiment's preset",
    )
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=[0, 1, 2], metavar="N", help="default: 0 1 2"
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=1,
        metavar="N",
        help="trainings side by side; on a CPU one for each core finishes soonest (default: 1)",
    )
    add_device_option(parser, purpose="where networks run")
    add_verbose_option(parser)
    return parser


def command(arguments: argparse.Namespace) -> int:
    """Carry the experiment out; keep its table up to date and write it to stdout in the end."""
    from motionfit.experiments.collection import choose_collection
    from motionfit.experiments.page import Page
    from motionfit.experiments.registry import choose_experiment
    from motionfit.experiments.results import Results
    from motionfit.experiments.run import run_experiment
    from motionfit.experiments.table import format_results
    from motionfit.fit.presets import read_changes

    experiment = replace(choose_experiment(arguments.name), changes=read_changes(arguments.config))
    into = None if arguments.into is None else Page(arguments.into, arguments.name)
    collection = choose_collection(
        experiment,
        arguments.out,
        labelled=arguments.labeled,
        sources=arguments.unlabeled,
        splits=_splits(arguments),
        tuning=arguments.tune,
    )
    table, finished = "", []
    for trial in run_experiment(
        experiment,
        collection,
        arguments.out,
        seeds=arguments.seeds,
        num_jobs=arguments.jobs,
        device=arguments.device or "auto",
    ):
        finished.append(trial)
        results = Results(finished)
        seeds = sorted({*arguments.seeds, *results.seeds})
        table = format_results(experiment, collection, results, _command_line(arguments, seeds))
        path = arguments.out / f"{arguments.name}.md"
        write_file(path, table.encode(errors="surrogateescape"))
    if into is not None:
        into.fill(table)
    sys.stdout.write(table)
    return DONE


def _splits(arguments: argparse.Namespace) -> list[int]:
    split = arguments.split
    return [split] if isinstance(split, int) else split


def _command_line(arguments: argparse.Namespace, seeds: Sequence[int]) -> str:
    """Return what to type to get the same table."""
    words = ["motionfit", "experiment", arguments.name]
    if arguments.labeled is not None:
        words += ["--labeled", arguments.labeled, "--split", *map(str, _splits(arguments))]
    if arguments.unlabeled:
        words += ["--unlabeled", *arguments.unlabeled]
    if arguments.config is not None:
        words += ["--config", str(arguments.config)]
    if arguments.tune:
        words += ["--tune"]
    words += ["--out", str(arguments.out)]
    words += ["--seeds", *map(str, seeds), "--jobs", str(arguments.jobs)]
    if arguments.device is not None:
        words += ["--device", arguments.device]
    return shlex.join(words)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; see :mod:`motionfit.command` for exit codes."""
    return run_training(build_parser(), command, argv)
