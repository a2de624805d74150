"""The small classifier against dumb loops: laws of its parameters, gradients, descent, bad input."""

from __future__ import annotations

import cmath
import math

import numpy as np
import pytest
from scipy import stats

from numerics.activations import leaky_relu, linear, randomized_leaky_relu, relu
from numerics.mlp import Mlp, forward, gradients, initialise
from numerics.sgd import renormalised, sgd_step, train

WIDTHS = (4, 6, 5, 3)
ACTIVATIONS = [relu(), leaky_relu(0.1), leaky_relu(-0.4), linear()]


def build(activation=None, seed=0, **change):
    base = {"widths": WIDTHS, "variances": (0.5, 0.3, 0.4), "activation": activation or relu()}
    return initialise(**base | {"rng": np.random.default_rng(seed)} | change)


def examples(count=12, seed=1, fan_in=4, classes=3):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((count, fan_in)), rng.integers(0, classes, count)


def _dumb_logits(weights, biases, slope, x):
    """One example, one unit at a time; complex parameters allowed, branches by the real part."""
    for k, (rows, shifts) in enumerate(zip(weights, biases, strict=True)):
        z = [
            sum(w * v for w, v in zip(row, x, strict=True)) + b
            for row, b in zip(rows, shifts, strict=True)
        ]
        last = k == len(weights) - 1
        x = z if last else [v if v.real > 0 else slope * v for v in z]
    return x


def _dumb_loss(network, inputs, labels, place=None):
    """Mean cross-entropy; one parameter may be moved by i * 1e-30 (complex step)."""
    weights = [each.astype(complex).tolist() for each in network.weights]
    biases = [each.astype(complex).tolist() for each in network.biases]
    if place is not None:
        kind, k, *index = place
        entry = (weights if kind == "weights" else biases)[k]
        for step in index[:-1]:
            entry = entry[step]
        entry[index[-1]] += 1e-30j
    total = 0.0
    for x, label in zip(inputs.tolist(), labels, strict=True):
        logits = _dumb_logits(weights, biases, network.slope, x)
        total += cmath.log(sum(cmath.exp(z) for z in logits)) - logits[label]
    return total / len(labels)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_forward_is_the_definition(activation):
    network, (inputs, _) = build(activation), examples()
    expected = [_dumb_logits(network.weights, network.biases, network.slope, x) for x in inputs]
    np.testing.assert_allclose(forward(network, inputs), expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("biases", ["pytorch", "zero"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_are_those_of_a_complex_step(activation, biases):
    network, (inputs, labels) = build(activation, biases=biases), examples()
    loss, derivatives = gradients(network, inputs, labels)
    assert loss == pytest.approx(_dumb_loss(network, inputs, labels).real, rel=1e-13)
    for kind in ("weights", "biases"):
        for k, computed in enumerate(getattr(derivatives, kind)):
            for index in np.ndindex(computed.shape):
                moved = _dumb_loss(network, inputs, labels, (kind, k, *index))
                assert computed[index] == pytest.approx(moved.imag / 1e-30, rel=1e-11, abs=1e-14)


def test_gradients_are_finite_differences_too():
    network, (inputs, labels) = build(leaky_relu(0.2)), examples()
    _, derivatives = gradients(network, inputs, labels)
    losses = []
    for sign in (1, -1):
        moved = [each.copy() for each in network.weights]
        moved[1][2, 3] += sign * 1e-6
        losses.append(gradients(Mlp(tuple(moved), network.biases, 0.2), inputs, labels)[0])
    assert derivatives.weights[1][2, 3] == pytest.approx((losses[0] - losses[1]) / 2e-6, rel=1e-6)


def test_at_zero_the_derivative_is_the_slope():
    one = np.ones((2, 1))
    network = Mlp((np.zeros((1, 1)), one), (np.zeros(1), np.array([0.0, 1.0])), 0.25)
    _, derivatives = gradients(network, np.ones((1, 1)), np.array([0]))
    share = 1 / (1 + math.exp(-1))
    # both logits move alike, so nothing arrives; weigh them apart
    apart = Mlp((np.zeros((1, 1)), np.array([[1.0], [2.0]])), network.biases, 0.25)
    _, moved = gradients(apart, np.ones((1, 1)), np.array([0]))
    assert derivatives.weights[0][0, 0] == pytest.approx(0.0, abs=1e-15)
    assert moved.weights[0][0, 0] == pytest.approx(0.25 * share, rel=1e-12)


def test_huge_logits_do_not_overflow():
    network = Mlp((np.array([[1e5], [-1e5]]),), (np.zeros(2),), 0.0)
    loss, derivatives = gradients(network, np.ones((1, 1)), np.array([1]))
    assert loss == pytest.approx(2e5)
    np.testing.assert_array_equal(derivatives.biases[0], [1.0, -1.0])


def test_examples_far_apart_keep_their_own_softmax():
    """Logits of one row 2e5 above those of another: a common shift would leave log 0."""
    network = Mlp((np.array([[2.0], [1.0]]),), (np.zeros(2),), 0.0)
    loss, derivatives = gradients(network, np.array([[1.0], [-1e5]]), np.array([1, 0]))
    assert loss == pytest.approx((1 + math.log1p(math.exp(-1)) + 1e5) / 2, rel=1e-12)
    share = 1 / (1 + math.exp(-1))
    expected = [(share - 1) / 2, (1 - share) / 2]
    np.testing.assert_allclose(derivatives.biases[0], expected, rtol=1e-12)


@pytest.mark.parametrize(
    "labels",
    [
        np.array([0, 1]),
        np.array([[0], [1], [2]]),
        np.array([True, False, True]),
        np.array([0, 1, -1]),
        np.array([0, 1, 3]),
        np.array([0.0, 1.0, 2.0]),
        [0, 1, 2],
    ],
)
def test_bad_labels(labels):
    with pytest.raises(ValueError, match="labels must be one integer from 0 to 2 per example, got"):
        gradients(build(), np.ones((3, 4)), labels)


def test_weights_are_normal_with_the_variance_of_their_layer(laws):
    network = build(widths=(100, 200, 300), variances=(0.5, 0.02))
    for weights, variance in zip(network.weights, (0.5, 0.02), strict=True):
        scaled = weights.ravel() / math.sqrt(variance)
        assert laws.follows(scaled, stats.norm.cdf)
        assert not laws.follows(1.1 * scaled, stats.norm.cdf)


def test_pytorch_biases_are_uniform_by_fan_in(laws):
    network = build(widths=(16, 20_000, 2), variances=0.1)
    cdf = stats.uniform(-0.25, 0.5).cdf
    assert laws.follows(network.biases[0], cdf)
    assert not laws.follows(1.1 * network.biases[0], cdf)
    assert np.abs(network.biases[1]).max() <= 1 / math.sqrt(20_000)


def test_zero_biases_are_zero():
    assert all((each == 0).all() for each in build(biases="zero").biases)


def test_schemes_share_their_normals():
    """Equal generators and different variances: the same weights but for a factor."""
    small, large = build(variances=0.1), build(variances=0.4)
    for a, b in zip(small.weights, large.weights, strict=True):
        np.testing.assert_allclose(2.0 * a, b, rtol=1e-14)


def test_sgd_step_goes_down_the_gradient():
    network, (inputs, labels) = build(), examples()
    loss, derivatives = gradients(network, inputs, labels)
    after = sgd_step(network, derivatives, 1e-4)
    square = sum((each**2).sum() for each in (*derivatives.weights, *derivatives.biases))
    lower = gradients(after, inputs, labels)[0]
    assert loss - lower == pytest.approx(1e-4 * square, rel=1e-2)


def test_train_is_its_steps():
    network, (inputs, labels) = build(), examples(10)
    options = {"steps": 5, "batch": 4, "learning_rate": 0.1}
    trained, losses = train(network, inputs, labels, **options, rng=np.random.default_rng(5))
    rng, expected = np.random.default_rng(5), []
    for _ in range(3):  # two batches an epoch, the rest left out
        order = rng.permutation(10)
        for chosen in (order[:4], order[4:8]):
            loss, derivatives = gradients(network, inputs[chosen], labels[chosen])
            expected.append(loss)
            network = sgd_step(network, derivatives, 0.1) if len(expected) <= 5 else network
    np.testing.assert_array_equal(losses, expected[:5])
    np.testing.assert_array_equal(trained.weights[0], network.weights[0])


def test_training_learns_what_can_be_learnt():
    rng = np.random.default_rng(3)
    inputs = rng.standard_normal((400, 4))
    labels = (inputs[:, 0] > 0).astype(int) + (inputs[:, 1] > 0)
    options = {"steps": 600, "batch": 40, "learning_rate": 0.1, "rng": rng}
    trained, losses = train(build(), inputs, labels, **options)
    assert losses[-50:].mean() < 0.5 * losses[:10].mean()
    assert (np.argmax(forward(trained, inputs), axis=1) == labels).mean() > 0.8


def test_after_step_maps_the_parameters():
    network, (inputs, labels) = build(), examples()
    trained, _ = train(
        network,
        inputs,
        labels,
        steps=3,
        batch=4,
        learning_rate=0.5,
        rng=np.random.default_rng(0),
        after_step=lambda after: renormalised(after, (0.5, 0.3, 0.4)),
    )
    squares = [float((each**2).mean()) for each in trained.weights]
    assert squares == pytest.approx([0.5, 0.3, 0.4], rel=1e-12)


BAD = [
    ({"widths": (4,)}, "widths must hold at least two"),
    ({"variances": -1.0}, r"variances must be finite and > 0, got -1\.0"),
    ({"variances": (0.5, 0.5)}, r"variances must be a number or one per layer \(3\)"),
    ({"biases": "normal"}, "biases must be one of 'pytorch', 'zero', got 'normal'"),
    ({"activation": randomized_leaky_relu()}, "activation must have a fixed slope and no dropout"),
    ({"activation": relu().with_dropout(0.5)}, "activation must have a fixed slope"),
    ({"activation": "relu"}, r"activation must be a numerics\.activations\.Activation"),
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_bad_networks(change, message):
    with pytest.raises(ValueError, match=message):
        build(**change)


BAD_TRAINING = [
    ({"steps": 0}, "steps must be an integer >= 1, got 0"),
    ({"batch": 0}, "batch must be an integer >= 1, got 0"),
    ({"batch": 13}, "batch must be at most the number of examples, 12, got 13"),
    ({"learning_rate": 0.0}, r"learning_rate must be finite and > 0, got 0\.0"),
    ({"inputs": np.ones((12, 5))}, r"inputs must have shape \(examples, 4\), got \(12, 5\)"),
    ({"labels": np.full(12, 3)}, "labels must be one integer from 0 to 2 per example"),
    ({"labels": np.full(12, -1)}, "labels must be one integer from 0 to 2 per example"),
    ({"labels": np.zeros(12)}, "labels must be one integer from 0 to 2 per example"),
    ({"labels": np.zeros(11, dtype=int)}, "labels must be one integer from 0 to 2 per example"),
]


@pytest.mark.parametrize(("change", "message"), BAD_TRAINING)
def test_bad_training(change, message):
    inputs, labels = examples()
    arguments = {"inputs": inputs, "labels": labels, "steps": 2, "batch": 4, "learning_rate": 0.1}
    with pytest.raises(ValueError, match=message):
        train(build(), **arguments | change, rng=np.random.default_rng(0))


@pytest.mark.parametrize("rng", [0, None])
def test_rng_must_be_a_generator(rng):
    with pytest.raises(TypeError, match=r"rng must be a numpy\.random\.Generator"):
        build(rng=rng)
    with pytest.raises(TypeError, match=r"rng must be a numpy\.random\.Generator"):
        train(build(), *examples(), steps=2, batch=4, learning_rate=0.1, rng=rng)
