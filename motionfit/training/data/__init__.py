"""Clips for training: which, how cut, in which order."""
