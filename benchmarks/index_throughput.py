"""Indexing speed against its limit and against the straightforward loop of published code.

    python benchmarks/index_throughput.py VIDEOS [--num-videos 60] [--encoder r2plus1d_18 ...]

The limit: where the same cores decode and encode, the sum of the two times measured alone with all
cores; with a GPU, the larger of the two. The straightforward loop decodes in the main process, in
float32, one video at a time, with torchvision's own network where it has one.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from motionfit.encoders.backbones.build import build_backbone
from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.pooling import pool_features
from motionfit.encoders.preprocess import crop_centre
from motionfit.encoders.registry import load_encoder
from motionfit.media.decode_events import ClipsDecoded, DecodeTask
from motionfit.media.discover import find_videos
from motionfit.media.pool import DecodePool
from motionfit.media.reader import read_clips
from retrieval.indexing.batches import BATCH_SIZE
from retrieval.indexing.settings import IndexSettings
from retrieval.library import Library

Clips = NDArray[np.uint8]


def seconds_of(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def decode_all(videos: list[Path], encoder: ClipEncoder, settings: IndexSettings) -> list[Clips]:
    sampling = settings.sampling(encoder.spec.clip)
    tasks = [
        DecodeTask(path=path, sampling=sampling, size=encoder.spec.resize, identify=True)
        for path in videos
    ]
    decoded = []
    with DecodePool(num_workers=settings.num_workers) as pool:
        for event in pool.run(tasks):
            if isinstance(event, ClipsDecoded):
                decoded.append(event.clips.gather())
                event.release()
    return decoded


def encode_all(clips: Clips, encoder: ClipEncoder) -> None:
    for start in range(0, len(clips), BATCH_SIZE):
        encoder.encode(clips[start : start + BATCH_SIZE])


def seconds_of_indexing(videos: list[Path], name: str, device: str) -> float:
    """Time everything from the first look at the files to the published index."""
    with tempfile.TemporaryDirectory() as folder, Library.open(folder, device=device) as library:
        return library.index(videos, encoder=name).seconds


def straightforward(videos: list[Path], name: str, encoder: ClipEncoder) -> None:
    backbone = build_backbone(name).eval()
    sampling = IndexSettings().sampling(encoder.spec.clip)
    with torch.inference_mode():
        for path in videos:
            clips = read_clips(path, sampling, encoder.spec.resize).gather()
            crops = torch.from_numpy(crop_centre(clips, encoder.spec.crop))
            batch = crops.permute(0, 4, 1, 2, 3).contiguous().float() / 255
            pool_features(backbone(batch), encoder.spec.pool)


def measure(videos: list[Path], name: str, device: str, repeats: int) -> dict[str, float]:
    encoder = load_encoder(name, device=device)
    settings = IndexSettings()
    decoded = np.concatenate(decode_all(videos, encoder, settings))
    encoder.encode(decoded[:BATCH_SIZE])
    times: dict[str, list[float]] = {"decode": [], "encode": [], "pipeline": []}
    for _ in range(repeats):
        times["decode"].append(seconds_of(lambda: decode_all(videos, encoder, settings)))
        times["encode"].append(seconds_of(lambda: encode_all(decoded, encoder)))
        times["pipeline"].append(seconds_of_indexing(videos, name, device))
    result = {part: statistics.median(values) for part, values in times.items()}
    few = videos[: max(1, len(videos) // 6)]
    result["straightforward"] = seconds_of(lambda: straightforward(few, name, encoder))
    result["straightforward"] *= len(videos) / len(few)
    result["clips"] = len(decoded)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("videos", type=Path, nargs="+")
    parser.add_argument("--num-videos", type=int, default=60)
    parser.add_argument("--encoder", nargs="+", default=["r2plus1d_18", "r2plus1d_10"])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    found = list(find_videos(arguments.videos))
    videos = found[:: max(1, len(found) // arguments.num_videos)][: arguments.num_videos]
    print(f"{len(videos)} of {len(found)} videos; {torch.get_num_threads()} threads")
    columns = ("clips", "decode", "encode", "limit", "pipeline", "of limit", "over loop", "clips/s")
    print(f"{'encoder':12}" + "".join(f"{column:>11}" for column in columns))
    for name in arguments.encoder:
        each = measure(videos, name, arguments.device, arguments.repeats)
        parts = (each["decode"], each["encode"])
        limit = sum(parts) if arguments.device == "cpu" else max(parts)
        took = each["pipeline"]
        print(
            f"{name:12}{each['clips']:11.0f}{parts[0]:9.1f} s{parts[1]:9.1f} s{limit:9.1f} s"
            f"{took:9.1f} s{limit / took:11.2f}{each['straightforward'] / took:10.1f}x"
            f"{each['clips'] / took:11.1f}"
        )


if __name__ == "__main__":
    main()
