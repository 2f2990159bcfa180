"""Optimisers whose state has names, and steps that are checked."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from motionfit.training.gradients import trained_parameters
from motionfit.training.settings import TrainingSettings

_STATE = "optimiser."


class Optimiser:
    """Updates a network's trained parameters.

    Args:
        network: On the device where it is trained.
        settings: Which one, its momentum and weight decay, and the clip of gradients.
    """

    def __init__(self, network: nn.Module, settings: TrainingSettings) -> None:
        self._names = {p: name for name, p in network.named_parameters() if p.requires_grad}
        self._parameters = trained_parameters(network)
        self._clip = settings.clip_gradient_norm
        self._optimiser = _build(self._parameters, settings)

    def gradient_norm(self) -> float:
        """Return the length of all gradients together; not finite if any value is not."""
        gradients = [p.grad for p in self._parameters if p.grad is not None]
        if not gradients:
            return 0.0
        return float(torch.stack(torch._foreach_norm(gradients)).norm())

    def step(self, learning_rate: float, gradient_norm: float) -> None:
        """Take a step against the gradients, then forget them.

        Args:
            learning_rate: Of this step.
            gradient_norm: From ``gradient_norm``; scaled down if it is longer than allowed.
        """
        if self._clip is not None and gradient_norm > self._clip:
            gradients = [p.grad for p in self._parameters if p.grad is not None]
            torch._foreach_mul_(gradients, self._clip / gradient_norm)
        for group in self._optimiser.param_groups:
            group["lr"] = learning_rate
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)

    def tensors(self) -> dict[str, Tensor]:
        """Return the state by the names of the parameters, to be saved."""
        return {
            f"{_STATE}{key}.{name}": value
            for parameter, name in self._names.items()
            for key, value in self._optimiser.state.get(parameter, {}).items()
            if isinstance(value, Tensor)
        }

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Take over what ``tensors`` returned."""
        parameters = {name: parameter for parameter, name in self._names.items()}
        for full_name, value in tensors.items():
            if full_name.startswith(_STATE):
                key, name = full_name.removeprefix(_STATE).split(".", 1)
                parameter = parameters[name]
                # AdamW counts its steps on the CPU.
                place = "cpu" if key == "step" else parameter.device
                self._optimiser.state[parameter][key] = value.to(place)


def _build(parameters: list[nn.Parameter], settings: TrainingSettings) -> torch.optim.Optimizer:
    rate, decay = settings.learning_rate, settings.weight_decay
    if settings.optimiser == "adamw":
        return torch.optim.AdamW(parameters, rate, weight_decay=decay)
    return torch.optim.SGD(parameters, rate, momentum=settings.momentum, weight_decay=decay)
