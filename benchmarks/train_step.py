"""Clips trained on a second: from packed videos, on ready tensors, and plainly, in one run.

    python benchmarks/train_step.py [--backbones NAME...] [--size 128 171] [--crop 112] [--rounds 5]

``loaded`` is a step of this project's loop fed by its loader, ``ready`` the same step on a batch
that lies in memory: their ratio is what the loader costs (wanted: 0.95 or more). ``plain`` is the
loop of published code: the network as it is, one backward pass of the whole batch on all cores, in
float32 on a CPU. Ways take turns, round by round, so that other work on the machine slows all of
them; medians are printed. A turn is as many steps as fill two seconds, so that batches which the
loader has made ahead while others had their turn do not count for much. On a GPU the last column is
the share of the bfloat16 rate that a large matrix product reaches there.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from motionfit.encoders.backbones.build import BACKBONE_NAMES, build_backbone, default_spec
from motionfit.media.packed.arrays import pack_arrays
from motionfit.media.packed.videos import PackedVideos
from motionfit.methods.model import feature_dim
from motionfit.training.batches import to_device
from motionfit.training.data.clips import TrainingClips
from motionfit.training.data.loader import Loader
from motionfit.training.data.settings import ClipSettings
from motionfit.training.gradients import GradientMachine
from motionfit.training.losses import multi_clip_loss
from motionfit.training.memory import keep_freed_memory
from motionfit.training.micro_batches import cut_into_micro_batches
from motionfit.training.network import ClipNetwork, build_linear, normalise_input
from motionfit.training.optimiser import Optimiser
from motionfit.training.runtime import TrainingRuntime, choose_device, choose_training_runtime
from motionfit.training.settings import TrainingPrecision, TrainingSettings
from motionfit.training.task import LossParts

NUM_CLASSES = 101
FRAMES_A_VIDEO = 80
TURN_SECONDS = 2.0


class Supervised:
    """Labels of clips, and nothing else."""

    companions: Sequence[nn.Module] = ()

    def __init__(self, network: nn.Module) -> None:
        self.network = network

    def loss(self, network: Any, batch: Any) -> LossParts:
        """Return the multi-clip loss."""
        logits = network.heads["label"](network.video_features(batch.clips))
        return LossParts(multi_clip_loss(logits, batch.labels))


def build_network(name: str, device: torch.device) -> ClipNetwork:
    """Return an untrained network on the device."""
    backbone = build_backbone(name)
    spec = default_spec(name)
    heads = {"label": build_linear(feature_dim(spec), NUM_CLASSES, seed=0)}
    network = ClipNetwork(backbone, heads, normalisation=normalise_input(spec))
    network.to(device)
    return network.to(memory_format=torch.channels_last_3d) if device.type == "cuda" else network


def loop_step(network: nn.Module, runtime: TrainingRuntime) -> Callable[[Any], None]:
    """Return a step as the loop takes it."""
    machine = GradientMachine(
        Supervised(network),
        runtime.device,
        autocast=runtime.autocast,
        num_parallel=runtime.num_parallel,
    )
    optimiser = Optimiser(network, TrainingSettings())

    def step(batch: Any) -> None:
        machine.differentiate(cut_into_micro_batches(batch, runtime.micro_batches), (0, 0, 0))
        optimiser.step(1e-4, optimiser.gradient_norm())

    return step


def plain_step(network: ClipNetwork, runtime: TrainingRuntime) -> Callable[[Any], None]:
    """Return a step as published code takes it."""
    task, device = Supervised(network), runtime.device
    dtype = runtime.autocast if device.type == "cuda" else None
    optimiser = torch.optim.SGD(network.parameters(), lr=1e-4, momentum=0.9, weight_decay=5e-4)

    def step(batch: Any) -> None:
        network.train()
        optimiser.zero_grad()
        with torch.autocast(device.type, dtype=dtype, enabled=dtype is not None):
            total = task.loss(network, to_device(batch, device)).total
        torch.autograd.backward(total)
        optimiser.step()
        total.item()

    return step


def measure(name: str, packed: PackedVideos, options: argparse.Namespace) -> None:
    """Print a line for one backbone."""
    device = choose_device(options.device)
    settings = TrainingSettings(batch_size=options.batch_size, precision=options.precision)
    network = build_network(name, device)
    runtime = choose_training_runtime(settings, device, network)
    crop = (options.crop, options.crop)
    clip_settings = ClipSettings(num_clips=options.num_clips, crop=crop)
    labels = np.arange(len(packed)) % NUM_CLASSES
    source = TrainingClips(packed, clip_settings, labels=labels)
    num_clips = options.batch_size * options.num_clips
    pin_memory = device.type == "cuda"
    with Loader(
        source, batch_size=options.batch_size, num_epochs=10_000, pin_memory=pin_memory
    ) as loader:
        batches = (batch for epoch in range(10_000) for batch in loader.batches(epoch))
        ready = next(batches)
        step = loop_step(network, runtime)
        plain = plain_step(build_network(name, device), runtime)
        ways: dict[str, Callable[[], None]] = {
            "loaded": lambda: step(next(batches)),
            "ready": lambda: step(ready),
            "plain": lambda: plain(ready),
        }
        seconds = take_turns(ways, options.rounds)
    rates = {way: num_clips / statistics.median(values) for way, values in seconds.items()}
    columns = "".join(f"{rates[way]:9.2f}" for way in ways)
    line = f"{name:14}{columns}{rates['loaded'] / rates['ready']:15.3f}  {runtime.precision:8}"
    if device.type == "cuda":
        flops = count_flops(build_network(name, device), ready, device) / num_clips
        line += f"{flops * rates['loaded'] / matrix_rate(device):12.2f}"
    print(line, flush=True)


def take_turns(ways: dict[str, Callable[[], None]], rounds: int) -> dict[str, list[float]]:
    """Return the seconds a step of each way, round by round, after two rounds to warm up."""
    for run in ways.values():
        time_steps(run, 1)
    num_steps = {way: max(1, round(TURN_SECONDS / time_steps(run, 1))) for way, run in ways.items()}
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, run in ways.items():
            seconds[way].append(time_steps(run, num_steps[way]))
    return seconds


def time_steps(run: Callable[[], None], num_steps: int) -> float:
    """Return the seconds a step, as a mean over some steps in a row."""
    begin = time.perf_counter()
    for _ in range(num_steps):
        run()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return (time.perf_counter() - begin) / num_steps


def count_flops(network: ClipNetwork, batch: Any, device: torch.device) -> int:
    """Return the floating-point operations of forward and backward."""
    with FlopCounterMode(display=False) as counter:
        torch.autograd.backward(Supervised(network).loss(network, to_device(batch, device)).total)
    return int(counter.get_total_flops())


def matrix_rate(device: torch.device, side: int = 8192, repeats: int = 20) -> float:
    """Return the bfloat16 operations a second of a large matrix product."""
    matrix = torch.randn(side, side, device=device, dtype=torch.bfloat16)
    for _ in range(3):
        matrix @ matrix
    torch.cuda.synchronize()
    begin = time.perf_counter()
    for _ in range(repeats):
        matrix @ matrix
    torch.cuda.synchronize()
    return repeats * 2 * side**3 / (time.perf_counter() - begin)


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--backbones", nargs="+", default=BACKBONE_NAMES, choices=BACKBONE_NAMES)
    parser.add_argument("--size", type=int, nargs=2, default=[128, 171], metavar=("H", "W"))
    parser.add_argument("--crop", type=int, default=112, help="px")
    parser.add_argument("--batch-size", type=int, default=8, help="videos")
    parser.add_argument("--num-clips", type=int, default=1, help="of each video")
    parser.add_argument("--rounds", type=int, default=5)
    precisions = get_args(TrainingPrecision)
    parser.add_argument("--precision", default="auto", choices=precisions)
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    options = parser.parse_args()
    # As a training does; for all three ways.
    keep_freed_memory()
    draw = np.random.default_rng(0)
    shape = (FRAMES_A_VIDEO, *options.size, 3)
    videos = [draw.integers(0, 256, shape, dtype=np.uint8) for _ in range(4 * options.batch_size)]
    print(f"{torch.get_num_threads()} threads, batch of {options.batch_size} videos x ", end="")
    print(f"{options.num_clips} clips of 16x{options.crop}x{options.crop}, clips/s")
    print(f"{'':14}{'loaded':>9}{'ready':>9}{'plain':>9}{'loaded / ready':>15}  in")
    with tempfile.TemporaryDirectory() as folder:
        packed = pack_arrays(videos, Path(folder) / "videos")
        for name in options.backbones:
            measure(name, packed, options)


if __name__ == "__main__":
    main()
