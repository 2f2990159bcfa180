"""Numbers of things, in words for a person."""


def counted(number: int, noun: str) -> str:
    """Return ``1 video``, ``2 videos``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
