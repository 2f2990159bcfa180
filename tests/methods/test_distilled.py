"""MERS and MARS: features of frames that are to equal features of flow."""

import json
from dataclasses import replace

import numpy as np
import pytest

from motionfit.errors import ConfigError
from motionfit.flow.cache.cache import FlowCache
from motionfit.flow.making.make import make_flow
from motionfit.flow.making.settings import MakingSettings
from motionfit.flow.packing import pack_flow
from motionfit.flow.settings import FlowSettings
from motionfit.media.packed.arrays import pack_arrays
from motionfit.media.packed.videos import PackedVideos
from motionfit.methods.distilled import DistilledSettings, pair_clips
from motionfit.methods.labelled import LabelledSettings
from motionfit.methods.mars import train_mars
from motionfit.methods.mers import train_mers
from motionfit.methods.model import rgb_spec
from motionfit.methods.teacher import train_teacher


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


def test_mers_does_not_look_at_labels(
    teacher, frame_videos, packed_flow, appearance_spec, one_epoch, tmp_path
):
    settings = DistilledSettings(spec=appearance_spec, training=one_epoch)

    blind, seeing = (
        train_mers(frames, packed_flow, teacher, settings, tmp_path / name, device="cpu")
        for name, frames in (("blind", frame_videos.without_labels()), ("seeing", frame_videos))
    )

    assert blind.identity == seeing.identity


def test_a_video_without_flow_is_left_out_and_the_others_still_match(
    teacher, frame_videos, packed_frames, appearance_spec, one_epoch, tmp_path, video_files
):
    settings = FlowSettings(method="dis")
    make_flow(video_files[1:], tmp_path / "cache", MakingSettings(method="dis"))
    cache = FlowCache(tmp_path / "cache")
    pack_flow(video_files[1:], cache, settings, tmp_path / "flow", size=packed_frames.size)

    encoder = train_mers(
        frame_videos,
        PackedVideos(tmp_path / "flow"),
        teacher,
        DistilledSettings(spec=appearance_spec, training=one_epoch),
        tmp_path / "run",
        device="cpu",
    )

    assert encoder.is_trained


def test_frames_and_flow_are_paired_by_content_wherever_they_lie(
    frame_videos, appearance_spec, tmp_path, video_files
):
    known = video_files[:0:-1]
    flow_settings = FlowSettings(method="dis")
    make_flow(known, tmp_path / "cache", MakingSettings(method="dis"))
    frames = frame_videos.packed
    pack_flow(
        known, FlowCache(tmp_path / "cache"), flow_settings, tmp_path / "flow", size=frames.size
    )
    flow = PackedVideos(tmp_path / "flow")

    seen = set()
    for clips in pair_clips(frame_videos, None, flow, DistilledSettings(spec=appearance_spec)):
        batch = clips.batch(0, 0, clips.num_videos)
        of_frames = [frames.content_hashes[video] for video in batch.rgb.videos.tolist()]
        of_flow = [flow.content_hashes[video] for video in batch.flow.videos.tolist()]
        assert of_frames == of_flow
        assert batch.rgb.videos.tolist() != batch.flow.videos.tolist()
        seen |= set(of_frames)
    assert seen == set(frames.content_hashes[1:])


def test_flow_made_otherwise_than_the_teachers_is_refused(
    teacher, frame_videos, appearance_spec, tmp_path
):
    settings = {"flow": json.loads(FlowSettings(method="tvl1").key())}
    flow = pack_arrays(
        [np.zeros((19, 32, 44, 2), np.uint8)], tmp_path / "flow", kind="flow", settings=settings
    )

    with pytest.raises(ConfigError, match=r'flow is "tvl1 at .*; expected what the encoder has'):
        train_mers(frame_videos, flow, teacher, DistilledSettings(spec=appearance_spec), tmp_path)


def test_frames_of_another_size_than_the_flow_are_refused_as_crops_would_differ(
    teacher, frame_videos, packed_flow, appearance_spec, tmp_path
):
    larger = replace(appearance_spec, resize=(64, 86))

    with pytest.raises(ConfigError, match=r"resize is \(64, 86\); expected the teacher's"):
        train_mers(frame_videos, packed_flow, teacher, DistilledSettings(spec=larger), tmp_path)


def test_a_student_with_other_features_than_the_teachers_is_refused(
    teacher, frame_videos, packed_flow, appearance_spec, tmp_path
):
    other = rgb_spec("r3d_18", appearance_spec.clip, resize=(32, 44), crop=(32, 32))

    with pytest.raises(ConfigError, match="one with 256 features, as r2plus1d_10 has"):
        train_mers(frame_videos, packed_flow, teacher, DistilledSettings(spec=other), tmp_path)
