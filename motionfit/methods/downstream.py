"""What an encoder is worth downstream: fine-tuned on a labelled set, tried on its test side.

Source: MotionFit, section 4.1 and Tables 4 to 6: mean and deviation over three splits; Table 8:
with a part of the labels, on split 1.
"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from motionfit.config import provenance
from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.runtime import DeviceName
from motionfit.methods.accuracy import Classification, over_splits
from motionfit.methods.classification import Averaged, classify_videos
from motionfit.methods.finetune import FinetuneSettings, finetune
from motionfit.methods.run_files import write_json_file
from motionfit.methods.videos import TrainingVideos

ACCURACY_NAME = "accuracy.json"


def evaluate_downstream(
    encoder: ClipEncoder,
    train: TrainingVideos,
    test: TrainingVideos,
    settings: FinetuneSettings,
    run_dir: str | Path,
    *,
    places: Sequence[int] | None = None,
    num_clips: int = 10,
    averaged: Averaged = "logits",
    data: str | None = None,
    device: DeviceName = "auto",
) -> Classification:
    """Return what the encoder, fine-tuned on one side of a split, says of the other side's videos.

    A fine-tuning that an earlier call has finished in ``run_dir`` is not done again.

    Args:
        encoder: Where to start from; stays as it is.
        train: Labelled, and what the encoder takes: frames, or flow for a motion model.
        test: As ``train``, of the same classes.
        settings: What is trained, and how.
        run_dir: Gets the files of the training, and ``accuracy.json``.
        places: Videos of ``train`` to learn from, such as those of `choose_labelled`; None is all.
        num_clips: Clips of each test video.
        averaged: What is averaged over them.
        data: Name of the data, for the origin of the fine-tuned encoder.
        device: Where.

    Raises:
        MotionFitError: As `finetune` and `classify_videos` raise.
    """
    classifier = finetune(
        train, encoder, settings, run_dir, places=places, data=data, device=device
    )
    result = classify_videos(classifier, test, num_clips=num_clips, averaged=averaged)
    report = {
        **result.to_dict(),
        "encoder": encoder.description,
        "encoder_identity": encoder.identity,
        "data": data,
        "num_train_videos": len(train.chosen(places)),
        "num_clips": num_clips,
        "averaged": averaged,
        "settings": asdict(settings),
        "made_by": dict(provenance()),
    }
    write_json_file(Path(run_dir) / ACCURACY_NAME, report)
    return result


def summarise_splits(splits: Sequence[Classification]) -> dict[str, Any]:
    """Return the accuracies over the splits of a data set as JSON values.

    ::

        {"num_splits", "top1": {"mean", "deviation", "splits": [...], "percent": "87.4 ± 1.19"},
         "top5": the same, "mean_class_accuracy": the same}

    ``deviation`` is of the sample (divided by n - 1), None of a single split; ``splits`` has the
    number of each.

    Args:
        splits: Of each split, at least one.
    """
    of_each = [split.to_dict() for split in splits]
    summary: dict[str, Any] = {"num_splits": len(splits)}
    for name, over_all in over_splits(splits).items():
        summary[name] = {
            **asdict(over_all),
            "splits": [one[name] for one in of_each],
            "percent": over_all.percent(),
        }
    return summary
