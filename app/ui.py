"""`motionfit ui`: start the search page on this machine's own address."""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from motionfit.command import DONE, run_command
from motionfit.errors import ConfigError
from retrieval.location import STORE_VARIABLE, add_store_option

PAGE = Path(__file__).with_name("main.py")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command's options."""
    parser = argparse.ArgumentParser(
        prog="motionfit ui", description="Open the search page in a browser."
    )
    parser.add_argument("--port", type=int, default=8501, help="default: 8501")
    parser.add_argument("--address", default="127.0.0.1", help="default: this machine only")
    parser.add_argument("--headless", action="store_true", help="do not open a browser")
    add_store_option(parser)
    return parser


def streamlit_command(arguments: argparse.Namespace) -> list[str]:
    """Return the command line that serves the page."""
    return [
        *(sys.executable, "-m", "streamlit", "run", str(PAGE)),
        *("--server.address", arguments.address),
        *("--server.port", str(arguments.port)),
        *("--server.headless", str(arguments.headless).lower()),
        *("--server.maxUploadSize", "1024"),
        *("--server.fileWatcherType", "none"),
        *("--server.showEmailPrompt", "false"),
        *("--browser.gatherUsageStats", "false"),
        *("--client.toolbarMode", "minimal"),
    ]


def command(arguments: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C."""
    if find_spec("streamlit") is None:
        raise ConfigError("streamlit", None, "the app's packages: pip install 'motionfit[app]'")
    if not 0 < arguments.port < 65536:
        raise ConfigError("port", arguments.port, "a number from 1 to 65535")
    environment = dict(os.environ)
    if arguments.store is not None:
        environment[STORE_VARIABLE] = str(arguments.store.absolute())
    served = subprocess.run(streamlit_command(arguments), env=environment, check=False)
    return DONE if served.returncode == 0 else 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; see :mod:`motionfit.command` for exit codes."""
    return run_command(build_parser(), command, argv)


if __name__ == "__main__":
    sys.exit(main())
