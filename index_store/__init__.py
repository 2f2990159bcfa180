"""The store: an SQL catalog as the truth and vector indexes derived from it."""
