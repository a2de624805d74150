"""theory.kl_bound of networks against the oracles: output power, initial loss, the best scale and the best variances.

Budget: 1e-12 relative. A product of L factors is a sum of L logarithms, each rounded, as its docstring promises.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from theory.activations import Activation, leaky_relu
from theory.kl_bound import (
    expected_initial_loss,
    expected_output_power,
    forward_bound,
    optimal_scale,
    optimal_variances,
    transient_bound,
)

CLOSE = 1e-12
LAWS = {
    "linear": (1.0, 1.0, 1.0, True),
    "relu": (0.0, 0.0, 1.0, True),
    "leaky_relu(0.01)": (0.01, 0.01, 1.0, True),
    "leaky_relu(-1.7)": (-1.7, -1.7, 1.0, True),
    "rrelu": (1 / 8, 1 / 3, 1.0, True),
    "relu, dropout": (0.0, 0.0, 0.8, True),
    "linear, dropout, not rescaled": (1.0, 1.0, 0.8, False),
}
NETS = {
    "one layer": (7, 3),
    "two parameters": (1, 1, 1),
    "bottleneck": (50, 2, 300, 10),
    "MNIST": (784, 100, 100, 10),
    "wide": (10**6, 10**9, 10**5, 2),
}
DEEP = {
    "1000 equal layers": (64,) * 1001,
    "1000 layers": (784, *(64,) * 999, 10),
    "1000 layers, irregular": (3, *(5 + 7 * i % 91 for i in range(999)), 4),
}
TEMPERATURES = [1e-12, 1e-3, 0.25, 7.0, 1e6]


def promised(widths, variances, unit) -> float:
    """1e-15 (2 L + sum |log(m1 n s)|), of the docstring."""
    logs = np.log(float(unit)) + np.log(widths[:-1]) + np.log(variances)
    return 1e-15 * (2 * len(variances) + np.sum(np.abs(logs)))


ENUMERATED = [
    ((2, 2, 2, 1), (Fraction(1, 2), Fraction(2, 3), Fraction(1)), Fraction(0)),
    ((2, 3, 2), (Fraction(1, 2), Fraction(3, 2)), Fraction(1, 3)),
    ((1, 2, 1, 2), (Fraction(1, 4), Fraction(3), Fraction(1, 2)), Fraction(1)),
    ((3, 4), (Fraction(5, 4),), Fraction(0)),
]


@pytest.mark.parametrize(("widths", "roots", "slope"), ENUMERATED)
def test_against_enumeration_of_all_signs(widths, roots, slope, kl_oracles):
    """Weights +-root: second moments need symmetric weights only, so that the average is over finitely many nets."""
    x = [Fraction(3, 2), Fraction(-1), Fraction(2)][: widths[0]]
    y = [Fraction(1, 2), Fraction(-3), Fraction(1), Fraction(2)][: widths[-1]]
    power, loss = kl_oracles.enumerated_network(widths, roots, x, y, slope)
    variances = [float(r) ** 2 for r in roots]
    input_power, target_power = (float(sum(v * v for v in vector)) for vector in (x, y))
    activation = leaky_relu(float(slope))
    value = expected_output_power(widths, variances, input_power, activation)
    assert value == pytest.approx(float(power), rel=1e-14)
    value = expected_initial_loss(widths, variances, input_power, target_power, activation)
    assert value == pytest.approx(float(loss), rel=1e-14)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("net", NETS | DEEP)
def test_output_power_and_losses(net, law, kl_oracles):
    """Variances around the critical ones, off by 10 per cent, a factor of 3 and 1000, up and down in turn."""
    widths, mp = (NETS | DEEP)[net], kl_oracles.MP
    unit, activation = kl_oracles.unit_power(LAWS[law]), Activation(*LAWS[law])
    for off in (1.0, 1.1, 3.0, 1000.0):
        factors = off ** np.where(np.arange(len(widths) - 1) % 2, 1.0, -1.0)
        variances = factors / (float(unit) * np.array(widths[:-1]))
        exact = kl_oracles.output_power(widths, variances, 0.37, unit)
        budget = promised(widths, variances, unit)
        value = expected_output_power(widths, variances, 0.37, activation)
        assert kl_oracles.relative(value, exact) < budget
        value = expected_initial_loss(widths, variances, 0.37, 2.5, activation)
        assert kl_oracles.relative(value, (exact + mp.mpf(2.5)) / 2) < budget
        c = widths[-1]
        if c > 1:
            upper = mp.log(c) + (1 - mp.mpf(1) / c) * exact / (2 * c)
            args = (widths, variances, 0.37, 0.0, activation, "cross_entropy")
            assert kl_oracles.relative(expected_initial_loss(*args), upper) < budget


def test_factors_beyond_the_range(kl_oracles):
    """500 layers of gain 1000 and 500 of gain 1/1000: every partial product overflows, the power does not."""
    widths, factors = (64,) * 1001, np.repeat([1e3, 1e-3], 500)
    for order in (factors, factors[::-1]):
        variances = order * 2 / 64
        exact = kl_oracles.output_power(widths, variances, 2.0, 0.5)
        value = expected_output_power(widths, variances, 2.0)
        assert kl_oracles.relative(value, exact) < promised(widths, variances, 0.5)
    assert expected_output_power(widths, 1.0, 1.0) == math.inf
    assert expected_output_power(widths, 1e-9, 1.0) == 0


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_cross_entropy_of_gaussian_logits(classes, kl_oracles):
    """One linear layer has Gaussian logits: E log sum exp lies between both bounds and touches the upper at 0."""
    gaps = []
    small = [0.005, 0.01, 0.02, 0.04]
    for variance in (*small, 0.5, 2.0, 4.0):
        exact = kl_oracles.mean_log_sum_exp(classes, variance)
        upper = expected_initial_loss(
            (5, classes), variance / 5, 5.0, 0.0, "linear", "cross_entropy"
        )
        assert math.log(classes) < exact < upper
        gaps.append((exact - math.log(classes)) / (upper - math.log(classes)))
    tangent = np.polyfit(small, gaps[:4], 3)[-1]  # at variance 0; the error is their product
    assert tangent == pytest.approx(1, abs=1e-7)
    assert np.all(np.diff(gaps) < 0)


@pytest.mark.parametrize("classes", [2, 5])
def test_cross_entropy_of_two_layers(classes, kl_oracles):
    """Given the hidden layer the logits are Gaussian: an average over chi-square, by Gauss-Laguerre."""
    hidden, s1, s2, power = 4, 0.3, 0.2, 2.0
    nodes, weights = np.polynomial.laguerre.laggauss(30)
    weights = weights * nodes ** (hidden / 2 - 1) / math.gamma(hidden / 2)
    losses = [kl_oracles.mean_log_sum_exp(classes, s2 * s1 * power * 2 * q) for q in nodes]
    exact = float(np.sum(weights * losses))
    upper = expected_initial_loss(
        (3, hidden, classes), [s1, s2], power, 0.0, "linear", "cross_entropy"
    )
    mean = s2 * s1 * power * hidden  # Jensen: the loss is concave in the variance
    between = kl_oracles.mean_log_sum_exp(classes, mean)
    assert math.log(classes) < exact < between < upper
    assert exact - math.log(classes) > 0.8 * (upper - math.log(classes))


def betas(widths):
    """Name of the loss -> beta."""
    c = widths[-1]
    return {"half_squared": 0.5} | ({"cross_entropy": (1 - 1 / c) / (2 * c)} if c > 1 else {})


def golden_section_agrees(widths, law, loss, factor, kl_oracles):
    unit = kl_oracles.unit_power(LAWS[law])
    value = optimal_scale(widths, 0.01, 2.0, Activation(*LAWS[law]), loss)
    objective = kl_oracles.scale_objective(widths, 0.01, 2.0, unit, betas(widths)[loss])
    best = kl_oracles.minimiser(objective, 1.1 * value, factor)
    assert kl_oracles.relative(value, best) < 1e-14


@pytest.mark.parametrize("law", ["linear", "relu", "rrelu", "relu, dropout"])
@pytest.mark.parametrize("net", NETS)
def test_optimal_scale_by_golden_section(net, law, kl_oracles):
    for loss in betas(NETS[net]):
        golden_section_agrees(NETS[net], law, loss, 1e3, kl_oracles)


@pytest.mark.parametrize("net", DEEP)
def test_optimal_scale_of_deep_networks(net, kl_oracles):
    """c* is within 1.3 per cent of 1, and what it is exactly shows only in its power c*^L."""
    golden_section_agrees(DEEP[net], "relu", "half_squared", 1.2, kl_oracles)


@pytest.mark.parametrize("net", ["two parameters", "MNIST", "1000 layers, irregular"])
@pytest.mark.parametrize("temp", [*TEMPERATURES, 1e-200, 1e250])
def test_optimal_scale_over_the_range(net, temp, kl_oracles):
    """From the derivative of the objective: beta P_x L G = K T/2; the ratio of T and P_x may leave the range."""
    widths, mp = (NETS | DEEP)[net], kl_oracles.MP
    depth, k = len(widths) - 1, sum(n * m for n, m in itertools.pairwise(widths))
    for power in (1e-250, 3.0, 1e200):
        gain_at_one = kl_oracles.output_power(
            widths, [1 / (mp.mpf(0.5) * n) for n in widths[:-1]], power, 0.5
        )
        exact = (k * mp.mpf(temp) / (depth * gain_at_one)) ** (mp.one / depth)
        value = optimal_scale(widths, temp, power)
        if exact < 1e308:
            assert kl_oracles.relative(value, exact) < 1e-14 * max(1, abs(float(mp.log(exact))))
        else:
            assert value == math.inf


def newton_agrees(widths, law, decay, loss, kl_oracles):
    unit = kl_oracles.unit_power(LAWS[law])
    exact = kl_oracles.best_variances(widths, 0.05, decay, 2.0, unit, betas(widths)[loss])
    value = optimal_variances(widths, 0.05, decay, 2.0, Activation(*LAWS[law]), loss)
    assert value.shape == (len(widths) - 1,)
    assert max(map(kl_oracles.relative, value, exact)) < CLOSE


@pytest.mark.parametrize("law", ["linear", "relu", "rrelu"])
@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("decay", [1e-12, 1e-3, 0.3, 1e4, 1e12])
def test_optimal_variances(net, law, decay, kl_oracles):
    """Newton's method on the bound, from a decay that hardly matters to one that leaves nothing else."""
    for loss in betas(NETS[net]):
        newton_agrees(NETS[net], law, decay, loss, kl_oracles)


@pytest.mark.parametrize(
    ("net", "decay"),
    [
        ("1000 equal layers", 1e-12),
        ("1000 equal layers", 0.3),
        ("1000 equal layers", 1e4),
        ("1000 layers", 1.6),  # where T/decay is critical
        ("1000 layers", 1e4),
        ("1000 layers, irregular", 0.6),  # the smallest layer's variance is 3e-170
        ("1000 layers, irregular", 1.0),
    ],
)
def test_optimal_variances_of_deep_networks(net, decay, kl_oracles):
    newton_agrees(DEEP[net], "relu", decay, "half_squared", kl_oracles)


def test_the_smallest_layer_takes_everything():
    """Under a small decay 999 gains of 1e11 leave the last layer 1e-12000: it underflows, the others lose no digit."""
    widths, temp, decay = DEEP["1000 layers"], 0.05, 1e-12
    counts = np.array([n * m for n, m in itertools.pairwise(widths)])
    value = optimal_variances(widths, temp, decay, 2.0)
    exact = temp * (1 - counts[-1] / counts) / decay  # 2 beta P_x G = T K_L but for 1e-12000
    assert value[-1] == 0
    np.testing.assert_allclose(value[:-1], exact[:-1], rtol=CLOSE)


@pytest.mark.parametrize("net", ["one layer", "two parameters", "MNIST"])
@pytest.mark.parametrize("temp", TEMPERATURES)
def test_optimal_variances_over_the_temperatures(net, temp, kl_oracles):
    widths = NETS[net]
    for power in (1e-6, 1.0, 1e6):
        exact = kl_oracles.best_variances(widths, temp, 1e-4, power, 0.5, 0.5)
        assert (
            max(map(kl_oracles.relative, optimal_variances(widths, temp, 1e-4, power), exact))
            < CLOSE
        )


def test_optimum_of_the_two_parameter_chain(kl_oracles):
    """x = 1.3, decay 0.4, T = 0.25: both variances are the forward optimum, which quadrature confirms."""
    both = optimal_variances((1, 1, 1), 0.25, 0.4, 1.3**2, "linear")
    np.testing.assert_allclose(both, 0.28406717, rtol=0, atol=5e-9)
    assert both[0] == both[1]
    entropy = kl_oracles.chain(1.3, 0.7, 0.4, 0.25, 0.3)["entropy"]

    def bound(s0):
        loss = kl_oracles.chain(1.3, 0.7, 0.4, 0.25, s0)["initial_loss"]
        closed = expected_initial_loss((1, 1, 1), s0, 1.3**2, 0.49, "linear") + 0.4 * s0
        assert loss == pytest.approx(closed, rel=1e-12)
        return forward_bound(loss, s0, 0.25, 2, entropy)

    at, *around = (bound(both[0] * factor) for factor in (1, 0.99, 1.01))
    assert at < min(around)


def test_the_scale_minimises_the_transient_bound():
    """With widths that differ the variances do too: s0 is their geometric mean over the weights."""
    widths, temp, power = (8, 20, 5, 3), 0.07, 8.0
    counts = np.array([n * m for n, m in itertools.pairwise(widths)])
    best = optimal_scale(widths, temp, power)

    def bound(c):
        variances = 2 * c / np.array(widths[:-1])
        loss = expected_initial_loss(widths, variances, power, 1.0)
        mean = np.exp(np.sum(counts * np.log(variances)) / counts.sum())
        return transient_bound(loss, mean, 30.0, temp, counts.sum())

    step, depth = 1e-3, len(widths) - 1
    low, at, high = (bound(best * math.exp(h)) for h in (-step, 0, step))
    assert at < min(low, high)
    third_order = depth * step / 3  # of exp(depth log c), against the second
    assert (high - low) / (low + high - 2 * at) == pytest.approx(third_order, rel=1e-3)
