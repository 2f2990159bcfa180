"""Which containers and codecs are trusted with what; each entry is proven by a test.

Both tables are for `tests/media/test_right_frames.py` to justify: a container or a codec that is
not written and read back there does not belong here.
"""

_INDEXED_CONTAINERS = frozenset({"mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm"})

_SEEKABLE_CODECS = frozenset({"h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "mjpeg", "prores"})

_DECORD_CODECS = frozenset({"h264", "vp8", "vp9", "av1", "mpeg4"})


def may_seek(container: str, codec: str) -> bool:
    """Return whether a jump to a key frame gives the same pixels as decoding up to it."""
    return container in _INDEXED_CONTAINERS and codec in _SEEKABLE_CODECS


def may_use_decord(container: str, codec: str) -> bool:
    """Return whether decord gives the right frames where groups of pictures are closed.

    It silently gives wrong ones at random access in AVI with B-frames, in MPEG-2 and in transport
    streams, and in any container where groups are open. With HEVC it fails.
    """
    return container in _INDEXED_CONTAINERS and codec in _DECORD_CODECS
