"""A tiny task on tiny clips, for tests of the loop; also run as a program, to be killed."""

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from motionfit.training.clip_order import ClipOrderHead
from motionfit.training.data.batch import ClipBatch
from motionfit.training.data.schedule import shard
from motionfit.training.losses import accuracy, clip_order_loss, combined_loss, multi_clip_loss
from motionfit.training.network import ClipNetwork, InputNormalisation, build_linear
from motionfit.training.settings import TrainingSettings
from motionfit.training.task import LossParts
from motionfit.training.train import TrainingResult, train

NUM_CLASSES, NUM_CLIPS = 3, 2


class ToyClips:
    """Videos of noise, each class of another brightness; clips change with the epoch."""

    def __init__(self, num_videos: int, *, seed: int = 0) -> None:
        self.num_videos = num_videos
        self._seed = seed

    @property
    def content_hashes(self) -> list[str]:
        return [f"{self._seed}-{video}" for video in range(self.num_videos)]

    def num_steps(self, batch_size: int) -> int:
        return -(-self.num_videos // batch_size)

    def batch(
        self, epoch: int, step: int, batch_size: int, *, rank: int = 0, world_size: int = 1
    ) -> ClipBatch:
        draw = torch.Generator().manual_seed(self._seed * 1000 + epoch)
        noise = torch.randint(0, 128, (self.num_videos, NUM_CLIPS, 1, 4, 6, 6), generator=draw)
        joint = torch.arange(self.num_videos)[step * batch_size :][:batch_size]
        videos = joint[shard(len(joint), rank, world_size)]
        labels = videos % NUM_CLASSES
        clips = noise[videos] + 40 * labels.view(-1, 1, 1, 1, 1, 1)
        return ClipBatch(
            clips=clips.to(torch.uint8),
            videos=videos,
            starts=torch.zeros(len(videos), NUM_CLIPS, dtype=torch.int64),
            labels=labels,
            order=videos % 2,
            num_videos_joint=len(joint),
        )


def toy_network(seed: int = 0) -> ClipNetwork:
    """Return a network with everything that could go wrong: batch norm, dropout, two heads."""
    torch.manual_seed(seed)
    backbone = nn.Sequential(
        nn.Conv3d(1, 4, (1, 3, 3), padding=(0, 1, 1), bias=False),
        nn.BatchNorm3d(4),
        nn.ReLU(),
        nn.Conv3d(4, 8, (3, 1, 1), stride=(2, 1, 1), padding=(1, 0, 0), bias=False),
        nn.BatchNorm3d(8),
        nn.ReLU(),
    )
    heads = {
        "label": build_linear(8, NUM_CLASSES, seed=seed),
        "order": ClipOrderHead(8, NUM_CLIPS, hidden=6, seed=seed),
    }
    normalisation = InputNormalisation(shift=(127.5,), scale=(1 / 127.5,))
    return ClipNetwork(backbone, heads, normalisation=normalisation)


class ToyTask:
    """Labels and clip order together."""

    def __init__(self, network: nn.Module | None = None) -> None:
        self.network = toy_network() if network is None else network
        self.companions: Sequence[nn.Module] = ()

    def loss(self, network: ClipNetwork, batch: ClipBatch) -> LossParts:
        features = network.video_features(batch.clips)
        logits = network.heads["label"](features)
        label_loss = multi_clip_loss(logits, batch.labels)
        order_loss = clip_order_loss(network.heads["order"](features), batch.order)
        numbers = {
            "label_loss": label_loss.detach(),
            "order_loss": order_loss.detach(),
            "accuracy": accuracy(logits.mean(dim=1), batch.labels),
        }
        return LossParts(combined_loss(label_loss, order_loss, 0.7), numbers)


def toy_settings(**changes: object) -> TrainingSettings:
    """Return settings of a short run that saves itself after every step."""
    values = {
        "epochs": 3,
        "batch_size": 4,
        "micro_batches": 2,
        "learning_rate": 0.05,
        "milestones": (2,),
        "checkpoint_seconds": 1e-9,
    }
    return TrainingSettings(**{**values, **changes})


class SlowToyTask(ToyTask):
    """Takes its time, so that a test can kill it in the middle."""

    def loss(self, network: ClipNetwork, batch: ClipBatch) -> LossParts:
        time.sleep(0.03)
        return super().loss(network, batch)


def train_toy(run_dir: Path, task: ToyTask | None = None, **changes: object) -> TrainingResult:
    """Train on ten videos, three steps an epoch, the last of them smaller."""
    task = ToyTask() if task is None else task
    settings = toy_settings(**changes)
    return train(task, ToyClips(10), ToyClips(6, seed=1), settings, run_dir, device="cpu")


def read_log(run_dir: Path) -> list[dict[str, object]]:
    """Return the lines of the log."""
    return [json.loads(line) for line in (run_dir / "log.jsonl").read_text().splitlines()]


def read_curve(run_dir: Path) -> list[dict[str, object]]:
    """Return steps and epochs as logged, without what the clock decides."""
    timed = {"seconds", "clips_per_second", "loader_share"}
    return [
        {name: value for name, value in record.items() if name not in timed}
        for record in read_log(run_dir)
        if record["event"] != "begin"
    ]


if __name__ == "__main__":
    # Two in all: processes of one group take one each.
    torch.set_num_threads(2 // int(os.environ.get("WORLD_SIZE", "1")))
    train_toy(Path(sys.argv[1]), SlowToyTask(), **json.loads((*sys.argv, "{}")[2]))
