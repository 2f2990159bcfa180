"""Clips encoded a second, against the straightforward way, in one run.

    python benchmarks/encode.py [--encoders NAME...] [--rounds 7] [--batches 1 2 4] [--busy 2]

``plain`` is the loop of published code: float32, batch norms and all, one clip at a time. The rows
below it are what ``load_encoder`` makes of the same weights, in float32 and in its own choice of
precision, with batches of several sizes (it chooses 1 on a CPU), run side by side, one a core (its
choice), or one after the other on all cores. Ways take turns, round by round, so that other work on
the machine slows all of them; medians are printed. ``--busy N`` adds such work: N processes that
compute without pause, as decoders do.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from motionfit.encoders.backbones.build import BACKBONE_NAMES, build_backbone, default_spec
from motionfit.encoders.network import Network
from motionfit.encoders.preprocess import crop_centre
from motionfit.encoders.runtime import Precision, Runtime, choose_runtime
from motionfit.encoders.spec import EncoderSpec

Clips = NDArray[np.uint8]
Encode = Callable[[Clips], NDArray[np.float32]]


@dataclass(frozen=True, kw_only=True)
class BatchRuntime(Runtime):
    """A runtime with a batch size and a number of streams of its own."""

    num_clips: int = 1
    streams: int | None = None

    @property
    def num_streams(self) -> int:
        """The given number of streams, or what the encoder chooses."""
        return super().num_streams if self.streams is None else self.streams

    def batch_size(self, clip_pixels: int) -> int:
        """Return the given batch size, whatever the clips."""
        del clip_pixels
        return self.num_clips


def plain_way(backbone: torch.nn.Module, spec: EncoderSpec) -> Encode:
    """Return the loop of published code."""

    def encode(clips: Clips) -> NDArray[np.float32]:
        rows = []
        with torch.no_grad():
            for clip in crop_centre(clips, spec.crop):
                pixels = torch.from_numpy(clip.copy()).permute(3, 0, 1, 2).float() / 255
                rows.append(backbone(pixels[None]).amax(dim=(2, 3, 4)))
        return torch.cat(rows).numpy()

    backbone.eval()
    return encode


def quick_way(
    backbone: torch.nn.Module,
    spec: EncoderSpec,
    precision: Precision,
    *,
    num_clips: int = 1,
    streams: int | None = None,
) -> Encode:
    """Return the encoder's own way with a given batch size."""
    chosen = choose_runtime("cpu", precision)
    runtime = BatchRuntime(
        device=chosen.device, dtype=chosen.dtype, num_clips=num_clips, streams=streams
    )
    network = Network(backbone, runtime)
    return lambda clips: network.embed(clips, spec)


def cosine(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """Return the smallest cosine between vectors of the same clip."""
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    return float(((first * second).sum(axis=1) / lengths).min())


def compare(name: str, batches: list[int], rounds: int) -> None:
    """Print a table for one backbone."""
    spec, backbone = default_spec(name), build_backbone(name)
    if spec.clip.clip_length > 16:
        batches = [size for size in batches if size <= 2]
    clips = np.random.default_rng(0).integers(
        0, 256, (2 * max(batches), *spec.clip_shape()), dtype=np.uint8
    )
    ways = {"plain, float32": plain_way(backbone, spec)}
    ways["float32"] = quick_way(backbone, spec, "float32")
    own = str(choose_runtime("cpu").dtype).removeprefix("torch.")
    for size in batches:
        ways[f"{own}, batch {size}"] = quick_way(backbone, spec, "auto", num_clips=size)
        ways[f"{own}, batch {size}, all cores"] = quick_way(
            backbone, spec, "auto", num_clips=size, streams=1
        )
    expected = ways["plain, float32"](clips)
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    cosines = {way: cosine(encode(clips), expected) for way, encode in ways.items()}
    for _ in range(rounds):
        for way, encode in ways.items():
            begin = time.perf_counter()
            encode(clips)
            seconds[way].append((time.perf_counter() - begin) / len(clips))
    medians = {way: statistics.median(values) for way, values in seconds.items()}
    shape = "x".join(map(str, (spec.clip.clip_length, *spec.crop)))
    print(f"\n{name}, clips of {shape}, {torch.get_num_threads()} threads, {rounds} rounds")
    print(f"{'':32}{'clips/s':>9}{'s/clip':>9}{'times plain':>13}{'min cosine':>12}")
    for way, median in medians.items():
        ratio = medians["plain, float32"] / median
        print(f"{way:32}{1 / median:9.2f}{median:9.4f}{ratio:13.2f}{cosines[way]:12.6f}")


def main() -> None:
    """Read the command line and compare."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--encoders", nargs="+", default=BACKBONE_NAMES, choices=BACKBONE_NAMES)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--busy", type=int, default=0)
    options = parser.parse_args()
    others = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(options.busy)
    ]
    try:
        for name in options.encoders:
            compare(name, options.batches, options.rounds)
    finally:
        for other in others:
            other.kill()
            other.wait()


if __name__ == "__main__":
    main()
