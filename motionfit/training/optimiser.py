"""Stochastic gradient descent whose state has names, and steps that are checked."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from motionfit.training.gradients import trained_parameters
from motionfit.training.settings import TrainingSettings

_MOMENTUM = "momentum."


class Optimiser:
    """Updates a network's trained parameters.

    Args:
        network: On the device where it is trained.
        settings: Momentum, weight decay and the clip of gradients.
    """

    def __init__(self, network: nn.Module, settings: TrainingSettings) -> None:
        self._names = {p: name for name, p in network.named_parameters() if p.requires_grad}
        self._parameters = trained_parameters(network)
        self._clip = settings.clip_gradient_norm
        self._sgd = torch.optim.SGD(
            self._parameters,
            lr=settings.learning_rate,
            momentum=settings.momentum,
            weight_decay=settings.weight_decay,
        )

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
        for group in self._sgd.param_groups:
            group["lr"] = learning_rate
        self._sgd.step()
        self._sgd.zero_grad(set_to_none=True)

    def tensors(self) -> dict[str, Tensor]:
        """Return the momentum by the names of the parameters, to be saved."""
        found = {
            name: self._sgd.state[parameter].get("momentum_buffer")
            for parameter, name in self._names.items()
            if parameter in self._sgd.state
        }
        return {_MOMENTUM + name: value for name, value in found.items() if value is not None}

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Take over what ``tensors`` returned."""
        for parameter, name in self._names.items():
            if _MOMENTUM + name in tensors:
                momentum = tensors[_MOMENTUM + name].to(parameter.device)
                self._sgd.state[parameter]["momentum_buffer"] = momentum
