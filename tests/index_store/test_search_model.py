"""Any sequence of changes, publications and damages: a search equals a brute-force model."""

import itertools
import logging
import shutil
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from index_store.index.searcher import SearchResult
from index_store.store import Store

PATHS = st.sampled_from("abcd")
COLLECTIONS = st.sampled_from(["films", "others"])
NUM_CONTENTS = 7
CONTENTS = st.integers(0, NUM_CONTENTS - 1)
KINDS = st.sampled_from(["auto", "flat", "sq8", "ivf_sq8"])
FILES = st.sampled_from(["manifest.json", "vectors.faiss", "clip_ids.npy", "../CURRENT"])
# The test is of the logic, not of the disk: thousands of transactions need not wait for one.
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
# Few values and few dimensions: equal vectors and equal similarities abound.
QUERIES = st.lists(st.integers(-2, 2), min_size=8, max_size=8)


def clips_of(content: int) -> np.ndarray:
    """Return the vectors of a video: none to four clips, some of them equal, some zero.

    One or four values are 1 or -1, so that unit vectors and sums of their products are exact and
    the model's ties are the program's.
    """
    draw = np.random.default_rng(content)
    vectors = np.zeros((content % 5, 8), dtype=np.float32)
    for vector in vectors:
        places = draw.choice(8, draw.choice([0, 1, 4]), replace=False)
        vector[places] = draw.choice([-1, 1], len(places))
    return vectors


def cosine(query: list[int], vector: np.ndarray) -> np.float32:
    unit_query = (np.asarray(query) / (np.linalg.norm(query) or 1.0)).astype(np.float32)
    unit = vector / (np.linalg.norm(vector) or 1.0)
    length = np.linalg.norm(unit_query.astype(np.float64)) or 1.0
    return np.float32(np.dot(unit.astype(np.float64), unit_query.astype(np.float64)) / length)


class SearchMachine(RuleBasedStateMachine):
    make_shelf = None

    @initialize()
    def start(self) -> None:
        logging.getLogger("index_store").setLevel(logging.ERROR)
        self.directory = Path(tempfile.mkdtemp(prefix="store-", dir=MEMORY))
        self.store = Store.open(self.directory, create=True)
        self.shelf = type(self).make_shelf(self.store)
        self.indexings = {"films": self.shelf.indexing, "others": self.shelf.begin("others")}
        self.held: dict[str, dict[str, int]] = {"films": {}, "others": {}}
        self.made_at: dict[int, int] = {}
        self.clock = itertools.count()
        self.renew_searchers()

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            shutil.rmtree(self.directory)

    @rule()
    def renew_searchers(self) -> None:
        self.searchers = {
            name: self.store.searcher(indexing.indexing_id)
            for name, indexing in self.indexings.items()
        }

    @rule(collection=COLLECTIONS, contents=st.dictionaries(PATHS, CONTENTS, min_size=1))
    def add(self, collection: str, contents: dict[str, int]) -> None:
        for path, content in contents.items():
            self._add(collection, path, content)

    def _add(self, collection: str, path: str, content: int) -> None:
        self.shelf.add(
            path, clips_of(content), content=str(content), indexing=self.indexings[collection]
        )
        self.made_at.setdefault(content, next(self.clock))
        self.held[collection][path] = content
        self._forget_unheld()

    @rule(collection=COLLECTIONS, path=PATHS)
    def forget(self, collection: str, path: str) -> None:
        collection_id = self.indexings[collection].collection.collection_id
        num_held = self.shelf.catalog.files.forget(collection_id, [Path(path)])
        assert num_held == int(path in self.held[collection])
        self.held[collection].pop(path, None)
        self._forget_unheld()

    @rule(collection=COLLECTIONS, path=PATHS)
    def fail(self, collection: str, path: str) -> None:
        collection_id = self.indexings[collection].collection.collection_id
        self.shelf.catalog.files.record_failure(
            collection_id, self.shelf.file(path, mtime_ns=2), error_class="E", message="m"
        )
        self.held[collection].pop(path, None)
        self._forget_unheld()
        self.shelf.catalog.files.forget(collection_id, [Path(path)])

    @rule(collection=COLLECTIONS, kind=KINDS)
    def publish(self, collection: str, kind: str) -> None:
        manifest = self.store.publish(self.indexings[collection].indexing_id, kind)
        assert manifest.count == sum(
            len(clips_of(content)) for content in set(self.held[collection].values())
        )

    @rule(collection=COLLECTIONS, name=FILES, place=st.floats(0, 1, exclude_max=True))
    def flip_a_bit(self, collection: str, name: str, place: float) -> None:
        folder = self.directory / "indexes" / str(self.indexings[collection].indexing_id)
        current = folder / "CURRENT"
        if not current.exists():
            return
        path = folder / current.read_text(errors="replace").split(" ")[0] / name
        path = current if name == "../CURRENT" else path
        if not path.exists():
            return
        content = bytearray(path.read_bytes())
        content[int(place * len(content))] ^= 1
        path.write_bytes(content)

    @rule(
        collection=COLLECTIONS,
        query=QUERIES,
        k=st.sampled_from([1, 2, 5]),
        excluded=st.none() | CONTENTS,
        allowed=st.none() | st.sets(CONTENTS),
    )
    def search(
        self,
        collection: str,
        query: list[int],
        k: int,
        excluded: int | None,
        allowed: set[int] | None,
    ) -> None:
        ids = self._video_ids(collection)
        allowed_ids = None if allowed is None else [ids[each] for each in allowed if each in ids]
        result = self.searchers[collection].search(
            np.asarray([query, query], dtype=np.float32),
            k,
            excluded_video_ids=[ids[excluded]] if excluded in ids else [],
            allowed_video_ids=allowed_ids,
        )
        contents = set(self.held[collection].values()) - {excluded}
        expected = self._expected(query, contents if allowed is None else contents & allowed)
        self._compare(result, expected[:k])

    @invariant()
    def everything_is_found_in_order(self) -> None:
        for collection, searcher in getattr(self, "searchers", {}).items():
            query = [1, 0, 0, -1, 2, 0, 1, 0]
            result = searcher.search(np.asarray([query], dtype=np.float32), 100)
            self._compare(result, self._expected(query, set(self.held[collection].values())))

    def _expected(
        self, query: list[int], contents: set[int]
    ) -> list[tuple[np.float32, int, int, int]]:
        return sorted(
            (-cosine(query, vector), self.made_at[content], position, content)
            for content in contents
            for position, vector in enumerate(clips_of(content))
        )

    def _compare(
        self, result: SearchResult, expected: list[tuple[np.float32, int, int, int]]
    ) -> None:
        contents = {self.shelf.hash(str(content)): content for content in range(NUM_CONTENTS)}
        for similarities, clip_ids in zip(result.similarities, result.clip_ids, strict=True):
            found = [
                (contents[clip.content_hash], int(clip.start_seconds))
                for clip in (result.clips[clip_id] for clip_id in clip_ids.tolist())
            ]
            np.testing.assert_allclose(similarities, [-row[0] for row in expected], atol=1e-7)
            assert found == [(content, position) for _, _, position, content in expected]
        assert result.exact

    def _forget_unheld(self) -> None:
        held = {content for files in self.held.values() for content in files.values()}
        self.made_at = {content: at for content, at in self.made_at.items() if content in held}

    def _video_ids(self, collection: str) -> dict[int, int]:
        described = self.shelf.catalog.clips.describe(
            self.indexings[collection].collection.collection_id, range(1, 2000)
        )
        contents = {self.shelf.hash(str(content)): content for content in range(NUM_CONTENTS)}
        return {contents[clip.content_hash]: clip.video_id for clip in described.values()}


def test_a_search_is_always_exactly_what_the_catalog_says(make_shelf) -> None:
    machine = type("Machine", (SearchMachine,), {"make_shelf": staticmethod(make_shelf)})
    case = machine.TestCase
    # Without shrinking, which takes minutes here: fifteen steps are short enough to read.
    phases = (Phase.explicit, Phase.reuse, Phase.generate)
    case.settings = settings(max_examples=25, stateful_step_count=15, deadline=None, phases=phases)
    case("runTest").runTest()
