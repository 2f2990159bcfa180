"""Cut batches and bring them to a device, whatever a method's batches hold.

A batch is a dataclass of tensors whose first axis counts videos, of None and numbers, and of other
such dataclasses, for methods that look at RGB and flow of the same clips. Its ``len`` is its number
of videos and ``num_videos_joint`` that of all processes together.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any

import torch
from torch import Tensor


def cut(batch: Any, start: int, stop: int) -> Any:
    """Return the videos ``[start, stop)`` of a batch; the memory is shared."""
    return map_tensors(batch, lambda tensor: tensor[start:stop])


def to_device(batch: Any, device: torch.device) -> Any:
    """Return the batch on a device."""
    return map_tensors(batch, lambda tensor: tensor.to(device, non_blocking=True))


def map_tensors(batch: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """Return a batch with every tensor changed."""
    changed = {}
    for field in fields(batch):
        value = getattr(batch, field.name)
        if isinstance(value, Tensor):
            changed[field.name] = change(value)
        elif is_dataclass(value):
            changed[field.name] = map_tensors(value, change)
    return replace(batch, **changed)


def count_clips(batch: Any) -> int:
    """Return the number of clips: videos times clips of each, RGB and flow of one counted once."""
    for field in fields(batch):
        value = getattr(batch, field.name)
        if field.name == "clips":
            return int(value.shape[0] * value.shape[1])
        if is_dataclass(value):
            return count_clips(value)
    return len(batch)
