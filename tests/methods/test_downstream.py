"""Fine-tuning on one side of a split, accuracy on the other; with all labels or some."""

import json
from collections import Counter

import numpy as np
import pytest

from motionfit.errors import TooFewVideosError
from motionfit.methods.accuracy import Classification
from motionfit.methods.classification import classify_videos
from motionfit.methods.downstream import evaluate_downstream, summarise_splits
from motionfit.methods.finetune import FinetuneSettings, finetune
from motionfit.methods.label_subset import choose_labelled
from motionfit.methods.random_init import make_random_init
from motionfit.methods.videos import TrainingVideos
from tests.methods.conftest import times


@pytest.fixture(scope="module")
def start(appearance_spec, tmp_path_factory):
    return make_random_init(appearance_spec, tmp_path_factory.mktemp("start"), device="cpu")


@pytest.fixture(scope="module")
def settings(appearance_spec, one_epoch) -> FinetuneSettings:
    return FinetuneSettings(spec=appearance_spec, training=one_epoch)


def test_a_split_is_what_fine_tuning_and_classifying_give(start, frame_videos, settings, tmp_path):
    result = evaluate_downstream(
        start, frame_videos, frame_videos, settings, tmp_path, num_clips=2, data="moves"
    )

    tuned = finetune(frame_videos, start, settings, tmp_path, device="cpu")
    expected = classify_videos(tuned, frame_videos, num_clips=2)
    np.testing.assert_array_equal(result.scores, expected.scores)
    told = json.loads((tmp_path / "accuracy.json").read_text())
    assert told["top1"] == result.top(1)
    assert told["class_accuracies"].keys() == {"a", "b", "c"}
    assert (told["num_train_videos"], told["num_videos"]) == (18, 18)
    assert told["settings"]["trained"] == "conv4_conv5_fc"
    assert told["encoder"] == "random init (untrained, seed 0)"


def test_a_second_call_trains_nothing(start, frame_videos, settings, tmp_path):
    options = {"num_clips": 1, "device": "cpu"}
    evaluate_downstream(start, frame_videos, frame_videos, settings, tmp_path, **options)
    before = times(tmp_path)

    evaluate_downstream(start, frame_videos, frame_videos, settings, tmp_path, **options)

    after = times(tmp_path)
    assert before["run.safetensors"] == after["run.safetensors"]
    assert before["log.jsonl"] == after["log.jsonl"]


def test_a_part_of_the_labels_is_the_same_share_of_each_class(
    start, frame_videos, settings, tmp_path
):
    half = choose_labelled(frame_videos, fraction=0.5, seed=3)

    evaluate_downstream(
        start, frame_videos, frame_videos, settings, tmp_path, places=half, num_clips=1
    )

    assert Counter(frame_videos.labels_of(half)) == {0: 3, 1: 3, 2: 3}
    assert json.loads((tmp_path / "accuracy.json").read_text())["num_train_videos"] == 9


def test_frames_and_flow_of_the_same_videos_give_the_same_part(frame_videos, flow_videos):
    part = choose_labelled(frame_videos, fraction=0.2)

    assert part == choose_labelled(flow_videos, fraction=0.2)
    assert part != choose_labelled(flow_videos, fraction=0.2, seed=1)


def test_a_part_of_no_labels_is_one_sentence(packed_frames):
    with pytest.raises(TooFewVideosError, match="videos without labels; training needs labelled"):
        choose_labelled(TrainingVideos(packed=packed_frames), fraction=0.5)


def _split(num_right: int) -> Classification:
    """Ten videos of class a, of which some are named rightly."""
    scores = np.zeros((10, 2))
    scores[num_right:, 1] = 1
    return Classification(
        names=tuple("abcdefghij"),
        class_names=("a", "b"),
        labels=np.zeros(10, np.int64),
        scores=scores,
    )


def test_splits_are_summed_up_by_mean_and_deviation_of_the_sample():
    summary = summarise_splits([_split(8), _split(9), _split(7)])

    assert summary["num_splits"] == 3
    assert summary["top1"]["splits"] == [0.8, 0.9, 0.7]
    assert summary["top1"]["mean"] == pytest.approx(0.8)
    assert summary["top1"]["deviation"] == pytest.approx(0.1)
    assert summary["top1"]["percent"] == "80.0 ± 10.00"
    assert summary["top5"]["mean"] == 1
    json.dumps(summary)


def test_a_single_split_has_no_deviation():
    summary = summarise_splits([_split(5)])

    assert summary["top1"]["deviation"] is None
    assert summary["top1"]["percent"] == "50.0"
