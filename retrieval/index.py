"""`python -m retrieval.index`: add videos to a collection, or refresh it."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from motionfit.command import (
    DONE,
    SOME_FAILED,
    add_device_option,
    run_command,
    write_json,
)
from motionfit.config import load_settings
from motionfit.media.sampling import SHORT_POLICIES
from retrieval.indexing.settings import IndexSettings
from retrieval.location import add_store_option


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command's options."""
    parser = argparse.ArgumentParser(
        prog="motionfit index",
        description="Add videos to a collection, or refresh it. Safe to repeat, to stop and to "
        "run beside a search: finished videos are kept and cost nothing the next time.",
    )
    parser.add_argument("videos", nargs="+", type=Path, metavar="VIDEOS", help="files or folders")
    parser.add_argument("--collection", metavar="NAME", help="its name (default: default)")
    parser.add_argument(
        "--encoder",
        metavar="NAME_OR_CHECKPOINT",
        help="default: the collection's own, else the encoder that comes with the program",
    )
    placement = parser.add_mutually_exclusive_group()
    placement.add_argument(
        "--clips", type=int, metavar="N", help="clips per video, spread evenly (default: 10)"
    )
    placement.add_argument(
        "--every", type=float, metavar="SECONDS", help="a clip every so often, for long videos"
    )
    parser.add_argument(
        "--short", choices=SHORT_POLICIES, help="videos shorter than a clip (default: loop them)"
    )
    parser.add_argument(
        "--labels", metavar="folder|CSV", help="labels: the folder's name, or a CSV (path,label)"
    )
    parser.add_argument("--workers", type=int, metavar="N", help="decoder processes (one a core)")
    parser.add_argument("--config", type=Path, metavar="TOML", help="settings from [index]")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    add_device_option(parser)
    add_store_option(parser)
    return parser


def command(arguments: argparse.Namespace) -> int:
    """Index as asked; write the report to stdout."""
    from retrieval.library import Library

    given = {field.name: getattr(arguments, field.name) for field in fields(IndexSettings)}
    settings = load_settings(IndexSettings, "index", config_path=arguments.config, overrides=given)
    with Library.open(arguments.store, device=settings.device) as library:
        report = library.index_with(settings, arguments.videos)
    if arguments.format == "json":
        write_json(report.to_json())
    else:
        sys.stdout.write(report.to_text())
    return SOME_FAILED if report.failed else DONE


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; see :mod:`motionfit.command` for exit codes."""
    return run_command(build_parser(), command, argv)


if __name__ == "__main__":
    sys.exit(main())
