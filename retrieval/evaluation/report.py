"""The report of an evaluation: one JSON table, and the same for a person."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from motionfit.config import provenance
from motionfit.errors import one_line
from retrieval.evaluation.measure import Measurement
from retrieval.evaluation.protocol import EXTRACTION_SETTINGS, Protocol, protocol_name
from retrieval.evaluation.query_time import QueryTime
from retrieval.evaluation.recall import CONFIDENCE, count_hits

MAX_NAMED = 10

SYNTHETIC_NOTE = (
    "Built-in synthetic data set: it shows that the program works; its numbers compare with "
    "nothing published."
)
UNTRAINED_NOTE = (
    "Untrained encoder (seeded random weights): the baseline that a trained one has to beat."
)
CLIP_LEVEL_NOTE = (
    "Clip level: k counts clips, several of which can be of one video; R@k does not compare with "
    "video level."
)
CONTROL_NOTES: Mapping[QueryTime, str] = {
    "frozen": "Control: query clips are frozen, their middle frame repeated. What is found all the "
    "same is found by appearance.",
    "reversed": "Control: time is turned round in query clips; the gallery is as filmed.",
    "shuffled": "Control: the frames of query clips are in one wrong order; the gallery is as "
    "filmed.",
}


def build_report(
    measured: Measurement,
    protocol: Protocol,
    description: Mapping[str, Any],
    *,
    seed: int,
    seconds: float,
) -> dict[str, Any]:
    """Return the report as JSON values.

    Args:
        measured: What was counted.
        protocol: As asked for.
        description: What the features are of, see ``SplitFeatures``; its ``extraction`` holds the
            extraction settings as they were resolved. Where it is silent the report says null.
        seed: Of the bootstrap.
        seconds: Wall time of the whole evaluation.
    """
    extraction = description.get("extraction", dict.fromkeys(EXTRACTION_SETTINGS))
    settings = {"name": protocol_name(protocol), **protocol.to_json(), **extraction}
    ks = protocol.k
    return {
        "dataset": description.get("dataset"),
        "split": description.get("split"),
        "protocol": settings,
        "encoder": description.get("encoder"),
        "num_queries": measured.num_queries,
        "num_gallery": measured.num_gallery,
        "recall": {str(k): measured.recall[k] for k in ks},
        "hits": {str(k): measured.hits[k] for k in ks},
        "chance": {str(k): measured.chance[k] for k in ks},
        "intervals": {str(k): list(measured.intervals[k]) for k in ks},
        "bootstrap": {
            "resampled": "query videos",
            "num_videos": measured.num_query_videos,
            "num_resamples": measured.num_resamples,
            "confidence": CONFIDENCE,
            "seed": seed,
        },
        "per_class": _per_class(measured, ks, description.get("class_names")),
        "encoder_identity": description.get("encoder_identity"),
        "encoder_trained": description.get("encoder_trained"),
        "encoder_trained_on": description.get("encoder_trained_on"),
        "stretched": description.get("stretched"),
        "dropped": description.get("dropped", []),
        "damaged": description.get("damaged", []),
        "missing": description.get("missing", []),
        "failed": description.get("failed", []),
        "notes": _notes(measured, protocol, description),
        "seconds": round(seconds, 3),
        "made_by": dict(provenance()),
    }


def _per_class(
    measured: Measurement, ks: Sequence[int], class_names: Sequence[str] | None
) -> dict[str, Any]:
    table = {}
    for label in np.unique(measured.query_labels).tolist():
        first_hits = measured.first_hits[measured.query_labels == label]
        is_named = class_names is not None and 0 <= label < len(class_names)
        name = class_names[label] if class_names is not None and is_named else str(label)
        hits = count_hits(first_hits, ks)
        recall = {str(k): hits[k] / len(first_hits) for k in ks}
        table[name] = {"num_queries": len(first_hits), "recall": recall}
    return table


def _notes(
    measured: Measurement, protocol: Protocol, description: Mapping[str, Any]
) -> Sequence[str]:
    notes = []
    if description.get("is_synthetic"):
        notes.append(SYNTHETIC_NOTE)
    if description.get("encoder_trained") is False:
        notes.append(UNTRAINED_NOTE)
    if protocol.level == "clip":
        notes.append(CLIP_LEVEL_NOTE)
    if protocol.k[-1] > measured.num_gallery:
        notes.append(f"The gallery has {measured.num_gallery} items: a larger k means all of them.")
    extraction = description.get("extraction", {})
    if note := CONTROL_NOTES.get(extraction.get("query_time", protocol.query_time)):
        notes.append(note)
    if stretched := description.get("stretched"):
        policy = extraction.get("short")
        notes.append(f"{stretched} videos are shorter than a clip and were stretched ({policy}).")
    for key, what in (
        ("dropped", "are shorter than a clip and were left out"),
        ("damaged", "were decoded only in part"),
        ("missing", "are on the lists and not on the disk"),
        ("failed", "could not be decoded and were left out"),
    ):
        if count := len(description.get(key, ())):
            notes.append(f"{count} videos {what}.")
    return notes


def format_report(report: Mapping[str, Any]) -> str:
    """Return a report as text for a terminal."""
    split = "" if report["split"] is None else f", split {report['split']}"
    level = f"{report['protocol']['level']}s"
    trained_on = report["encoder_trained_on"]
    lines = [
        f"data set  {one_line(report['dataset'] or 'unknown')}{split}",
        f"encoder   {one_line(report['encoder'] or 'unknown')}",
        *([f"trained   {one_line(trained_on)}"] if trained_on else []),
        f"protocol  {report['protocol']['name']}",
        f"          {_settings_line(report['protocol'])}",
        f"queries   {report['num_queries']} {level}, gallery {report['num_gallery']} {level}, "
        f"{len(report['per_class'])} classes",
        "",
        f"{'k':>4}  {'R@k':>7}  {'95 % interval':>15}  {'chance':>7}  {'hits':>6}",
    ]
    for k, recall in report["recall"].items():
        low, high = report["intervals"][k]
        interval = f"{100 * low:.1f} - {100 * high:.1f}"
        chance = 100 * report["chance"][k]
        lines.append(
            f"{k:>4}  {100 * recall:>7.1f}  {interval:>15}  {chance:>7.1f}  {report['hits'][k]:>6}"
        )
    lines.append("")
    lines += [f"note: {note}" for note in report["notes"]]
    lines += [f"failed: {failure['message']}" for failure in report["failed"][:MAX_NAMED]]
    for key in ("missing", "dropped"):
        lines += [f"{key}: {one_line(path)}" for path in report[key][:MAX_NAMED]]
    lines += [f"damaged: {one_line(path)}: {note}" for path, note in report["damaged"][:MAX_NAMED]]
    return "\n".join(lines).rstrip("\n") + "\n"


def _settings_line(protocol: Mapping[str, Any]) -> str:
    return " ".join(
        f"{name}={_setting_text(value)}"
        for name, value in protocol.items()
        if name not in ("name", "ties") and value is not None
    )


def _setting_text(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
