"""Videos held ready for random access: every frame, decoded and resized, in one file."""
