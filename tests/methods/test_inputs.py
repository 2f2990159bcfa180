"""What an encoder takes, and the flow that it has learnt from."""

import json

import numpy as np
import pytest

from motionfit.encoders.registry import load_encoder
from motionfit.errors import ConfigError
from motionfit.flow.cache.cache import FlowCache
from motionfit.flow.cache.imported import ImportedFlowSettings
from motionfit.flow.making.make import make_flow
from motionfit.flow.making.settings import MakingSettings
from motionfit.flow.packing import pack_flow
from motionfit.flow.settings import FlowSettings
from motionfit.media.packed.arrays import pack_arrays
from motionfit.methods.inputs import describe_flow
from motionfit.methods.labelled import LabelledSettings
from motionfit.methods.pseudo_labelled import describe_clips
from motionfit.methods.teacher import train_teacher


@pytest.fixture(scope="module")
def teacher(flow_videos, motion_spec, one_epoch, tmp_path_factory):
    settings = LabelledSettings(spec=motion_spec, training=one_epoch, num_clips=1)
    return train_teacher(flow_videos, settings, tmp_path_factory.mktemp("teacher"), device="cpu")


def test_a_teacher_knows_the_flow_it_has_learnt_from(teacher):
    known = load_encoder(teacher.source, device="cpu").origin

    assert known.flow == "dis at the videos' own size, bound 20 px"


def test_flow_made_otherwise_than_the_teachers_is_one_sentence(
    teacher, video_files, packed_flow, tmp_path
):
    finer = FlowSettings(method="dis", bound_px=5)
    make_flow(video_files[:2], tmp_path / "cache", MakingSettings(method="dis", bound_px=5))
    cache = FlowCache(tmp_path / "cache")
    packed = pack_flow(
        video_files[:2], cache, finer, tmp_path / "flow", size=packed_flow.size
    ).packed

    with pytest.raises(ConfigError) as caught:
        describe_clips(teacher, packed, tmp_path / "features.npz")

    assert str(caught.value) == (
        'flow is "dis at the videos\' own size, bound 5 px"; expected what the encoder has '
        "learnt from, dis at the videos' own size, bound 20 px."
    )


def test_the_implementations_of_one_algorithm_give_one_flow(packed_frames, tmp_path):
    levels = [np.full((4, 32, 44, 2), 128, np.uint8)]
    said = set()
    for method in ("tvl1", "tvl1-numba", "tvl1-torch"):
        key = FlowSettings(method=method, size=(64, 86), remove_camera_motion=True).key()
        settings = {"flow": json.loads(key)}
        said.add(
            describe_flow(pack_arrays(levels, tmp_path / method, kind="flow", settings=settings))
        )

    assert said == {"tvl1 at 64x86 px, bound 5.33333 px, without camera motion"}
    assert describe_flow(packed_frames) is None


def test_imported_flow_is_known_by_its_source_and_bound(tmp_path):
    settings = {"flow": json.loads(ImportedFlowSettings(source="denseflow", bound_px=32).key())}
    packed = pack_arrays(
        [np.zeros((4, 32, 44, 2), np.uint8)], tmp_path / "flow", kind="flow", settings=settings
    )

    assert describe_flow(packed) == "imported from denseflow, bound 32 px"


def test_where_nobody_knows_how_flow_was_made_nothing_is_refused(teacher, tmp_path):
    levels = [np.full((8, 32, 44, 2), 128, np.uint8)]
    packed = pack_arrays(levels, tmp_path / "flow", kind="flow")

    assert describe_clips(teacher, packed, tmp_path / "features.npz").num_clips == 1


def test_frames_for_a_motion_model_are_one_sentence(teacher, packed_frames, tmp_path):
    with pytest.raises(ConfigError) as caught:
        describe_clips(teacher, packed_frames, tmp_path / "features.npz")

    assert str(caught.value) == (
        "videos is 'frames of 3'; expected videos of 2 channels, as the encoder takes."
    )
