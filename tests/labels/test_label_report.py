import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motionfit.errors import ConfigError
from motionfit.labels.report import normalised_entropy, purity, report_pseudo_labels
from motionfit.labels.report_text import format_report, format_report_markdown
from tests.labels.conftest import labels_by_hand


def test_a_report_worked_by_hand():
    # Cluster 0 has 3 clips, 1 has 4, 2 has 1; video 2 alone makes up cluster 2.
    labels = labels_by_hand([[0, 0, 1], [0, 1, 1], [1, 2]])
    report = report_pseudo_labels(labels, true_labels=[0, 1, 1])
    assert report["clips"] == {"min": 1, "median": 3.0, "mean": pytest.approx(8 / 3), "max": 4}
    assert report["sizes"]["empty"] == 0
    assert report["num_videos"] == 3
    assert report["single_video"] == 1
    against = report["against_true_labels"]
    # The classes of the clips of cluster 0 are 0 0 1, of 1: 0 1 1 1, of 2: 1.
    assert against["purity"] == pytest.approx((2 + 3 + 1) / 8)
    assert (against["num_clips"], against["num_classes"]) == (8, 2)


def test_videos_of_unknown_class_do_not_count():
    labels = labels_by_hand([[0, 0], [1, 1], [0, 1]])
    against = report_pseudo_labels(labels, true_labels=[0, 1, None])["against_true_labels"]
    assert (against["num_clips"], against["purity"], against["nmi"]) == (4, 1, pytest.approx(1))
    unknown = report_pseudo_labels(labels, true_labels=[None, None, None])
    assert unknown["against_true_labels"] is None


def test_labels_that_say_nothing_of_the_class_have_no_mutual_information():
    labels = labels_by_hand([[0, 1], [0, 1]])
    against = report_pseudo_labels(labels, true_labels=[0, 1])["against_true_labels"]
    assert against["nmi"] == pytest.approx(0, abs=1e-9)
    assert against["purity"] == 0.5


def test_purity_by_chance_is_high_where_every_clip_has_its_own_cluster():
    labels = labels_by_hand([[0, 1], [2, 3]])
    against = report_pseudo_labels(labels, true_labels=[0, 1])["against_true_labels"]
    assert against["purity"] == against["purity_by_chance"] == 1


def test_entropy_is_of_the_shares():
    assert normalised_entropy(np.array([5, 5, 5])) == pytest.approx(1)
    assert normalised_entropy(np.array([7, 0])) == 0
    assert normalised_entropy(np.array([3, 1])) == pytest.approx(0.811278, abs=1e-6)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), min_size=1, max_size=40))
def test_purity_is_that_of_a_slow_count(pairs):
    label, truth = np.array(pairs).T
    slow = sum(
        max(sum(pair == (cluster, kind) for pair in pairs) for kind in range(4))
        for cluster in range(6)
    )
    assert purity(label, truth) == pytest.approx(slow / len(pairs))


def test_a_report_is_json_and_reads_as_text_and_markdown():
    labels = labels_by_hand([[0, 0, 1], [0, 1, 1], [1, 2]])
    report = report_pseudo_labels(labels, true_labels=[0, 1, 1])
    assert json.loads(json.dumps(report)) == report
    text = format_report(report)
    assert "clustered " in text
    assert "8 clips of 3 videos" in text
    assert "1 to 4, median 3" in text
    assert "0.750 (" in text
    lines = format_report_markdown(report).splitlines()
    assert lines[1] == "|---|---|"
    assert all(line.count("|") == 3 for line in lines)


def test_one_true_label_a_video_is_needed():
    with pytest.raises(ConfigError, match="true_labels is '1 values'; expected one for each of 2"):
        report_pseudo_labels(labels_by_hand([[0], [1]]), true_labels=[None])
