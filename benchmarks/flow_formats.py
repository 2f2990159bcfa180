"""How to keep optical flow on disk: bytes, loss and speed of formats, side by side.

Usage::

    python benchmarks/flow_formats.py [DATA] [--videos N] [--upscaled]

Flow is OpenCV's TV-L1 with its defaults between the frames of real clips (J-HMDB and the pool of
``DATA``, found through ``MOTIONFIT_SHARED_DATA`` or beside the checkout), quantised to 8 bits with
a bound of 20 px. Every format keeps each video as files of so many flows and gives back 16 of them
from a random place, or all in order: from files that the system has in memory, with nothing kept
between two readings, in one thread. Errors are in px: the largest against the 8-bit levels, where a
lossless format has none, and the mean against the flow itself. ``cache`` is this project's format,
opened anew for each clip and with all its checks. ``--upscaled`` computes flow at 240x320 instead
of the clips' own size.
"""

import argparse
import io
import itertools
import os
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import zstandard
from numpy.typing import NDArray

from motionfit.flow.cache.cache import FlowCache
from motionfit.flow.quantise import quantise_flow, restore_flow
from motionfit.flow.settings import FlowSettings
from motionfit.media.discover import find_videos

BOUND = 20.0
CLIP = 16
MAX_FRAMES = 41
UPSCALED = (240, 320)

Flow = NDArray[np.float32]
Planes = NDArray[np.uint8]
"""``(num_flows, 2, height, width)``: for each flow its plane of x, then its plane of y."""


@dataclass(frozen=True)
class Format:
    """A way to turn some flows into bytes and back."""

    name: str
    flows_a_file: int | None  # None: the whole video
    encode: Callable[[Planes], bytes]
    decode: Callable[[bytes, tuple[int, ...]], Planes]


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    data = Path(os.environ.get("MOTIONFIT_SHARED_DATA", beside))
    parser.add_argument("data", nargs="?", type=Path, default=data)
    parser.add_argument("--videos", type=int, default=20, help="J-HMDB clips to use (20)")
    parser.add_argument("--clips", type=int, default=60, help="clips read with each format (60)")
    parser.add_argument("--upscaled", action="store_true", help="flow at 240x320")
    options = parser.parse_args()
    if not (options.data / "jhmdb21").is_dir():
        print(f"nothing measured: no real clips in {options.data / 'jhmdb21'}")
        return
    cv2.setNumThreads(1)
    videos = [
        *some_videos(options.data / "jhmdb21", options.videos),
        *some_videos(options.data / "pool", options.videos // 4),
    ]
    started = time.perf_counter()
    flows = [compute(video, UPSCALED if options.upscaled else None) for video in videos]
    num_flows = sum(map(len, flows))
    print(
        f"{len(flows)} videos, {num_flows} flows of {sizes(flows)} px, "
        f"computed in {time.perf_counter() - started:.0f} s; a step is {2 * BOUND / 255:.3f} px\n"
        f"raw: {sum(flow.size for flow in flows) / num_flows:,.0f} bytes a flow\n\n"
        f"{'':<38}{'-- error, px --':>19}{'-- ms a clip --':>18}{'-- ms a flow --':>18}\n"
        f"{'format':<28}{'bytes/flow':>10}{'levels':>10}{'flow':>9}"
        f"{'median':>11}{'p95':>7}{'in order':>10}{'write':>8}"
    )
    with tempfile.TemporaryDirectory() as folder:
        for number, each in enumerate(all_formats()):
            measure(each, flows, Path(folder) / str(number), options.clips)
        measure_cache(flows, Path(folder) / "cache", options.clips)


def some_videos(folder: Path, count: int) -> list[Path]:
    """Return videos spread evenly over a folder; none where there is no such folder."""
    found = list(find_videos([folder])) if folder.is_dir() else []
    return found[:: max(1, len(found) // max(1, count))][:count]


def compute(video: Path, size: tuple[int, int] | None) -> Flow:
    """Return the flow between the first frames of a video."""
    with av.open(str(video)) as container:
        frames = itertools.islice(container.decode(video=0), MAX_FRAMES)
        grey = [frame.to_ndarray(format="gray") for frame in frames]
    if size is not None:
        grey = [cv2.resize(frame, size[::-1], interpolation=cv2.INTER_LINEAR) for frame in grey]
    method = cv2.optflow.DualTVL1OpticalFlow_create()
    return np.stack([method.calc(*pair, None) for pair in itertools.pairwise(grey)])


def sizes(flows: Sequence[Flow]) -> str:
    return " and ".join(sorted({f"{flow.shape[1]}x{flow.shape[2]}" for flow in flows}))


def to_planes(flow: Flow) -> Planes:
    return np.ascontiguousarray(np.moveaxis(quantise_flow(flow, BOUND), -1, 1))


def all_formats() -> Iterator[Format]:
    """Yield what is compared, in the order of the table."""
    yield Format("JPEG pairs, 95 (denseflow)", 1, *image_pair(".jpg", cv2.IMWRITE_JPEG_QUALITY, 95))
    yield Format("PNG, level 1", 1, *image(".png", cv2.IMWRITE_PNG_COMPRESSION, 1))
    yield Format("PNG, level 6", 1, *image(".png", cv2.IMWRITE_PNG_COMPRESSION, 6))
    strategy = (cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE)
    yield Format("PNG, run lengths", 1, *image(".png", *strategy))
    yield Format("WebP, lossless", 1, *image(".webp", cv2.IMWRITE_WEBP_QUALITY, 101))
    yield Format("npz (zlib), whole video", None, encode_npz, decode_npz)
    yield Format("zlib 6, 4 flows", 4, *compressed(lambda raw: zlib.compress(raw, 6), zlib_raw))
    for level, flows_a_file in itertools.product((1, 3, 6, 9), (1, 4, 8, 16)):
        yield zstd(level, flows_a_file)
    yield zstd(15, 4)
    yield zstd(6, 4, "interleaved")
    for delta in ("left", "up", "temporal"):
        yield zstd(6, 4, delta)
    lossless = {"qp": "0", "preset": "veryfast"}
    yield Format("H.264 lossless, whole video", None, *video("libx264", lossless))
    yield Format(
        "H.264 CRF 18, whole video", None, *video("libx264", {"crf": "18", "preset": "veryfast"})
    )
    yield Format("FFV1 range coder, 16 flows", 16, *video("ffv1", {"level": "3", "coder": "1"}))
    yield Format("FFV1 Golomb-Rice, 4 flows", 4, *video("ffv1", {"level": "3", "coder": "0"}))
    yield Format("FFV1 range coder, 4 flows", 4, *video("ffv1", {"level": "3", "coder": "1"}))


def image(suffix: str, *parameters: int) -> tuple[Callable, Callable]:
    """Return a codec of OpenCV: x above y in one picture."""

    def encode(planes: Planes) -> bytes:
        return cv2.imencode(suffix, planes.reshape(-1, planes.shape[-1]), parameters)[1].tobytes()

    def decode(data: bytes, shape: tuple[int, ...]) -> Planes:
        return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE).reshape(shape)

    return encode, decode


def image_pair(suffix: str, *parameters: int) -> tuple[Callable, Callable]:
    """Return a codec of OpenCV: a picture for x and one for y, one after the other in a file."""

    def encode(planes: Planes) -> bytes:
        x, y = (cv2.imencode(suffix, plane, parameters)[1].tobytes() for plane in planes[0])
        return len(x).to_bytes(4, "little") + x + y

    def decode(data: bytes, shape: tuple[int, ...]) -> Planes:
        end = 4 + int.from_bytes(data[:4], "little")
        pictures = (np.frombuffer(part, np.uint8) for part in (data[4:end], data[end:]))
        planes = [cv2.imdecode(picture, cv2.IMREAD_GRAYSCALE) for picture in pictures]
        return np.stack(planes).reshape(shape)

    return encode, decode


def encode_npz(planes: Planes) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, planes)
    return buffer.getvalue()


def decode_npz(data: bytes, shape: tuple[int, ...]) -> Planes:
    with np.load(io.BytesIO(data)) as arrays:
        return arrays["arr_0"].reshape(shape)


def zlib_raw(data: bytes, shape: tuple[int, ...]) -> bytes:
    return zlib.decompress(data, bufsize=int(np.prod(shape)))


def zstd(level: int, flows_a_file: int, how: str = "planes") -> Format:
    """Return zstd of planes, of x and y in turns, or of differences to a neighbour."""

    def compress(raw: bytes) -> bytes:
        return zstandard.ZstdCompressor(level=level).compress(raw)

    def decompress(data: bytes, _: tuple[int, ...]) -> bytes:
        return zstandard.ZstdDecompressor().decompress(data)

    suffix = "" if how == "planes" else f", {how}"
    name = f"zstd {level}{suffix}, {flows_a_file} flow{'s'[: flows_a_file > 1]}"
    return Format(name, flows_a_file, *compressed(compress, decompress, how))


def compressed(
    compress: Callable[[bytes], bytes],
    decompress: Callable[[bytes, tuple[int, ...]], bytes],
    how: str = "planes",
) -> tuple[Callable, Callable]:
    """Return a codec of bytes, after a filter that is undone when they are read."""
    axis = {"left": 3, "up": 2, "temporal": 0}.get(how)

    def encode(planes: Planes) -> bytes:
        if how == "interleaved":
            planes = np.moveaxis(planes, 1, -1)
        elif axis is not None:
            planes = np.diff(planes, axis=axis, prepend=np.uint8(0))
        return compress(planes.tobytes())

    def decode(data: bytes, shape: tuple[int, ...]) -> Planes:
        raw = np.frombuffer(decompress(data, shape), np.uint8)
        if how == "interleaved":
            num_flows, _, height, width = shape
            return np.moveaxis(raw.reshape(num_flows, height, width, 2), -1, 1)
        planes = raw.reshape(shape)
        return planes if axis is None else np.add.accumulate(planes, axis=axis, dtype=np.uint8)

    return encode, decode


def video(codec: str, options: dict[str, str]) -> tuple[Callable, Callable]:
    """Return a codec of PyAV: x above y in grey frames, in Matroska."""

    def encode(planes: Planes) -> bytes:
        buffer = io.BytesIO()
        with av.open(buffer, "w", format="matroska") as container:
            one_thread = {"threads": "1", **options}
            stream: Any = container.add_stream(codec, rate=25, options=one_thread)
            _, _, height, width = planes.shape
            stream.height, stream.width, stream.pix_fmt = 2 * height, width, "gray"
            for flow in planes:
                frame = av.VideoFrame.from_ndarray(flow.reshape(-1, flow.shape[-1]), "gray")
                frame.color_range = 2
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return buffer.getvalue()

    def decode(data: bytes, shape: tuple[int, ...]) -> Planes:
        with av.open(io.BytesIO(data)) as container:
            container.streams.video[0].codec_context.thread_count = 1
            planes = [luma(frame) for frame in container.decode(video=0)]
        return np.stack(planes).reshape(shape)

    return encode, decode


def luma(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """Return the brightness of a frame as it was coded; x264 adds grey colours to it."""
    plane = frame.planes[0]
    return np.frombuffer(plane, np.uint8).reshape(plane.height, -1)[:, : plane.width].copy()


def measure(each: Format, flows: Sequence[Flow], folder: Path, num_clips: int) -> None:
    """Print the line of one format."""
    folder.mkdir()
    all_planes = [to_planes(flow) for flow in flows]
    num_bytes, write_seconds, errors = 0, 0.0, []
    for number, (flow, planes) in enumerate(zip(flows, all_planes, strict=True)):
        count = each.flows_a_file or len(planes)
        for first in range(0, len(planes), count):
            part = planes[first : first + count]
            started = time.perf_counter()
            data = each.encode(part)
            path = folder / f"{number}-{first // count}"
            path.write_bytes(data)
            write_seconds += time.perf_counter() - started
            num_bytes += len(data)
            read = each.decode(data, part.shape)
            errors.append(decoding_errors(read, part, flow[first : first + count]))

    def read_flows(number: int, start: int, stop: int) -> Planes:
        return read_files(each, folder, number, start, stop, all_planes[number].shape)

    report(each.name, num_bytes, write_seconds, errors, all_planes, read_flows, num_clips)


def read_files(
    each: Format, folder: Path, number: int, start: int, stop: int, shape: tuple[int, ...]
) -> Planes:
    """Return some flows of one video, from as many files as they lie in."""
    count = each.flows_a_file or shape[0]
    parts = []
    for index in range(start // count, (stop - 1) // count + 1):
        first = index * count
        data = (folder / f"{number}-{index}").read_bytes()
        part = each.decode(data, (min(count, shape[0] - first), *shape[1:]))
        parts.append(part[max(start - first, 0) : stop - first])
    return np.concatenate(parts)


def measure_cache(flows: Sequence[Flow], folder: Path, num_clips: int) -> None:
    """Print the line of this project's cache, opening and checking included."""
    cache, settings = FlowCache(folder), FlowSettings()
    all_planes = [to_planes(flow) for flow in flows]
    write_seconds, errors = 0.0, []
    for number, (flow, planes) in enumerate(zip(flows, all_planes, strict=True)):
        started = time.perf_counter()
        with cache.writer(f"{number:08x}", settings) as writer:
            writer.append(np.moveaxis(planes, 1, -1))
            writer.commit()
        write_seconds += time.perf_counter() - started
        with cache.open(f"{number:08x}", settings) as file:
            read = np.moveaxis(file.read_quantised(), -1, 1)
        errors.append(decoding_errors(read, planes, flow))

    def read_flows(number: int, start: int, stop: int) -> Planes:
        with cache.open(f"{number:08x}", settings) as file:
            return np.moveaxis(file.read_quantised(start, stop), -1, 1)

    num_bytes = sum(path.stat().st_size for path in folder.rglob("*.flow"))
    report("cache", num_bytes, write_seconds, errors, all_planes, read_flows, num_clips)


def decoding_errors(read: Planes, planes: Planes, flow: Flow) -> tuple[float, float]:
    """Return the largest error against the levels, and the sum of errors against the flow; px."""
    restored = restore_flow(read, BOUND)
    against_levels = np.abs(restored - restore_flow(planes, BOUND)).max()
    inside = np.clip(np.moveaxis(flow, -1, 1), -BOUND, BOUND)
    return float(against_levels), float(np.abs(restored - inside).sum(dtype=np.float64))


def report(
    name: str,
    num_bytes: int,
    write_seconds: float,
    errors: Sequence[tuple[float, float]],
    all_planes: Sequence[Planes],
    read_flows: Callable[[int, int, int], Planes],
    num_clips: int,
) -> None:
    """Read clips from random places, then all flows in order, and print a line of the table."""
    num_flows = sum(map(len, all_planes))
    draw = np.random.default_rng(0)
    long_enough = [number for number, planes in enumerate(all_planes) if len(planes) >= CLIP]
    seconds = []
    for number in draw.choice(long_enough, num_clips):
        start = int(draw.integers(len(all_planes[number]) - CLIP + 1))
        seconds.append(timed(read_flows, int(number), start, start + CLIP))
    median, slow = 1000 * np.percentile(seconds, [50, 95])
    in_order = sum(timed(read_flows, n, 0, len(planes)) for n, planes in enumerate(all_planes))
    largest = max(error[0] for error in errors)
    mean = sum(error[1] for error in errors) / sum(planes.size for planes in all_planes)
    print(
        f"{name:<28}{num_bytes / num_flows:>10,.0f}{largest:>10.3f}{mean:>9.4f}"
        f"{median:>11.2f}{slow:>7.2f}{1000 * in_order / num_flows:>10.3f}"
        f"{1000 * write_seconds / num_flows:>8.2f}",
        flush=True,
    )


def timed(read_flows: Callable[[int, int, int], Planes], *which: int) -> float:
    """Return the seconds that a reading takes."""
    started = time.perf_counter()
    read_flows(*which)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
