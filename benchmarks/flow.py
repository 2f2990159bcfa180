"""Pairs of frames a second of every method of optical flow, and how they agree, in one run.

    python benchmarks/flow.py FOLDER [--sizes 128x171 240x320] [--pairs 40] [--gpu-pairs 512]

FOLDER holds videos; sequences of 5 frames are drawn from them with a fixed seed and brought to each
size. Rows are what a user would pick instead (OpenCV's TV-L1 with one thread, with its own threads
on all cores, and one process a core), ours on one core and on all, ours in torch on the CPU and,
where there is one, on a GPU, and DIS. Ways take turns, round by round, so that other work on the
machine slows all of them; medians are printed. ``x all cores`` is against the fastest use of OpenCV
on all cores.
``mean`` and ``p95`` are end-point differences from OpenCV's flow over all pixels; ``> 0.5`` is the
share of pixels that differ by more than half a px.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from motionfit.errors import MotionFitError
from motionfit.flow.estimator import FlowEstimator
from motionfit.flow.methods import make_estimator
from motionfit.media.discover import find_videos
from motionfit.media.reader import read_clips
from motionfit.media.sampling import ClipSampling, ClipSpec, Sliding

Frames = NDArray[np.uint8]
Flow = NDArray[np.float32]
NUM_CORES = os.cpu_count() or 1
FRAMES_EACH = 5


@dataclass(frozen=True, kw_only=True)
class Way:
    """A way to compute the flow of several sequences of frames.

    Attributes:
        name: What is printed.
        run: Frames of each sequence to flow of each sequence.
        repeats: How often the sequences are given to it, in one call.
        joins: It computes the pairs across two sequences too, and throws them away.
    """

    name: str
    run: Callable[[Sequence[Frames]], list[Flow]]
    repeats: int = 1
    joins: bool = False


def draw_sequences(folder: Path, count: int) -> list[Frames]:
    """Return neighbouring grey frames of videos drawn at random: ``(5, height, width)`` uint8."""
    paths = list(find_videos([folder]))
    if not paths:
        sys.exit(f"{folder}: no videos here.")
    rng = np.random.default_rng(0)
    sampling = ClipSampling(spec=ClipSpec(clip_length=FRAMES_EACH), placement=Sliding(clip_hop=1))
    drawn: list[Frames] = []
    for number in rng.permutation(len(paths)):
        try:
            clips = read_clips(paths[number], sampling).gather()
        except MotionFitError:
            continue
        clip = clips[rng.integers(len(clips))]
        drawn.append(np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in clip]))
        if len(drawn) == count:
            return drawn
    sys.exit(f"{folder}: fewer than {count} readable videos.")


def resize(sequences: Sequence[Frames], height: int, width: int) -> list[Frames]:
    """Return the sequences at another size."""
    return [
        np.stack([cv2.resize(f, (width, height), interpolation=cv2.INTER_AREA) for f in frames])
        for frames in sequences
    ]


def one_by_one(estimator: FlowEstimator, sequences: Sequence[Frames]) -> list[Flow]:
    """Use one core."""
    return [estimator.estimate(frames) for frames in sequences]


def in_threads(estimator: FlowEstimator, sequences: Sequence[Frames]) -> list[Flow]:
    """Use one thread a core."""
    with ThreadPoolExecutor(NUM_CORES) as threads:
        return list(threads.map(estimator.estimate, sequences))


def in_a_batch(estimator: FlowEstimator, sequences: Sequence[Frames]) -> list[Flow]:
    """Give everything at once."""
    flow = estimator.estimate(np.concatenate(sequences))
    starts = range(0, len(sequences) * FRAMES_EACH, FRAMES_EACH)
    return [flow[start : start + FRAMES_EACH - 1] for start in starts]


def opencv_with_its_threads(sequences: Sequence[Frames]) -> list[Flow]:
    """Call OpenCV as its users do."""
    algorithm = cv2.optflow.DualTVL1OpticalFlow.create()
    return [
        np.stack([algorithm.calc(first, second, None) for first, second in pairwise(frames)])
        for frames in sequences
    ]


def _opencv_in_a_process(frames: Frames) -> Flow:
    cv2.setNumThreads(1)
    return opencv_with_its_threads([frames])[0]


def ways(num_pairs: int, num_gpu_pairs: int, processes: ProcessPoolExecutor) -> list[Way]:
    """Return every way that this machine can go."""
    opencv, ours, dis = (make_estimator(name) for name in ("tvl1", "tvl1-numba", "dis"))
    torch_cpu = make_estimator("tvl1-torch", device="cpu")
    listed = [
        Way(name="OpenCV, 1 thread", run=partial(one_by_one, opencv)),
        Way(name="OpenCV, its threads", run=opencv_with_its_threads),
        Way(
            name=f"OpenCV, {NUM_CORES} processes",
            run=lambda given: list(processes.map(_opencv_in_a_process, given)),
        ),
        Way(name="tvl1-numba, 1 core", run=partial(one_by_one, ours)),
        Way(name=f"tvl1-numba, {NUM_CORES} cores", run=partial(in_threads, ours)),
        Way(name="tvl1-torch, CPU", run=partial(in_a_batch, torch_cpu), joins=True),
        Way(name="DIS, 1 core", run=partial(one_by_one, dis)),
        Way(name=f"DIS, {NUM_CORES} cores", run=partial(in_threads, dis)),
    ]
    try:
        on_gpu = make_estimator("tvl1-torch", device="cuda")
    except MotionFitError as error:
        print(f"No GPU is measured. {error}")
        return listed
    repeats = max(num_gpu_pairs // num_pairs, 1)
    listed.append(
        Way(name="tvl1-torch, GPU", run=partial(in_a_batch, on_gpu), repeats=repeats, joins=True)
    )
    return listed


def seconds_a_pair(sequences: Sequence[Frames], listed: Sequence[Way], rounds: int) -> list[float]:
    """Return the median of each way."""
    seconds: list[list[float]] = [[] for _ in listed]
    for way in listed:
        way.run(sequences[:1])
    for _ in range(rounds):
        for way, each in zip(listed, seconds, strict=True):
            given = list(sequences) * way.repeats
            started = time.perf_counter()
            way.run(given)
            spent = time.perf_counter() - started
            num_frames = len(given) * FRAMES_EACH
            each.append(spent / (num_frames - (1 if way.joins else len(given))))
    return [statistics.median(each) for each in seconds]


def print_table(sequences: Sequence[Frames], listed: Sequence[Way], rounds: int) -> None:
    """Measure and print one size."""
    medians = seconds_a_pair(sequences, listed, rounds)
    seconds = {way.name: each for way, each in zip(listed, medians, strict=True)}
    reference = np.concatenate(listed[0].run(sequences))
    one_core = seconds["OpenCV, 1 thread"]
    all_cores = min(each for name, each in seconds.items() if name.startswith("OpenCV"))
    print(
        f"{'way':24} {'pairs/s':>9} {'x 1 core':>9} {'x all cores':>12} "
        f"{'mean px':>8} {'p95 px':>7} {'> 0.5':>7}"
    )
    for way in listed:
        px = np.linalg.norm(np.concatenate(way.run(sequences)) - reference, axis=-1)
        each = seconds[way.name]
        print(
            f"{way.name:24} {1 / each:9.1f} {one_core / each:9.2f} {all_cores / each:12.2f} "
            f"{px.mean():8.3f} {np.percentile(px, 95):7.3f} {(px > 0.5).mean():7.2%}"
        )
    one, every = seconds["tvl1-numba, 1 core"], seconds[f"tvl1-numba, {NUM_CORES} cores"]
    print(f"tvl1-numba does {one / every:.2f}x as much on {NUM_CORES} cores as on one.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="videos")
    parser.add_argument("--sizes", nargs="+", default=["128x171", "240x320"], metavar="HxW")
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--gpu-pairs", type=int, default=512, help="pairs given to a GPU at once")
    arguments = parser.parse_args()
    drawn = draw_sequences(arguments.folder, max(arguments.pairs // (FRAMES_EACH - 1), 1))
    num_pairs = len(drawn) * (FRAMES_EACH - 1)
    print(
        f"{num_pairs} pairs of {arguments.folder.name}; {NUM_CORES} cores, OpenCV {cv2.__version__}"
    )
    with ProcessPoolExecutor(NUM_CORES, mp_context=get_context("spawn")) as processes:
        listed = ways(num_pairs, arguments.gpu_pairs, processes)
        for size in arguments.sizes:
            height, width = (int(side) for side in size.split("x"))
            print(f"\n{height}x{width}")
            print_table(resize(drawn, height, width), listed, arguments.rounds)


if __name__ == "__main__":
    main()
