"""Memory that tensors give back is kept for the next ones, rather than returned to the system.

A step of a training allocates the same large tensors again and again. By default the C library
returns each to the system at once, and the system clears every page anew at the next step: in a
training on a CPU that is up to a third of the time.
"""

import ctypes
import logging
from collections.abc import Callable

# Of <malloc.h>.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3
_MORE_THAN_ANY_TENSOR = 2**30
# Older versions of glibc take no more.
_MOST_OF_OLDER_VERSIONS = 2**25
_MORE_THAN_IS_EVER_FREE = 2**31 - 1
_GROW_BY = 2**26

_LOGGER = logging.getLogger(__name__)


def keep_freed_memory() -> bool:
    """Let this process keep freed memory for as long as it lives.

    The process takes no more at its peak, but stays there.

    Returns:
        Whether that is so for tensors of any size: it is with glibc, of older versions only for
        tensors below 32 MiB.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        _LOGGER.debug("freed memory is not kept: this C library has no mallopt")
        return False
    return set_thresholds(mallopt)


def set_thresholds(mallopt: Callable[[int, int], int]) -> bool:
    """Make every setting that the C library takes; return whether it took all as wanted.

    Args:
        mallopt: Of <malloc.h>: takes an option and its value, and returns 1 where it can do that.
    """
    is_any_size = _set(mallopt, _M_MMAP_THRESHOLD, _MORE_THAN_ANY_TENSOR)
    if not is_any_size:
        _set(mallopt, _M_MMAP_THRESHOLD, _MOST_OF_OLDER_VERSIONS)
    is_kept = _set(mallopt, _M_TRIM_THRESHOLD, _MORE_THAN_IS_EVER_FREE)
    is_ahead = _set(mallopt, _M_TOP_PAD, _GROW_BY)
    return is_any_size and is_kept and is_ahead


def _set(mallopt: Callable[[int, int], int], option: int, value: int) -> bool:
    is_taken = mallopt(option, value) == 1
    if not is_taken:
        _LOGGER.debug("mallopt refuses %d for option %d", value, option)
    return is_taken
