"""Results of a search or a selection, written for other programs: one format a file."""
