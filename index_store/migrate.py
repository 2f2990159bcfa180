"""The catalog's schema brought to the version that this program reads and writes."""

import uuid
from datetime import UTC, datetime

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, inspect, select

from index_store.database import Database
from index_store.schema import store_info
from motionfit.errors import CatalogError


def needs_migration(database: Database) -> bool:
    """Return whether the catalog is of an older version, or still empty.

    Raises:
        CatalogError: It was made by a newer version, or by another program, or is damaged.
    """
    with database.reading() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
        foreign = found is None and inspect(connection).get_table_names()
    scripts = ScriptDirectory.from_config(_config())
    if foreign:
        raise CatalogError(database.location, "it is a database of another program")
    if found is not None and found not in {script.revision for script in scripts.walk_revisions()}:
        raise CatalogError(
            database.location, f"a newer version of this program made it ({found}); update"
        )
    return found != scripts.get_current_head()


def migrate(database: Database) -> None:
    """Bring the catalog to this version, all or nothing.

    Raises:
        CatalogError: The database cannot be written.
    """
    with database.writing() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        if connection.scalars(select(store_info.c.store_id)).first() is None:
            created_at = datetime.now(UTC).isoformat(timespec="seconds")
            row = {"store_id": uuid.uuid4().hex, "created_at": created_at}
            connection.execute(insert(store_info).values(row))


def read_store_id(connection: Connection) -> str:
    """Return the id that a store got when it was made."""
    return str(connection.scalars(select(store_info.c.store_id)).one())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "index_store:migrations")
    config.set_main_option("path_separator", "os")
    return config
