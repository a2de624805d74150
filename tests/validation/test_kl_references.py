"""The slow references of the KL-bound subject against values known by hand, and against each other."""

import mpmath as mp
import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp

from validation import references_kl_bound as bound
from validation import references_kl_dynamics as dynamics
from validation import references_kl_networks as networks


@pytest.mark.parametrize("temperature", [0.05, 0.3, 2.0])
def test_gibbs_laws_of_quadratics_are_gaussian(temperature):
    rates = (0.5, 2.0)
    law = bound.gibbs(tuple((0.0, 0.0, a / 2) for a in rates), temperature)
    spread = [temperature / a for a in rates]
    assert float(law.mean_loss) == pytest.approx(temperature, rel=1e-14)
    assert float(law.second_moment) == pytest.approx(sum(spread), rel=1e-14)
    entropy = sum(np.log(2 * np.pi * np.e * v) for v in spread) / 2
    assert float(law.entropy) == pytest.approx(entropy, rel=1e-13)
    assert float(law.log_prefactor) == pytest.approx(-entropy + law.parameters / 2, rel=1e-13)
    assert law.parameters == 2


@pytest.mark.parametrize("temperature", [0.1, 0.6])
def test_gibbs_law_of_a_double_well_by_another_quadrature(temperature):
    def weight(w):
        return np.exp(-(-0.5 * w**2 + 0.25 * w**4) / temperature)

    total, second = (quad(lambda w, k=k: w**k * weight(w), -8, 8, epsabs=1e-13)[0] for k in (0, 2))
    law = bound.gibbs(((0.0, 0.0, -0.5, 0.0, 0.25),), temperature)
    assert float(law.second_moment) == pytest.approx(second / total, rel=1e-10)
    assert float(law.log_prefactor) == pytest.approx(-np.log(total), rel=1e-10)


@pytest.mark.parametrize(("first", "second", "mean"), [(1.0, 4.0, 0.0), (3.0, 0.2, -1.3)])
def test_divergences_and_cross_entropies(first, second, mean):
    def log_density(w, variance, centre):
        return -((w - centre) ** 2) / (2 * variance) - np.log(2 * np.pi * variance) / 2

    def integrand(w):
        p = log_density(w, first, mean)
        return np.exp(p) * (p - log_density(w, second, 0.0))

    ends = (mean - 12 * first**0.5, mean + 12 * first**0.5)
    expected = quad(integrand, *ends, epsabs=1e-13)[0]
    assert float(bound.divergence(first, second, mean)) == pytest.approx(expected, rel=1e-10)
    if mean == 0:
        own = float(bound.initial_cross_entropy(first, first))
        crossed = float(bound.initial_cross_entropy(first, second))
        assert crossed - own == pytest.approx(expected, rel=1e-10)


def test_searches_find_minima():
    assert float(bound.minimiser(lambda x: x - mp.log(x), 1e-3, 1e3)) == pytest.approx(1, rel=1e-14)
    found = networks.minimised_in_turn(
        lambda x: x[0] * x[1] * x[2] + 1 / x[0] + 2 / x[1] + 4 / x[2], (1.0, 1.0, 1.0)
    )
    product = mp.fprod(found)
    slopes = [float(product - weight / x) for x, weight in zip(found, (1, 2, 4), strict=True)]
    assert slopes == pytest.approx([0, 0, 0], abs=1e-12)


def test_covariances_solve_their_equations():
    a, sigma = ((0.6, 0.25), (0.25, 1.4)), ((1.0, 0.3), (0.3, 2.0))
    left, noise = np.array(a), np.array(sigma)
    limit = np.array(dynamics.limit_covariance(a, sigma, 0.3, 4).tolist(), dtype=float)
    assert left @ limit + limit @ left == pytest.approx(0.3 / 4 * noise, rel=1e-13)
    step = np.array(dynamics.step_covariance(a, sigma, 0.3, 4).tolist(), dtype=float)
    keep = np.eye(2) - 0.3 * left
    assert step == pytest.approx(keep @ step @ keep + 0.09 / 4 * noise, rel=1e-13)


def test_relaxation_and_dissipation():
    mean, variance = (float(x) for x in dynamics.relaxation(0.7, 1.3, 0.4, 0.1, 0.6))
    run = solve_ivp(
        lambda _, s: [-1.3 * s[0], -2.6 * s[1] + 0.8], (0, 0.7), [0.6, 0.1], rtol=1e-11, atol=1e-13
    )
    assert [mean, variance] == pytest.approx(run.y[:, -1], rel=1e-9)
    lost = float(dynamics.dissipated(0.0, 0.7, 1.3, 0.4, 0.1, 0.6))
    ends = (bound.divergence(v, 0.4 / 1.3, m) for v, m in ((0.1, 0.6), (variance, mean)))
    start, end = (float(x) for x in ends)
    assert lost == pytest.approx(0.4 * (start - end), rel=1e-12)


@pytest.mark.parametrize("slope", [0.0, 0.3, 1.0])
def test_product_rules_agree_with_sampling_and_with_layers(slope):
    widths, variances = (1, 3, 2), (1.1, 0.4)

    def power(outputs):
        return (outputs**2).sum(axis=1)

    value = networks.network_mean(widths, variances, slope, (1.7,), power)
    layers = float(networks.gain_by_layers(widths, variances, slope)) * 1.7**2
    assert value == pytest.approx(layers, rel=1e-12)
    finer = networks.network_mean((1, 2, 1), variances, slope, (1.7,), power, nodes=3)
    coarse = networks.network_mean((1, 2, 1), variances, slope, (1.7,), power)
    assert finer == pytest.approx(coarse, rel=1e-12)
    rng = np.random.default_rng(4)
    first = rng.standard_normal((200_000, 3)) * np.sqrt(1.1) * 1.7
    hidden = np.where(first > 0, first, slope * first)
    second = rng.standard_normal((200_000, 2, 3)) * np.sqrt(0.4)
    outputs = np.einsum("kmn,kn->km", second, hidden)
    squares = (outputs**2).sum(axis=1)
    assert abs(squares.mean() - value) < 5 * squares.std() / np.sqrt(len(squares))


def test_too_many_weights_are_refused():
    with pytest.raises(ValueError, match=r"widths must have few enough weights.*\(5, 5, 5\)"):
        networks.network_mean((5, 5, 5), (1.0, 1.0), 0.0, (1.0,) * 5, lambda f: f[:, 0])


@pytest.mark.parametrize("variance", [0.01, 1.0, 20.0])
def test_logistic_loss(variance):
    def integrand(z):
        return np.exp(-z * z / 2) / np.sqrt(2 * np.pi) * np.logaddexp(0, np.sqrt(2 * variance) * z)

    expected = quad(integrand, -12, 12, epsabs=1e-13)[0]
    assert float(networks.logistic_loss(variance)) == pytest.approx(expected, rel=1e-10)


def test_mean_square():
    assert float(networks.mean_square(0.3)) == pytest.approx(1.09 / 2, rel=1e-14)
