"""One schema change a file. Published ones are never edited."""
