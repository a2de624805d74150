"""Losses and gradients of many small networks against dumb loops, complex steps and SymPy; bad input."""

from __future__ import annotations

import cmath
import math
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from numerics.activations import leaky_relu, linear, randomized_leaky_relu, relu
from numerics.flat_weights import draw_weights, parameters, unflatten
from numerics.langevin import langevin
from numerics.mlp import Mlp, gradients
from numerics.small_networks import NetworkLoss

WIDTHS = (3, 4, 2, 3)
ACTIVATIONS = [relu(), leaky_relu(0.1), leaky_relu(-0.4), linear()]
LOSSES = ["half_squared", "cross_entropy"]


def build(loss="half_squared", activation=None, examples=5, seed=1, **change):
    rng = np.random.default_rng(seed)
    inputs = rng.standard_normal((examples, 3))
    targets = rng.standard_normal((examples, 3))
    labels = rng.integers(0, 3, examples)
    base = {
        "widths": WIDTHS,
        "activation": activation or relu(),
        "inputs": inputs,
        "targets": targets if loss == "half_squared" else labels,
        "loss": loss,
        "weight_decay": 0.3,
    }
    return NetworkLoss(**base | change)


def draw(chains=4, seed=0, widths=WIDTHS, variances=0.5):
    rng = np.random.default_rng(seed)
    return draw_weights(widths=widths, variances=variances, chains=chains, rng=rng)


def _dumb_outputs(weights, widths, slope, x):
    """One network, one example, one unit at a time; complex weights branch by the real part."""
    weights = iter(weights)
    for k, units in enumerate(widths[1:], start=1):
        z = [sum(next(weights) * v for v in x) for _ in range(units)]
        x = z if k == len(widths) - 1 else [v if v.real > 0 else slope * v for v in z]
    return x


def _dumb_loss(network, weights):
    """Mean over the examples, one at a time; weights may be complex."""
    total, slope = 0.0, network.activation.lower
    for x, y in zip(network.inputs.tolist(), network.targets.tolist(), strict=True):
        f = _dumb_outputs(weights, network.widths, slope, x)
        if network.loss == "half_squared":
            total += sum((a - b) ** 2 for a, b in zip(f, y, strict=True)) / 2
        else:
            total += cmath.log(sum(cmath.exp(each) for each in f)) - f[y]
    decay = network.weight_decay * sum(w * w for w in weights) / 2
    return total / len(network.inputs) + decay


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_outputs_are_the_definition(activation):
    network, weights = build(activation=activation), draw()
    expected = [
        [_dumb_outputs(row, WIDTHS, activation.lower, x) for x in network.inputs.tolist()]
        for row in weights.tolist()
    ]
    computed = network.outputs(weights)
    assert computed.shape == (4, 5, 3)
    np.testing.assert_allclose(computed, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("loss", LOSSES)
def test_losses_and_gradients_are_those_of_complex_steps(loss, activation):
    network, weights = build(loss, activation), draw()
    losses, computed = network.losses(weights), network.gradients(weights)
    assert losses.shape == (4,)
    assert computed.shape == weights.shape
    for chain, row in enumerate(weights.tolist()):
        assert losses[chain] == pytest.approx(complex(_dumb_loss(network, row)).real, rel=1e-12)
        for k in range(network.parameters):
            moved = [w + 1e-30j * (j == k) for j, w in enumerate(row)]
            expected = complex(_dumb_loss(network, moved)).imag / 1e-30
            assert computed[chain, k] == pytest.approx(expected, rel=1e-11, abs=1e-13)


@pytest.mark.parametrize("loss", LOSSES)
def test_gradients_are_finite_differences(loss):
    """Central differences: rounding 1e-16/h and the third derivative times h^2, at h = 1e-5."""
    network, weights = build(loss, leaky_relu(0.2)), draw(chains=1)
    moves = 1e-5 * np.eye(network.parameters)
    up, down = network.losses(weights + moves), network.losses(weights - moves)
    np.testing.assert_allclose((up - down) / 2e-5, network.gradients(weights)[0], atol=1e-8)


def test_a_linear_chain_agrees_with_sympy():
    """f = w3 w2 w1 x: exact derivatives, at rational weights."""
    w = sp.symbols("w1:4")
    x, y, decay = sp.Rational(13, 10), sp.Rational(7, 10), sp.Rational(2, 5)
    loss = (w[0] * w[1] * w[2] * x - y) ** 2 / 2 + decay * sum(each**2 for each in w) / 2
    at = dict(zip(w, (sp.Rational(1, 2), sp.Rational(-5, 4), sp.Rational(3, 2)), strict=True))
    network = NetworkLoss((1, 1, 1, 1), linear(), [[1.3]], [[0.7]], weight_decay=0.4)
    weights = np.array([[0.5, -1.25, 1.5]])
    assert network.losses(weights)[0] == pytest.approx(float(loss.subs(at)), rel=1e-14)
    expected = [float(loss.diff(each).subs(at)) for each in w]
    np.testing.assert_allclose(network.gradients(weights)[0], expected, rtol=1e-13)


def test_a_softmax_layer_agrees_with_sympy():
    w = sp.symbols("w1:4")
    loss = sp.log(sum(sp.exp(2 * each) for each in w)) - 2 * w[1]
    values = (0.3, -0.2, 0.9)
    network = NetworkLoss((1, 3), linear(), [[2.0]], [1], loss="cross_entropy")
    at = dict(zip(w, values, strict=True))
    expected = [float(loss.diff(each).subs(at)) for each in w]
    np.testing.assert_allclose(network.gradients(np.array([values]))[0], expected, rtol=1e-13)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_cross_entropy_agrees_with_the_classifier(activation):
    """numerics.mlp differentiates one network with biases; here they are 0."""
    network, weights = build("cross_entropy", activation, weight_decay=0.0), draw(chains=1)
    matrices = tuple(each[0] for each in unflatten(weights, WIDTHS))
    single = Mlp(matrices, tuple(np.zeros(len(each)) for each in matrices), activation.lower)
    loss, derivatives = gradients(single, network.inputs, network.targets)
    assert network.losses(weights)[0] == pytest.approx(loss, rel=1e-13)
    expected = np.concatenate([each.ravel() for each in derivatives.weights])
    np.testing.assert_allclose(network.gradients(weights)[0], expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("loss", LOSSES)
def test_networks_do_not_mix(loss):
    network, weights = build(loss), draw(chains=6)
    alone = [network.gradients(row[None])[0] for row in weights]
    np.testing.assert_allclose(network.gradients(weights), alone, rtol=1e-13, atol=1e-16)
    kept = weights.copy()
    network.losses(weights)
    np.testing.assert_array_equal(weights, kept)


@pytest.mark.parametrize("loss", LOSSES)
def test_weight_decay_adds_half_lambda_the_square(loss):
    with_decay, without, weights = build(loss), build(loss, weight_decay=0.0), draw()
    difference = with_decay.losses(weights) - without.losses(weights)
    np.testing.assert_allclose(difference, 0.15 * (weights**2).sum(axis=1), rtol=1e-12)
    difference = with_decay.gradients(weights) - without.gradients(weights)
    np.testing.assert_allclose(difference, 0.3 * weights, rtol=1e-11, atol=1e-14)


def test_one_layer_has_no_activation():
    network = NetworkLoss((2, 1), relu(), [[1.0, 2.0]], [[0.0]])
    assert network.outputs(np.array([[-1.0, -1.0]]))[0, 0, 0] == -3.0


def test_at_zero_the_derivative_is_the_slope():
    network = NetworkLoss((1, 1, 1), leaky_relu(0.25), [[1.0]], [[1.0]])
    np.testing.assert_array_equal(network.gradients(np.array([[0.0, 2.0]])), [[-0.5, 0.0]])


def test_huge_outputs_do_not_overflow_the_cross_entropy():
    network = NetworkLoss((1, 2), linear(), [[1.0]], [1], loss="cross_entropy")
    weights = np.array([[1e5, -1e5]])
    assert network.losses(weights)[0] == pytest.approx(2e5)
    np.testing.assert_array_equal(network.gradients(weights), [[1.0, -1.0]])


def test_examples_and_networks_far_apart_keep_their_own_softmax():
    """Outputs of one row 2e5 above those of another: a common shift would leave log 0."""
    network = NetworkLoss((1, 2), linear(), [[1.0], [-1e5]], [1, 0], loss="cross_entropy")
    weights = np.array([[2.0, 1.0], [2e5, 1e5]])
    losses = [[1 + math.log1p(math.exp(-1)), 1e5], [1e5, 1e10]]
    np.testing.assert_allclose(network.losses(weights), np.mean(losses, axis=1), rtol=1e-12)
    share = 1 / (1 + math.exp(-1))
    first = (np.array([share, -share]) - 1e5 * np.array([-1.0, 1.0])) / 2
    np.testing.assert_allclose(network.gradients(weights)[0], first, rtol=1e-12)


def test_a_loss_beyond_the_doubles_is_infinite():
    for decay in (0.0, 0.5):
        network = NetworkLoss((1, 1, 1), linear(), [[1.0]], [[3.0]], weight_decay=decay)
        np.testing.assert_array_equal(
            network.losses(np.array([[1e200, 1e200], [1.0, 3.0]]))[0], np.inf
        )


@pytest.mark.parametrize("decay", [Fraction(3, 10), np.longdouble(0.25), np.float32(0.5), 0, 1])
def test_weight_decay_becomes_a_double(decay):
    network, weights = build(weight_decay=decay), draw()
    assert type(network.weight_decay) is float
    expected = build(weight_decay=float(decay))
    for computed in (network, expected):
        assert computed.gradients(weights).dtype == computed.losses(weights).dtype == np.float64
    np.testing.assert_array_equal(network.gradients(weights), expected.gradients(weights))


@pytest.mark.parametrize("dtype", [np.float32, np.longdouble, int])
@pytest.mark.parametrize("loss", LOSSES)
def test_other_real_weights_count_as_doubles(loss, dtype):
    network, weights = build(loss, weight_decay=0), np.round(4.0 * draw())
    for method in (network.outputs, network.losses, network.gradients):
        computed = method(weights.astype(dtype))
        assert computed.dtype == np.float64
        np.testing.assert_array_equal(computed, method(weights))


def test_widths_are_kept_as_they_were():
    widths = [3, 4.0, np.int64(2), 3]
    network = build(widths=widths)
    widths[1] = 7
    assert network.widths == (3, 4, 2, 3)
    assert network.parameters == 26


def test_the_gradient_flow_goes_down_the_loss():
    network, weights = build(activation=leaky_relu(0.1)), draw()
    states = langevin(
        gradient=network.gradients,
        initial=weights,
        temperature=0.0,
        step=0.01,
        steps=100,
        rng=np.random.default_rng(0),
        record=range(0, 101, 10),
    )
    losses = np.stack([network.losses(each) for each in states])
    assert (np.diff(losses, axis=0) < 0.0).all()


def test_parameters_counts_the_weights():
    assert build().parameters == parameters(WIDTHS) == 3 * 4 + 4 * 2 + 2 * 3


BAD = [
    ({"widths": (3,)}, "widths must hold at least two"),
    ({"widths": np.array([[3, 4], [2, 3]])}, r"widths must hold at least two widths .* in one row"),
    ({"widths": (3, 0, 3)}, "widths must be an integer >= 1, got 0"),
    ({"activation": "relu"}, r"activation must be a numerics\.activations\.Activation"),
    ({"activation": randomized_leaky_relu()}, "activation must have a fixed slope and no dropout"),
    ({"activation": relu().with_dropout(0.5)}, "activation must have a fixed slope"),
    ({"inputs": np.ones((5, 2))}, r"inputs must have shape \(examples, 3\), got shape \(5, 2\)"),
    ({"inputs": np.ones(3)}, r"inputs must have shape \(examples, 3\), got shape \(3,\)"),
    ({"inputs": [[math.nan] * 3]}, "inputs must be finite numbers, at least one"),
    ({"targets": np.ones((4, 3))}, "targets must have one row per example, 5, got 4"),
    ({"targets": np.ones((5, 2))}, r"targets must have shape \(examples, 3\), got"),
    ({"loss": "hinge"}, "loss must be one of 'half_squared', 'cross_entropy', got 'hinge'"),
    ({"weight_decay": -1.0}, r"weight_decay must be finite and >= 0, got -1\.0"),
    ({"weight_decay": math.inf}, "weight_decay must be finite and >= 0, got inf"),
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_bad_input(change, message):
    with pytest.raises(ValueError, match=message):
        build(**change)


@pytest.mark.parametrize(
    "targets",
    [[0, 1, 2, 3, 0], [0, 1, 2, -1, 0], [0, 1], [0.0] * 5, [[0]] * 5, [[0], 1, 2, 1, 0]],
)
def test_bad_labels(targets):
    with pytest.raises(ValueError, match="targets must be one integer from 0 to 2 per example"):
        build("cross_entropy", targets=targets)


@pytest.mark.parametrize("method", ["outputs", "losses", "gradients"])
@pytest.mark.parametrize("shape", [(26,), (2, 25), (2, 27), (1, 2, 26), (2, 26, 1), ()])
def test_weights_must_fit(method, shape):
    with pytest.raises(ValueError, match=r"weights must have shape \(chains, 26\), got shape"):
        getattr(build(), method)(np.zeros(shape))


@pytest.mark.parametrize("method", ["outputs", "losses", "gradients"])
@pytest.mark.parametrize(
    "weights", [[[0.0] * 26], None, np.zeros((1, 26), complex), np.zeros((1, 26), bool)]
)
def test_weights_must_be_an_array_of_real_numbers(method, weights):
    with pytest.raises(ValueError, match="weights must be an array of real numbers, got"):
        getattr(build(), method)(weights)
