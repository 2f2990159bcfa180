"""Memory that tensors give back is kept for the next ones, rather than returned to the system.

A step of a training allocates the same large tensors again and again. By default the C library
returns each to the system at once, and the system clears every page anew at the next step: in a
training on a CPU that is up to a third of the time.
"""

import ctypes

# Of <malloc.h>.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3
_MORE_THAN_ANY_TENSOR = 2**30
_MORE_THAN_IS_EVER_FREE = 2**31 - 1
_GROW_BY = 2**26


def keep_freed_memory() -> bool:
    """Let this process keep freed memory for as long as it lives; return whether that is possible.

    It is with glibc. The process takes no more at its peak, but stays there.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    wanted = (
        (_M_MMAP_THRESHOLD, _MORE_THAN_ANY_TENSOR),
        (_M_TRIM_THRESHOLD, _MORE_THAN_IS_EVER_FREE),
        (_M_TOP_PAD, _GROW_BY),
    )
    return all(mallopt(option, value) == 1 for option, value in wanted)
