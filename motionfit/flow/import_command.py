"""`python -m motionfit.flow.import_command`: bring another program's flow into the cache."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from motionfit.command import DONE, SOME_FAILED, add_verbose_option, run_command, write_json
from motionfit.flow.cache.imported import ImportedFlowSettings


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command's options."""
    parser = argparse.ArgumentParser(
        prog="motionfit flow-import",
        description="Bring the flow images that denseflow or MARS's scripts wrote into a flow "
        "cache. Those of VIDEOS/walk/a.mp4 are looked for in DIR/walk/a, then in DIR/a. Safe to "
        "repeat and to stop: what is imported is kept and skipped the next time.",
    )
    parser.add_argument("videos", nargs="+", type=Path, metavar="VIDEOS", help="files or folders")
    parser.add_argument(
        "--images", type=Path, required=True, metavar="DIR", help="a folder of images for each"
    )
    parser.add_argument(
        "--cache", type=Path, required=True, metavar="DIR", help="where flow is kept"
    )
    parser.add_argument(
        "--bound",
        type=float,
        default=ImportedFlowSettings.bound_px,
        metavar="PX",
        help="what the images were made with, denseflow's -b (default: %(default)g px)",
    )
    parser.add_argument(
        "--source",
        default=ImportedFlowSettings.source,
        metavar="NAME",
        help="keeps flow of one program apart from another's (default: %(default)s)",
    )
    parser.add_argument(
        "--first-number",
        type=int,
        metavar="N",
        help="of each video's images (default: 0 for flow_x_00000.jpg, 1 for TVL1jpg_x_00001.jpg)",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    add_verbose_option(parser)
    return parser


def command(arguments: argparse.Namespace) -> int:
    """Import as asked; write the report to stdout."""
    from motionfit.flow.importing import import_flow

    report = import_flow(
        arguments.videos,
        arguments.images,
        arguments.cache,
        settings=ImportedFlowSettings(source=arguments.source, bound_px=arguments.bound),
        first_number=arguments.first_number,
    )
    if arguments.format == "json":
        write_json(report.to_json())
    else:
        sys.stdout.write(report.to_text())
    return SOME_FAILED if report.failed else DONE


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; see :mod:`motionfit.command` for exit codes."""
    return run_command(build_parser(), command, argv)


if __name__ == "__main__":
    sys.exit(main())
