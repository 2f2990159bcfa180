"""Numbers over seeds, on worked examples, and the page made of them."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from motionfit.experiments.collection import Collection, choose_collection
from motionfit.experiments.estimate import Estimate
from motionfit.experiments.plan import Experiment, Variant
from motionfit.experiments.results import Results
from motionfit.experiments.table import format_results
from motionfit.experiments.trial import Trial
from motionfit.media.synthetic import SyntheticSettings

MOTION = Variant(name="motion", title="Motion", changes={"num_clusters": 8})
LOOKS = Variant(name="looks", title="Looks", method="clusterfit_appearance")
NOTHING = Variant(name="nothing", title="Nothing", method="random_init")
EXPERIMENT = Experiment(
    name="made_up",
    title="Worked example",
    videos=SyntheticSettings(num_train_per_class=4, num_test_per_class=2),
    label_fraction=0.25,
    preset="tiny",
    variants=(MOTION, LOOKS, NOTHING),
)
COLLECTION = choose_collection(EXPERIMENT, Path("out"))
TWO_SPLITS = Collection(labelled="some", splits=(1, 2))
PAGE = """\
# Worked example

Preset `tiny`; 4 training and 2 test videos a class; labels of 25 % of the training videos, all \
of them as unlabelled source. Protocol xu, video level, in percent: mean ± standard error over 2 \
seeds (0, 1).

    motionfit experiment made_up

| encoder | R@1 | R@5 | R@20 |
| --- | --- | --- | --- |
| random init | 15.0 ± 5.0 | 100.0 ± 0.0 | 100.0 ± 0.0 |
| Motion: teacher | 85.0 ± 5.0 | 100.0 ± 0.0 | 100.0 ± 0.0 |
| Motion: student | 70.0 ± 10.0 | 100.0 ± 0.0 | 100.0 ± 0.0 |
| Motion: student, query clips frozen | 5.0 ± 0.0 | 100.0 ± 0.0 | 100.0 ± 0.0 |
| Looks: teacher | 30.0 ± 0.0 | 100.0 ± 0.0 | 100.0 ± 0.0 |
| Looks: student | 20.0 ± 0.0 | 100.0 ± 0.0 | 100.0 ± 0.0 |
| Looks: student, query clips frozen | 20.0 ± 0.0 | 100.0 ± 0.0 | 100.0 ± 0.0 |
| chance | 5.6 | 25.0 | 70.0 |

| Motion: student is ahead of | R@1, points | standard errors |
| --- | --- | --- |
| random init | 55.0 ± 15.0 | 3.7 |
| Looks: student | 50.0 ± 10.0 | 5.0 |

| what each stage keeps | R@1 of the teacher | purity of pseudo-labels | NMI with classes | \
student's accuracy on them, held out | R@1 of the student |
| --- | --- | --- | --- | --- | --- |
| Motion | 85.0 ± 5.0 | 50.0 ± 0.0 | 0.250 | 40.0 ± 0.0 | 70.0 ± 10.0 |
"""


def test_mean_and_standard_error_of_a_worked_example():
    estimate = Estimate(by_seed={0: 0.7, 1: 0.8, 2: 0.9})

    assert estimate.mean == pytest.approx(0.8)
    # The sample deviation is 0.1.
    assert estimate.standard_error == pytest.approx(0.1 / math.sqrt(3))


def test_one_seed_has_no_standard_error():
    assert math.isnan(Estimate(by_seed={4: 0.7}).standard_error)


def test_a_difference_is_taken_seed_by_seed():
    lead = Estimate(by_seed={0: 0.5, 1: 0.7, 2: 0.9}) - Estimate(by_seed={2: 0.8, 1: 0.6, 0: 0.4})

    # The seeds differ by more than the two do, and all agree on the difference.
    assert lead.mean == pytest.approx(0.1)
    assert lead.standard_error == pytest.approx(0, abs=1e-12)


def test_a_difference_is_of_the_seeds_that_both_have():
    lead = Estimate(by_seed={0: 0.5, 1: 0.7}) - Estimate(by_seed={1: 0.5, 2: 0.1})

    assert lead.by_seed == pytest.approx({1: 0.2})
    nothing = lead - Estimate(by_seed={0: 0.5})
    assert (nothing.num_seeds, math.isnan(nothing.mean)) == (0, True)


def test_the_page_of_a_worked_example(tmp_path):
    trials = [
        *(
            finished(tmp_path, MOTION, seed, [15, 85, 70, 5], step=[-10, 10, 20, 0])
            for seed in (0, 1)
        ),
        *(
            finished(tmp_path, LOOKS, seed, [15, 30, 20, 20], step=[-10, 0, 0, 0])
            for seed in (0, 1)
        ),
    ]

    # The order in which trials end is nothing to go by.
    page = format_results(
        EXPERIMENT, COLLECTION, Results(trials[::-1]), "motionfit experiment made_up"
    )

    assert page == PAGE


def test_a_variant_that_lacks_a_seed_says_how_many_it_has(tmp_path):
    trials = [
        finished(tmp_path, variant, seed, percents)
        for seed, variant, percents in (
            (0, MOTION, [10, 80, 60, 5]),
            (0, LOOKS, [10, 30, 20, 20]),
            (1, LOOKS, [10, 30, 30, 20]),
        )
    ]

    results = Results(trials)
    page = format_results(EXPERIMENT, COLLECTION, results, "")

    assert results.seeds == (0, 1)
    assert "over 2 seeds (0, 1); n where they are fewer." in page
    assert "| Motion: student (n = 1) | 60.0 |" in page
    assert "| Looks: student | 25.0 ± 5.0 |" in page
    # Of the seed that both have.
    assert "| Looks: student (n = 1) | 40.0 |  |" in page


def test_variants_of_different_seeds_are_not_compared(tmp_path):
    results = Results(
        [
            finished(tmp_path, MOTION, 0, [10, 80, 60, 5]),
            finished(tmp_path, LOOKS, 1, [10, 30, 20, 20]),
        ]
    )

    page = format_results(EXPERIMENT, COLLECTION, results, "")

    assert "| Looks: student (n = 1) | 20.0 |" in page
    assert "Motion: student is ahead of" in page
    assert page.count("Looks: student (n = 1)") == 1


def test_what_is_untrained_is_shown_again_where_it_sees_other_clips(tmp_path):
    changes = {"stride": 2}
    others = [Variant(name=f"dense{place}", title=f"D{place}", changes=changes) for place in (0, 1)]
    experiment = replace(EXPERIMENT, variants=(MOTION, LOOKS, *others))
    trials = [
        replace(finished(tmp_path, variant, 0, [place, 80, 60, 5]), experiment=experiment)
        for place, variant in enumerate(experiment.variants)
    ]

    rows = list(Results(trials).rows())

    untrained = [(row.title, row.recall[1].mean) for row in rows if not row.has_learnt]
    assert untrained == [("", 0.0), ("D0", 0.02)]
    assert "| D0: random init | 2.0 |" in format_results(
        experiment, COLLECTION, Results(trials), ""
    )


def test_one_seed_gives_no_errors(tmp_path):
    trials = [
        finished(tmp_path, MOTION, 0, [10, 80, 60, 5]),
        finished(tmp_path, LOOKS, 0, [10, 30, 20, 20]),
    ]

    page = format_results(EXPERIMENT, COLLECTION, Results(trials), "")

    assert "over 1 seed (0)" in page
    assert "| Looks: student | 40.0 |  |" in page


def test_a_seed_is_the_mean_over_its_splits(tmp_path):
    trials = [
        finished(tmp_path, MOTION, seed, [10, 80, percent, 5], split=split)
        for seed, split, percent in ((0, 1, 40), (0, 2, 60), (1, 1, 50), (1, 2, 70), (2, 1, 99))
    ]

    results = Results(trials)
    page = format_results(EXPERIMENT, TWO_SPLITS, results, "")

    # Seed 2 lacks a split.
    assert results.seeds == (0, 1)
    assert "mean ± standard error over 2 seeds (0, 1) of the mean over splits 1, 2." in page
    assert "| Motion: student | 55.0 ± 5.0 |" in page


def test_accuracies_have_a_table_of_their_own(tmp_path):
    tuned = replace(MOTION, finetuned="linear")
    experiment = replace(EXPERIMENT, variants=(tuned, LOOKS))
    trials = []
    for variant in experiment.variants:
        for seed, top1 in ((0, 0.4), (1, 0.5)):
            trial = replace(
                finished(tmp_path, variant, seed, [10, 80, 60, 5]), experiment=experiment
            )
            summary = trial.run.path / "finetuned" / "summary.json"
            summary.parent.mkdir()
            summary.write_text(json.dumps({"top1": {"mean": top1}, "top5": {"mean": 0.9}}))
            trials.append(trial)

    page = format_results(experiment, COLLECTION, Results(trials), "")

    # What is not fine-tuned by the plan has no row, whatever its folder holds.
    lines = ["| fine-tuned | top-1 | top-5 |", "| --- | --- | --- |"]
    assert page.endswith("\n".join([*lines, "| Motion | 45.0 ± 5.0 | 90.0 ± 0.0 |"]) + "\n")


def finished(
    out: Path,
    variant: Variant,
    seed: int,
    percents: list[int],
    step: list[int] | None = None,
    split: int | None = None,
) -> Trial:
    """Write what a finished trial leaves; R@1 moves by ``step`` from seed 0 to seed 1, about."""
    trial = Trial(
        experiment=EXPERIMENT,
        variant=variant,
        collection=COLLECTION if split is None else TWO_SPLITS,
        split=split or 1,
        seed=seed,
        out=out,
        device="cpu",
    )
    moved = [0.5 * (2 * seed - 1) * change for change in step or [0] * 4]
    names = ("random init", "teacher", "student", "student")
    rows = [
        {
            "encoder": name,
            "sees": "frames",
            "query_time": query_time,
            "recall": {"1": (percent + change) / 100, "5": 1.0, "20": 1.0},
            "chance": {"1": 1 / 18, "5": 0.25, "20": 0.7},
            "intervals": {},
        }
        for name, query_time, percent, change in zip(
            names, [*["forward"] * 3, "frozen"], percents, moved, strict=True
        )
    ]
    has_classes = variant is MOTION
    labels = {"against_true_labels": {"purity": 0.5, "nmi": 0.25}} if has_classes else None
    values = {"method": variant.method, "labels": labels, "evaluation": {"rows": rows}}
    trial.run.student.mkdir(parents=True)
    trial.run.result.write_text(json.dumps({**values, "videos": {}, "failed": []}))
    seen = {"flow_error": 0.3 + 0.05 * seed, "flow_without_student": 0.5}
    epochs = [{"loss": 2.0, "accuracy": 0.4, **seen}, {"loss": 3.0, "accuracy": 0.9, **seen}]
    lines = [{"event": "epoch", "training": one, "validation": one} for one in epochs]
    (trial.run.student / "log.jsonl").write_text("\n".join(map(json.dumps, lines)))
    return trial


def test_of_local_motion_the_page_says_how_much_the_student_sees(tmp_path):
    places = Variant(name="places", title="Places", method="motionfit_plus", preset="plus")
    experiment = replace(EXPERIMENT, variants=(places,))
    trials = [
        replace(finished(tmp_path, places, seed, [10, 80, 60, 5]), experiment=experiment)
        for seed in (0, 1)
    ]

    page = format_results(experiment, COLLECTION, Results(trials), "")

    # 1 - 0.3 / 0.5 and 1 - 0.35 / 0.5.
    assert "| Places | 80.0 ± 0.0 | 35.0 ± 5.0 | 60.0 ± 0.0 |" in page
    assert "Preset `tiny` (`plus` for Places);" in page
