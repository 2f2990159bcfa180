"""Where a store lies when nobody says."""

import os
from pathlib import Path

import platformdirs

STORE_VARIABLE = "MOTIONFIT_STORE"


def default_store_dir() -> Path:
    """Return ``$MOTIONFIT_STORE``, else the user's data folder; never the current folder."""
    named = os.environ.get(STORE_VARIABLE)
    return Path(named) if named else Path(platformdirs.user_data_dir("motionfit")) / "store"


def cache_dir() -> Path:
    """Return the user's cache folder of this project: what is there can be made again."""
    return Path(platformdirs.user_cache_dir("motionfit"))
