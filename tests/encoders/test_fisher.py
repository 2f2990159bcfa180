"""Fisher vectors against their definition."""

import pytest
import torch
from sklearn.mixture import GaussianMixture
from torch import Tensor

from motionfit.encoders.fisher import FisherVectors, signed_root

COMPONENTS, DIM = 3, 2


@pytest.fixture
def fisher() -> FisherVectors:
    """A mixture with nothing regular about it, in float64."""
    generator = torch.Generator().manual_seed(0)
    made = FisherVectors(COMPONENTS, DIM).double()
    made.weights.copy_(torch.tensor([0.2, 0.5, 0.3]))
    made.means.copy_(torch.randn(COMPONENTS, DIM, generator=generator))
    made.deviations.copy_(0.5 + torch.rand(COMPONENTS, DIM, generator=generator))
    return made


def some(batch: int, number: int) -> Tensor:
    return torch.randn(batch, number, DIM, generator=torch.Generator().manual_seed(1)).double()


def test_the_mixture_is_that_of_scikit_learn(fisher):
    points = some(1, 50)[0]
    mixture = GaussianMixture(COMPONENTS, covariance_type="diag")
    mixture.weights_, mixture.means_ = fisher.weights.numpy(), fisher.means.numpy()
    mixture.covariances_ = fisher.deviations.square().numpy()
    mixture.precisions_cholesky_ = 1 / fisher.deviations.numpy()

    log_joint = fisher.log_joint(points)

    torch.testing.assert_close(
        log_joint.logsumexp(1), torch.from_numpy(mixture.score_samples(points.numpy()))
    )
    torch.testing.assert_close(
        log_joint.softmax(1), torch.from_numpy(mixture.predict_proba(points.numpy()))
    )


def test_a_fisher_vector_is_the_gradient_of_the_likelihood(fisher):
    points = some(1, 7)
    means, deviations = fisher.means.requires_grad_(), fisher.deviations.requires_grad_()
    fisher.log_joint(points[0]).logsumexp(1).mean().backward()
    # In units of the deviation that the gradient itself has: the diagonal of Fisher's information.
    root = fisher.weights.sqrt().unsqueeze(1)
    expected = torch.cat(
        [
            (means.grad * deviations / root).flatten(),
            (deviations.grad * deviations / (root * 2**0.5)).flatten(),
        ]
    )
    by_component = signed_root(expected).view(2, COMPONENTS, DIM).transpose(0, 1).flatten(1)
    alike = by_component / by_component.norm(dim=1, keepdim=True)
    expected = alike.view(COMPONENTS, 2, DIM).transpose(0, 1).flatten()

    found = fisher(points, torch.ones(1, 7).double())[0]

    torch.testing.assert_close(found.detach(), (expected / expected.norm()).detach())


def test_what_counts_twice_is_there_twice_and_what_counts_nothing_is_not_there(fisher):
    points = some(1, 3)
    twice = torch.cat([points, points[:, :1]], 1)

    found = fisher(points, torch.tensor([[2.0, 1.0, 1.0]]).double())
    without = fisher(points, torch.tensor([[1.0, 0.0, 1.0]]).double())

    torch.testing.assert_close(found, fisher(twice, torch.ones(1, 4).double()))
    torch.testing.assert_close(without, fisher(points[:, [0, 2]], torch.ones(1, 2).double()))


def test_vectors_have_unit_length_and_nothing_has_none(fisher):
    points = some(2, 5)
    counts = torch.tensor([[1.0] * 5, [0.0] * 5]).double()

    found = fisher(points, counts)

    assert found.shape == (2, fisher.out_dim) == (2, 2 * COMPONENTS * DIM)
    assert found[0].norm().item() == pytest.approx(1)
    assert found[1].abs().max() == 0


def test_sets_of_a_batch_do_not_see_each_other(fisher):
    points, counts = some(3, 4), torch.ones(3, 4).double()

    together = fisher(points, counts)

    for place in range(3):
        one = slice(place, place + 1)
        torch.testing.assert_close(together[one], fisher(points[one], counts[one]))
