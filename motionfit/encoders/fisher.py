"""Fisher vectors: many local descriptors, in any number, as one vector.

A mixture of Gaussians says what local descriptors are like. The Fisher vector of some descriptors
is the gradient of their mean log-likelihood with respect to the means and the deviations of the
mixture: how these descriptors differ from the usual ones.

Source: Perronnin, Sánchez and Mensink, "Improving the Fisher Kernel for Large-Scale Image
Classification", ECCV 2010; the formulas are those of Sánchez et al., "Image Classification with the
Fisher Vector: Theory and Practice", IJCV 2013, equations 16 to 18, without the gradient of the
weights.
"""

import math

import torch
import torch.nn.functional as F  # noqa: N812  everybody's name for it
from torch import Tensor, nn

_LEAST = 1e-12


class FisherVectors(nn.Module):
    """Fisher vectors under a mixture of Gaussians, with signed roots, of unit length.

    So is the share of each component before they are joined. Source: Arandjelović and Zisserman,
    "All About VLAD", CVPR 2013, section 3 (intra-normalisation).

    Args:
        num_components: Gaussians.
        dim: Values of a descriptor.

    Attributes:
        weights: ``(components,)``, above 0, of sum 1.
        means: ``(components, dim)``.
        deviations: ``(components, dim)``, above 0.
    """

    def __init__(self, num_components: int, dim: int) -> None:
        super().__init__()
        # Parameters that no gradient moves: buffers would count as statistics of a training.
        self.weights = nn.Parameter(torch.empty(num_components), requires_grad=False)
        self.means = nn.Parameter(torch.empty(num_components, dim), requires_grad=False)
        self.deviations = nn.Parameter(torch.empty(num_components, dim), requires_grad=False)

    @property
    def out_dim(self) -> int:
        """Values of a Fisher vector."""
        return 2 * self.means.numel()

    def forward(self, descriptors: Tensor, counts: Tensor) -> Tensor:
        """Return a vector for each set of descriptors; zeros where none counts.

        Args:
            descriptors: ``(batch, number, dim)``.
            counts: ``(batch, number)``, how much each counts, 0 or more.

        Returns:
            ``(batch, 2 * components * dim)``: gradients of the means, then of the deviations, both
            with components varying slowest.
        """
        shares = torch.softmax(self.log_joint(descriptors), -1) * counts.unsqueeze(-1)
        total = shares.sum((1, 2)).clamp(min=torch.finfo(shares.dtype).tiny).view(-1, 1, 1)
        # Moments of what each component has taken.
        shares_by_component = shares.transpose(1, 2)
        zeroth = shares_by_component.sum(2, keepdim=True)
        first = shares_by_component @ descriptors
        second = shares_by_component @ descriptors.square()
        of_means = (first - zeroth * self.means) / self.deviations
        of_deviations = (
            second - 2 * self.means * first + zeroth * self.means.square()
        ) / self.deviations.square() - zeroth
        root = self.weights.sqrt().unsqueeze(1)
        gradients = torch.stack([of_means / root, of_deviations / (math.sqrt(2) * root)], 1)
        roots = signed_root(gradients / total[..., None])
        # Each component counts alike, however many descriptors it has taken.
        lengths = roots.square().sum((1, 3), keepdim=True).clamp(min=_LEAST).sqrt()
        return F.normalize((roots / lengths).flatten(1), dim=1)

    def log_joint(self, descriptors: Tensor) -> Tensor:
        """Return the log-density of each descriptor together with each component.

        Args:
            descriptors: ``(..., dim)``.

        Returns:
            ``(..., components)``.
        """
        precisions = self.deviations.square().reciprocal()
        constant = (
            self.weights.log()
            - self.deviations.log().sum(1)
            - 0.5 * self.means.shape[1] * math.log(2 * math.pi)
            - 0.5 * (self.means.square() * precisions).sum(1)
        )
        crossed = descriptors @ (self.means * precisions).T
        squared = descriptors.square() @ precisions.T
        log_joint: Tensor = crossed - 0.5 * squared + constant
        return log_joint


def signed_root(values: Tensor) -> Tensor:
    """Return the root of the size of each value, with its sign."""
    # The slope of a root is infinite at 0, and fine-tuning comes through here.
    return values.sign() * values.abs().clamp(min=_LEAST).sqrt()
