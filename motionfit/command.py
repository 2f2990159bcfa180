"""What every command shares: exit codes, the one place that catches our errors, talk on stderr.

Exit codes: 0 done; 1 done, but some inputs failed (each named); 2 refused, with one clear sentence;
130 stopped by Ctrl-C.
"""

import argparse
import json
import logging
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from motionfit.errors import MotionFitError

DONE, SOME_FAILED, REFUSED, INTERRUPTED = 0, 1, 2, 130

Command = Callable[[argparse.Namespace], int]


def run_command(
    parser: argparse.ArgumentParser, command: Command, argv: Sequence[str] | None = None
) -> int:
    """Parse ``argv``, run ``command`` and return its exit code; our errors become one sentence."""
    arguments = parser.parse_args(argv)
    _talk_on_stderr(verbose=getattr(arguments, "verbose", False))
    try:
        return command(arguments)
    except MotionFitError as error:
        sys.stderr.write(f"{parser.prog}: {error}\n")
        return REFUSED
    except KeyboardInterrupt:
        sys.stderr.write(f"\n{parser.prog}: stopped; the same command continues.\n")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output (head, less) went away; that is its right.
        sys.stderr.close()
        return DONE


def _talk_on_stderr(*, verbose: bool) -> None:
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.WARNING,
        format="%(name)s: %(message)s" if verbose else "%(message)s",
        stream=sys.stderr,
    )
    for noisy in ("alembic", "sqlalchemy", "libav", "PIL", "torch"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    if not verbose:
        warnings.simplefilter("ignore")


def add_verbose_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--verbose``."""
    parser.add_argument("--verbose", action="store_true", help="say on stderr what is going on")


def add_device_option(parser: argparse.ArgumentParser, *, purpose: str = "where to encode") -> None:
    """Add ``--device``."""
    parser.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda", "mps"),
        help=f"{purpose} (default: auto, a GPU where there is one)",
    )


def write_json(value: Any) -> None:
    """Write ``value`` to stdout as indented JSON; file names that are not UTF-8 are escaped."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    if not text.isascii() and any("\udc80" <= character <= "\udcff" for character in text):
        text = json.dumps(value, indent=2)
    sys.stdout.write(text + "\n")
