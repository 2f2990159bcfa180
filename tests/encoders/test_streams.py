"""Streams: order, threads dealt out, and the process's own setting left as it was."""

import threading
import time

import pytest
import torch

from motionfit.encoders.streams import run_streams


def test_results_come_in_the_order_of_the_items():
    def wait_then_return(item):
        time.sleep(0.01 * (item % 3))
        return item

    assert run_streams(wait_then_return, range(12), 3) == list(range(12))


def test_streams_share_out_the_threads_and_leave_everyone_elses_alone():
    before = torch.get_num_threads()
    inside = run_streams(lambda _: torch.get_num_threads(), range(8), 2)
    afterwards = []
    later = threading.Thread(target=lambda: afterwards.append(torch.get_num_threads()))
    later.start()
    later.join()
    assert set(inside) == {max(1, before // 2)}
    assert afterwards == [before] == [torch.get_num_threads()]


def test_an_error_in_a_stream_reaches_the_caller():
    with pytest.raises(ZeroDivisionError):
        run_streams(lambda item: 1 // item, [1, 0, 2], 2)


def test_streams_can_be_called_from_several_threads_at_once():
    results = {}
    callers = [
        threading.Thread(target=lambda n=n: results.update({n: run_streams(abs, [-n, n], 2)}))
        for n in range(4)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert results == {n: [n, n] for n in range(4)}
