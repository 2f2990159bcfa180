"""Computed flow kept on disk: one file a video and settings, whole or absent, read clip by clip."""
