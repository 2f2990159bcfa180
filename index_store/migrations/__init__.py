"""Every change of the catalog's schema, in order; run by ``index_store.migrate``."""
