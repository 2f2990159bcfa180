"""The whole training, and each of its stages, as commands."""
