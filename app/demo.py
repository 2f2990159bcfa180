"""`make demo`: the whole of the product on a small synthetic collection."""

import argparse
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from motionfit.command import DONE, add_verbose_option, run_command
from motionfit.media.datasets.registry import load_dataset
from motionfit.media.synthetic import generate_synthetic
from retrieval import eval as evaluation
from retrieval import index, query

Main = Callable[[Sequence[str]], int]

NUM_TRAIN_PER_CLASS = 4
NUM_TEST_PER_CLASS = 2

NEXT_STEPS = """
What to try next, with your own videos (inside the environment: source {bin}/activate):
  motionfit index ~/Videos --collection mine
  motionfit query some_video.mp4 --start 2 --end 4
  motionfit eval --dataset path/to/ucf101 --split 1
  make app
The encoder of this demo, motionfit-small, has learnt motion from the optical flow of real videos:
docs/model_card.md says from which, and how well it finds them.
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command's options."""
    parser = argparse.ArgumentParser(
        prog="motionfit demo",
        description="Make a small synthetic collection, index it, query it, evaluate on it.",
    )
    parser.add_argument(
        "--folder", type=Path, default=Path("demo"), help="where it is made (default: ./demo)"
    )
    add_verbose_option(parser)
    return parser


def command(arguments: argparse.Namespace) -> int:
    """Run the four steps, each as the command line a user would type."""
    videos, store = arguments.folder / "videos", arguments.folder / "store"
    _say(f"1. A synthetic collection whose classes differ only in motion, in {videos}")
    generate_synthetic(
        videos, num_train_per_class=NUM_TRAIN_PER_CLASS, num_test_per_class=NUM_TEST_PER_CLASS
    )
    dataset = load_dataset("synthetic", videos, 1)
    in_store = ["--store", str(store)]
    codes = [
        _run(
            "2. Index its training videos",
            "index",
            index.main,
            [
                *(str(videos / "train"), "--collection", "demo", "--labels", "folder", *in_store),
            ],
        ),
        _run(
            "3. Which clips move like this test video?",
            "query",
            query.main,
            [
                *(str(dataset.test[0].path), "-k", "5", "--group", "video", *in_store),
            ],
        ),
        _run(
            "4. How often is a video of the same motion among the first k?",
            "eval",
            evaluation.main,
            [
                *("--dataset", "synthetic", "--data-root", str(videos), "--split", "1"),
            ],
        ),
    ]
    sys.stdout.write(NEXT_STEPS.format(bin=Path(sys.prefix) / "bin"))
    return max(codes, default=DONE)


def _run(title: str, name: str, main: Main, argv: Sequence[str]) -> int:
    _say(title)
    _say(f"   $ motionfit {name} {shlex.join(argv)}")
    return main(argv)


def _say(text: str) -> None:
    sys.stdout.write(f"\n{text}\n" if text[0].isdigit() else f"{text}\n")
    sys.stdout.flush()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; see :mod:`motionfit.command` for exit codes."""
    return run_command(build_parser(), command, argv)


if __name__ == "__main__":
    sys.exit(main())
