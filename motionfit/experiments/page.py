"""The table of an experiment on a page of prose, which says what it means."""

import re
from pathlib import Path

from motionfit.errors import ConfigError
from motionfit.methods.run_files import write_file

_END = "<!-- END OF TABLE -->"


class Page:
    """A Markdown file with a place for the table of an experiment.

    ::

        <!-- TABLE proof -->
        whatever stands here is replaced
        <!-- END OF TABLE -->

    Args:
        path: The file.
        name: Of the experiment.

    Raises:
        ConfigError: The file cannot be read, or has no such place, or more than one.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._place = re.compile(
            rf"(?<=^<!-- TABLE {re.escape(name)} -->\n).*?(?=^{re.escape(_END)}$)", re.DOTALL | re.M
        )
        found = len(self._place.findall(self._read()))
        if found != 1:
            expected = f"a page with one line <!-- TABLE {name} -->, and a line {_END} after it"
            raise ConfigError("into", f"{path}, with {found} of them", expected)

    def fill(self, table: str) -> None:
        """Put a table into its place, without its heading: the page has its own.

        Raises:
            RunFileError: The page cannot be written.
        """
        without_heading = table.removeprefix(table.partition("\n")[0]).strip()
        text = self._place.sub(lambda _: f"\n{without_heading}\n\n", self._read())
        write_file(self._path, text.encode(errors="surrogateescape"))

    def _read(self) -> str:
        try:
            return self._path.read_text(encoding="utf-8", errors="surrogateescape")
        except OSError as error:
            problem = f"{self._path} ({error.strerror or error})"
            raise ConfigError("into", problem, "a page of Markdown") from error
