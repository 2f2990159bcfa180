"""What an experiment is carried out on: videos that it makes, or the user's."""

from dataclasses import replace
from pathlib import Path

import pytest

from motionfit.errors import ConfigError, NotGivenError, TooFewVideosError, VideoNotFoundError
from motionfit.experiments.collection import Collection, choose_collection
from motionfit.experiments.plan import Experiment, Variant
from motionfit.experiments.results import Results
from motionfit.experiments.run import run_experiment
from motionfit.media.synthetic import generate_synthetic
from tests.experiments.test_run import EXPERIMENT

GIVEN = replace(EXPERIMENT, name="given", videos=None, label_fraction=1.0)


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Class folders of four videos each, without a split."""
    root = tmp_path_factory.mktemp("given")
    generate_synthetic(root, num_train_per_class=4, size=(32, 44), num_frames=8)
    return root / "train"


def test_the_train_side_is_learnt_from_beside_the_sources(videos, tmp_path):
    (tmp_path / "more").mkdir()
    more = tmp_path / "more" / "one.mp4"
    more.write_bytes(b"")
    collection = choose_collection(GIVEN, Path("out"), labelled=videos, sources=[more.parent])

    *train, last = collection.unlabelled(1)
    *tuned, _ = replace(collection, tuning=True).unlabelled(1)

    assert last == more
    assert {*tuned} < {*train} < {*videos.rglob("*.mp4")}
    assert collection.unlabelled(1) != collection.unlabelled(2)


def test_a_larger_share_of_the_sources_contains_a_smaller_one(videos, tmp_path):
    for number in range(20):
        (tmp_path / f"{number}.mp4").write_bytes(b"")
    collection = Collection(labelled=videos, sources=(tmp_path,))
    num_train = len(collection.unlabelled(1, source_share=0))

    shares = [collection.unlabelled(1, source_share=share)[num_train:] for share in (0.1, 0.5, 1)]

    assert [len(share) for share in shares] == [2, 10, 20]
    assert {*shares[0]} < {*shares[1]} < {*shares[2]}
    assert shares[1] == [path for path in shares[2] if path in shares[1]]


def test_a_table_says_where_its_queries_are_from():
    told = "; queries are held out of the training videos"
    for collection in (Collection(labelled="a/data"), choose_collection(EXPERIMENT, Path("out"))):
        plain = collection.describe()
        assert told not in plain
        assert replace(collection, tuning=True).describe() == plain + told


def test_a_source_that_is_not_there_is_named(videos, tmp_path):
    collection = Collection(labelled=videos, sources=(tmp_path / "gone",))

    with pytest.raises(VideoNotFoundError, match="gone: expected a video file, found nothing"):
        collection.unlabelled(1)


def test_a_source_without_videos_is_named(videos, tmp_path):
    collection = Collection(labelled=videos, sources=(tmp_path,))

    with pytest.raises(TooFewVideosError, match="no video file in this folder"):
        collection.unlabelled(1)


def test_what_is_made_cannot_be_given_and_what_is_not_must_be():
    with pytest.raises(NotGivenError, match="labeled is not given; needed: a labelled data set"):
        choose_collection(GIVEN, Path("out"))
    for given in ({"labelled": "data"}, {"sources": ["data"]}):
        with pytest.raises(ConfigError, match="videos is 'data'; expected none: small makes its"):
            choose_collection(EXPERIMENT, Path("out"), **given)
    with pytest.raises(ConfigError, match="splits is"):
        Collection(labelled="data", splits=(1, 1))


def test_every_split_is_trained_fine_tuned_and_known_again(videos, tmp_path):
    looks = Variant(name="nothing", title="Nothing", method="random_init", finetuned="linear")
    experiment = replace(GIVEN, variants=(looks,))
    collection = choose_collection(experiment, tmp_path, labelled=videos, splits=(1, 2))

    first = run(experiment, collection, tmp_path)
    second = run(experiment, collection, tmp_path)

    assert [trial.split for trial in first] == [1, 2]
    assert first == second
    (accuracy,) = Results(first).accuracies()
    of_each = [trial.accuracy() for trial in first]
    assert all(one is not None and one["num_splits"] == 1 for one in of_each)
    assert 0 <= accuracy.top1.mean <= accuracy.top5.mean <= 1


def run(experiment: Experiment, collection: Collection, out: Path) -> list:
    return list(run_experiment(experiment, collection, out, seeds=(0,), device="cpu"))
