"""Query latency of a real store against raw FAISS Flat on the same vectors, in one run.

    python benchmarks/search.py                       10,000 and 100,000 clips
    python benchmarks/search.py --sizes 1000000       needs about 6 GB of memory and of disk

A store with as many clips is filled through the public interface, video by video, its vector index
is published, and the same queries are asked of it and of ``faiss.IndexFlatIP``, in turns. The store
answers with paths, times and labels of the clips too, unless it says "ids only".
"""

import argparse
import itertools
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from index_store.records import EmbeddedClips, FileRecord, VideoRecord
from index_store.store import Store

CLIPS_A_VIDEO = 100
BATCH = 256
K = 20

Vectors = NDArray[np.float32]


def main() -> None:
    """Fill, publish, measure and print one block a size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--queries", type=int, default=100, help="single queries timed")
    parser.add_argument("--kind", default="auto", choices=["auto", "flat", "sq8", "ivf_sq8"])
    parser.add_argument("--folder", type=Path, help="where to make the stores")
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} CPUs, FAISS {faiss.__version__}, {arguments.dim} values, k = {K}")
    for size in arguments.sizes:
        with (
            tempfile.TemporaryDirectory(dir=arguments.folder) as folder,
            Store.open(Path(folder), create=True) as store,
        ):
            measure(store, size, arguments.dim, arguments.queries, arguments.kind)


def measure(store: Store, size: int, dim: int, num_queries: int, kind: str) -> None:
    """Print what one size takes."""
    draw = np.random.default_rng(0)
    started = time.perf_counter()
    indexing_id, raw = fill(store, size, dim, draw)
    filled = time.perf_counter() - started
    manifest, build_seconds = timed(lambda: store.publish(indexing_id, kind))
    searcher = store.searcher(indexing_id)
    queries = make_vectors(draw, num_queries + 3 * BATCH, dim)
    _, open_seconds = timed(lambda: searcher.search(queries[:1], K))
    index_bytes, catalog_bytes = (
        sum(path.stat().st_size for path in store.directory.glob(pattern))
        for pattern in ("indexes/**/*.*", "catalog.sqlite*")
    )
    print(
        f"\n{size:,} clips  {manifest.kind} {dict(manifest.parameters) or ''}\n"
        f"  filled at {size / filled:,.0f} clips/s; catalog {catalog_bytes / 1e6:,.0f} MB\n"
        f"  index built, checked and published in {build_seconds:.1f} s; "
        f"{index_bytes / 1e6:,.0f} MB; opened in {open_seconds:.2f} s\n"
        f"  recall measured by the store: {dict(manifest.recall)}\n"
        f"  {'':22}{'raw p50':>10}{'raw p95':>10}{'store p50':>11}{'store p95':>11}"
        f"{'ratio':>8}  identical"
    )
    singles = [queries[number : number + 1] for number in range(num_queries)]
    batches = [queries[first : first + BATCH] for first in range(num_queries, len(queries), BATCH)]
    for name, asked in (("1 query", singles), (f"{BATCH} queries", batches)):
        for suffix, describe in (("", True), (", ids only", False)):

            def search(queries: Vectors, describe: bool = describe) -> NDArray[np.int64]:
                return searcher.search(queries, K, describe=describe).clip_ids

            print(compare(name + suffix, asked, raw, search))


def fill(
    store: Store, size: int, dim: int, draw: np.random.Generator
) -> tuple[int, faiss.IndexFlatIP]:
    """Put videos in; return the indexing's id and raw FAISS's index of the same vectors."""
    indexing = store.catalog.indexings.begin(
        collection_id=store.catalog.collections.add("benchmark").collection_id,
        encoder_id=store.catalog.encoders.register(
            identity="0" * 64, name="random", embedding_dim=dim, header={}
        ).encoder_id,
        sampling_key="benchmark",
    )
    raw = faiss.IndexFlatIP(dim)
    with store.writer("benchmark"):
        for number, vectors in enumerate(videos(size, dim, draw)):
            starts = np.arange(len(vectors), dtype=np.float64)
            store.catalog.videos.add(
                indexing.indexing_id,
                FileRecord(path=Path(f"{number}.mp4"), size_bytes=1, mtime_ns=1),
                VideoRecord(
                    content_hash=str(number),
                    size_bytes=1,
                    duration_seconds=float(len(vectors)),
                    num_frames=25 * len(vectors),
                    frame_rate=25.0,
                    width=320,
                    height=240,
                    codec="h264",
                    container="mp4",
                ),
                EmbeddedClips(start_seconds=starts, end_seconds=starts + 1, vectors=vectors),
            )
            raw.add(vectors)
    return indexing.indexing_id, raw


def videos(size: int, dim: int, draw: np.random.Generator) -> Iterator[Vectors]:
    """Yield the vectors of one video after the other."""
    for first in range(0, size, CLIPS_A_VIDEO):
        yield make_vectors(draw, min(CLIPS_A_VIDEO, size - first), dim)


def make_vectors(draw: np.random.Generator, count: int, dim: int) -> Vectors:
    """Return unit vectors around a few hundred centres, as embeddings of like movements lie."""
    centres = np.random.default_rng(1).standard_normal((300, dim), dtype=np.float32)
    vectors = centres[draw.integers(300, size=count)]
    vectors += draw.standard_normal((count, dim), dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def compare(
    name: str,
    asked: list[Vectors],
    raw: faiss.IndexFlatIP,
    search: Callable[[Vectors], NDArray[np.int64]],
) -> str:
    """Return one line: latencies of both, and the share of queries with the same clips in order."""
    raw_seconds, store_seconds, same = [], [], []
    for each in itertools.chain(asked[:1], asked):
        (_, rows), seconds = timed(lambda each=each: raw.search(each, K))
        raw_seconds.append(seconds)
        clip_ids, seconds = timed(lambda each=each: search(each))
        store_seconds.append(seconds)
        # Clip ids count from 1 in the order of insertion.
        same.append((rows + 1 == clip_ids).all(axis=1).mean())
    raw_p50, raw_p95 = 1e3 * np.percentile(raw_seconds[1:], [50, 95])
    store_p50, store_p95 = 1e3 * np.percentile(store_seconds[1:], [50, 95])
    return (
        f"  {name:22}{raw_p50:8.2f}ms{raw_p95:8.2f}ms{store_p50:9.2f}ms{store_p95:9.2f}ms"
        f"{store_p50 / raw_p50:8.2f}  {np.mean(same):.1%}"
    )


def timed(do: Callable[[], object]) -> tuple:
    """Return what a call returns, and the seconds that it took."""
    started = time.perf_counter()
    result = do()
    return result, time.perf_counter() - started


if __name__ == "__main__":
    main()
