from dataclasses import replace

import numpy as np
import pytest
import torch

from motionfit.encoders.backbones.build import BACKBONE_NAMES, LOCAL_MOTION, build_backbone
from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.network import Network
from motionfit.encoders.origin import Origin
from motionfit.encoders.registry import load_encoder
from motionfit.encoders.runtime import choose_runtime
from motionfit.encoders.values import get_weights
from motionfit.errors import ConfigError, RunMismatchError, TooFewVideosError
from motionfit.media.sampling import ClipSpec
from motionfit.methods.classification import classify_videos
from motionfit.methods.finetune import FinetuneSettings, finetune
from motionfit.methods.model import rgb_spec
from motionfit.methods.random_init import make_random_init
from motionfit.methods.trained_parts import frozen_stages
from tests.methods.conftest import SIZE

CPU = choose_runtime("cpu", "float32")
FROZEN = ("stem", "layer1", "layer2")


@pytest.fixture(scope="module")
def start(appearance_spec) -> ClipEncoder:
    return _untrained(appearance_spec)


def _untrained(spec) -> ClipEncoder:
    backbone = build_backbone(spec.architecture, in_channels=spec.in_channels, seed=5)
    rng = torch.Generator().manual_seed(0)
    for name, statistics in backbone.named_buffers():
        # As after a training: 0 and 1 would be split over micro-batches without rounding.
        if name.endswith("running_mean"):
            statistics.uniform_(-0.01, 0.01, generator=rng)
        elif name.endswith("running_var"):
            statistics.uniform_(0.5, 1.5, generator=rng)
    origin = Origin(is_trained=False, seed=5)
    return ClipEncoder(Network(backbone, CPU), spec, origin=origin, name=spec.architecture)


@pytest.fixture
def settings(appearance_spec, one_epoch) -> FinetuneSettings:
    return FinetuneSettings(spec=appearance_spec, training=one_epoch)


def _moved(start: ClipEncoder, tuned: ClipEncoder) -> dict[str, bool]:
    """Whether each weight, and each statistic of batch norm, has another bit than before."""
    before, after = (get_weights(encoder.network.backbone) for encoder in (start, tuned))
    return {key: not torch.equal(value, after[key]) for key, value in before.items()}


def _is_statistic(key: str) -> bool:
    return "running_" in key


def test_conv4_conv5_and_the_head_are_trained_and_nothing_else_moves(
    frame_videos, start, settings, tmp_path
):
    untouched = start.network.digest

    tuned = finetune(frame_videos, start, settings, tmp_path, device="cpu")

    for key, moved in _moved(start, tuned.encoder).items():
        assert moved != key.startswith(FROZEN), key
    assert Network(start.network.backbone, CPU).digest == untouched


def test_statistics_of_frozen_stages_move_if_told_to(frame_videos, start, settings, tmp_path):
    tuned = finetune(
        frame_videos, start, replace(settings, statistics_move=True), tmp_path, device="cpu"
    )

    for key, moved in _moved(start, tuned.encoder).items():
        assert moved == (_is_statistic(key) or not key.startswith(FROZEN)), key


def test_frozen_stages_stay_the_same_to_the_last_bit_over_uneven_micro_batches(
    frame_videos, start, settings, one_epoch, tmp_path
):
    training = replace(one_epoch, batch_size=7, micro_batches=3)
    uneven = replace(settings, trained="linear", training=training)

    tuned = finetune(frame_videos, start, uneven, tmp_path, device="cpu")

    assert not any(_moved(start, tuned.encoder).values())


def test_everything_can_be_trained(frame_videos, start, settings, tmp_path):
    tuned = finetune(frame_videos, start, replace(settings, trained="all"), tmp_path, device="cpu")

    assert all(_moved(start, tuned.encoder).values())


def test_linear_trains_the_head_alone(frame_videos, start, settings, one_epoch, tmp_path):
    linear = replace(settings, trained="linear")
    short, longer = (
        finetune(
            frame_videos,
            start,
            replace(linear, training=replace(one_epoch, epochs=epochs, keep="last")),
            tmp_path / str(epochs),
            device="cpu",
        )
        for epochs in (1, 2)
    )

    assert not any(_moved(start, longer.encoder).values())
    assert (short.weight != longer.weight).any(axis=1).all()
    assert (short.bias != longer.bias).all()


def test_a_finished_run_gives_the_same_classifier_again(frame_videos, start, settings, tmp_path):
    tuned = finetune(frame_videos, start, settings, tmp_path, data="moves", device="cpu")
    again = finetune(frame_videos, start, settings, tmp_path, data="moves", device="cpu")

    np.testing.assert_array_equal(again.weight, tuned.weight)
    np.testing.assert_array_equal(
        classify_videos(again, frame_videos, num_clips=2).scores,
        classify_videos(tuned, frame_videos, num_clips=2).scores,
    )
    kept = load_encoder(tmp_path / "encoder.safetensors", device="cpu")
    assert kept.identity == tuned.encoder.identity
    assert tuned.encoder.origin.describe() == "fine-tuned on moves"


def test_a_run_is_not_continued_with_other_parts(frame_videos, start, settings, tmp_path):
    finetune(frame_videos, start, settings, tmp_path, device="cpu")

    with pytest.raises(RunMismatchError, match="trained 'conv4_conv5_fc', not 'linear'"):
        finetune(frame_videos, start, replace(settings, trained="linear"), tmp_path, device="cpu")


def test_a_motion_model_is_fine_tuned_on_flow_with_longer_clips(
    flow_videos, motion_spec, one_epoch, tmp_path
):
    longer = replace(motion_spec, clip=ClipSpec(clip_length=12))
    settings = FinetuneSettings(spec=longer, num_clips=3, training=one_epoch)

    tuned = finetune(flow_videos, _untrained(motion_spec), settings, tmp_path, device="cpu")

    assert tuned.encoder.spec == longer
    assert classify_videos(tuned, flow_videos, num_clips=1).scores.shape == (18, 3)


def test_only_the_chosen_videos_are_learned_from(frame_videos, start, settings, tmp_path):
    of_one_class = [place for place in range(18) if place % 3 == 0]

    with pytest.raises(TooFewVideosError, match="videos of 1 class; training needs"):
        finetune(frame_videos, start, settings, tmp_path, places=of_one_class)


def test_another_architecture_is_one_sentence(frame_videos, start, settings, tmp_path):
    wanted = replace(settings, spec=replace(settings.spec, architecture="r3d_18"))

    with pytest.raises(ConfigError) as caught:
        finetune(frame_videos, start, wanted, tmp_path / "run")

    assert str(caught.value) == "architecture is 'r3d_18'; expected the encoder's, r2plus1d_10."
    assert not (tmp_path / "run").exists()


def test_a_motion_model_for_frames_is_one_sentence(
    frame_videos, motion_spec, appearance_spec, one_epoch, tmp_path
):
    teacher = _untrained(motion_spec)

    with pytest.raises(ConfigError, match="in_channels is 3; expected the encoder's, 2"):
        finetune(frame_videos, teacher, FinetuneSettings(spec=appearance_spec), tmp_path)
    with pytest.raises(ConfigError, match="expected videos of 2 channels, as the encoder takes"):
        finetune(frame_videos, teacher, FinetuneSettings(spec=motion_spec), tmp_path)


def test_unknown_parts_are_refused(appearance_spec):
    with pytest.raises(ConfigError, match="expected one of conv4_conv5_fc, all, linear"):
        FinetuneSettings(spec=appearance_spec, trained="fc")


@pytest.mark.parametrize("name", BACKBONE_NAMES)
def test_of_every_backbone_the_lower_half_is_frozen(name):
    backbone = build_backbone(name)

    trained = {key for key, _ in backbone.named_parameters()}
    for stage in frozen_stages(backbone, "conv4_conv5_fc"):
        trained -= {f"{stage}.{key}" for key, _ in backbone.get_submodule(stage).named_parameters()}

    stages = {".".join(key.split(".")[: 2 if name == "s3dg" else 1]) for key in trained}
    s3dg = {f"features.{place}" for place in (8, 9, 10, 11, 12, 14, 15)}
    assert stages == (s3dg if name == "s3dg" else {"layer3", "layer4"})


def test_of_local_motion_what_comes_after_the_second_halving_is_trained(
    frame_videos, one_epoch, tmp_path
):
    spec = rgb_spec(LOCAL_MOTION, ClipSpec(clip_length=16), resize=SIZE, crop=SIZE)
    encoder = make_random_init(spec, tmp_path / "start")
    settings = FinetuneSettings(spec=spec, training=one_epoch)

    tuned = finetune(frame_videos, encoder, settings, tmp_path / "run", device="cpu").encoder

    before, after = (get_weights(one.network.backbone) for one in (encoder, tuned))
    changed = {key.split(".")[1] for key in before if not torch.equal(before[key], after[key])}
    assert changed == {"eighth", "everywhere", "to_quarter", "to_half", "flow"}
