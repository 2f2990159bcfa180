import pytest

from motionfit.errors import ConfigError
from motionfit.training.learning_rate import learning_rate
from motionfit.training.settings import TrainingSettings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0),
        ("batch_size", 0),
        ("micro_batches", 0),
        ("micro_batches", 9),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("momentum", 1.0),
        ("weight_decay", -0.1),
        ("optimiser", "lamb"),
        ("schedule", "linear"),
        ("milestones", (0, 4)),
        ("milestones", (8, 4)),
        ("warmup_epochs", 121),
        ("clip_gradient_norm", 0.0),
        ("precision", "float16"),
        ("keep", "best"),
        ("checkpoint_seconds", 0.0),
        ("log_every", 0),
    ],
)
def test_a_value_that_cannot_be_used_is_named(name: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"^{name} is "):
        TrainingSettings(**{name: value})


def rates(settings: TrainingSettings, num_steps: int) -> list[float]:
    """Return the learning rate of every step."""
    return [
        learning_rate(settings, epoch, step, num_steps)
        for epoch in range(settings.epochs)
        for step in range(num_steps)
    ]


def test_the_papers_schedule_falls_tenfold_at_40_60_and_80() -> None:
    found = rates(TrainingSettings(), 1)
    assert found[:40] == [0.001] * 40
    assert found[40:60] == pytest.approx([1e-4] * 20)
    assert found[60:80] == pytest.approx([1e-5] * 20)
    assert found[80:] == pytest.approx([1e-6] * 40)


def test_cosine_falls_step_by_step_from_the_whole_to_nothing() -> None:
    settings = TrainingSettings(epochs=2, learning_rate=1.0, schedule="cosine", milestones=())
    assert rates(settings, 2) == pytest.approx([1, 0.853553, 0.5, 0.146447], abs=1e-6)


def test_a_warm_up_rises_step_by_step_and_the_cosine_begins_at_its_end() -> None:
    settings = TrainingSettings(
        epochs=2, learning_rate=1.0, schedule="cosine", milestones=(), warmup_epochs=1
    )
    assert rates(settings, 4) == pytest.approx(
        [0.25, 0.5, 0.75, 1, 1, 0.853553, 0.5, 0.146447], abs=1e-6
    )


def test_constant_is_constant() -> None:
    settings = TrainingSettings(epochs=3, learning_rate=0.5, schedule="constant")
    assert rates(settings, 2) == [0.5] * 6
