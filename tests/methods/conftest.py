"""Packed frames and flow of the synthetic set, at a size at which a training takes seconds."""

from pathlib import Path

import pytest

from motionfit.encoders.spec import EncoderSpec
from motionfit.flow.cache.cache import FlowCache
from motionfit.flow.making.make import make_flow
from motionfit.flow.making.settings import MakingSettings
from motionfit.flow.packing import pack_flow
from motionfit.flow.settings import FlowSettings
from motionfit.labels.settings import LabelSettings
from motionfit.media.packed.frames import pack_frames
from motionfit.media.packed.videos import PackedVideos
from motionfit.media.sampling import ClipSpec
from motionfit.methods.labelled import LabelledSettings
from motionfit.methods.model import flow_spec, rgb_spec
from motionfit.methods.recipe import RecipeSettings
from motionfit.methods.student import StudentSettings
from motionfit.methods.videos import TrainingVideos
from motionfit.training.settings import TrainingSettings

SIZE, CROP = (32, 44), (32, 32)
CLIP = ClipSpec(clip_length=8)


@pytest.fixture(scope="session")
def packed_frames(
    video_files: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> PackedVideos:
    """The frames of 18 videos, one of each motion."""
    path = tmp_path_factory.mktemp("packed") / "frames"
    pack_frames(video_files, path, size=SIZE)
    return PackedVideos(path)


@pytest.fixture(scope="session")
def packed_flow(video_files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> PackedVideos:
    """The flow of the same videos."""
    folder = tmp_path_factory.mktemp("flow")
    make_flow(video_files, folder / "cache", MakingSettings(method="dis"))
    path = folder / "packed"
    pack_flow(video_files, FlowCache(folder / "cache"), FlowSettings(method="dis"), path, size=SIZE)
    return PackedVideos(path)


def labelled(packed: PackedVideos) -> TrainingVideos:
    """Three classes of six videos: enough to learn, and to hold one out of each."""
    labels = tuple(place % 3 for place in range(len(packed)))
    return TrainingVideos(packed=packed, labels=labels, class_names=("a", "b", "c"))


@pytest.fixture(scope="session")
def flow_videos(packed_flow: PackedVideos) -> TrainingVideos:
    """Flow with labels."""
    return labelled(packed_flow)


@pytest.fixture(scope="session")
def frame_videos(packed_frames: PackedVideos) -> TrainingVideos:
    """Frames with labels."""
    return labelled(packed_frames)


@pytest.fixture(scope="session")
def motion_spec() -> EncoderSpec:
    """A small motion model."""
    return flow_spec("r2plus1d_10", CLIP, resize=SIZE, crop=CROP)


@pytest.fixture(scope="session")
def appearance_spec() -> EncoderSpec:
    """A small appearance model."""
    return rgb_spec("r2plus1d_10", CLIP, resize=SIZE, crop=CROP)


@pytest.fixture(scope="session")
def one_epoch() -> TrainingSettings:
    """As short as a training can be."""
    return TrainingSettings(epochs=1, batch_size=8, milestones=(), log_every=1)


@pytest.fixture(scope="session")
def recipe_settings(
    motion_spec: EncoderSpec, appearance_spec: EncoderSpec, one_epoch: TrainingSettings
) -> RecipeSettings:
    """A teacher of flow, four clusters, a student of frames; of one epoch each."""
    return RecipeSettings(
        teacher=LabelledSettings(spec=motion_spec, num_clips=1, training=one_epoch),
        labels=LabelSettings(num_clusters=4),
        student=StudentSettings(spec=appearance_spec, num_clips=1, training=one_epoch),
    )


def times(folder: Path) -> dict[str, int]:
    """Return when each file of a folder was last written to."""
    return {
        path.relative_to(folder).as_posix(): path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file()
    }
