"""A report of pseudo-labels for people: plain text and Markdown."""

from collections.abc import Mapping
from typing import Any

_LEVELS = {
    "clip": "clips",
    "segment_actionbytes": "segments (ActionBytes)",
    "segment_thirds": "thirds of videos",
    "video": "videos",
}


def format_report(report: Mapping[str, Any]) -> str:
    """Return a report as lines of text, a name and a value each.

    Args:
        report: What `report_pseudo_labels` returned.
    """
    rows = _rows(report)
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)


def format_report_markdown(report: Mapping[str, Any]) -> str:
    """Return a report as a Markdown table.

    Args:
        report: What `report_pseudo_labels` returned.
    """
    lines = [f"| {name} | {value} |" for name, value in _rows(report)]
    return "\n".join(["| pseudo-labels | |", "|---|---|", *lines])


def _rows(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    settings, grid = report["settings"], report["grid"]
    clustered = f"{report['num_items']:,} {_LEVELS[report['level']]}"
    rows = [
        ("clustered", f"{clustered} of {report['num_videos']:,} videos"),
        ("clips", f"{report['num_clips']:,} of {_describe_grid(grid)}"),
        ("clusters", f"{report['num_clusters']:,}, {_describe_settings(settings)}"),
        ("items a cluster", _describe_sizes(report["sizes"])),
        ("clips a cluster", _describe_sizes(report["clips"])),
        ("evenness (entropy, 1 = equal sizes)", f"{report['entropy']:.3f}"),
        ("inertia", f"{report['inertia']:.6g}"),
        ("clusters of one video only", f"{report['single_video']:,}"),
    ]
    if report["num_repaired"]:
        rows.append(("clusters begun anew when empty", f"{report['num_repaired']:,}"))
    truth = report["against_true_labels"]
    if truth is not None:
        known = f"{truth['num_clips']:,} clips of {truth['num_classes']} classes"
        by_chance = f"{truth['purity_by_chance']:.3f} for shuffled labels"
        rows.append(("purity", f"{truth['purity']:.3f} ({by_chance}; {known})"))
        rows.append(("NMI with the classes", f"{truth['nmi']:.3f}"))
    return rows


def _describe_grid(grid: Mapping[str, int]) -> str:
    return f"{grid['clip_length']} frames, stride {grid['stride']}, a hop of {grid['clip_hop']}"


def _describe_settings(settings: Mapping[str, Any]) -> str:
    return (
        f"preprocessing {settings['preprocessing']}, {settings['num_iterations']} iterations, "
        f"seed {settings['seed']}"
    )


def _describe_sizes(sizes: Mapping[str, Any]) -> str:
    text = f"{sizes['min']:,} to {sizes['max']:,}, median {sizes['median']:g}"
    return f"{text}, {sizes['empty']} empty" if sizes.get("empty") else text
