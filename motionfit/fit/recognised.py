"""Unlabelled videos that are among the labelled ones too: what is known of them."""

from collections.abc import Sequence
from pathlib import Path

from motionfit.fit.contents import hash_file, length_bytes
from motionfit.media.datasets.dataset import LabeledVideo
from motionfit.media.packed.videos import PackedVideos


def recognise_videos(
    packed: PackedVideos, known: Sequence[LabeledVideo]
) -> tuple[LabeledVideo | None, ...]:
    """Return what a labelled set says of packed videos, which are known by their bytes.

    Only files that are as long as one of the packed videos are read, and none that is packed.

    Args:
        packed: Videos without labels.
        known: Those that the set names.

    Returns:
        One a packed video, None where the set does not have it.
    """
    hash_of = dict(zip(packed.names, packed.content_hashes, strict=True))
    lengths = {length_bytes(Path(name)) for name in packed.names}
    by_content = {}
    for video in known:
        content = hash_of.get(str(video.path))
        if content is None and length_bytes(video.path) in lengths:
            content = hash_file(video.path)
        if content is not None:
            by_content[content] = video
    return tuple(by_content.get(content) for content in packed.content_hashes)
