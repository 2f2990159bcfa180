"""`python -m retrieval.eval`: R@k of an encoder on a labelled data set, or of ready features."""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from motionfit.command import (
    DONE,
    SOME_FAILED,
    add_device_option,
    add_verbose_option,
    run_command,
    write_json,
)
from motionfit.errors import ConfigError
from retrieval.evaluation.feature_files import read_feature_files
from retrieval.evaluation.measure import measure
from retrieval.evaluation.options import add_protocol_options, protocol_changes
from retrieval.evaluation.protocol import (
    EXTRACTION_SETTINGS,
    Protocol,
    get_preset,
    make_protocol,
)
from retrieval.evaluation.report import build_report, format_report

if TYPE_CHECKING:
    from motionfit.encoders.encoder import ClipEncoder
    from motionfit.encoders.runtime import DeviceName


def evaluate(
    *,
    dataset: str | Path | None = None,
    data_root: Path | None = None,
    lists_dir: Path | None = None,
    split: int = 1,
    encoder: "str | ClipEncoder | None" = None,
    protocol: str | Protocol = "xu",
    features: Path | None = None,
    features_out: Path | None = None,
    feature_cache: Path | None = None,
    use_feature_cache: bool = True,
    workers: int | None = None,
    device: "DeviceName" = "auto",
    num_resamples: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """Return the report of an evaluation, the JSON of ``python -m retrieval.eval``.

    Args:
        dataset: A data set's name, its folder or CSV file; None is the built-in synthetic one.
        data_root: The folder of a data set that is given by name.
        lists_dir: Where its split lists lie, when elsewhere.
        split: Which official split.
        encoder: An encoder, a name or a checkpoint; None is the one that comes with the program.
        protocol: A preset's name, or every setting.
        features: Read features from this folder instead; nothing is decoded.
        features_out: Keep the features in this folder.
        feature_cache: Where features of single videos are kept; None is the user's cache folder.
        use_feature_cache: False keeps none.
        workers: Decoder processes; None is one a core.
        device: Where to encode.
        num_resamples: Of the bootstrap.
        seed: Of the bootstrap.

    Raises:
        MotionFitError: Something cannot be used, in one sentence.
    """
    started = time.monotonic()
    settings = get_preset(protocol) if isinstance(protocol, str) else protocol
    if num_resamples < 1:
        raise ConfigError("num_resamples", num_resamples, "at least 1")
    decoding = (dataset, data_root, encoder, features_out)
    if features is not None and any(given is not None for given in decoding):
        expected = "no dataset, data_root, encoder or features_out beside it: nothing is decoded"
        raise ConfigError("features", str(features), expected)
    with ExitStack() as stack:
        if features is None:
            from retrieval.evaluation.source import extract_to

            features = features_out or Path(
                stack.enter_context(tempfile.TemporaryDirectory(prefix="motionfit-"))
            )
            extract_to(
                features,
                dataset=dataset,
                data_root=data_root,
                lists_dir=lists_dir,
                split=split,
                encoder=encoder,
                protocol=settings,
                feature_cache=feature_cache,
                use_feature_cache=use_feature_cache,
                workers=workers,
                device=device,
            )
        split_features = read_feature_files(features)
        measured = measure(split_features, settings, num_resamples=num_resamples, seed=seed)
    description = {"dataset": str(features), **split_features.description}
    seconds = time.monotonic() - started
    return build_report(measured, settings, description, seed=seed, seconds=seconds)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command's options."""
    parser = argparse.ArgumentParser(
        prog="motionfit eval",
        description="Measure retrieval: the share of test videos (queries) with a training video "
        "(gallery) of their class among the k nearest.",
    )
    parser.add_argument(
        "--dataset",
        metavar="NAME",
        help="ucf101, hmdb51, jhmdb21, synthetic, or the folder or CSV file of your own "
        "(default: the built-in synthetic one)",
    )
    parser.add_argument("--data-root", type=Path, metavar="DIR", help="where its videos lie")
    parser.add_argument("--lists-dir", type=Path, metavar="DIR", help="where its split lists lie")
    parser.add_argument("--split", type=int, default=1, help="official split (default: 1)")
    parser.add_argument(
        "--encoder",
        metavar="NAME_OR_CHECKPOINT",
        help="default: the encoder that comes with the program",
    )
    parser.add_argument(
        "--features", type=Path, metavar="DIR", help="read features, decode nothing"
    )
    parser.add_argument("--features-out", type=Path, metavar="DIR", help="keep the features")
    cache = parser.add_mutually_exclusive_group()
    cache.add_argument(
        "--feature-cache",
        type=Path,
        metavar="DIR",
        help="features of single videos, for a later run (default: the user's cache folder)",
    )
    cache.add_argument("--no-feature-cache", action="store_true", help="keep none")
    parser.add_argument("--workers", type=int, metavar="N", help="decoder processes (one a core)")
    parser.add_argument(
        "--num-resamples", type=int, default=1000, metavar="N", help="of the 95 %% intervals"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the resamples")
    parser.add_argument("--format", choices=("table", "json"), default="table")
    add_device_option(parser)
    add_verbose_option(parser)
    add_protocol_options(parser)
    return parser


def command(arguments: argparse.Namespace) -> int:
    """Evaluate as asked; write the report to stdout."""
    changes = protocol_changes(arguments)
    if arguments.features is not None:
        _refuse_extraction_settings(changes)
    report = evaluate(
        dataset=arguments.dataset,
        data_root=arguments.data_root,
        lists_dir=arguments.lists_dir,
        split=arguments.split,
        encoder=arguments.encoder,
        protocol=make_protocol(arguments.protocol, changes),
        features=arguments.features,
        features_out=arguments.features_out,
        feature_cache=arguments.feature_cache,
        use_feature_cache=not arguments.no_feature_cache,
        workers=arguments.workers,
        device=arguments.device or "auto",
        num_resamples=arguments.num_resamples,
        seed=arguments.seed,
    )
    if arguments.format == "json":
        write_json(report)
    else:
        sys.stdout.write(format_report(report))
    return SOME_FAILED if report["failed"] or report["missing"] else DONE


def _refuse_extraction_settings(changes: dict[str, Any]) -> None:
    for name in EXTRACTION_SETTINGS:
        if name in changes:
            expected = "to be left out: with --features nothing is decoded or encoded"
            raise ConfigError(name, changes[name], expected)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; see :mod:`motionfit.command` for exit codes."""
    return run_command(build_parser(), command, argv)


if __name__ == "__main__":
    sys.exit(main())
