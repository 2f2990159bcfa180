"""A table finds its place on a page, and nothing else is touched."""

from pathlib import Path

import pytest

from motionfit.errors import ConfigError
from motionfit.experiments.page import Page

BEFORE = """\
# Results

<!-- TABLE proof -->
old
<!-- END OF TABLE -->

Prose.

<!-- TABLE ablations -->
<!-- END OF TABLE -->
"""
TABLE = "# A title\n\n| a | b |\n| --- | --- |\n| \\\\1 | 2 |\n"


def test_a_table_replaces_what_stands_in_its_place(tmp_path):
    path = written(tmp_path, BEFORE)

    Page(path, "proof").fill(TABLE)
    Page(path, "ablations").fill("# Another\n\nnothing\n")

    inside = TABLE.removeprefix("# A title\n")
    filled = BEFORE.replace("old\n", f"{inside}\n")
    another = "<!-- TABLE ablations -->\n\nnothing\n\n"
    assert path.read_text() == filled.replace("<!-- TABLE ablations -->\n", another)


def test_filling_twice_is_filling_once(tmp_path):
    path = written(tmp_path, BEFORE)
    page = Page(path, "proof")
    page.fill(TABLE)
    once = path.read_text()

    page.fill(TABLE)

    assert path.read_text() == once


@pytest.mark.parametrize(
    ("text", "found"), [("# Results\n", 0), (BEFORE.replace("ablations", "proof"), 2)]
)
def test_a_page_without_one_place_is_refused(tmp_path, text, found):
    with pytest.raises(ConfigError, match=f"page.md, with {found} of them'; expected a page with"):
        Page(written(tmp_path, text), "proof")


def test_a_page_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"No such file or directory\)'; expected a page of Mark"):
        Page(tmp_path / "page.md", "proof")


def test_the_page_of_results_has_a_place_for_the_experiments_that_make_their_videos():
    for name in ("proof", "ablations"):
        Page(Path(__file__).parents[2] / "docs" / "results_synthetic.md", name)


def written(folder: Path, text: str) -> Path:
    path = folder / "page.md"
    path.write_text(text)
    return path
