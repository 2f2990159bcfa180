"""PyAV, decord and torchcodec side by side: milliseconds a video, and frames that are wrong.

Usage::

    python benchmarks/decode.py [FOLDER_OF_VIDEOS] [--videos N]

Each reader takes 10 uniform clips of 16 frames at 128x171 with one codec thread: from real clips
(J-HMDB by default, found through ``MOTIONFIT_SHARED_DATA`` or beside the checkout) and from a long
720p video made on the spot, closed and open groups of pictures. ``pyav`` and ``decord`` are this
project's readers, checks included; ``raw decord`` and ``torchcodec`` are what a user would write by
hand. Core-milliseconds are what counts where several videos are decoded at once. A frame is wrong
where it is nearer to another one of PyAV's frames than to the one asked for; the mean difference to
PyAV's, in grey levels, comes from decord's other way to resize.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from motionfit.media.discover import find_videos
from motionfit.media.reader import read_clips
from motionfit.media.sampling import ClipSampling

SIZE = (128, 171)
Frames = NDArray[np.uint8]
Read = Callable[[Path, NDArray[np.int64]], Frames]


def main() -> None:
    """Print one table a set of videos."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    data = Path(os.environ.get("MOTIONFIT_SHARED_DATA", beside))
    parser.add_argument("folder", nargs="?", type=Path, default=data / "jhmdb21")
    parser.add_argument("--videos", type=int, default=60, help="real clips to read (60)")
    parser.add_argument("--repeats", type=int, default=3, help="runs, of which the best (3)")
    options = parser.parse_args()
    readers = available_readers()
    if options.folder.is_dir():
        found = list(find_videos([options.folder]))
        videos = found[:: max(1, len(found) // options.videos)][: options.videos]
        report(f"{len(videos)} clips of {options.folder.name}", videos, readers, options.repeats)
    with tempfile.TemporaryDirectory() as folder:
        for name, x264 in (("closed", "open-gop=0"), ("open", "open-gop=1")):
            video = Path(folder) / f"{name}.mp4"
            write_long_video(video, x264)
            title = f"1280x720, 60 s, groups of 250 frames, {name}"
            report(title, [video], readers, options.repeats)


def available_readers() -> dict[str, Read]:
    """Return the readers that load here, by name; PyAV first."""
    readers: dict[str, Read] = {"pyav": read_with("pyav"), "decord": read_with("decord")}
    for name, module, make in (
        ("raw decord", "decord", raw_decord),
        ("torchcodec", "torchcodec.decoders", torchcodec),
    ):
        try:
            readers[name] = make(import_module(module))
        except (ImportError, RuntimeError, OSError) as error:
            print(f"{name} does not load: {str(error).splitlines()[0]}")
    return readers


def read_with(reader: Any) -> Read:
    """Return this project's reader."""
    return lambda path, indices: read_clips(path, indices[None], SIZE, reader=reader).frames


def raw_decord(decord: Any) -> Read:
    """Return decord as its documentation uses it."""

    def read(path: Path, indices: NDArray[np.int64]) -> Frames:
        video = decord.VideoReader(str(path), height=SIZE[0], width=SIZE[1], num_threads=1)
        frames: Frames = video.get_batch(indices.tolist()).asnumpy()
        return frames

    return read


def torchcodec(decoders: Any) -> Read:
    """Return torchcodec as its documentation uses it, resizing while decoding."""
    resize = import_module("torchcodec.transforms").Resize(SIZE)

    def read(path: Path, indices: NDArray[np.int64]) -> Frames:
        video = decoders.VideoDecoder(str(path), num_ffmpeg_threads=1, transforms=[resize])
        frames: Frames = video.get_frames_at(indices.tolist()).data.permute(0, 2, 3, 1).numpy()
        return frames

    return read


def report(title: str, videos: Sequence[Path], readers: dict[str, Read], num_repeats: int) -> None:
    """Print how long each reader takes and how many of its frames are not PyAV's."""
    print(f"\n{title}: 10 clips of 16 frames at {SIZE[0]}x{SIZE[1]}")
    print("reader        ms a video  core-ms a video  frames  wrong  mean difference")
    wanted = {video: wanted_indices(video) for video in videos}
    num_frames = sum(len(indices) for indices in wanted.values())
    for name, read in readers.items():
        wall, cores = (1000 * t / len(videos) for t in best_times(read, wanted, num_repeats))
        num_wrong, difference = compare(read, wanted)
        print(
            f"{name:<12}{wall:>12.1f}{cores:>17.1f}{num_frames:>8}{num_wrong:>7}{difference:>17.2f}"
        )


def wanted_indices(video: Path) -> NDArray[np.int64]:
    """Return the distinct frames of 10 uniform clips."""
    clips = read_clips(video, ClipSampling(), (8, 8))
    starts = np.round(clips.start_seconds * clips.info.frame_rate).astype(np.int64)
    last = clips.num_frames_decoded - 1
    return np.unique(np.minimum(starts[:, None] + np.arange(16), last))


def best_times(
    read: Read, wanted: dict[Path, NDArray[np.int64]], num_repeats: int
) -> tuple[float, float]:
    """Return the fewest seconds of several runs over all videos: on the clock, and of all cores."""
    wall, cores = [], []
    for _ in range(num_repeats):
        start, start_cores = time.perf_counter(), time.process_time()
        for video, indices in wanted.items():
            read(video, indices)
        wall.append(time.perf_counter() - start)
        cores.append(time.process_time() - start_cores)
    return min(wall), min(cores)


def compare(read: Read, wanted: dict[Path, NDArray[np.int64]]) -> tuple[int, float]:
    """Return how many frames are wrong, and the mean absolute difference to PyAV's."""
    num_wrong, differences = 0, []
    for video, indices in wanted.items():
        # Frames by hundreds: all pairs of a long video's would not fit into memory.
        truth, frames = read_with("pyav")(video, indices), read(video, indices)
        for first in range(0, len(indices), 100):
            part = slice(first, first + 100)
            mine = frames[part].astype(np.int16)
            distance = [np.abs(other - mine).mean(axis=(1, 2, 3)) for other in truth[part]]
            nearest = truth[part][np.argmin(distance, axis=0)]
            # A frame that stands still is no wrong one.
            num_wrong += int((nearest != truth[part]).any(axis=(1, 2, 3)).sum())
            differences.append(float(np.diag(np.array(distance)).mean()))
    return num_wrong, float(np.mean(differences))


def write_long_video(path: Path, x264: str) -> None:
    """Write a minute of 720p: a texture that drifts, with noise."""
    random = np.random.default_rng(0)
    texture = random.integers(0, 256, (45, 160, 3), dtype=np.uint8).repeat(16, 0).repeat(16, 1)
    with av.open(path, "w") as container:
        options = {"preset": "veryfast", "crf": "23", "x264-params": f"{x264}:keyint=250:bframes=3"}
        stream = container.add_stream("libx264", rate=25, options=options)
        stream.height, stream.width, stream.pix_fmt = 720, 1280, "yuv420p"
        for index in range(1500):
            picture = np.roll(texture, 4 * index, axis=1)[:, :1280]
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), "rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


if __name__ == "__main__":
    main()
