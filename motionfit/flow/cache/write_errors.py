"""What the system says when something cannot be written, as sentences."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from motionfit.errors import FlowCacheWriteError, FlowError


@contextmanager
def translated_write_errors(path: Path) -> Iterator[None]:
    """Turn what the system says into `FlowCacheWriteError`; ``path`` is what was to be written."""
    try:
        yield
    except FlowError:
        raise
    except OSError as error:
        raise FlowCacheWriteError(path, error.strerror or str(error)) from error
