"""The `motionfit` command: every command of the project under one name."""

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import version

COMMANDS = {
    "index": ("retrieval.index", "add videos to a collection, or refresh it"),
    "query": ("retrieval.query", "find the clips that move like a video, or a stretch of it"),
    "eval": ("retrieval.eval", "measure retrieval: R@1/5/10/20/50 on a labelled data set"),
    "fit": (
        "motionfit.fit.commands.fit",
        "train an encoder from a few labelled and many unlabelled videos",
    ),
    "teacher": (
        "motionfit.fit.commands.teacher",
        "train a motion model on labelled videos: first stage of fit",
    ),
    "labels": (
        "motionfit.fit.commands.labels",
        "make pseudo-labels of unlabelled videos with a motion model: second stage of fit",
    ),
    "student": (
        "motionfit.fit.commands.student",
        "train an encoder on pseudo-labels: third stage of fit",
    ),
    "finetune": (
        "motionfit.fit.commands.finetune",
        "fine-tune an encoder to name classes, and count how often it is right",
    ),
    "experiment": (
        "motionfit.experiments.command",
        "compare methods and settings over several seeds, and print the table",
    ),
    "flow": ("motionfit.flow.command", "compute the optical flow of videos and keep it"),
    "flow-import": ("motionfit.flow.import_command", "take over flow images that denseflow wrote"),
    "flow-verify": ("motionfit.flow.verify_command", "check every byte of a flow cache"),
    "collections": ("retrieval.collection_admin", "list, rename, remove or export collections"),
    "ui": ("app.ui", "open the search page in a browser"),
    "demo": ("app.demo", "index, query and evaluate a small synthetic collection"),
}


def usage() -> str:
    """Return the list of commands."""
    width = max(map(len, COMMANDS))
    rows = "\n".join(f"  {name:{width}}  {purpose}" for name, (_, purpose) in COMMANDS.items())
    return (
        "usage: motionfit COMMAND [OPTIONS]\n\n"
        "Search a video collection by what moves in it.\n\n"
        f"{rows}\n\n`motionfit COMMAND --help` tells a command's options.\n"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command named first in ``argv`` (default: the process's arguments)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] in ("-h", "--help"):
        sys.stdout.write(usage())
        return 0
    if arguments[0] in ("-V", "--version"):
        sys.stdout.write(f"motionfit {version('motionfit')}\n")
        return 0
    name, *rest = arguments
    if name not in COMMANDS:
        known = ", ".join(COMMANDS)
        sys.stderr.write(f"motionfit: no command is called {name!r}; expected one of {known}.\n")
        return 2
    module_name, _ = COMMANDS[name]
    command: Callable[[Sequence[str]], int] = import_module(module_name).main
    return command(rest)


if __name__ == "__main__":
    sys.exit(main())
