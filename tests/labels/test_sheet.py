from dataclasses import replace

import cv2
import numpy as np
import pytest

from motionfit.errors import ConfigError, PseudoLabelError
from motionfit.flow.quantise import quantise_flow
from motionfit.labels.sheet import choose_clusters, choose_examples, draw_sheet, write_sheet
from motionfit.media.packed.arrays import pack_arrays
from tests.labels.conftest import labels_by_hand


def with_videos(labels, packed):
    """Return the labels as those of packed videos."""
    collection = replace(labels.collection, content_hashes=packed.content_hashes)
    return replace(labels, collection=collection)


def has_colour(picture, colour):
    return (picture == np.array(colour)).all(axis=-1).any()


@pytest.fixture
def coloured(tmp_path):
    """Three videos of 8 frames: red, green, blue."""
    videos = [np.zeros((8, 8, 12, 3), np.uint8) for _ in range(3)]
    for channel, video in enumerate(videos):
        video[..., channel] = 200
    return pack_arrays(videos, tmp_path / "frames.packed")


def test_a_row_shows_the_clips_of_its_cluster(coloured):
    labels = with_videos(labels_by_hand([[0, 0], [1, 1], [0, 0]]), coloured)
    of_0 = draw_sheet(labels, coloured, clusters=[0])
    assert has_colour(of_0, (200, 0, 0))
    assert has_colour(of_0, (0, 0, 200))
    assert not has_colour(of_0, (0, 200, 0))
    of_1 = draw_sheet(labels, coloured, clusters=[1])
    assert has_colour(of_1, (0, 200, 0))
    assert of_0.shape == of_1.shape
    both = draw_sheet(labels, coloured)
    assert both.shape[1] == of_0.shape[1]
    assert both.shape[0] > 1.8 * of_0.shape[0]


def test_a_sheet_is_as_wide_as_its_clips(coloured):
    labels = with_videos(labels_by_hand([[0, 0], [1, 1], [0, 0]]), coloured)
    narrow, wide = (
        draw_sheet(labels, coloured, num_clips=num_clips, num_frames=2, frame_height=16)
        for num_clips in (2, 5)
    )
    # A frame is 24 px wide and has a gap of 2; a clip of two frames a margin of 10.
    assert wide.shape[1] - narrow.shape[1] == 3 * (2 * (24 + 2) + 10)


def test_flow_is_drawn_in_the_colour_of_its_direction(tmp_path):
    flow = np.zeros((8, 8, 12, 2), np.float32)
    flow[..., 0] = 5
    packed = pack_arrays([quantise_flow(flow, 20)], tmp_path / "flow.packed", kind="flow")
    sheet = draw_sheet(with_videos(labels_by_hand([[0, 1]]), packed), packed, clusters=[0])
    red, green, blue = np.median(sheet[45:60, 15:60].reshape(-1, 3), axis=0)
    assert red > 240
    assert max(green, blue) < 40


def test_flow_of_nothing_is_nearly_white(tmp_path):
    flow = np.zeros((8, 8, 12, 2), np.float32)
    packed = pack_arrays([quantise_flow(flow, 20)], tmp_path / "flow.packed", kind="flow")
    sheet = draw_sheet(with_videos(labels_by_hand([[0, 1]]), packed), packed, clusters=[0])
    assert np.median(sheet[45:60, 15:60].reshape(-1, 3), axis=0).min() > 200


def test_labels_made_from_flow_can_be_shown_as_frames(coloured):
    labels = with_videos(labels_by_hand([[0, 0], [1, 1], [0, 0]]), coloured)
    collection = replace(labels.collection, num_frames=np.array([7, 7, 7]))
    of_flow = replace(labels, collection=collection)
    assert np.array_equal(draw_sheet(of_flow, coloured), draw_sheet(labels, coloured))


def test_every_video_is_shown_before_one_is_shown_twice():
    labels = labels_by_hand([[0, 0, 0], [0], [1], [0]])
    distance = np.array([0.1, 0.2, 0.3, 0.9, 0, 0.5], np.float32)
    examples = choose_examples(replace(labels, distance=distance), 0, 4)
    assert list(zip(labels.video[examples], labels.start[examples], strict=True)) == [
        (0, 0),
        (3, 0),
        (1, 0),
        (0, 4),
    ]


def test_of_a_segment_the_clip_in_its_middle_is_shown():
    labels = labels_by_hand([[0, 0, 0, 0, 0], [1]])
    labels = replace(labels, item=np.array([0, 0, 0, 0, 0, 1]))
    assert choose_examples(labels, 0, 1).tolist() == [2]


def test_clusters_are_shown_from_the_largest_to_the_smallest():
    labels = labels_by_hand([[0], [1] * 5, [2] * 3, [3] * 4, [4] * 2])
    assert choose_clusters(labels, 3) == [1, 2, 0]
    assert choose_clusters(labels, 99) == [1, 3, 2, 4, 0]


def test_other_videos_than_those_that_were_clustered_are_refused(coloured):
    with pytest.raises(PseudoLabelError, match="it lacks video 0"):
        draw_sheet(labels_by_hand([[0, 0], [1, 1], [0, 0]]), coloured)


@pytest.mark.parametrize("wrong", [{"clusters": [7]}, {"num_clips": 0}, {"num_frames": 0}])
def test_a_sheet_of_nothing_is_refused(coloured, wrong):
    labels = with_videos(labels_by_hand([[0, 0], [1, 1], [0, 0]]), coloured)
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        draw_sheet(labels, coloured, **wrong)


def test_the_file_holds_the_colours_of_the_sheet(tmp_path):
    sheet = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    write_sheet(tmp_path / "new" / "sheet.png", sheet)
    read = cv2.imread(str(tmp_path / "new" / "sheet.png"))
    assert np.array_equal(read[..., ::-1], sheet)


def test_a_sheet_that_cannot_be_written_is_told_of(tmp_path):
    with pytest.raises(PseudoLabelError, match="could not be written"):
        write_sheet(tmp_path, np.zeros((4, 4, 3), np.uint8))
