"""The whole way, from packed flow of videos whose motion is known to their pseudo-labels."""

import numpy as np
import pytest

from motionfit.labels.dense_features import extract_dense_features
from motionfit.labels.pseudo_labels import make_pseudo_labels
from motionfit.labels.report import report_pseudo_labels
from motionfit.labels.settings import LEVELS, GridSettings, LabelSettings
from motionfit.labels.sheet import draw_sheet
from tests.labels.conftest import MOTIONS_SHOWN, encode_motion


@pytest.mark.parametrize("level", LEVELS)
def test_clusters_of_motion_features_are_the_motions(known_collection, level):
    # Of 17 flows, three clips: at 0, 4 and 8.
    features = extract_dense_features(
        known_collection.flow, encode_motion, grid=GridSettings(clip_length=8, clip_hop=4)
    )
    settings = LabelSettings(num_clusters=len(MOTIONS_SHOWN), level=level)
    labels = make_pseudo_labels(features, settings)
    report = report_pseudo_labels(labels, true_labels=known_collection.true_labels)
    against = report["against_true_labels"]
    assert against["purity"] > 2 * against["purity_by_chance"]
    assert against["nmi"] > 0.7


def test_opposite_directions_never_share_a_cluster(known_collection):
    features = extract_dense_features(known_collection.flow, encode_motion)
    labels = make_pseudo_labels(features, LabelSettings(num_clusters=len(MOTIONS_SHOWN)))
    truth = np.array(known_collection.true_labels)[labels.video]
    for motion in ("left", "right"), ("up", "down"):
        first, second = (
            set(labels.label[truth == MOTIONS_SHOWN.index(f"move_{direction}")])
            for direction in motion
        )
        assert not first & second


def test_a_sheet_of_them_has_a_row_a_cluster(known_collection):
    features = extract_dense_features(known_collection.flow, encode_motion)
    labels = make_pseudo_labels(features, LabelSettings(num_clusters=4))
    sheet = draw_sheet(labels, known_collection.flow, frame_height=64)
    assert sheet.shape[0] == 10 + 4 * (22 + 64 + 10)
    has_flow = (sheet < 128).any(axis=(1, 2))
    assert 4 * 64 * 0.9 < has_flow.sum() <= 4 * (64 + 22)
