"""Programs in two processes of torchrun."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence

import pytest

SECONDS = 240


def run_two(program: Sequence[str]) -> tuple[int, str]:
    """Run a program, or ``-m`` and a module, and its options; return exit code and stderr."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # By number: machines without a name that resolves are tested on too.
    where = ["--master-addr", "127.0.0.1", "--master-port", str(port)]
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", *where]
    group = subprocess.Popen(
        [*launcher, *program],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "GLOO_SOCKET_IFNAME": "lo"},
        start_new_session=True,
    )
    try:
        _, talk = group.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        # The processes that it started would hold its pipe open.
        os.killpg(group.pid, signal.SIGKILL)
        pytest.fail(f"not done in {SECONDS} s: {group.communicate()[1]}")
    return group.returncode, talk
