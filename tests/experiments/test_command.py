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
    assert main([*options, "3"]) == 0
    second = capsys.readouterr().out

    assert (out / "proof.md").read_text() == second
    asked = f"motionfit experiment proof --out '{out}' --seeds {{}} --jobs 1 --device cpu"
    assert f"\n    {asked.format(0)}\n" in first
    assert f"\n    {asked.format('0 3')}\n" in second
    assert "over 1 seed (0)." in first
    assert "over 2 seeds (0, 3)." in second
    assert re.search(r"\| Looks: student \| [\d.]+ ± [\d.]+ \|", second)


def test_two_processes_do_not_share_a_folder(tmp_path, capsys):
    with locked_run(tmp_path):
        code = main(["proof", "--out", str(tmp_path), "--device", "cpu"])

    holder = f"process {os.getpid()} on {socket.gethostname()}"
    told = f"motionfit experiment: {tmp_path}: {holder} works in this folder"
    assert code == 2
    assert capsys.readouterr().err.startswith(told)
    assert not (tmp_path / "videos").exists()
