import json
import logging
from pathlib import Path

import faiss
import numpy as np
import pytest

from index_store.index.kinds import IndexPolicy
from index_store.store import Store
from motionfit.errors import IndexingNotFoundError, IndexWriteError

QUERY = [1.0] + [0.0] * 7


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, logger="index_store")


def fill(shelf, num_videos: int = 12, clips_a_video: int = 4) -> np.ndarray:
    draw = np.random.default_rng(0)
    vectors = draw.standard_normal((num_videos, clips_a_video, 8)).astype(np.float32)
    for number, rows in enumerate(vectors):
        shelf.add(f"{number:02d}.mp4", rows)
    return vectors.reshape(-1, 8)


def folder_of(shelf) -> Path:
    return shelf.store.directory / "indexes" / str(shelf.indexing.indexing_id)


def current_of(shelf) -> Path:
    folder = folder_of(shelf)
    return folder / (folder / "CURRENT").read_text().split()[0]


@pytest.mark.parametrize("kind", ["flat", "sq8", "ivf_sq8"])
def test_a_generation_says_what_it_is_and_how_well_it_finds(kind: str, shelf) -> None:
    fill(shelf)
    manifest = shelf.store.publish(shelf.indexing.indexing_id, kind)
    assert json.loads((current_of(shelf) / "manifest.json").read_text()) == json.loads(
        manifest.to_json()
    )
    assert (manifest.kind, manifest.count, manifest.dim) == (kind, 48, 8)
    assert manifest.revision == shelf.begin().revision
    assert manifest.encoder_identity == shelf.encoder.identity
    assert set(manifest.recall) == {"1", "10"}
    assert manifest.recall["10"] >= 0.99
    assert set(manifest.files) == {"vectors.faiss", "clip_ids.npy"}


def test_the_number_of_clips_decides_the_kind(tmp_path: Path, make_shelf) -> None:
    policy = IndexPolicy(flat_up_to=20, sq8_up_to=40)
    with Store.open(tmp_path, create=True, policy=policy) as store:
        shelf = make_shelf(store)
        assert store.publish(1).kind == "flat"
        kinds = []
        for number in range(12):
            shelf.add(f"{number}.mp4", np.random.default_rng(number).standard_normal((4, 8)))
            kinds.append(store.publish(1).kind)
    assert kinds == ["flat"] * 5 + ["sq8"] * 5 + ["ivf_sq8"] * 2


def test_measured_recall_is_below_one_where_neighbours_are_missed(shelf) -> None:
    draw = np.random.default_rng(0)
    shelf.add("a.mp4", draw.standard_normal((3000, 8)))
    store = shelf.store
    store._publisher._policy = IndexPolicy(target_recall=0.0)
    careless = store.publish(shelf.indexing.indexing_id, "ivf_sq8")
    store._publisher._policy = IndexPolicy(target_recall=0.99)
    careful = store.publish(shelf.indexing.indexing_id, "ivf_sq8")
    assert careless.parameters == {"nprobe": 1}
    assert careless.recall["10"] < 0.9
    assert careful.parameters["nprobe"] > 1
    assert careful.recall["10"] >= 0.99


def test_readers_get_a_new_generation_without_a_restart(shelf) -> None:
    fill(shelf)
    searcher = shelf.store.searcher(shelf.indexing.indexing_id)
    query = np.asarray([QUERY], dtype=np.float32)
    before = searcher.search(query, 5)
    shelf.store.publish(shelf.indexing.indexing_id, "sq8")
    after = searcher.search(query, 5)
    np.testing.assert_array_equal(before.clip_ids, after.clip_ids)
    assert type(searcher._view.indexed).__name__ == "CompressedSegment"
    assert searcher._view.fresh == ()


def test_the_store_knows_whether_its_index_holds_everything(shelf) -> None:
    indexing_id = shelf.indexing.indexing_id
    fill(shelf)
    assert not shelf.store.is_published(indexing_id)
    shelf.store.publish(indexing_id)
    assert shelf.store.is_published(indexing_id)
    shelf.add("another.mp4", np.ones((1, 8), dtype=np.float32))
    assert not shelf.store.is_published(indexing_id)
    shelf.store.publish(indexing_id)
    (folder_of(shelf) / "CURRENT").unlink()
    assert not shelf.store.is_published(indexing_id)


def test_the_generation_before_the_current_one_stays_for_readers_that_just_chose_it(shelf) -> None:
    fill(shelf)
    for _ in range(4):
        shelf.store.publish(shelf.indexing.indexing_id)
    names = sorted(path.name for path in folder_of(shelf).iterdir())
    assert names == ["000003", "000004", "CURRENT"]


def test_generations_of_a_removed_collection_go(shelf) -> None:
    fill(shelf)
    shelf.store.publish(shelf.indexing.indexing_id)
    other = shelf.begin("others")
    shelf.catalog.collections.remove("films")
    shelf.store.publish(other.indexing_id)
    names = [path.name for path in (shelf.store.directory / "indexes").iterdir()]
    assert names == [str(other.indexing_id)]
    with pytest.raises(IndexingNotFoundError):
        shelf.store.publish(shelf.indexing.indexing_id)


@pytest.mark.parametrize("name", ["vectors.faiss", "clip_ids.npy", "manifest.json", "../CURRENT"])
def test_a_flipped_bit_anywhere_is_noticed_and_mended(name: str, shelf) -> None:
    vectors = fill(shelf)
    expected = shelf.found_paths(vectors[7])
    shelf.store.publish(shelf.indexing.indexing_id)
    size = (current_of(shelf) / name).stat().st_size
    # The last byte of CURRENT is the end of its line, of no meaning.
    places = np.linspace(0, size - 2, 12).astype(int).tolist()
    for number, place in enumerate(places):
        path = current_of(shelf) / name
        content = bytearray(path.read_bytes())
        content[place] ^= 1 << number % 8
        path.write_bytes(content)
        damaged = (folder_of(shelf) / "CURRENT").read_bytes()
        assert shelf.found_paths(vectors[7]) == expected
        assert (folder_of(shelf) / "CURRENT").read_bytes() != damaged


@pytest.mark.parametrize("content", [b"", b"garbage", b"../../1/000001 ff", b"\xff\xfe", b"9 9"])
def test_a_current_file_of_garbage_is_harmless(content: bytes, shelf) -> None:
    vectors = fill(shelf)
    shelf.store.publish(shelf.indexing.indexing_id)
    (folder_of(shelf) / "CURRENT").write_bytes(content)
    assert shelf.found_paths(vectors[0])[0] == "00.mp4"


@pytest.mark.parametrize("name", ["vectors.faiss", "clip_ids.npy", "manifest.json", "../CURRENT"])
def test_a_missing_file_is_harmless(name: str, shelf) -> None:
    vectors = fill(shelf)
    shelf.store.publish(shelf.indexing.indexing_id)
    (current_of(shelf) / name).unlink()
    assert shelf.found_paths(vectors[0])[0] == "00.mp4"


def test_a_damaged_generation_is_not_needed_while_another_process_writes(
    shelf, tmp_path: Path
) -> None:
    vectors = fill(shelf)
    shelf.store.publish(shelf.indexing.indexing_id)
    path = current_of(shelf) / "vectors.faiss"
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    damaged = (folder_of(shelf) / "CURRENT").read_bytes()
    with Store.open(shelf.store.directory) as other, other.writer("a test"):
        searcher = shelf.store.searcher(shelf.indexing.indexing_id)
        result = searcher.search(vectors[:1], 3)
        assert (folder_of(shelf) / "CURRENT").read_bytes() == damaged
    assert (result.clip_ids[0, 0], result.similarities[0, 0], result.exact) == (1, 1.0, True)


def test_a_generation_of_another_store_is_refused(shelf, tmp_path: Path, make_shelf) -> None:
    vectors = fill(shelf)
    with Store.open(tmp_path / "other", create=True) as store:
        other = make_shelf(store)
        other.add("other.mp4", np.ones((48, 8)))
        store.publish(other.indexing.indexing_id)
        shelf.store.publish(shelf.indexing.indexing_id)
        folder_of(shelf).rename(tmp_path / "away")
        folder_of(other).rename(folder_of(shelf))
    assert shelf.found_paths(vectors[0])[0] == "00.mp4"


def test_a_generation_does_not_outlive_a_catalog_put_back(tmp_path: Path, make_shelf) -> None:
    catalog = tmp_path / "store" / "catalog.sqlite"
    with Store.open(tmp_path / "store", create=True) as store:
        fill(make_shelf(store))
    backup = catalog.read_bytes()
    with Store.open(tmp_path / "store") as store:
        make_shelf(store).add("later.mp4", [QUERY])
        store.publish(1)
    catalog.write_bytes(backup)
    with Store.open(tmp_path / "store") as store:
        shelf = make_shelf(store)
        assert "later.mp4" not in shelf.found_paths(QUERY)
        shelf.add("instead.mp4", [QUERY])
        assert shelf.found_paths(QUERY)[0] == "instead.mp4"


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), RuntimeError("ENOSPC")])
def test_a_full_disk_leaves_the_old_generation_serving(
    error: Exception, tmp_path: Path, make_shelf
) -> None:
    is_full = False

    def write_index(index: faiss.Index, path: Path) -> None:
        if is_full:
            path.write_bytes(b"the first few bytes")
            raise error
        faiss.write_index(index, str(path))

    with Store.open(tmp_path, create=True, write_index=write_index) as store:
        shelf = make_shelf(store)
        vectors = fill(shelf)
        store.publish(1)
        before = (folder_of(shelf) / "CURRENT").read_bytes()
        shelf.add("new.mp4", [QUERY])
        is_full = True
        with pytest.raises(IndexWriteError, match="could not be written"):
            store.publish(1)
        assert (folder_of(shelf) / "CURRENT").read_bytes() == before
        assert sorted(path.name for path in folder_of(shelf).iterdir()) == ["000001", "CURRENT"]
        assert shelf.found_paths(QUERY)[0] == "new.mp4"
        assert shelf.found_paths(vectors[0])[0] == "00.mp4"


def test_an_index_that_was_written_wrongly_is_never_current(tmp_path: Path, make_shelf) -> None:
    def write_other_vectors(index: faiss.Index, path: Path) -> None:
        other = faiss.IndexFlatIP(index.d)
        other.add(np.eye(index.ntotal, index.d, dtype=np.float32))
        faiss.write_index(other, str(path))

    with Store.open(tmp_path, create=True, write_index=write_other_vectors) as store:
        vectors = fill(make_shelf(store))
        with pytest.raises(IndexWriteError, match="do not find themselves"):
            store.publish(1)
        assert make_shelf(store).found_paths(vectors[0])[0] == "00.mp4"


def test_an_interrupted_publication_is_cleared_away_by_the_next(shelf) -> None:
    fill(shelf)
    unfinished = folder_of(shelf) / "unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "vectors.faiss").write_bytes(b"half")
    shelf.store.publish(shelf.indexing.indexing_id)
    assert not unfinished.exists()
