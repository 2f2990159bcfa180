"""The command, from its options to the page."""

import os
import re
import socket

import pytest

from motionfit.experiments.command import main
from motionfit.experiments.registry import EXPERIMENTS
from motionfit.run_lock import locked_run
from tests.experiments.test_run import EXPERIMENT


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name of an experiment that takes hours stands for one that takes seconds."""
    monkeypatch.setitem(EXPERIMENTS, "proof", EXPERIMENT)


def test_seeds_may_be_added_and_the_page_tells_how_to_get_all(tmp_path, capsys):
    out = tmp_path / "an experiment"
    options = ["proof", "--out", str(out), "--device", "cpu", "--seeds"]

    assert main([*options, "0"]) == 0
    first = capsys.readouterr().out
    page = tmp_path / "page.md"
    page.write_text("Before.\n<!-- TABLE proof -->\n<!-- END OF TABLE -->\n")
    assert main([*options, "3", "--into", str(page)]) == 0
    second = capsys.readouterr().out

    assert (out / "proof.md").read_text() == second
    asked = f"motionfit experiment proof --out '{out}' --seeds {{}} --jobs 1 --device cpu"
    assert f"\n    {asked.format(0)}\n" in first
    assert f"\n    {asked.format('0 3')}\n" in second
    assert "over 1 seed (0)." in first
    assert "over 2 seeds (0, 3)." in second
    assert second.partition("\n")[2].strip() in page.read_text()
    assert re.search(r"\| Looks: student \| [\d.]+ ± [\d.]+ \|", second)


def test_two_processes_do_not_share_a_folder(tmp_path, capsys):
    with locked_run(tmp_path):
        code = main(["proof", "--out", str(tmp_path), "--device", "cpu"])

    holder = f"process {os.getpid()} on {socket.gethostname()}"
    told = f"motionfit experiment: {tmp_path}: {holder} works in this folder"
    assert code == 2
    assert capsys.readouterr().err.startswith(told)
    assert not (tmp_path / "videos").exists()


def test_a_page_without_a_place_for_the_table_is_refused_before_any_work(tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text("Prose.\n")

    code = main(["proof", "--out", str(tmp_path / "out"), "--into", str(page)])

    assert code == 2
    assert "expected a page with one line <!-- TABLE proof -->" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
