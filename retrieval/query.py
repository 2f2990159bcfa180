"""`python -m retrieval.query`: find the clips that move like a video, or a stretch of it."""

import argparse
import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from motionfit.command import DONE, SOME_FAILED, add_device_option, run_command, write_json
from motionfit.errors import ConfigError, one_line
from motionfit.progress import Progress
from retrieval.location import add_store_option
from retrieval.querying.hits import GROUPINGS
from retrieval.querying.result import QueryResult


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command's options."""
    parser = argparse.ArgumentParser(
        prog="motionfit query",
        description="Find the clips that move like a video, or like a stretch of it.",
    )
    parser.add_argument("video", nargs="?", type=Path, metavar="VIDEO", help="any video file")
    parser.add_argument("--clip-id", type=int, metavar="ID", help="an indexed clip instead")
    parser.add_argument("--start", type=float, metavar="S", help="begin of the stretch, seconds")
    parser.add_argument("--end", type=float, metavar="S", help="its end, seconds")
    parser.add_argument("--collection", metavar="NAME", help="default: all collections")
    parser.add_argument("--encoder", metavar="NAME", help="default: the one last indexed with")
    parser.add_argument("-k", type=int, default=20, metavar="N", help="hits (default: 20)")
    parser.add_argument(
        "--group",
        choices=GROUPINGS,
        default="clip",
        help="clip: every clip (default); video: the best of each; range: touching clips as one",
    )
    parser.add_argument(
        "--exclude-self", action="store_true", help="leave out the query's own video"
    )
    parser.add_argument("--format", choices=("table", "json", "csv"), default="table")
    parser.add_argument(
        "--export",
        type=Path,
        metavar="FILE",
        help="also write the hits to a file, as its suffix says: .csv, .json, .m3u8 (playlist), "
        ".edl and .otio (editing programs), .png (contact sheet), .zip (cut videos)",
    )
    add_device_option(parser)
    add_store_option(parser)
    return parser


def command(arguments: argparse.Namespace) -> int:
    """Search as asked; write the hits to stdout."""
    from retrieval.export.formats import format_of_path
    from retrieval.library import Library

    if (arguments.video is None) == (arguments.clip_id is None):
        raise ConfigError("query", arguments.video, "either a video file or --clip-id")
    export_format = None if arguments.export is None else format_of_path(arguments.export)
    with Library.open(arguments.store, device=arguments.device or "auto") as library:
        result = library.query(
            arguments.clip_id if arguments.video is None else arguments.video,
            start_seconds=arguments.start,
            end_seconds=arguments.end,
            collection=arguments.collection,
            encoder=arguments.encoder,
            k=arguments.k,
            group=arguments.group,
            exclude_self=arguments.exclude_self,
        )
    if arguments.format == "json":
        write_json(result.to_json())
    elif arguments.format == "csv":
        write_csv(result, sys.stdout)
    else:
        sys.stdout.write(table(result))
    return DONE if export_format is None else export(result, export_format.name, arguments.export)


def export(result: QueryResult, format_name: str, path: Path) -> int:
    """Write the hits to a file; return the exit code."""
    from retrieval.export.export import export_ranges
    from retrieval.export.ranges import ExportedRange

    ranges = [ExportedRange.from_hit(hit, collection=result.collection) for hit in result]
    with Progress("exporting", unit="range", total=len(ranges)) as progress:
        report = export_ranges(
            ranges,
            format_name,
            path,
            on_progress=lambda num_done, _: progress.advance() if num_done else None,
        )
    for each in report.failed:
        sys.stderr.write(f"hit {each.wanted.rank} is not exported: {each.message}\n")
    return SOME_FAILED if report.failed else DONE


def table(result: QueryResult) -> str:
    """Return the hits as lines for a terminal."""
    lines = [f"{'rank':>4}  {'similarity':>10}  {'clip':>8}  {'seconds':>17}  label / path"]
    for hit in result:
        stretch = f"{hit.start_seconds:.2f}-{hit.end_seconds:.2f}"
        label = f"[{one_line(hit.label)}] " if hit.label else ""
        lines.append(
            f"{hit.rank:>4}  {hit.similarity:>10.4f}  {hit.clip_id:>8}  {stretch:>17}  "
            f"{label}{one_line(hit.path)}"
        )
    if not result.hits:
        lines.append("nothing else is indexed here")
    how = "exact" if result.exact else "approximate"
    lines.append(f"{how} search, encoder {result.encoder_description}")
    return "\n".join(lines) + "\n"


def write_csv(result: QueryResult, stream: TextIO) -> None:
    """Write the hits as CSV with a header."""
    names = ("rank", "similarity", "clip_id", "video_id", "path", "start_seconds", "end_seconds")
    writer = csv.DictWriter(stream, fieldnames=[*names, "label"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(hit.to_json() for hit in result)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; see :mod:`motionfit.command` for exit codes."""
    return run_command(build_parser(), command, argv)


if __name__ == "__main__":
    sys.exit(main())
