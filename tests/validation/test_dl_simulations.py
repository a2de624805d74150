"""The simulations of deep linear nets against slow computations of the same, one net at a time."""

import numpy as np
import pytest

from numerics.deep_linear_history import History
from numerics.haar import haar
from validation.deep_linear_contours import ContourSlopes
from validation.deep_linear_haar import Eigenangles, HaarMatrices
from validation.deep_linear_plateaus import LifetimeGrowth, Plateaus, flow_lifetimes
from validation.deep_linear_problems import Problem, counts_up_to
from validation.deep_linear_starts import (
    InitialNets,
    MatrixProducts,
    MeanSquares,
)
from validation.deep_linear_trainings import STATISTICS, TrainedLosses, Trainings

PROBLEM = Problem((1.5, 1.0), ((0.5, 0.2), (-0.3, 0.9), (0.1, 0.4)), 4)
SCALAR = Problem((1.0,), ((1.0,),), 1)


def rng(seed=1):
    return np.random.default_rng(seed)


def test_the_problem_is_the_one_described():
    data = PROBLEM.data
    assert data.singular_values == pytest.approx([1.5, 1.0])
    assert data.minimiser[:, :2] == pytest.approx(np.array(PROBLEM.teacher))
    assert data.residual == pytest.approx(0, abs=1e-25)
    assert PROBLEM.target_norm == pytest.approx(np.linalg.norm(PROBLEM.teacher, 2))


def test_counts_leave_out_nan():
    assert counts_up_to(np.array([1.0, np.nan, np.inf]), (0.0, 1.0, 9.0)).tolist() == [0, 1, 1]


# At initialisation


@pytest.mark.parametrize("width", [3, 4, 7])
def test_orthogonal_weights_are_those_of_the_definition(width):
    first, hidden, last = InitialNets(PROBLEM, width, 3, "orthogonal", 5)._weights(5, rng())
    for each in range(5):
        assert hidden[each] @ hidden[each].T == pytest.approx(np.eye(width), abs=1e-12)
        assert last[each] @ last[each].T == pytest.approx(np.eye(3), abs=1e-12)
        if width >= 4:
            assert first[each].T @ first[each] == pytest.approx(np.eye(2), abs=1e-12)


def test_narrow_first_layers_keep_the_mean_square():
    first, *_ = InitialNets(PROBLEM, 3, 3, "orthogonal", 20_000)._weights(20_000, rng())
    assert np.mean(np.sum(first**2, axis=1)) == pytest.approx(1.0, rel=0.02)


@pytest.mark.parametrize("kind", ["orthogonal", "gaussian"])
def test_loss_and_kernel_are_those_of_the_weights(kind):
    nets = InitialNets(PROBLEM, 5, 4, kind, 3)
    losses, kernels = nets._observe(3, rng())
    weights = [np.sqrt(5) * np.asarray(w) for w in nets._weights(3, rng())]
    x, alpha = np.diag(PROBLEM.data.singular_values), (5.0**3 * 3) ** -0.5
    for n in range(3):
        layers = [w[n] for w in weights]
        apart = alpha * np.linalg.multi_dot([*layers[::-1], x]) - PROBLEM.data.targets
        assert losses[n] == pytest.approx(0.5 * np.sum(apart**2), rel=1e-12)
        form, below = 0.0, x[:, 1]
        for k, layer in enumerate(layers):
            above = np.eye(3)[0]
            for later in layers[:k:-1]:
                above = above @ later
            form += alpha**2 * np.sum(below**2) * np.sum(above**2)
            below = layer @ below
        assert kernels[n] == pytest.approx(form, rel=1e-12)


def test_spectral_moments_are_those_of_the_singular_values():
    products = MatrixProducts(4, 1, 3)
    first, second = products._observe(3, rng())
    values = np.linalg.svd(rng().standard_normal((3, 4, 4)) / 2, compute_uv=False)
    assert first == pytest.approx(np.mean(values**2, axis=1))
    assert second == pytest.approx(np.mean(values**4, axis=1))


def test_observables_are_kept_in_their_order():
    [half, square] = MeanSquares(3, (0.5, 2.0), 7)._observe(7, rng())
    assert square == pytest.approx(half**4)
    entry, other, trace, turned = HaarMatrices(3, 7)._observe(7, rng())
    assert other == pytest.approx(entry**2)
    assert np.all(trace <= 9)
    assert np.all(turned <= 3 + 1e-12)


def test_an_eigenangle_is_that_of_the_rotation():
    [theta] = Eigenangles(50)._observe(50, rng())
    matrices = haar(rows=3, columns=3, batch=50, rng=rng())
    for angle, q in zip(theta, matrices, strict=True):
        angles = np.sort(np.abs(np.angle(np.linalg.eigvals(np.linalg.det(q) * q))))
        assert angles == pytest.approx([0.0, angle, angle], abs=1e-6)


# Training


def history(losses):
    return History(tuple(range(len(losses))), np.array(losses), np.array([-1]), np.array([-1]))


def test_the_slowest_step_decides_the_rate():
    [rate] = STATISTICS["rate"][0](history([[4.0], [2.0], [1.6], [0.1]]))
    assert rate == pytest.approx(-np.log(1.6 / 4) / 2)
    assert STATISTICS["rate"][0](history([[4.0], [np.inf], [np.inf]]))[0] == -np.inf


def test_reduced_and_full_trainings_have_one_law():
    cuts = tuple(np.linspace(0.1, 2.0, 30).tolist())
    nets = [
        Trainings(PROBLEM, 12, 4, "orthogonal", 0.05, 20, 300, cuts, reduced=reduced)
        for reduced in (True, False)
    ]
    short, full = (n.simulate(300, rng(k))["counts"] / 300 for k, n in enumerate(nets))
    assert np.max(np.abs(short - full)) < 3.0 / np.sqrt(150)  # beyond chance: exp(-9)


@pytest.mark.parametrize("statistic", ["movement", "singular values"])
def test_invariants_grow_with_the_learning_rate_and_diverge_with_it(statistic):
    def share(rate):
        nets = Trainings(PROBLEM, 12, 3, "orthogonal", rate, 12, 9, (-50.0, 1.0), statistic)
        return nets.simulate(9, rng())["counts"].tolist()

    assert share(1e-6) == [0, 0]
    assert share(50.0) == [9, 9]


def test_trained_losses_keep_every_record():
    nets = TrainedLosses(PROBLEM, 50, 4, 0.1, (0, 3, 9), 40)
    sums = nets.simulate(40, rng())["cubic_sums"]
    assert sums.shape == (3, 2, 2, 2)
    assert np.all(np.diff(sums[:, 0, 0, 1]) < 0)


# Plateaus and contours


def test_exits_are_counted_from_the_first_step():
    nets = Plateaus(SCALAR, 1, 1, 0.5, 3, 400, (-np.inf, 0.0, 9.0), band=(0.0, 1e9))
    assert nets.simulate(400, rng())["counts"].tolist() == [0, 0, 0]
    never = Plateaus(SCALAR, 1, 1, 0.5, 3, 400, (-np.inf, 9.0), band=(2e8, 1e9))
    assert never.simulate(400, rng())["counts"].tolist() == [400, 400]


def test_lifetimes_are_those_of_gradient_flow():
    """Depth 2, width 1: the flow of two weights with a small step."""
    times, weights = flow_lifetimes(1, 2, 30, rng(), move=0.02), rng().standard_normal((2, 30))
    v, w = (weights[0].copy(), weights[1].copy())
    slow, running, step = np.zeros(30), np.ones(30, dtype=bool), 2e-4
    for k in range(60_000):
        error = v * w - 1
        running &= error**2 / 2 >= 0.4
        slow[running] = (k + 1) * step
        if not running.any():
            break
        v, w = v - step * error * w * running, w - step * error * v * running
    assert times == pytest.approx(slow, rel=0.1, abs=0.02)


def test_lifetimes_do_not_hang_on_the_step():
    coarse, fine = (flow_lifetimes(2, 15, 400, rng(), move=m) for m in (0.5, 0.1))
    kept = (coarse > 0) & (fine > 0)
    logs = np.log(coarse[kept] / fine[kept])
    assert abs(np.median(logs)) < 0.25
    assert np.array_equal(coarse > 0, fine > 0)


def test_growth_is_a_statistic_of_medians():
    growth = LifetimeGrowth(1, (2, 3, 4), 5, 3, (-1e9, 1e9))
    assert growth.simulate(3, rng())["counts"][1] >= growth.simulate(3, rng())["counts"][0]


def test_slopes_are_those_of_the_crossings():
    slopes = ContourSlopes(
        SCALAR, "orthogonal", (4, 16), ((10, 20), (40, 80)), 1.0, 8, np.exp(-2.0), 3, 1, (0.0,)
    )
    medians = np.array([[[-1.0], [-3.0]], [[-1.0], [-3.0]]])  # crossings at sqrt(200), sqrt(3200)
    assert slopes._slopes(medians) == pytest.approx([1.0])
    medians[1] -= 1.0  # the crossing is now at 40
    assert slopes._slopes(medians) == pytest.approx([np.log(40 / 200**0.5) / np.log(4)])
    medians[0] = np.inf
    assert slopes._slopes(medians).tolist() == [np.inf]


def test_divergence_is_a_class_of_its_own():
    sizes = ((2, 4), ((2, 4), (2, 4)))
    for kind in ("orthogonal", "gaussian"):
        slopes = ContourSlopes(SCALAR, kind, *sizes, 1000.0, 30, 0.1, 4, 2, (0.0,))
        assert slopes.simulate(2, rng())["diverged"].sum() > 20
        calm = ContourSlopes(SCALAR, kind, *sizes, 0.01, 30, 0.1, 4, 2, (0.0,))
        assert calm.simulate(2, rng())["diverged"].sum() == 0
