"""`motionfit collections`: list, rename, remove or export collections."""

import argparse
import csv
import sys
from collections.abc import Sequence
from typing import Any

from index_store.records import IndexedFile
from motionfit.command import DONE, run_command, write_json
from motionfit.errors import one_line
from retrieval.collection_summary import CollectionSummary
from retrieval.location import add_store_option

EXPORTED = ("path", "status", "label", "content_hash", "size_bytes", "note", "message")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command's options."""
    parser = argparse.ArgumentParser(
        prog="motionfit collections", description="List, rename, remove or export collections."
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    listing = actions.add_parser("list", help="every collection with what it holds (default)")
    rename = actions.add_parser("rename", help="give a collection another name")
    remove = actions.add_parser("remove", help="forget a collection; its files stay untouched")
    export = actions.add_parser("export", help="a row for each file, with its status")
    for action in (rename, remove, export):
        action.add_argument("name", help="the collection")
    rename.add_argument("new_name")
    export.add_argument("--format", choices=("csv", "json"), default="csv")
    listing.add_argument("--format", choices=("table", "json"), default="table")
    for action in (listing, rename, remove, export):
        add_store_option(action)
    return parser


def command(arguments: argparse.Namespace) -> int:
    """Do what was asked."""
    from retrieval.library import Library

    with Library.open(arguments.store) as library:
        match arguments.action:
            case "rename":
                library.rename_collection(arguments.name, arguments.new_name)
            case "remove":
                library.remove_collection(arguments.name)
            case "export":
                _export(library.files(arguments.name), arguments.format)
            case _:
                _list(library.collections(), arguments.format)
    return DONE


def _list(summaries: Sequence[CollectionSummary], form: str) -> None:
    if form == "json":
        write_json([summary.to_json() for summary in summaries])
        return
    width = max([len("collection"), *(len(summary.name) for summary in summaries)])
    sys.stdout.write(f"{'collection':{width}}  videos  failed  classes  encoders\n")
    for summary in summaries:
        sys.stdout.write(
            f"{summary.name:{width}}  {summary.num_videos:>6}  {summary.num_failed:>6}  "
            f"{len(summary.labels):>7}  {', '.join(map(one_line, summary.encoders))}\n"
        )


def _export(files: Sequence[IndexedFile], form: str) -> None:
    rows = [_row(file) for file in files]
    if form == "json":
        write_json(rows)
        return
    writer = csv.DictWriter(sys.stdout, fieldnames=EXPORTED, lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {name: one_line(value) if name == "path" else value for name, value in row.items()}
        for row in rows
    )


def _row(file: IndexedFile) -> dict[str, Any]:
    return {
        "path": str(file.file.path),
        "status": file.status,
        "label": file.file.label,
        "content_hash": file.content_hash,
        "size_bytes": file.file.size_bytes,
        "note": file.file.note,
        "message": file.message,
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; see :mod:`motionfit.command` for exit codes."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in ("-h", "--help")):
        arguments.insert(0, "list")
    return run_command(build_parser(), command, arguments)


if __name__ == "__main__":
    sys.exit(main())
