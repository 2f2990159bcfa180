"""Freed memory stays with the process: the next step does not have it cleared anew."""

import logging
import resource
import subprocess
import sys

import pytest

from motionfit.training.memory import set_thresholds

NOT_POSSIBLE = 3
# 64 MB, freed and wanted again, twenty times; pages that the system had to clear for it.
PROGRAM = """
import resource, sys
from motionfit.training.memory import keep_freed_memory
if sys.argv[1] == "kept" and not keep_freed_memory():
    sys.exit(3)
import numpy as np
np.ones(2**23)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    np.ones(2**23)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def count_cleared(how: str) -> int:
    program = [sys.executable, "-c", PROGRAM, how]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    if done.returncode == NOT_POSSIBLE:
        pytest.skip("this C library does not keep tensors of 64 MB")
    return int(done.stdout)


def test_pages_are_not_cleared_again_and_again():
    one_tensor = 2**26 // resource.getpagesize()

    assert count_cleared("kept") < one_tensor / 10
    # NumPy asks for huge pages, else it would be twenty tensors.
    assert count_cleared("given back") > count_cleared("kept")


def test_an_older_c_library_keeps_what_it_can(caplog):
    taken = {}

    def mallopt(option: int, value: int) -> int:
        if option == -3 and value > 2**25:
            return 0
        taken[option] = value
        return 1

    with caplog.at_level(logging.DEBUG):
        assert not set_thresholds(mallopt)
    assert taken == {-3: 2**25, -1: 2**31 - 1, -2: 2**26}
    assert [record.getMessage() for record in caplog.records] == [
        f"mallopt refuses {2**30} for option -3"
    ]
