"""`python -m motionfit.flow.verify_command`: check every byte of a flow cache."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from motionfit.command import DONE, SOME_FAILED, add_verbose_option, run_command, write_json


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command's options."""
    parser = argparse.ArgumentParser(
        prog="motionfit flow-verify",
        description="Read every file of a flow cache, of all settings, and name those that are not "
        "as they were written. The exit code is 1 where there is one, removed or not.",
    )
    parser.add_argument(
        "--cache", type=Path, required=True, metavar="DIR", help="where flow is kept"
    )
    parser.add_argument(
        "--remove",
        action="store_true",
        help="delete damaged files: the next `motionfit flow` or `flow-import` makes them anew",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    add_verbose_option(parser)
    return parser


def command(arguments: argparse.Namespace) -> int:
    """Check as asked; write the report to stdout."""
    from motionfit.flow.verifying import verify_cache

    report = verify_cache(arguments.cache, remove=arguments.remove)
    if arguments.format == "json":
        write_json(report.to_json())
    else:
        sys.stdout.write(report.to_text())
    return SOME_FAILED if report.damaged else DONE


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; see :mod:`motionfit.command` for exit codes."""
    return run_command(build_parser(), command, argv)


if __name__ == "__main__":
    sys.exit(main())
