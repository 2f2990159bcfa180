"""Local motion seen in flow, and in frames: the two stages on real files."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from motionfit.encoders.backbones.build import LOCAL_MOTION, LOCAL_MOTION_FLOW
from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.spec import EncoderSpec
from motionfit.encoders.values import get_weights
from motionfit.errors import ConfigError, RunMismatchError, TooFewVideosError
from motionfit.media.packed.arrays import pack_arrays
from motionfit.media.sampling import ClipSpec
from motionfit.methods.distilled import pair_clips
from motionfit.methods.label_subset import choose_labelled
from motionfit.methods.labelled import LabelledSettings
from motionfit.methods.local_motion_teacher import LocalMotionSettings
from motionfit.methods.model import flow_spec, rgb_spec
from motionfit.methods.motionfit_plus import LocalStudentSettings, train_motionfit_plus
from motionfit.methods.random_init import make_random_init
from motionfit.methods.teacher import train_teacher
from motionfit.methods.videos import LabelledVideos
from motionfit.training.data.colour import ColourJitter
from tests.methods.conftest import SIZE, times

CLIP = ClipSpec(clip_length=16)


@pytest.fixture(scope="module")
def spec() -> EncoderSpec:
    return rgb_spec(LOCAL_MOTION, CLIP, resize=SIZE, crop=SIZE)


@pytest.fixture(scope="module")
def how() -> LocalMotionSettings:
    return LocalMotionSettings(
        spec=flow_spec(LOCAL_MOTION_FLOW, CLIP, resize=SIZE, crop=SIZE, bound_px=20.0)
    )


@pytest.fixture(scope="module")
def settings(spec, one_epoch) -> LocalStudentSettings:
    return LocalStudentSettings(spec=spec, flip=True, colour=ColourJitter(), training=one_epoch)


@pytest.fixture(scope="module")
def labelled(flow_videos) -> dict[str, LabelledVideos]:
    return {"flow": LabelledVideos(videos=flow_videos)}


@pytest.fixture(scope="module")
def run(how, packed_flow, frame_videos, settings, labelled, tmp_path_factory):
    folder = tmp_path_factory.mktemp("plus")
    return folder, *train_motionfit_plus(
        how,
        packed_flow,
        frame_videos,
        settings,
        folder,
        labelled=labelled,
        teacher_data="18 flows",
        data="18 videos",
        device="cpu",
    )


def test_a_teacher_of_flow_and_a_student_of_frames_come_out(run, packed_flow):
    folder, teacher, student = run

    assert (teacher.spec.in_channels, student.spec.in_channels) == (2, 3)
    assert teacher.embedding_dim == student.embedding_dim == 448
    assert (teacher.origin.method, student.origin.method) == ("local motion", "motionfit_plus")
    assert (teacher.origin.data, student.origin.data) == ("18 flows", "18 videos")
    assert teacher.origin.flow is not None
    assert (folder / "teacher" / "encoder.safetensors").is_file()
    assert (folder / "student" / "encoder.safetensors").is_file()


def test_the_student_describes_as_the_teacher_does_and_has_its_own_projection(run):
    _, teacher, student = run
    taught, seen = (encoder.network.backbone for encoder in (teacher, student))

    for part in ("places.mean", "places.basis", "pool.fisher.means", "pool.fisher.weights"):
        assert torch.equal(taught.get_parameter(part), seen.get_parameter(part))
    assert not torch.equal(taught.pool.projection, seen.pool.projection)


def test_the_teacher_tells_videos_of_different_motions_apart(run, packed_flow):
    """A video whose flow is noisier looks to it as before, and unlike one of another motion."""
    _, teacher, _ = run
    rng = np.random.default_rng(0)
    clips = np.stack([packed_flow.read(video, np.arange(16)) for video in range(len(packed_flow))])
    noise = rng.integers(-2, 3, clips.shape)
    noisy = np.clip(clips + noise, 0, 255).astype(np.uint8)

    similarity = teacher.encode(clips) @ teacher.encode(noisy).T

    same = np.diag(similarity)
    others = similarity[~np.eye(len(clips), dtype=bool)]
    assert same.mean() > 0.7
    assert others.mean() < 0.3
    assert (similarity.argmax(1) == np.arange(len(clips))).mean() > 0.9


def test_a_second_call_makes_nothing_again(run, how, packed_flow, frame_videos, settings, labelled):
    folder, teacher, student = run
    before = times(folder)

    again = train_motionfit_plus(
        how, packed_flow, frame_videos, settings, folder, labelled=labelled, device="cpu"
    )

    assert [encoder.identity for encoder in again] == [teacher.identity, student.identity]
    assert times(folder) == before


def test_labels_of_unlabelled_videos_are_not_looked_at(
    run, how, packed_flow, frame_videos, settings, labelled, tmp_path
):
    _, _, student = run

    _, blind = train_motionfit_plus(
        how,
        packed_flow,
        frame_videos.without_labels(),
        settings,
        tmp_path,
        labelled=labelled,
        device="cpu",
    )

    assert blind.identity == student.identity


def test_labels_of_frames_say_which_differences_count(
    run, how, packed_flow, frame_videos, settings, labelled, tmp_path
):
    _, teacher, student = run
    with_frames = {**labelled, "frames": LabelledVideos(videos=frame_videos)}

    _, told = train_motionfit_plus(
        teacher, packed_flow, frame_videos, settings, tmp_path, labelled=with_frames, device="cpu"
    )

    weights, others = (get_weights(encoder.network.backbone) for encoder in (told, student))
    differing = {name for name in weights if not torch.equal(weights[name], others[name])}
    assert differing == {"pool.projection"}


def test_a_teacher_cannot_be_made_without_labels(
    how, packed_flow, frame_videos, settings, tmp_path
):
    with pytest.raises(ConfigError, match="a ready one, or flow of labelled videos"):
        train_motionfit_plus(how, packed_flow, frame_videos, settings, tmp_path, device="cpu")


def test_fewer_labels_make_another_teacher(
    run, how, packed_flow, frame_videos, flow_videos, settings, tmp_path
):
    _, teacher, _ = run
    few = choose_labelled(flow_videos, fraction=0.5)

    other, _ = train_motionfit_plus(
        how,
        packed_flow,
        frame_videos,
        settings,
        tmp_path,
        labelled={"flow": LabelledVideos(videos=flow_videos, places=few)},
        device="cpu",
    )

    assert other.identity != teacher.identity


def test_a_ready_teacher_serves_and_another_one_is_another_run(
    run, how, packed_flow, frame_videos, settings, labelled, tmp_path
):
    _, teacher, student = run

    _, again = train_motionfit_plus(
        teacher, packed_flow, frame_videos, settings, tmp_path, device="cpu"
    )

    assert again.identity == student.identity
    assert not (tmp_path / "teacher").exists()
    other = replace(how, seed=5)
    with pytest.raises(RunMismatchError, match="teacher"):
        train_motionfit_plus(
            other, packed_flow, frame_videos, settings, tmp_path, labelled=labelled, device="cpu"
        )


def test_colours_of_frames_change_and_flow_is_cut_alike(packed_flow, frame_videos, settings):
    several = replace(settings, num_clips=3)
    plain = replace(several, colour=None)
    coloured, uncoloured = (
        pair_clips(frame_videos, None, packed_flow, how)[0].batch(0, 0, 8)
        for how in (several, plain)
    )

    assert torch.equal(coloured.flow.clips, uncoloured.flow.clips)
    assert torch.equal(coloured.rgb.starts, uncoloured.rgb.starts)
    changes = (coloured.rgb.clips.float() - uncoloured.rgb.clips.float()).abs()
    assert (changes.mean((2, 3, 4, 5)) > 1).float().mean() > 0.8


def test_videos_in_which_nothing_moves_are_refused(how, frame_videos, settings, labelled, tmp_path):
    still = pack_arrays(
        [np.full((19, *SIZE, 2), 128, np.uint8)] * 3, tmp_path / "flow", kind="flow", settings={}
    )

    with pytest.raises(TooFewVideosError, match="0 places where something moves; training needs"):
        train_motionfit_plus(
            how, still, frame_videos, settings, tmp_path / "run", labelled=labelled, device="cpu"
        )


def test_a_teacher_of_classes_is_refused(
    flow_videos, motion_spec, one_epoch, packed_flow, frame_videos, settings, tmp_path
):
    of_classes = LabelledSettings(spec=motion_spec, training=one_epoch, num_clips=1)
    teacher = train_teacher(flow_videos, of_classes, tmp_path / "teacher", device="cpu")

    with pytest.raises(ConfigError, match="expected one of local motion"):
        train_motionfit_plus(teacher, packed_flow, frame_videos, settings, tmp_path, device="cpu")


def test_other_clips_than_the_teachers_are_refused(
    run, packed_flow, frame_videos, settings, tmp_path
):
    _, teacher, _ = run
    longer = replace(settings, spec=replace(settings.spec, clip=ClipSpec(clip_length=24)))

    with pytest.raises(ConfigError, match=r"clip is .*; expected the teacher's"):
        train_motionfit_plus(teacher, packed_flow, frame_videos, longer, tmp_path, device="cpu")


def test_a_student_goes_on_from_another_one(
    run, packed_flow, frame_videos, settings, appearance_spec, tmp_path
):
    folder, teacher, student = run
    options = {"start": student, "device": "cpu"}

    _, further = train_motionfit_plus(
        teacher, packed_flow, frame_videos, settings, tmp_path / "further", **options
    )

    first, second = (
        json.loads((where / "student" / "log.jsonl").read_text().splitlines()[1])["loss"]
        for where in (folder, tmp_path / "further")
    )
    assert second < first
    assert further.identity != student.identity
    of_classes = make_random_init(appearance_spec, tmp_path / "classes")
    with pytest.raises(ConfigError, match=r"start is .*; expected one with the student's arch"):
        train_motionfit_plus(
            teacher, packed_flow, frame_videos, settings, tmp_path / "no", start=of_classes
        )


def test_the_log_says_how_much_of_the_motion_the_student_sees(run):
    folder, *_ = run
    lines = (folder / "student" / "log.jsonl").read_text().splitlines()
    epochs = [line for line in map(json.loads, lines) if line["event"] == "epoch"]

    assert {"flow_error", "flow_without_student"} <= epochs[0]["validation"].keys()
    assert isinstance(run[2], ClipEncoder)
