"""R@k at UCF101's size, clip level: this project against scikit-learn's distances and a full sort.

Each side runs in a process of its own, on the same feature files, from reading them to the counted
hits. The baseline's cost is the same for every query, so by default it runs on the first queries
only and its time is scaled up; ``--full-baseline`` runs all of it.

    python benchmarks/evaluate.py [--full-baseline]
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

import numpy as np

from retrieval.evaluation.feature_files import read_feature_files
from retrieval.evaluation.measure import measure
from retrieval.evaluation.prefilter import Bfloat16Filter
from retrieval.evaluation.protocol import make_protocol

CLIPS_A_VIDEO = 10
NUM_CLASSES = 101
KS = (1, 5, 10, 20, 50)
# Distances and order of a block take 0.6 GB; larger blocks are no faster.
BASELINE_BLOCK = 512
NUM_VERIFIED = 256


def main() -> None:
    """Parse the options and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--query-videos", type=int, default=3783)
    parser.add_argument("--gallery-videos", type=int, default=9537)
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--baseline-queries", type=int, default=4096)
    parser.add_argument("--full-baseline", action="store_true")
    parser.add_argument("--side", choices=("ours", "baseline"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side == "ours":
        run_ours(options.folder)
    elif options.side == "baseline":
        run_baseline(options.folder, options.baseline_queries)
    else:
        compare(options)


def compare(options: argparse.Namespace) -> None:
    """Make features, run both sides, check that they agree, and print a table."""
    num_queries = options.query_videos * CLIPS_A_VIDEO
    num_baseline = num_queries if options.full_baseline else options.baseline_queries
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_features(folder, options)
        ours = run_side("ours", folder, [])
        baseline = run_side("baseline", folder, ["--baseline-queries", str(num_baseline)])
        agree = verify(folder)
    scale = num_queries / min(num_baseline, num_queries)
    seconds = baseline["seconds"] * scale
    size = f"{num_queries} x {options.gallery_videos * CLIPS_A_VIDEO} x {options.dim}"
    print(f"{size}, {os.cpu_count()} cores, {platform.machine()}")
    print(f"{'':34} {'seconds':>8} {'peak GiB':>9}")
    print(f"{'retrieval.eval --protocol clip-text':34} {ours['seconds']:8.1f} {ours['gib']:9.2f}")
    basis = "measured" if scale == 1 else f"{num_baseline} queries, x {scale:.2f}"
    print(f"{'cosine_distances + argsort':34} {seconds:8.1f} {baseline['gib']:9.2f}  ({basis})")
    print(f"{seconds / ours['seconds']:.1f} times as fast")
    print(agree)


def make_features(folder: Path, options: argparse.Namespace) -> None:
    """Write four arrays: clips around their video, videos around their class, values above 0."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((NUM_CLASSES, 1, options.dim))
    for subset, num_videos in (("train", options.gallery_videos), ("test", options.query_videos)):
        labels = np.arange(num_videos) * NUM_CLASSES // num_videos
        shape = (num_videos, CLIPS_A_VIDEO, options.dim)
        features = rng.standard_normal(shape, dtype=np.float32)
        features += 0.5 * centres[labels] + rng.standard_normal((num_videos, 1, options.dim))
        np.save(folder / f"{subset}_feature.npy", np.maximum(features, 0).astype(np.float32))
        classes = np.repeat(labels[:, None], CLIPS_A_VIDEO, axis=1)
        np.save(folder / f"{subset}_class.npy", classes)


def run_side(side: str, folder: Path, options: list[str]) -> dict[str, float]:
    """Return seconds and peak memory of one side, run in a process of its own."""
    command = [sys.executable, __file__, "--side", side, "--folder", str(folder), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{side} failed")
    kib = usage.ru_maxrss / (1024 if platform.system() == "Darwin" else 1)
    return {"seconds": json.loads(output)["seconds"], "gib": kib / 2**20}


def run_ours(folder: Path) -> None:
    """Measure as the command does, checks of the files and intervals included."""
    # Neither side's time counts the import of its libraries.
    if Bfloat16Filter.is_fast_here():
        import_module("torch")
    started = time.perf_counter()
    measured = measure(read_feature_files(folder), make_protocol("clip-text", {"k": KS}))
    seconds = time.perf_counter() - started
    np.save(folder / "ours.npy", measured.first_hits)
    print(json.dumps({"seconds": seconds}))


def run_baseline(folder: Path, num_queries: int) -> None:
    """Do what one would write: a distance matrix in blocks, sorted, in the features' own type."""
    from sklearn.metrics.pairwise import cosine_distances

    started = time.perf_counter()
    queries, query_labels = load_clips(folder, "test")
    gallery, gallery_labels = load_clips(folder, "train")
    first_hits = []
    for start in range(0, min(num_queries, len(queries)), BASELINE_BLOCK):
        block = slice(start, min(start + BASELINE_BLOCK, num_queries))
        order = np.argsort(cosine_distances(queries[block], gallery), axis=1)[:, : KS[-1]]
        first_hits.append(places_of_first_hits(order, query_labels[block], gallery_labels))
    seconds = time.perf_counter() - started
    np.save(folder / "baseline.npy", np.concatenate(first_hits))
    print(json.dumps({"seconds": seconds}))


def load_clips(folder: Path, subset: str) -> tuple[np.ndarray, np.ndarray]:
    """Return ``(clips, dim)`` features and ``(clips,)`` classes."""
    features = np.load(folder / f"{subset}_feature.npy")
    return features.reshape(-1, features.shape[2]), np.load(folder / f"{subset}_class.npy").ravel()


def places_of_first_hits(
    order: np.ndarray, query_labels: np.ndarray, gallery_labels: np.ndarray
) -> np.ndarray:
    """Return the place of the first item of each query's class, a large number where none is."""
    is_hit = gallery_labels[order] == query_labels[:, None]
    return np.where(is_hit.any(axis=1), is_hit.argmax(axis=1), np.iinfo(np.int64).max)


def verify(folder: Path) -> str:
    """Compare hit counts with the baseline's, and single queries with float64 and a stable sort."""
    from sklearn.metrics.pairwise import cosine_distances

    ours, baseline = np.load(folder / "ours.npy"), np.load(folder / "baseline.npy")
    same = all((ours[: len(baseline)] < k).sum() == (baseline < k).sum() for k in KS)
    queries, query_labels = load_clips(folder, "test")
    gallery, gallery_labels = load_clips(folder, "train")
    some = np.linspace(0, len(queries) - 1, NUM_VERIFIED).astype(int)
    distances = cosine_distances(queries[some].astype(np.float64), gallery.astype(np.float64))
    order = np.argsort(distances, axis=1, kind="stable")[:, : KS[-1]]
    expected = places_of_first_hits(order, query_labels[some], gallery_labels)
    exact = int((ours[some] == expected).sum())
    return (
        f"hit counts of the first {len(baseline)} queries {'equal' if same else 'DIFFER from'} the "
        f"baseline's; {exact} of {NUM_VERIFIED} first hits equal float64 with a stable sort"
    )


if __name__ == "__main__":
    main()
