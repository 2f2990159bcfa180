"""The folders that this project has of its own in a user's home."""

from pathlib import Path

import platformdirs


def user_cache_dir() -> Path:
    """Return the user's cache folder of this project: what is there can be made again."""
    return Path(platformdirs.user_cache_dir("motionfit"))
