"""Alembic's entry: runs the migrations on the connection that ``index_store.migrate`` hands over.

The transaction is that connection's own, so that an interrupted migration leaves nothing behind.
"""

from alembic import context

from index_store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
