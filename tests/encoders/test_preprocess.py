"""Crops and scaling: the published rows and columns, torchvision's values, no shared memory."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torchvision.models.video import R2Plus1D_18_Weights

from motionfit.encoders.backbones.build import default_spec
from motionfit.encoders.preprocess import check_clips, clips_to_tensor, crop_centre, scale
from motionfit.errors import ConfigError

SPEC = default_spec("r2plus1d_18")


def test_the_crop_of_128x171_begins_at_row_8_and_column_30():
    clips = np.zeros((1, 1, 128, 171, 3), dtype=np.uint8)
    clips[0, 0, :, :, 0] = np.arange(128)[:, None]
    clips[0, 0, :, :, 1] = np.arange(171)
    crop = crop_centre(clips, (112, 112))
    assert crop.shape == (1, 1, 112, 112, 3)
    assert crop[0, 0, 0, 0].tolist() == [8, 30, 0]
    assert crop[0, 0, -1, -1].tolist() == [119, 141, 0]


def test_preprocessing_equals_torchvisions_transforms_after_the_resize(moving_clips):
    transforms = R2Plus1D_18_Weights.KINETICS400_V1.transforms()
    clips = moving_clips(2, 3, 128, 171)
    spec = replace(SPEC, mean=tuple(transforms.mean), std=tuple(transforms.std))
    values = scale(clips_to_tensor(crop_centre(clips, spec.crop)), spec)
    expected = transforms(torch.from_numpy(clips).permute(0, 1, 4, 2, 3))
    torch.testing.assert_close(values, expected, rtol=0, atol=1e-6)


def test_without_normalisation_values_lie_between_0_and_1():
    clips = np.array([0, 51, 255], dtype=np.uint8).reshape(1, 1, 1, 1, 3)
    values = scale(clips_to_tensor(clips), SPEC)
    assert values.flatten().tolist() == pytest.approx([0.0, 0.2, 1.0])


def test_the_tensor_is_channels_last_and_shares_no_memory_with_the_clips(moving_clips):
    clips = moving_clips(1, 2, 20, 20)
    tensor = clips_to_tensor(clips[:, :, 2:18, 2:18])
    before = tensor.clone()
    clips[:] = 0
    assert torch.equal(tensor, before)
    assert tensor.is_contiguous(memory_format=torch.channels_last_3d)


@pytest.mark.parametrize(
    "clips",
    [
        np.zeros((1, 16, 128, 171, 3), dtype=np.float32),
        np.zeros((16, 128, 171, 3), dtype=np.uint8),
        np.zeros((1, 8, 128, 171, 3), dtype=np.uint8),
        np.zeros((1, 16, 112, 112, 3), dtype=np.uint8),
        np.zeros((1, 16, 128, 171, 1), dtype=np.uint8),
    ],
)
def test_clips_of_another_shape_or_type_are_refused_with_what_was_expected(clips):
    with pytest.raises(ConfigError, match=r"expected uint8 \(num_clips, 16, 128, 171, 3\)"):
        check_clips(clips, SPEC)
