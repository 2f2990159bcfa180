"""A task as bytes, on its way from the pool to a decoder process."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from motionfit.media.decode_events import DecodeTask
from motionfit.media.sampling import ClipSampling, ClipSpec, Every, Sliding, Uniform

_PLACEMENTS = {placement.__name__: placement for placement in (Uniform, Every, Sliding)}


def task_to_json(task: DecodeTask) -> dict[str, Any]:
    """Return a task as a value that JSON can hold; names that are no UTF-8 survive as escapes."""
    values = asdict(task)
    values["path"] = str(task.path)
    values["sampling"]["placement_kind"] = type(task.sampling.placement).__name__
    return values


def task_from_json(values: dict[str, Any]) -> DecodeTask:
    """Return the task that `task_to_json` took apart; whoever wrote ``values`` is trusted."""
    sampling = dict(values["sampling"])
    placement_class = _PLACEMENTS[sampling.pop("placement_kind")]
    sampling["placement"] = placement_class(**sampling["placement"])
    sampling["spec"] = ClipSpec(**sampling["spec"])
    size = values["size"]
    return DecodeTask(
        **{
            **values,
            "path": Path(values["path"]),
            "sampling": ClipSampling(**sampling),
            "size": None if size is None else tuple(size),
        }
    )
