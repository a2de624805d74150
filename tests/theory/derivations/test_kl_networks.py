"""The derivations on networks verify, their planted errors do not, and their conclusions have the right values.

The references know nothing of the derivations: sums over all paths, quadrature from the definition, gradients
and searches of bounds written out by hand.
"""

import itertools
import math

import mpmath as mp
import pytest
import sympy as sp

from theory.derivations import (
    kl_bound_networks,
    kl_bound_networks_layers,
    kl_bound_networks_losses,
    kl_bound_networks_scale,
    kl_bound_networks_variances,
)
from theory.derivations.arb import enclose
from theory.derivations.formal import is_formal
from theory.derivations.names import bound_names, free_names
from theory.derivations.rules_named import Named
from theory.derivations.steps import STEP_BUDGET
from theory.derivations.symbols import d, m1
from theory.derivations.symbols_kl_bound import (
    G,
    K,
    L,
    P_x,
    P_y,
    T,
    V,
    beta,
    lam,
    layer,
    n_0,
    n_L,
    widths,
)
from theory.derivations.verdicts import Verdict

MODULES = (
    kl_bound_networks,
    kl_bound_networks_layers,
    kl_bound_networks_losses,
    kl_bound_networks_scale,
    kl_bound_networks_variances,
)
DERIVATIONS = {name: build for module in MODULES for name, build in module.DERIVATIONS.items()}
SUPPLEMENTS = {name: build for module in MODULES for name, build in module.SUPPLEMENTS.items()}
ALL = {**DERIVATIONS, **SUPPLEMENTS}
RELATIONS = {
    "kl.initial-loss.cross-entropy": "<=",
    "kl.initial-loss.cross-entropy.lower": "<=",
    "kl.classifier-layer": "<=",
    "kl.classifier-layer.lower": "<=",
    "kl.optimal-scale.depth-limit": "~",
    "kl.optimal-variances.convex": "<=",
    "kl.optimal-variances.unique": "<",
}


@pytest.mark.parametrize("name", ALL)
def test_is_proved(name):
    derivation = ALL[name]()
    report = derivation.verify()
    assert derivation.id == name
    assert report.verdict is Verdict.PROVED, report
    assert derivation.relation == RELATIONS.get(name, "=")
    assert max(step.seconds for step in report.steps) * 10 <= STEP_BUDGET


@pytest.mark.parametrize("name", ALL)
def test_leads_from_a_definition_to_a_closed_form(name):
    derivation = ALL[name]()
    assert is_formal(derivation.definition)
    assert derivation.definition != derivation.conclusion
    assert len(set(derivation.expressions)) == len(derivation.expressions)


@pytest.mark.parametrize("name", [x for x in DERIVATIONS if "power" in x or "loss" in x])
def test_what_is_not_checked_is_named(name):
    assumptions = DERIVATIONS[name]().assumptions
    assert {"phi is positively homogeneous", "the weights are independent of the data"} <= set(
        assumptions
    )
    assert any(x.startswith("m1 = E[") for x in assumptions)


@pytest.mark.parametrize("name", ALL)
def test_what_is_named_does_not_vary_inside_a_sum_or_product(name):
    named = [step for step in ALL[name]().steps if isinstance(step.rule, Named)]
    for step in named:
        functions = step.left.atoms(sp.Lambda)
        bound = bound_names(step.left).union(*(x.variables for x in functions))
        assert free_names(step.rule.value).isdisjoint(bound)


def value(expr, values):
    ball = enclose(expr, values, bits=160)
    assert ball.is_finite()
    assert ball.rad() < abs(ball.mid()) * 2**-60 + 2**-60
    return mp.mpf(ball.str(30, radius=False))


def network(sizes, variances, **others):
    """Return values of the arrays and of the symbols given by name."""
    known = {"P_x": P_x, "P_y": P_y, "m1": m1, "T": T, "beta": beta, "lam": lam, "G": G, "K": K}
    arrays = {widths: dict(enumerate(sizes)), V: tuple(variances), L: len(sizes) - 1}
    return {**arrays, **{known[name]: x for name, x in others.items()}}


def power_of_linear_network(sizes, variances, signal):
    """E|W_L ... W_1 x|^2 over all pairs of paths; E of a product of weights is 0 or a product of variances."""
    total = mp.mpf(0)
    for out in range(sizes[-1]):
        inner = [range(size) for size in sizes[:-1]]
        paths = [(*path, out) for path in itertools.product(*inner)]
        for one, two in itertools.product(paths, paths):
            weight = mp.mpf(signal[one[0]]) * signal[two[0]]
            for place, variance in enumerate(variances):
                same_weight = one[place : place + 2] == two[place : place + 2]
                weight *= variance if same_weight else 0
            total += weight
    return total


@pytest.mark.parametrize("sizes", [(3, 2), (2, 3, 2), (2, 2, 3, 1)])
def test_output_power_of_linear_networks(sizes):
    variances, signal = (0.5, 1.25, 0.75)[: len(sizes) - 1], (1.5, -0.5, 2.0)[: sizes[0]]
    expected = power_of_linear_network(sizes, variances, signal)
    power = sum(x * x for x in signal)
    values = network(sizes, variances, P_x=power, m1=1)
    assert mp.almosteq(value(DERIVATIONS["kl.output-power"]().conclusion, values), expected, 1e-14)


def density(w, variance):
    return mp.exp(-(w**2) / (2 * variance)) / mp.sqrt(2 * mp.pi * variance)


LINE = [-mp.inf, 0, mp.inf]
SLOPES = {"relu": 0.0, "leaky-relu": -0.5, "linear": 1.0}


@pytest.mark.parametrize("activation", SLOPES)
def test_output_power_with_a_hidden_layer_by_quadrature(activation):
    """Widths (1, 2, 1): f = sum_i w_i phi(u_i x); the cross terms are products of one-dimensional means."""
    slope, x, (s1, s2) = SLOPES[activation], mp.mpf("1.3"), (0.75, 0.5)

    def phi(z):
        return z if z > 0 else slope * z

    def mean(function, variance):
        return mp.quad(lambda w: function(w) * density(w, variance), LINE)

    square, first = mean(lambda u: phi(u * x) ** 2, s1), mean(lambda u: phi(u * x), s1)
    weight, weight_mean = mean(lambda w: w**2, s2), mean(lambda w: w, s2)
    expected = 2 * weight * square + 2 * weight_mean**2 * first**2
    mean_square = SUPPLEMENTS["kl.mean-square"]().conclusion
    parts = {"even": (1 - slope) / 2, "odd": (1 + slope) / 2}
    gain = mean_square.subs({symbol: parts[str(symbol)] for symbol in mean_square.free_symbols})
    values = network((1, 2, 1), (s1, s2), P_x=sp.Rational(169, 100), m1=gain)
    assert mp.almosteq(value(DERIVATIONS["kl.output-power"]().conclusion, values), expected, 1e-12)


def test_half_squared_loss_by_quadrature():
    """Widths (1, 1, 2), ReLU: two outputs w_k phi(u x) against two targets."""
    x, targets, (s1, s2) = mp.mpf(2), (0.5, -1.5), (0.75, 0.5)

    def given_hidden(hidden):
        """Mean over the output weights: four nodes are exact for a polynomial of degree 2."""
        nodes = [(mp.sqrt(2 * s2) * z, weight / mp.sqrt(mp.pi)) for z, weight in _hermite(4)]
        return sum(c * (w * hidden - y) ** 2 / 2 for w, c in nodes for y in targets)

    expected = mp.quad(lambda u: given_hidden(max(u * x, 0)) * density(u, s1), LINE)
    values = network((1, 1, 2), (s1, s2), P_x=4, P_y=sp.Rational(5, 2), m1=sp.Rational(1, 2))
    found = value(DERIVATIONS["kl.initial-loss.half-squared"]().conclusion, values)
    assert mp.almosteq(found, expected, 1e-10)


def mean_cross_entropy(variance, classes, nodes=40):
    """E of the cross-entropy at iid scores N(0, variance), by a product Gauss-Hermite rule."""
    points, weights = zip(*_hermite(nodes), strict=True)
    scale, total = math.sqrt(2 * variance), 0.0
    for chosen in itertools.product(range(nodes), repeat=classes):
        scores = [scale * points[k] for k in chosen]
        weight = math.prod(weights[k] for k in chosen) / math.pi ** (classes / 2)
        total += weight * (math.log(sum(map(math.exp, scores))) - scores[0])
    return total


def _hermite(nodes):
    import numpy as np

    return list(zip(*map(list, np.polynomial.hermite.hermgauss(nodes)), strict=True))


@pytest.mark.parametrize("classes", [2, 3])
def test_cross_entropy_lies_between_the_bounds_and_the_upper_one_is_sharp(classes):
    """One layer: scores N(0, w), w = V |x|^2. The gap to (1 - 1/C) w/2 is c w^2 (1 + O(w))."""
    upper = DERIVATIONS["kl.initial-loss.cross-entropy"]().conclusion
    lower = -SUPPLEMENTS["kl.initial-loss.cross-entropy.lower"]().conclusion
    gaps, largest = [], 0.25
    for variance in (largest / 2, largest / 8, largest / 32):
        loss = mean_cross_entropy(2 * variance, classes, 24)
        values = network((2, classes), (variance,), P_x=2, m1=1)
        high, low = value(upper, values), value(lower, values)
        assert low < loss < high
        gaps.append(float(high - loss))
    ratios = [before / after for before, after in itertools.pairwise(gaps)]
    assert abs(ratios[0] / 16 - 1) < largest
    assert abs(ratios[1] / 16 - 1) < largest / 4


@pytest.mark.parametrize("sizes", [(3, 5, 2), (4, 4, 4, 4), (7, 3)])
@pytest.mark.parametrize("coefficient", [0.5, 0.25])
def test_optimal_scale_is_where_the_bound_is_least(sizes, coefficient):
    depth, power, heat = len(sizes) - 1, 1.5, 0.125
    counts = [sizes[k] * sizes[k + 1] for k in range(depth)]

    def bound(scale):
        variances = [scale / (0.5 * sizes[k]) for k in range(depth)]
        gain = mp.mpf("0.5") ** (depth - 1)
        for k in range(depth):
            gain *= sizes[k + 1] * variances[k]
        entropy = sum(
            n / mp.mpf(2) * mp.log(2 * mp.pi * mp.e * s)
            for n, s in zip(counts, variances, strict=True)
        )
        return coefficient * power * gain - heat * entropy

    with mp.workdps(40):
        least = mp.findroot(lambda u: mp.diff(lambda v: bound(mp.exp(v)), u), 0)
        expected = mp.exp(least)
    values = {m1: 0.5, n_0: sizes[0], n_L: sizes[-1], K: sum(counts), T: heat}
    values |= {beta: coefficient, P_x: power, L: depth}
    assert mp.almosteq(value(DERIVATIONS["kl.optimal-scale"]().conclusion, values), expected, 1e-14)


def test_depth_limit_leaves_an_error_of_order_two():
    exact = SUPPLEMENTS["kl.optimal-scale.equal-widths"]().conclusion
    series = SUPPLEMENTS["kl.optimal-scale.depth-limit"]().conclusion
    values = {m1: 0.5, d: 16, T: 0.125, beta: 0.5, P_x: 1}
    errors = [value(exact - series, {**values, L: depth}) for depth in (200, 400, 800)]
    size = mp.log(mp.mpf(16)) ** 2 / 2
    for error, depth in zip(errors, (200, 400, 800), strict=True):
        assert abs(error * depth**2 / size - 1) < 4 / mp.mpf(depth)


def decayed_bound(logarithms, sizes, heat, decay, power, moment):
    variances = [mp.exp(u) for u in logarithms]
    depth = len(variances)
    counts = [sizes[k] * sizes[k + 1] for k in range(depth)]
    gain = mp.mpf(moment) ** (depth - 1) * mp.fprod(
        sizes[k + 1] * variances[k] for k in range(depth)
    )
    pairs = list(zip(counts, variances, strict=True))
    entropy = mp.fsum(n * mp.log(2 * mp.pi * mp.e * s) for n, s in pairs) / 2
    return power * gain / 2 + decay / 2 * mp.fsum(n * s for n, s in pairs) - heat * entropy, gain


def test_optimal_variances_are_where_the_bound_is_stationary():
    sizes, (heat, decay, power, moment) = (3, 4, 2), (0.25, 0.5, 1.5, 0.5)

    def slopes(*logarithms):
        return [
            mp.diff(
                lambda u, k=k: decayed_bound(
                    [u if j == k else x for j, x in enumerate(logarithms)],
                    sizes,
                    heat,
                    decay,
                    power,
                    moment,
                )[0],
                logarithms[k],
            )
            for k in range(2)
        ]

    with mp.workdps(40):
        found = list(mp.findroot(slopes, (-1, -1)))
        _, gain = decayed_bound(found, sizes, heat, decay, power, moment)
        expected = [mp.exp(u) for u in found]
    assert 0 < gain < min(12, 8) * heat / power
    conclusion = DERIVATIONS["kl.optimal-variances"]().conclusion
    exact = sp.Rational(str(sp.Float(str(gain), 40)))
    shared = network(sizes, (1, 1), T=heat, lam=decay, beta=0.5, P_x=power, G=exact)
    for place, variance in enumerate(expected, start=1):
        assert mp.almosteq(value(conclusion, {**shared, layer: place}), variance, 1e-14)


def test_without_decay_the_bound_falls_along_a_line():
    derivation = SUPPLEMENTS["kl.unbounded-without-decay"]()
    (move,) = (x for x in derivation.conclusion.free_symbols if str(x) == "p")
    sizes, variances, moment = (3, 4, 2), (0.5, 0.25), 0.5
    counts = [12, 8]
    others = {"T": 0.25, "beta": 0.5, "P_x": 1.5, "m1": moment, "K": 20}
    for step in (0, 0.5, 2):
        moved = [
            mp.log(s) + step * (n - mp.mpf(10)) for s, n in zip(variances, counts, strict=True)
        ]
        expected, _ = decayed_bound(moved, sizes, 0.25, 0, 1.5, moment)
        values = {**network(sizes, variances, **others), move: step}
        assert mp.almosteq(value(derivation.conclusion, values), expected, 1e-14)


def test_at_most_one_gain_is_self_consistent():
    """prod_l s_l(G)/G falls over the whole bracket, so it takes the value that it must have once."""
    counts, heat, power = [12, 8, 20], 0.25, 1.5
    largest = min(counts) * heat / power

    def ratio(gain):
        return mp.fprod(heat - power * gain / n for n in counts) / gain

    gains = [largest * k / 50 for k in range(1, 50)]
    assert all(ratio(low) > ratio(high) for low, high in itertools.pairwise(gains))
