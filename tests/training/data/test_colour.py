import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motionfit.errors import ConfigError
from motionfit.training.data.colour import ColourChange, ColourJitter

GREY = np.array([0.299, 0.587, 0.114])
factors = st.floats(0, 2)


@given(brightness=factors, contrast=factors, saturation=factors)
def test_a_change_is_brightness_then_contrast_then_saturation(
    brightness: float, contrast: float, saturation: float
) -> None:
    clip = np.random.default_rng(0).integers(0, 256, (3, 2, 4, 5), dtype=np.uint8)
    slow = clip.reshape(3, -1) * brightness
    slow = contrast * slow + (1 - contrast) * (GREY @ slow).mean()
    slow = saturation * slow + (1 - saturation) * (GREY @ slow)
    ColourChange(brightness=brightness, contrast=contrast, saturation=saturation).apply(clip)
    difference = np.abs(clip.reshape(3, -1) - slow.clip(0, 255))
    assert difference.max() <= 0.5 + 1e-3


def test_no_change_changes_nothing() -> None:
    clip = np.random.default_rng(0).integers(0, 256, (3, 2, 4, 5), dtype=np.uint8)
    before = clip.copy()
    ColourChange(brightness=1, contrast=1, saturation=1).apply(clip)
    assert np.array_equal(clip, before)


def test_without_saturation_a_clip_is_grey() -> None:
    clip = np.random.default_rng(0).integers(0, 256, (3, 2, 4, 5), dtype=np.uint8)
    ColourChange(brightness=1, contrast=1, saturation=0).apply(clip)
    assert np.array_equal(clip[0], clip[1])
    assert np.array_equal(clip[0], clip[2])


def test_a_still_stays_still() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (3, 1, 4, 5), dtype=np.uint8)
    clip = np.repeat(frame, 6, axis=1)
    change = ColourJitter().draw(np.random.default_rng(1))
    change.apply(clip)
    assert (clip == clip[:, :1]).all()
    assert not np.array_equal(clip[:, :1], frame)


def test_draws_keep_to_their_range_and_to_the_share_of_grey() -> None:
    jitter = ColourJitter(brightness=0.3, contrast=0.2, saturation=0.1, grey_probability=0.25)
    rng = np.random.default_rng(0)
    drawn = [jitter.draw(rng) for _ in range(1000)]
    assert all(0.7 <= one.brightness <= 1.3 and 0.8 <= one.contrast <= 1.2 for one in drawn)
    coloured = [one for one in drawn if one.saturation]
    assert all(0.9 <= one.saturation <= 1.1 for one in coloured)
    assert 200 < len(drawn) - len(coloured) < 300


def test_strengths_beyond_one_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"contrast is 1\.5; expected a number from 0 to 1"):
        ColourJitter(contrast=1.5)
