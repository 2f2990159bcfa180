"""Labelled video data sets: one list format a file, `registry` to load any of them by name."""
