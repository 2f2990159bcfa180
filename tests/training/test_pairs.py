from pathlib import Path
from types import ModuleType

import pytest
import torch

from motionfit.errors import ConfigError
from motionfit.training.losses import feature_matching_loss
from motionfit.training.network import ClipNetwork
from motionfit.training.pairs import PairedBatch, PairedClips
from motionfit.training.task import LossParts
from motionfit.training.train import train


class Imitation:
    """A student that imitates the features of a frozen teacher, as MERS does."""

    def __init__(self, student: ClipNetwork, teacher: ClipNetwork) -> None:
        self.network = student
        self.companions = (teacher,)

    def loss(self, network: ClipNetwork, batch: PairedBatch) -> LossParts:
        with torch.no_grad():
            wanted = self.companions[0].video_features(batch.flow.clips)
        return LossParts(feature_matching_loss(network.video_features(batch.rgb.clips), wanted))


def test_a_student_comes_nearer_to_its_teacher(tmp_path: Path, toys: ModuleType) -> None:
    clips = PairedClips(toys.ToyClips(10), toys.ToyClips(10))
    held_out = PairedClips(toys.ToyClips(6, seed=1), toys.ToyClips(6, seed=1))
    teacher = toys.toy_network(seed=1)
    before = {name: value.clone() for name, value in teacher.state_dict().items()}
    settings = toys.toy_settings(epochs=6, milestones=(), learning_rate=0.2)
    task = Imitation(toys.toy_network(), teacher)
    result = train(task, clips, held_out, settings, tmp_path, device="cpu")
    losses = [epoch["training"]["loss"] for epoch in result.epochs]
    assert losses[-1] < losses[0] / 2
    for name, value in teacher.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_rgb_and_flow_of_different_videos_are_refused(toys: ModuleType) -> None:
    with pytest.raises(ConfigError, match="videos with flow is 9"):
        PairedClips(toys.ToyClips(10), toys.ToyClips(9))
    with pytest.raises(ConfigError, match="flow at place 0 is 'of 1-0'; expected of the"):
        PairedClips(toys.ToyClips(10), toys.ToyClips(10, seed=1))
