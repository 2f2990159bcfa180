"""Trained weights that come with the program: what they are is told in ``docs/model_card.md``."""

from pathlib import Path

DEFAULT_ENCODER = "motionfit-small"
DEFAULT_TEACHER = "motion-teacher-small"

SHIPPED = (DEFAULT_ENCODER, DEFAULT_TEACHER)

_FOLDER = Path(__file__).parent / "weights"


def shipped_path(name: str) -> Path:
    """Return where the checkpoint of a shipped encoder or teacher is.

    Args:
        name: One of `SHIPPED`.
    """
    return _FOLDER / f"{name}.safetensors"
