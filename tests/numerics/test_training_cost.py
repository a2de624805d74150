"""The counter against scalar loops and hand counts; what initialisation and training cost."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import pytest

from numerics.activations import linear, relu
from numerics.counting import CountedArray, CountingGenerator, Tally, counted
from numerics.mlp import initialise
from numerics.sgd import renormalised, train
from numerics.training_cost import training_cost

WIDTHS, BATCH, STEPS = (4, 6, 5, 3), 7, 4
MATRICES = [6 * 4, 5 * 6, 3 * 5]


class Number:
    """A float that counts its additions and multiplications."""

    operations = 0

    def __init__(self, value):
        self.value = value

    def __add__(self, other):
        Number.operations += 1
        return Number(self.value + other.value)

    def __mul__(self, other):
        Number.operations += 1
        return Number(self.value * other.value)


def _wrap(*shape):
    tally = Tally()
    return counted(np.arange(1.0, 1.0 + np.prod(shape)).reshape(shape), tally), tally


@pytest.mark.parametrize(("rows", "inner", "columns"), [(1, 1, 1), (2, 3, 4), (5, 1, 2)])
def test_a_product_of_matrices_costs_what_its_loops_do(rows, inner, columns):
    left, tally = _wrap(rows, inner)
    product = (left @ np.ones((inner, columns))).tolist()
    Number.operations = 0
    numbers = [[Number(value) for value in row] for row in left.tolist()]
    for i in range(rows):
        for j in range(columns):
            terms = [numbers[i][k] * Number(1.0) for k in range(inner)]
            total = functools.reduce(lambda a, b: a + b, terms)
            assert total.value == product[i][j]
    assert tally.total == Number.operations


COSTS = [
    (lambda x: x + 1.0, 12),
    (lambda x: 1.0 - x, 12),
    (lambda x: x[:, :2] * x[:, 2:], 6),
    (lambda x: x[0] + x, 12),  # by the size of the broadcast result
    (lambda x: x.T, 0),
    (lambda x: x.reshape(-1)[2:], 0),
    (lambda x: np.concatenate([x, x]), 0),
    (lambda x: np.copy(x) + 1.0, 12),
    (lambda x: x[0, 0] * 2.0, 1),
    (lambda x: np.sqrt(x) > 1.0, 24),
    (lambda x: np.where(x > 3.0, x, 0.0), 24),
    (lambda x: x.sum(), 11),
    (lambda x: x.sum(axis=0), 8),
    (lambda x: np.max(x, axis=1, keepdims=True), 9),
    (lambda x: x.mean(), 12),
    (lambda x: np.mean(x, axis=0), 12),
    (lambda x: (x.sum() * 2.0) ** 0.5, 13),  # also where the result is a single number
    (lambda x: np.add.accumulate(x.ravel()), 12),
    (lambda x: np.multiply.outer(x, [1.0, 2.0]), 24),
    (lambda x: np.divmod(x, 2.0), 12),
]


@pytest.mark.parametrize(("operation", "cost"), COSTS)
def test_cost_of_an_operation(operation, cost):
    x, tally = _wrap(3, 4)
    result = operation(x)
    assert tally.total == cost
    plain = operation(x.view(np.ndarray))
    assert isinstance(result, tuple) == isinstance(plain, tuple)
    for ours, theirs in zip(_parts(result), _parts(plain), strict=True):
        assert isinstance(ours, CountedArray)
        np.testing.assert_array_equal(ours.tolist(), theirs)


def _parts(result):
    return result if isinstance(result, tuple) else (result,)


def test_in_place_arithmetic_is_counted():
    x, tally = _wrap(3, 4)
    x -= 1.0
    x[0, [1, 2]] *= 2.0
    assert tally.total == 14
    assert isinstance(x, CountedArray)
    np.testing.assert_array_equal(x[0], [0.0, 2.0, 4.0, 3.0])


def test_an_output_argument_is_counted():
    x, tally = _wrap(3)
    out = np.empty(3)
    assert np.exp(x, out=out) is out
    assert tally.total == 3
    np.testing.assert_array_equal(out, np.exp([1.0, 2.0, 3.0]))


REFUSED = [
    lambda x: x.dot(x),
    lambda x: x.argmax(),
    lambda x: x.cumsum(),
    lambda x: x.std(),
    lambda x: np.dot(x, x),
    lambda x: np.einsum("ij,ij", x, x),
    lambda x: np.linalg.norm(x),
    lambda x: np.vecdot(x, x),
    lambda x: np.add.at(x, 0, 1.0),
    lambda x: np.sort(x),
]


@pytest.mark.parametrize("operation", REFUSED)
def test_what_cannot_be_counted_is_refused(operation):
    x, tally = _wrap(3, 3)
    with pytest.raises(TypeError, match="of a CountedArray is not counted"):
        operation(x)
    assert tally.total == 0


MOVES = {"copy", "flatten", "ravel", "squeeze", "transpose", "view", "byteswap", "conj"}
MOVES |= {
    "conjugate",
    "diagonal",
    "item",
    "tolist",
    "tobytes",
    "nonzero",
    "dumps",
    "resize",
    "setflags",
}


def test_no_method_is_free_by_oversight():
    """Every method of an array that needs no argument is counted, refused, or moves data."""
    for name in sorted(set(dir(np.ndarray)) - MOVES):
        x, tally = _wrap(3, 3)
        method = getattr(x, name)
        if name.startswith("_") or not callable(method):
            continue
        try:
            method()
        except TypeError:  # refused, or needs an argument
            continue
        assert tally.total > 0, name


def test_an_array_without_a_tally_is_refused():
    with pytest.raises(TypeError, match="a CountedArray has no tally"):
        np.ones(3).view(CountedArray) + 1.0


def test_the_generator_gives_the_same_numbers_and_counts_them():
    tally = Tally()
    ours, plain = CountingGenerator(np.random.default_rng(0), tally), np.random.default_rng(0)
    for draw in (
        lambda rng: rng.standard_normal((2, 3)),
        lambda rng: rng.uniform(-1.0, 1.0, 4),
        lambda rng: rng.permutation(5),
    ):
        np.testing.assert_array_equal(draw(ours), draw(plain))
    assert tally.draws == 15


def cost(variances=0.3, seed=0, activation=None, **change):
    rng = np.random.default_rng(seed)
    arguments = {"inputs": rng.standard_normal((20, 4)), "labels": rng.integers(0, 3, 20)}
    arguments |= {"widths": WIDTHS, "variances": variances, "activation": activation or relu()}
    arguments |= {"steps": STEPS, "batch": BATCH, "learning_rate": 0.1, "rng": rng}
    return training_cost(**arguments | change)


def test_initialisation_costs_one_draw_and_one_product_a_weight():
    counts = cost().initialisation
    assert dict(counts.operations) == {"multiply": sum(MATRICES)}
    assert counts.draws == sum(MATRICES) + 6 + 5 + 3
    assert cost(biases="zero").initialisation.draws == sum(MATRICES)


def _hand_count():
    """One step: products of matrices forward and back; the activations; loss; update."""
    total, layers = 0, list(itertools.pairwise(WIDTHS))
    for k, (fan_in, fan_out) in enumerate(layers):
        total += BATCH * fan_out * (2 * fan_in - 1) + BATCH * fan_out  # x W^T + b
        total += fan_out * fan_in * (2 * BATCH - 1) + fan_out * (BATCH - 1)  # derivatives
        total += 2 * (fan_out * fan_in + fan_out)  # old - rate * derivative
        if k:
            total += BATCH * fan_in * (2 * fan_out - 1)  # delta W
            total += 2 * BATCH * fan_in * 3  # z > 0, where, product; forward and back
    rows, entries = BATCH, BATCH * WIDTHS[-1]
    total += (entries - rows) + entries + entries + (entries - rows)  # maxima, shift, exp, sums
    total += rows + rows + rows  # log, difference, mean
    return total + entries + rows + entries  # quotient, minus one at the label, mean


def test_a_training_step_costs_what_a_count_by_hand_gives():
    assert {step.total for step in cost().steps} == {_hand_count()}


def test_no_scheme_costs_more_than_another():
    """He, a tenth of it, one variance a layer: the same counts, operation by operation."""
    schemes = [cost(variances) for variances in (0.5, 0.05, (0.5, 0.4, 0.3))]
    for scheme in schemes:
        assert scheme.initialisation.operations == schemes[0].initialisation.operations
        assert [each.operations for each in scheme.steps] == [
            each.operations for each in schemes[0].steps
        ]


@pytest.mark.parametrize("activation", [relu(), linear()])
def test_renormalising_costs_more_in_every_step(activation):
    """Three operations a weight and two a layer: square, mean, root, product."""
    rescale = functools.partial(renormalised, variances=(0.3, 0.3, 0.3))
    plain = cost(activation=activation)
    planted = cost(activation=activation, after_step=rescale)
    assert planted.initialisation.operations == plain.initialisation.operations
    extra = sum(3 * size + 2 for size in MATRICES)
    for one, other in zip(plain.steps, planted.steps, strict=True):
        assert other.total == one.total + extra


def test_counting_changes_no_number():
    """Training on counted arrays gives the losses of plain arrays, bit for bit."""
    inputs, labels = np.random.default_rng(1).standard_normal((20, 4)), np.arange(20) % 3
    options = {"steps": 5, "batch": 4, "learning_rate": 0.1}
    results = []
    for rng in (np.random.default_rng(0), CountingGenerator(np.random.default_rng(0), Tally())):
        network = initialise(widths=WIDTHS, variances=0.3, activation=relu(), rng=rng)
        results.append(train(network, inputs, labels, **options, rng=rng)[1])
    np.testing.assert_array_equal(*results)


def test_bad_input_is_refused_as_by_the_functions_it_runs():
    with pytest.raises(ValueError, match=r"variances must be finite and > 0, got -1\.0"):
        cost(-1.0)
    with pytest.raises(TypeError, match=r"rng must be a numpy\.random\.Generator"):
        cost(rng=0)
