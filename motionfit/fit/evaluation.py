"""How well the encoders of a run retrieve: queries from the test side, the train side as gallery.

Test videos are looked at here for the first time, when all trainings are over.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from motionfit.encoders.encoder import ClipEncoder
from motionfit.fit.markdown import lay_out
from motionfit.fit.packer import LABELLED, TEST, Packer, seen_by
from motionfit.media.datasets.dataset import Dataset, LabeledVideo
from motionfit.media.packed.layout import PackedKind
from motionfit.media.packed.videos import PackedVideos
from retrieval.evaluation.packed import PackedEvaluation
from retrieval.evaluation.query_time import QUERY_TIMES, QueryTime

SHOWN_K = (1, 5, 20)
_PROTOCOL = "xu"
_FORWARD: tuple[QueryTime, ...] = ("forward",)

# Beside the packs that they are of: who shares these shares the features too.
_FEATURES = "features"


def evaluate_run(
    encoders: Mapping[str, ClipEncoder], dataset: Dataset, packer: Packer
) -> dict[str, Any]:
    """Return R@k of every encoder; of the last one also with query clips whose time is changed.

    ::

        {"dataset", "split", "protocol", "num_gallery", "num_queries", "num_missing",
         "rows": [{"encoder", "sees", "query_time", "recall", "chance", "intervals"}]}

    with ``recall``, ``chance`` and ``intervals`` as `retrieval.eval` reports them. A model of
    motion that is shown one frame again and again can only guess: what is left of its recall then
    was found by looks. Backwards, or out of order, frames show other motion in the same places.

    Args:
        encoders: By what they are called, the one that the run is about last.
        dataset: Has a test side.
        packer: Packs what is not packed yet.

    Raises:
        MotionFitError: As `Packer.pack` and `PackedEvaluation` raise.
    """
    *_, last = encoders
    rows: list[dict[str, Any]] = []
    for name, encoder in encoders.items():
        evaluation = _load(encoder, dataset, packer)
        for query_time in _query_times(encoder) if name == last else _FORWARD:
            report = evaluation.report(query_time)
            rows.append(
                {
                    "encoder": name,
                    "sees": seen_by(encoder),
                    "query_time": query_time,
                    **{part: report[part] for part in ("recall", "chance", "intervals")},
                }
            )
    return {
        "dataset": dataset.name,
        "split": dataset.split,
        "protocol": _PROTOCOL,
        "num_gallery": report["num_gallery"],
        "num_queries": report["num_queries"],
        "num_missing": len(dataset.missing_test),
        "rows": rows,
    }


def _query_times(encoder: ClipEncoder) -> tuple[QueryTime, ...]:
    """Return what can be done to the time of its clips: flow backwards is not the flow of that."""
    return ("forward", "frozen") if seen_by(encoder) == "flow" else QUERY_TIMES


def pack_sides(
    dataset: Dataset, packer: Packer, kind: PackedKind, size: tuple[int, int]
) -> tuple[PackedVideos, PackedVideos]:
    """Return the gallery and the queries.

    Raises:
        MotionFitError: As `Packer.pack` raises.
    """
    gallery, queries = (
        packer.pack(kind, [video.path for video in videos], what, size=size)
        for what, videos in ((LABELLED, dataset.train), (TEST, dataset.test))
    )
    return gallery, queries


def _load(encoder: ClipEncoder, dataset: Dataset, packer: Packer) -> PackedEvaluation:
    gallery, queries = pack_sides(dataset, packer, seen_by(encoder), encoder.spec.resize)
    return PackedEvaluation(
        encoder,
        gallery,
        queries,
        gallery_labels=_labels(gallery, dataset.train),
        query_labels=_labels(queries, dataset.test),
        class_names=dataset.class_names,
        dataset=dataset.name,
        split=dataset.split,
        protocol=_PROTOCOL,
        cache_dir=packer.folder / _FEATURES,
    )


def _labels(packed: PackedVideos, videos: Sequence[LabeledVideo]) -> list[int]:
    label_of = {str(video.path): video.label for video in videos}
    return [label_of[name] for name in packed.names]


def format_evaluation(evaluation: Mapping[str, Any]) -> str:
    """Return the table as Markdown, with a sentence on what it is of."""
    of = f"{evaluation['num_queries']} test videos of `{evaluation['dataset']}`"
    missing = evaluation["num_missing"]
    head, *rows = _rows(evaluation)
    parts = [
        f"{of}, split {evaluation['split']}, are the queries; its {evaluation['num_gallery']} "
        f"training videos are the gallery. Protocol {evaluation['protocol']}; in percent.",
        f"{missing} test videos of the lists are not there." if missing else "",
        lay_out(head, rows),
    ]
    return "\n\n".join(part for part in parts if part)


def format_recall(evaluation: Mapping[str, Any]) -> list[str]:
    """Return the table as lines for a terminal."""
    rows = _rows(evaluation)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  "
        + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _rows(evaluation: Mapping[str, Any]) -> list[list[str]]:
    rows = [["encoder", "sees", *(f"R@{k}" for k in SHOWN_K)]]
    for row in evaluation["rows"]:
        is_changed = row["query_time"] != "forward"
        name = (
            f"{row['encoder']}, query clips {row['query_time']}" if is_changed else row["encoder"]
        )
        rows.append([name, row["sees"], *_percents(row["recall"])])
    return [*rows, ["chance", "", *_percents(evaluation["rows"][-1]["chance"])]]


def _percents(by_k: Mapping[str, float]) -> list[str]:
    return [f"{100 * by_k[str(k)]:.1f}" for k in SHOWN_K]
