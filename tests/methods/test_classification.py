import numpy as np
import pytest
import torch

from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.network import Network
from motionfit.encoders.origin import Origin
from motionfit.encoders.runtime import choose_runtime
from motionfit.errors import ConfigError, TooFewVideosError
from motionfit.media.packed.arrays import pack_arrays
from motionfit.media.packed.videos import PackedVideos
from motionfit.methods.classification import VideoClassifier, classify_videos
from motionfit.methods.model import build_network
from motionfit.methods.videos import TrainingVideos

CLASS_NAMES = tuple("abcdefg")


@pytest.fixture(scope="module")
def network(appearance_spec):
    return build_network(appearance_spec, {"label": len(CLASS_NAMES)}, seed=3).eval()


@pytest.fixture(scope="module")
def classifier(network, appearance_spec):
    head = network.heads["label"]
    return VideoClassifier(
        encoder=ClipEncoder(
            Network(network.backbone, choose_runtime("cpu", "float32")),
            appearance_spec,
            origin=Origin(is_trained=False, seed=3),
            name="r2plus1d_10",
        ),
        weight=head.weight.detach().numpy(),
        bias=head.bias.detach().numpy(),
        class_names=CLASS_NAMES,
    )


@pytest.fixture(scope="module")
def videos(appearance_spec, tmp_path_factory) -> TrainingVideos:
    """Noise of 21 frames, of 10 frames and of 5, which is less than a clip."""
    rng = np.random.default_rng(0)
    noise = [
        rng.integers(0, 256, (length, *appearance_spec.resize, 3), np.uint8)
        for length in (21, 10, 5)
    ]
    packed = pack_arrays(noise, tmp_path_factory.mktemp("noise") / "packed")
    return TrainingVideos(packed=packed, labels=(0, 6, 2), class_names=CLASS_NAMES)


def _slow_logits(network, packed: PackedVideos, video: int) -> torch.Tensor:
    frames = packed.read(video, np.arange(packed.num_frames[video]))[:, :, 6:38]
    frames = np.concatenate([frames] * 2) if len(frames) < 8 else frames
    room = len(frames) - 8 if packed.num_frames[video] >= 8 else 0
    clips = np.stack([frames[j * room // 9 :][:8] for j in range(10)])
    with torch.no_grad():
        return network(torch.from_numpy(clips).permute(0, 4, 1, 2, 3))["label"]


def test_a_videos_score_is_the_mean_of_its_ten_clips_logits(classifier, network, videos):
    result = classify_videos(classifier, videos)

    for video in range(3):
        expected = _slow_logits(network, videos.packed, video).mean(dim=0)
        np.testing.assert_allclose(result.scores[video], expected, rtol=1e-4, atol=1e-5)
    assert result.labels.tolist() == [0, 6, 2]
    assert result.names == videos.packed.names


def test_probabilities_can_be_averaged_instead(classifier, network, videos):
    result = classify_videos(classifier, videos, averaged="softmax")

    expected = _slow_logits(network, videos.packed, 0).softmax(dim=1).mean(dim=0)
    np.testing.assert_allclose(result.scores[0], expected, rtol=1e-4)


def test_some_of_the_videos_can_be_asked_for(classifier, videos):
    some = classify_videos(classifier, videos, places=[2, 0], num_clips=1)

    every = classify_videos(classifier, videos, num_clips=1)
    np.testing.assert_array_equal(some.scores, every.scores[[2, 0]])
    assert some.labels.tolist() == [2, 0]


def test_nothing_to_classify_is_one_sentence(classifier, videos):
    with pytest.raises(TooFewVideosError, match="no videos; training needs"):
        classify_videos(classifier, videos, places=[])
    unlabelled = TrainingVideos(packed=videos.packed, class_names=CLASS_NAMES)
    with pytest.raises(TooFewVideosError, match="videos without labels"):
        classify_videos(classifier, unlabelled)


def test_other_classes_are_refused(classifier, videos):
    others = TrainingVideos(packed=videos.packed, labels=(0, 1, 0), class_names=("a", "b"))

    with pytest.raises(ConfigError, match="class_names is '2 classes'; expected the 7"):
        classify_videos(classifier, others)


def test_flow_and_frames_of_another_size_are_refused(classifier, tmp_path):
    flow = pack_arrays([np.zeros((9, 32, 44, 2), np.uint8)], tmp_path / "flow", kind="flow")
    small = pack_arrays([np.zeros((9, 32, 32, 3), np.uint8)], tmp_path / "small")

    for packed, problem in ((flow, "expected videos of 3 channels"), (small, "size is")):
        videos = TrainingVideos(packed=packed, labels=(0,), class_names=CLASS_NAMES)
        with pytest.raises(ConfigError, match=problem):
            classify_videos(classifier, videos)
