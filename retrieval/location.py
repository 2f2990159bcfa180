"""Where a store lies: the option that says so, and the place when nobody says."""

import argparse
import os
from pathlib import Path

import platformdirs

from motionfit.command import add_verbose_option

STORE_VARIABLE = "MOTIONFIT_STORE"


def default_store_dir() -> Path:
    """Return ``$MOTIONFIT_STORE``, else the user's data folder; never the current folder."""
    named = os.environ.get(STORE_VARIABLE)
    return Path(named) if named else Path(platformdirs.user_data_dir("motionfit")) / "store"


def add_store_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--store`` and ``--verbose``."""
    parser.add_argument(
        "--store",
        type=Path,
        metavar="DIR",
        help=f"the store's folder (default: ${STORE_VARIABLE}, else the per-user data folder)",
    )
    add_verbose_option(parser)
