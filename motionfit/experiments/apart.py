"""A trial in a process of its own: what its parent sees of it, and what is done there.

The process is started as ``python -m motionfit.experiments.apart``, neither forked nor spawned:
nothing of the caller's ``__main__`` runs again. All that it says goes to the trial's log, libraries
written in C included. When its standard input is closed, by the parent or because that is gone, it
saves what it has and ends.
"""

import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

import torch

from motionfit.errors import MotionFitError, TrialError, restore_error
from motionfit.experiments.trial import Trial
from motionfit.methods.run_files import make_folder, writing

_SECONDS_TO_SAVE = 60.0


class TrialProcess:
    """A trial under way.

    Args:
        trial: What to carry out.
        num_threads: Cores that it may use.

    Raises:
        RunFileError: Its log cannot be written.
    """

    def __init__(self, trial: Trial, *, num_threads: int) -> None:
        self.trial = trial
        make_folder(trial.log.parent)
        with writing(trial.log), trial.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "motionfit.experiments.apart"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                # Ctrl-C is for the parent, which then stops its trials.
                start_new_session=True,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin, self._process.stdout
        # Where it has ended already, `finish` tells why.
        with suppress(BrokenPipeError):
            pickle.dump((trial, num_threads), self._to)
            self._to.flush()

    def fileno(self) -> int:
        """Return what can be read from when the trial has ended."""
        return self._from.fileno()

    def finish(self) -> None:
        """Return when the trial is finished.

        Raises:
            MotionFitError: As it raised there.
            TrialError: It has ended otherwise.
        """
        told = self._from.read()
        code = self._process.wait()
        self._close()
        if told:
            raise restore_error(*json.loads(told))
        if code:
            how = f"killed by signal {-code}" if code < 0 else f"ended with code {code}"
            raise TrialError(self.trial.run.path, how, self.trial.log)

    def interrupt(self) -> None:
        """Ask it to save what it has and to end."""
        self._close_input()

    def stop(self) -> None:
        """Wait until it has saved what it has, but not for ever."""
        try:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_SECONDS_TO_SAVE)
        finally:
            self._process.kill()
            self._process.wait()
            self._close()

    def _close(self) -> None:
        self._from.close()
        self._close_input()

    def _close_input(self) -> None:
        # What it did not read is of no use to anybody.
        with suppress(BrokenPipeError):
            self._to.close()


def main() -> None:
    """Carry out the trial that standard input holds; standard output gets nothing but its error."""
    reply = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    trial, num_threads = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the parent
    # Where the parent runs in the background, it ignores Ctrl-C, and so would this.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=_end_with_input, daemon=True).start()
    torch.set_num_threads(num_threads)
    try:
        trial.carry_out()
    except MotionFitError as error:
        json.dump((type(error).__name__, str(error)), reply)
    except KeyboardInterrupt:
        sys.stderr.write("stopped; it is continued the next time.\n")
        sys.exit(1)
    finally:
        reply.close()


def _end_with_input() -> None:
    """Stop this process as Ctrl-C does when its input is closed; the hard way if that takes long.

    A parent that is killed closes its end of the pipe too: the kernel does.
    """
    # Not through `sys.stdin`: who waits in there holds a lock that the interpreter needs to end.
    os.read(sys.stdin.fileno(), 1)
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(_SECONDS_TO_SAVE)
    os._exit(1)


if __name__ == "__main__":
    main()
