from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from index_store.database import Database
from index_store.records import EmbeddedClips
from index_store.schema import (
    clips,
    decode_text,
    embeddings,
    encode_text,
    encodings,
    files,
    metadata,
    videos,
)
from motionfit.errors import (
    ClipNotFoundError,
    CollectionNotFoundError,
    ConfigError,
    EncoderMismatchError,
    IndexingNotFoundError,
)

ONE, TWO = [[1.0] + [0.0] * 7], [[0.0, 1.0] + [0.0] * 6, [0.0, 0.0, 1.0] + [0.0] * 5]


def sizes(shelf) -> dict[str, int]:
    counted = (videos, clips, encodings, embeddings, files)
    database: Database = shelf.store._database
    with database.reading() as connection:
        return {
            table.name: connection.scalars(select(func.count()).select_from(table)).one()
            for table in counted
        }


def test_what_goes_in_comes_out(any_shelf) -> None:
    shelf = any_shelf
    shelf.add("b.mp4", TWO, label="run")
    shelf.add("a.mp4", ONE)
    records = shelf.catalog.files.all(shelf.collection.collection_id)
    assert [str(record.file.path) for record in records] == ["a.mp4", "b.mp4"]
    assert (records[1].file.label, records[1].status, records[1].message) == (
        "run",
        "indexed",
        None,
    )
    video = shelf.catalog.videos.get(records[1].content_hash)
    assert (video.num_frames, video.codec, video.frame_rate) == (100, "h264", 25.0)
    described = shelf.catalog.clips.describe(shelf.collection.collection_id, [1, 2, 3, 99])
    assert sorted(described) == [1, 2, 3]
    assert (described[2].start_seconds, described[2].end_seconds) == (1.0, 1.5)
    assert (described[2].label, str(described[3].path)) == ("run", "a.mp4")
    assert shelf.catalog.clips.vectors([3, 1, 3], shelf.encoder).tolist() == [
        ONE[0],
        TWO[0],
        ONE[0],
    ]
    assert shelf.catalog.encoders.all() == [shelf.encoder]
    assert shelf.encoder.header == {"pool": "max"}


def test_vectors_are_brought_to_unit_length_and_zero_stays_zero(any_shelf) -> None:
    any_shelf.add("a.mp4", [[3.0, 4.0] + [0.0] * 6, [0.0] * 8, [1e30] + [0.0] * 7])
    stored = any_shelf.catalog.clips.vectors([1, 2, 3], any_shelf.encoder)
    np.testing.assert_allclose(stored[0, :2], [0.6, 0.8], rtol=1e-6)
    assert not stored[1].any()
    assert stored[2, 0] == 1.0


def test_every_file_name_survives(any_shelf) -> None:
    names = ["a\udcff\udc80.mp4", "a\\udcff.mp4", "new\nline 'quoted' \"twice\".mp4", "日本\\.mp4"]
    for name in names:
        any_shelf.add(name, ONE)
    found = {str(r.file.path) for r in any_shelf.catalog.files.all(1)}
    assert found == set(names)
    described = any_shelf.catalog.clips.describe(1, [1, 2, 3, 4])
    assert [str(described[clip_id].path) for clip_id in (1, 2, 3, 4)] == names
    assert any_shelf.catalog.files.forget(1, [Path(name) for name in names]) == 4


@given(st.text(st.characters(exclude_categories=[])))
def test_any_text_survives_in_what_databases_accept(text: str) -> None:
    stored = encode_text(text)
    assert decode_text(stored) == text
    assert "\0" not in stored
    stored.encode("utf-8")


def test_two_paths_with_the_same_bytes_are_one_video(any_shelf) -> None:
    shelf = any_shelf
    shelf.add("a.mp4", TWO, content="same")
    shelf.add("b.mp4", TWO, content="same")
    content_hash = shelf.catalog.files.all(1)[0].content_hash
    assert content_hash is not None
    shelf.catalog.files.link(1, shelf.catalog.files.all(1)[0].file, content_hash)
    assert sizes(shelf) == {
        "videos": 1,
        "clips": 2,
        "encodings": 1,
        "embeddings": 2,
        "files": 2,
    }
    assert shelf.found_paths(TWO[0]) == ["a.mp4", "a.mp4"]
    shelf.catalog.files.forget(1, [Path("a.mp4")])
    assert shelf.found_paths(TWO[0]) == ["b.mp4", "b.mp4"]
    shelf.catalog.files.forget(1, [Path("b.mp4")])
    assert set(sizes(shelf).values()) == {0}


def test_a_changed_file_replaces_what_its_path_held(any_shelf) -> None:
    any_shelf.add("a.mp4", TWO, content="old")
    any_shelf.add("a.mp4", ONE, content="new")
    assert sizes(any_shelf) == {
        "videos": 1,
        "clips": 1,
        "encodings": 1,
        "embeddings": 1,
        "files": 1,
    }
    assert any_shelf.catalog.clips.describe(1, [1, 2, 3]).keys() == {3}


def test_a_video_without_clips_is_done_all_the_same(any_shelf) -> None:
    any_shelf.add("short.mp4", [])
    record = any_shelf.catalog.files.all(1)[0]
    done = any_shelf.catalog.videos.embedded_hashes(any_shelf.encoder.encoder_id, "uniform")
    assert done == {record.content_hash}
    assert any_shelf.found_paths(ONE[0]) == []


def test_a_failed_file_tells_why_and_holds_no_video(any_shelf) -> None:
    shelf = any_shelf
    shelf.add("a.mp4", ONE)
    shelf.catalog.files.record_failure(
        1,
        shelf.file("a.mp4", mtime_ns=9),
        error_class="UnreadableVideoError",
        message="no \0 video",
    )
    (record,) = shelf.catalog.files.all(1)
    assert (record.status, record.error_class, record.message) == (
        "failed",
        "UnreadableVideoError",
        "no \0 video",
    )
    assert record.content_hash is None
    assert sizes(shelf)["videos"] == 0


def test_a_failure_of_unchanged_bytes_keeps_what_other_encoders_made_of_them(any_shelf) -> None:
    shelf = any_shelf
    shelf.add("a.mp4", ONE)
    (known,) = shelf.catalog.files.all(1)
    shelf.catalog.files.record_failure(1, known.file, error_class="E", message="too short")
    (record,) = shelf.catalog.files.all(1)
    assert (record.status, record.content_hash) == ("failed", known.content_hash)
    assert shelf.found_paths(ONE[0]) == ["a.mp4"]


def test_an_unknown_video_cannot_be_linked(any_shelf) -> None:
    with pytest.raises(ConfigError, match="content_hash"):
        any_shelf.catalog.files.link(1, any_shelf.file("a.mp4"), "f" * 64)


def test_collections_share_videos_and_part_with_them_one_by_one(any_shelf) -> None:
    shelf = any_shelf
    other = shelf.begin("others")
    shelf.add("a.mp4", TWO, content="same")
    shelf.add("x/b.mp4", TWO, content="same", indexing=other)
    assert sizes(shelf)["embeddings"] == 2
    assert (shelf.count(), shelf.count(other)) == (2, 2)
    shelf.catalog.collections.remove("films")
    assert (sizes(shelf)["embeddings"], shelf.count(other)) == (2, 2)
    shelf.catalog.collections.remove("others")
    assert set(sizes(shelf).values()) == {0}


def test_encoders_stand_side_by_side(any_shelf) -> None:
    shelf = any_shelf
    second = shelf.begin(encoder="b")
    shelf.add("a.mp4", TWO)
    shelf.add("a.mp4", [ONE[0], ONE[0]], indexing=second)
    assert sizes(shelf) == {
        "videos": 1,
        "clips": 2,
        "encodings": 2,
        "embeddings": 4,
        "files": 1,
    }
    assert shelf.catalog.clips.vectors([1], second.encoder).tolist() == ONE


def test_clips_that_an_encoder_saw_otherwise_are_encoded_again(any_shelf) -> None:
    shelf = any_shelf
    shelf.add("a.mp4", TWO)
    shelf.add("a.mp4", ONE, indexing=shelf.begin(encoder="b"))
    assert sizes(shelf)["embeddings"] == 1
    assert shelf.catalog.videos.embedded_hashes(shelf.encoder.encoder_id, "uniform") == set()
    assert shelf.found_paths(ONE[0]) == []


def test_another_sampling_replaces_the_old_one_only_when_it_is_complete(any_shelf) -> None:
    shelf = any_shelf
    shelf.add("a.mp4", TWO)
    shelf.catalog.indexings.complete(shelf.indexing.indexing_id)
    denser = shelf.begin(sampling="every second")
    shelf.add("a.mp4", ONE, indexing=denser)
    assert shelf.catalog.indexings.default("films").indexing_id == shelf.indexing.indexing_id
    assert shelf.count() == 2
    shelf.catalog.indexings.complete(denser.indexing_id)
    assert shelf.catalog.indexings.all("films") == [shelf.catalog.indexings.default("films")]
    assert shelf.catalog.indexings.default("films").sampling_key == "every second"
    assert sizes(shelf)["clips"] == 1
    with pytest.raises(IndexingNotFoundError, match="indexed anew"):
        shelf.catalog.indexings.get(shelf.indexing.indexing_id)


def test_the_default_is_the_indexing_completed_last(any_shelf) -> None:
    catalog, first = any_shelf.catalog, any_shelf.indexing
    second = any_shelf.begin(encoder="b")
    assert catalog.indexings.default("films") == second
    catalog.indexings.complete(second.indexing_id)
    catalog.indexings.complete(first.indexing_id)
    assert catalog.indexings.default("films").indexing_id == first.indexing_id
    catalog.indexings.complete(second.indexing_id)
    assert catalog.indexings.default("films").indexing_id == second.indexing_id
    assert [i.indexing_id for i in catalog.indexings.all()] == [
        second.indexing_id,
        first.indexing_id,
    ]
    with pytest.raises(CollectionNotFoundError, match="this store has: films"):
        catalog.indexings.default("movies")


def test_beginning_again_continues(any_shelf) -> None:
    any_shelf.add("a.mp4", ONE)
    assert any_shelf.begin().indexing_id == any_shelf.indexing.indexing_id
    assert any_shelf.begin().revision > any_shelf.indexing.revision


def test_collections_are_named_and_renamed(any_shelf) -> None:
    collections = any_shelf.catalog.collections
    assert collections.add("films") == any_shelf.collection
    collections.add("b\\\udc80")
    assert [c.name for c in collections.all()] == ["b\\\udc80", "films"]
    renamed = collections.rename("films", "movies")
    assert collections.get("movies") == renamed
    with pytest.raises(CollectionNotFoundError, match="movies"):
        collections.get("films")
    with pytest.raises(ConfigError, match="no other collection"):
        collections.rename("movies", "b\\\udc80")
    with pytest.raises(ConfigError, match="collection"):
        collections.add(" ")


def test_vectors_must_fit_the_encoder_and_their_clips(any_shelf) -> None:
    shelf = any_shelf
    nine = EmbeddedClips(
        start_seconds=np.zeros(1), end_seconds=np.ones(1), vectors=np.ones((1, 9), np.float32)
    )
    shelf.add("a.mp4", ONE)
    video = shelf.catalog.videos.get(shelf.catalog.files.all(1)[0].content_hash)
    with pytest.raises(EncoderMismatchError, match="toy of 8 values"):
        shelf.catalog.videos.add(shelf.indexing.indexing_id, shelf.file("b.mp4"), video, nine)
    with pytest.raises(EncoderMismatchError, match="one of 9 values"):
        shelf.catalog.encoders.register(identity="a" * 64, name="toy", embedding_dim=9, header={})
    with pytest.raises(ConfigError, match="finite"):
        shelf.add("c.mp4", [[float("nan")] * 8])
    with pytest.raises(ConfigError, match="as many starts"):
        EmbeddedClips(
            start_seconds=np.zeros(2), end_seconds=np.ones(1), vectors=np.ones((1, 8), np.float32)
        )
    assert [str(record.file.path) for record in shelf.catalog.files.all(1)] == ["a.mp4"]


def test_a_clip_that_is_not_there_is_named(any_shelf) -> None:
    with pytest.raises(ClipNotFoundError, match="id 5"):
        any_shelf.catalog.clips.get(1, 5)
    with pytest.raises(ClipNotFoundError, match="id 5"):
        any_shelf.catalog.clips.vectors([5], any_shelf.encoder)
    assert any_shelf.catalog.clips.vectors([], any_shelf.encoder).shape == (0, 8)


def test_a_label_is_updated_without_a_new_revision(any_shelf) -> None:
    any_shelf.add("a.mp4", ONE)
    before = any_shelf.begin().revision
    (record,) = any_shelf.catalog.files.all(1)
    any_shelf.catalog.files.link(1, any_shelf.file("a.mp4", label="jump"), record.content_hash)
    assert any_shelf.catalog.clips.get(1, 1).label == "jump"
    assert any_shelf.begin().revision == before


def test_every_reference_between_tables_has_an_index() -> None:
    for table in (files, clips, embeddings, encodings):
        for column in table.columns:
            cascades = [key for key in column.foreign_keys if key.ondelete == "CASCADE"]
            leading = [next(iter(index.columns)) for index in table.indexes]
            leading += [
                next(iter(constraint.columns))
                for constraint in table.constraints
                if type(constraint).__name__ in {"PrimaryKeyConstraint", "UniqueConstraint"}
            ]
            assert not cascades or column in leading
    assert len(metadata.tables) == 12
