"""Frames, clips, sampling, data sets: everything between a file and an array of pixels."""
