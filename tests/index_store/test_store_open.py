from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from index_store.database import Database
from index_store.migrate import migrate
from index_store.schema import metadata
from index_store.store import Store
from motionfit.errors import CatalogError, ConfigError, StoreNotFoundError


def test_a_store_is_made_only_when_asked_for(tmp_path: Path) -> None:
    with pytest.raises(StoreNotFoundError, match="no store here"):
        Store.open(tmp_path / "store")
    assert not (tmp_path / "store").exists()
    with Store.open(tmp_path / "store", create=True):
        pass
    with Store.open(tmp_path / "store") as store:
        assert store.catalog.collections.all() == []


def test_a_store_that_a_kill_left_without_tables_is_finished(tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite").touch()
    with Store.open(tmp_path) as store:
        assert store.catalog.collections.all() == []


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_migrations_make_the_schema_that_the_program_uses(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    on_server = kind == "postgresql"
    url = request.getfixturevalue("postgres_url") if on_server else f"sqlite:///{tmp_path / 'c'}"
    database = Database(url)
    migrate(database)
    options = {"compare_type": True}
    with database.reading() as connection:
        differences = compare_metadata(
            MigrationContext.configure(connection, opts=options), metadata
        )
    database.close()
    assert differences == []


def test_ids_are_never_given_twice(tmp_path: Path) -> None:
    database = Database.at_path(tmp_path / "catalog.sqlite")
    migrate(database)
    with database.reading() as connection:
        tables = dict(
            connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type='table'")).all()
        )
    database.close()
    for name in ("collections", "videos", "clips", "indexings"):
        assert "AUTOINCREMENT" in tables[name]


def test_a_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    Store.open(tmp_path, create=True).close()
    engine = create_engine(f"sqlite:///{tmp_path / 'catalog.sqlite'}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(CatalogError, match=r"a newer version of this program made it \(9999\)"):
        Store.open(tmp_path)


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'catalog.sqlite'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE theirs (value INTEGER)"))
    engine.dispose()
    with pytest.raises(CatalogError, match="a database of another program"):
        Store.open(tmp_path, create=True)


@pytest.mark.parametrize("damage", ["header", "pages"])
def test_a_damaged_catalog_is_one_sentence(damage: str, tmp_path: Path) -> None:
    Store.open(tmp_path, create=True).close()
    path = tmp_path / "catalog.sqlite"
    content = bytearray(path.read_bytes())
    if damage == "header":
        content[:100] = b"x" * 100
    else:
        content[100 : len(content)] = b"\xff" * (len(content) - 100)
    path.write_bytes(content)
    with pytest.raises(CatalogError, match="the catalog cannot be used: ") as caught:
        Store.open(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CatalogError, match="cannot be used"):
        Store.open(tmp_path / "file" / "store", create=True)


def test_a_database_url_is_remembered_and_kept_from_others(
    postgres_url: str, tmp_path: Path
) -> None:
    with Store.open(tmp_path, create=True, database_url=postgres_url) as store:
        store.catalog.collections.add("films")
    with Store.open(tmp_path) as store:
        assert [collection.name for collection in store.catalog.collections.all()] == ["films"]
    assert not (tmp_path / "catalog.sqlite").exists()
    assert (tmp_path / "database.url").stat().st_mode & 0o077 == 0


def test_a_url_of_no_database_is_refused_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="database_url") as caught:
        Store.open(tmp_path, create=True, database_url="nothing://user:secret@host/db")
    assert "secret" not in str(caught.value)


def test_a_server_that_does_not_answer_is_one_sentence_without_the_password(
    tmp_path: Path,
) -> None:
    url = f"postgresql+psycopg://user:secret@/db?host={tmp_path}"
    with pytest.raises(CatalogError, match="the catalog cannot be used") as caught:
        Store.open(tmp_path, create=True, database_url=url)
    assert "secret" not in str(caught.value)
