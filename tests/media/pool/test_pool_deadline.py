import math

from hypothesis import given
from hypothesis import strategies as st

from motionfit.media.worker.deadline import Deadline


def test_time_is_up_when_nothing_is_heard_or_when_the_total_is_used_up():
    deadline = Deadline(progress_seconds=10, total_seconds=25, now=100)
    assert deadline.expires_at == 110
    deadline.note_progress(108)
    assert deadline.expires_at == 118
    deadline.note_progress(117)
    assert deadline.expires_at == 125
    assert not deadline.is_total_up(124.9)
    assert deadline.is_total_up(125)


def test_a_pause_stops_both_clocks():
    deadline = Deadline(progress_seconds=10, total_seconds=25, now=100)
    deadline.set_paused(True, 105)
    assert deadline.expires_at == math.inf
    deadline.set_paused(False, 1005)
    assert deadline.expires_at == 1015
    deadline.note_progress(1014)
    deadline.note_progress(1020)
    assert deadline.expires_at == 1025


@given(
    st.lists(st.tuples(st.integers(0, 50), st.sampled_from(["progress", "pause", "resume"]))),
    st.integers(1, 60),
    st.integers(1, 200),
)
def test_it_equals_a_clock_that_ticks_once_a_second(steps, progress_seconds, total_seconds):
    deadline = Deadline(progress_seconds=progress_seconds, total_seconds=total_seconds, now=0)
    now, used, silent, is_paused = 0, 0, 0, False
    for wait, action in steps:
        for _ in range(wait):
            now += 1
            used += not is_paused
            silent += not is_paused
        silent = 0
        if action == "progress":
            deadline.note_progress(now)
        else:
            is_paused = action == "pause"
            deadline.set_paused(is_paused, now)
    seconds_left = math.inf if is_paused else min(progress_seconds - silent, total_seconds - used)
    assert deadline.expires_at == now + seconds_left
