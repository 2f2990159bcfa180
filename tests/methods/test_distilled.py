"""MERS and MARS: features of frames that are to equal features of flow."""

import pytest

from motionfit.errors import ConfigError
from motionfit.methods.distilled import DistilledSettings
from motionfit.methods.labelled import LabelledSettings
from motionfit.methods.mars import train_mars
from motionfit.methods.matching import PairedClips
from motionfit.methods.mers import train_mers
from motionfit.methods.model import rgb_spec
from motionfit.methods.teacher import train_teacher
from motionfit.methods.videos import TrainingVideos
from motionfit.training.data.clips import TrainingClips
from motionfit.training.data.settings import ClipSettings

CLIPS = ClipSettings(clip_length=8, num_clips=2, crop=(32, 32), flip=True)


@pytest.fixture(scope="module")
def teacher(flow_videos, motion_spec, one_epoch, tmp_path_factory):
    settings = LabelledSettings(spec=motion_spec, training=one_epoch, num_clips=1)
    return train_teacher(flow_videos, settings, tmp_path_factory.mktemp("teacher"), device="cpu")


@pytest.mark.parametrize(("train_method", "name"), [(train_mers, "mers"), (train_mars, "mars")])
def test_an_encoder_of_frames_comes_out(
    train_method, name, teacher, frame_videos, packed_flow, appearance_spec, one_epoch, tmp_path
):
    settings = DistilledSettings(spec=appearance_spec, training=one_epoch)

    encoder = train_method(frame_videos, packed_flow, teacher, settings, tmp_path, device="cpu")

    assert encoder.spec == appearance_spec
    assert encoder.origin.method == name
    assert (tmp_path / "encoder.safetensors").is_file()


def test_mers_needs_no_labels(
    teacher, packed_frames, packed_flow, appearance_spec, one_epoch, tmp_path
):
    frames = TrainingVideos(packed=packed_frames)
    settings = DistilledSettings(spec=appearance_spec, training=one_epoch)

    encoder = train_mers(frames, packed_flow, teacher, settings, tmp_path, device="cpu")

    assert encoder.is_trained


def test_frames_and_flow_of_a_batch_are_of_the_same_time(packed_frames, packed_flow):
    frames = TrainingClips(packed_frames, CLIPS, seed=3)
    flow = TrainingClips(packed_flow, CLIPS, seed=3)

    batch = PairedClips(frames, flow).batch(epoch=1, step=0, batch_size=6)

    assert batch.frames.starts.tolist() == batch.flow.starts.tolist()
    assert batch.frames.videos.tolist() == batch.flow.videos.tolist()
    assert batch.frames.clips.shape[:2] == batch.flow.clips.shape[:2] == (6, 2)


def test_clips_that_are_cut_differently_are_no_pairs(packed_frames, packed_flow):
    frames = TrainingClips(packed_frames, CLIPS)
    flow = TrainingClips(packed_flow, ClipSettings(clip_length=8, num_clips=2, crop=(32, 32)))

    with pytest.raises(ConfigError, match="the same videos, cut alike"):
        PairedClips(frames, flow)


def test_a_student_with_other_features_than_the_teachers_is_refused(
    teacher, frame_videos, packed_flow, appearance_spec, tmp_path
):
    other = rgb_spec("r3d_18", appearance_spec.clip, resize=(32, 44), crop=(32, 32))

    with pytest.raises(ConfigError, match="one with 256 features, as r2plus1d_10 has"):
        train_mers(frame_videos, packed_flow, teacher, DistilledSettings(spec=other), tmp_path)
