"""The synthetic data set under its own name: made once, in the user's cache folder."""

from pathlib import Path

from motionfit.media.synthetic import generate_synthetic
from motionfit.progress import Progress
from motionfit.user_dirs import user_cache_dir

SYNTHETIC = "synthetic"


def have_built_in() -> Path:
    """Return the folder of the built-in data set, made as far as it is not there yet.

    Raises:
        DatasetError: The user's cache folder cannot be written.
    """
    with Progress("making the built-in data set", unit="video") as progress:
        return generate_synthetic(
            user_cache_dir() / SYNTHETIC, progress=lambda _, of: progress.advance(f"of {of}")
        )
