"""Vector indexes: built from the catalog, searched together with what is newer than they are."""
