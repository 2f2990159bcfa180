"""No test video enters a training, under whatever name it stands among the unlabelled ones."""

import shutil
from pathlib import Path

import pytest

from motionfit.errors import TooFewVideosError
from motionfit.fit.inputs import FitInputs, read_inputs
from motionfit.fit.needs import Needs
from motionfit.fit.withheld import withhold_videos

FRAMES = Needs(unlabelled=frozenset({"frames"}))


@pytest.fixture
def tests(synthetic_root: Path) -> list[Path]:
    """The test videos of the split."""
    return sorted((synthetic_root / "test").rglob("*.mp4"))


def read(labelled: Path | None, *unlabelled: Path) -> FitInputs:
    return read_inputs(labelled, None, unlabelled, FRAMES, split=1, device="cpu")


def test_a_folder_with_both_sides_gives_its_train_side(labelled, synthetic_root, unlabelled):
    inputs = read(labelled, synthetic_root)

    assert sorted(inputs.unlabelled) == sorted(unlabelled.rglob("*.mp4"))
    assert inputs.num_withheld == 18


def test_a_copy_of_a_test_video_is_known_by_its_bytes(labelled, unlabelled, tests, tmp_path):
    shutil.copy(tests[0], tmp_path / "holiday.mp4")

    inputs = read(labelled, unlabelled, tmp_path)

    assert inputs.num_withheld == 1
    assert tmp_path / "holiday.mp4" not in inputs.unlabelled
    assert len(inputs.unlabelled) == 18


def test_a_link_to_a_test_video_is_a_test_video(tests, tmp_path):
    link = tmp_path / "link.mp4"
    link.symlink_to(tests[0])

    assert withhold_videos([link], tests) == ()


def test_another_video_of_the_same_length_stays(tests, tmp_path):
    same_length = tmp_path / "other.mp4"
    same_length.write_bytes(bytes(tests[0].stat().st_size))
    gone = tmp_path / "gone.mp4"

    assert withhold_videos([same_length, gone], tests) == (same_length, gone)


def test_without_a_labelled_set_nothing_is_known_to_be_a_test_video(synthetic_root):
    inputs = read(None, synthetic_root)

    assert (len(inputs.unlabelled), inputs.num_withheld) == (36, 0)


def test_while_settings_are_chosen_both_sides_of_queries_are_left_out(labelled, synthetic_root):
    inputs = read_inputs(
        labelled, None, [synthetic_root], FRAMES, split=1, tuning=True, device="cpu"
    )

    dataset = inputs.labelled
    assert [len(side) for side in (dataset.train, dataset.test, dataset.hidden)] == [12, 6, 18]
    assert set(inputs.unlabelled) == {video.path for video in dataset.train}
    assert inputs.num_withheld == 6 + 18


def test_test_videos_alone_are_refused(labelled, synthetic_root):
    with pytest.raises(TooFewVideosError, match="test: test videos of the split only; training"):
        read(labelled, synthetic_root / "test")
