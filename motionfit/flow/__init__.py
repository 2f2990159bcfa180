"""Optical flow between frames, and the cache that keeps it."""
