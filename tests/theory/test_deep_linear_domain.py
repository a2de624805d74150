"""theory.deep_linear at the ends of its domain, and what it refuses beyond them."""

from __future__ import annotations

import itertools
import math
import re

import numpy as np
import pytest

from theory import deep_linear
from theory.deep_linear import (
    chi_moment,
    contraction_factor,
    expected_initial_loss,
    gamma_ratio,
    gamma_ratio_bound,
    gaussian_contraction_factor,
    gaussian_max_learning_rate,
    gaussian_required_width,
    kernel_loss,
    log_norm_mean,
    log_norm_variance,
    log_output_scale,
    max_learning_rate,
    mode_strength,
    ntk_eigenvalues,
    output_scale,
    product_spectral_moment,
    required_width,
    weight_movement_bound,
)

VALUES = np.array([2.0, 1.0])
NET = {"width": 64, "depth": 10, "out_dim": 3}
LIMIT = {"data_norm": 2.0, "depth": 10, "out_dim": 3}
FACTOR = {"learning_rate": 0.01, "depth": 10, "sigma_min": 0.5, "out_dim": 3}
WIDTH = {
    "singular_values": VALUES,
    "target_norm": 1.0,
    "out_dim": 3,
    "failure_probability": 0.1,
    "constant": 2.0,
}
GOOD = {
    output_scale: NET,
    log_output_scale: NET,
    log_norm_mean: NET,
    log_norm_variance: NET,
    product_spectral_moment: {"width": 64, "depth": 10, "power": 2},
    chi_moment: {"order": 0.5, "degrees": 7},
    gamma_ratio: {"argument": 1.5},
    gamma_ratio_bound: {"argument": 1.5},
    ntk_eigenvalues: {"singular_values": VALUES, "depth": 10, "out_dim": 3},
    expected_initial_loss: {"data_power": 1.0, "target_power": 2.0},
    kernel_loss: {
        "steps": 5.0,
        "singular_values": VALUES,
        "target_powers": np.array([1.0, 3.0]),
        "learning_rate": 0.01,
        "depth": 10,
        "out_dim": 3,
    },
    mode_strength: {"time": 1.0, "initial": 0.5, "target": 2.0, "rate": 1.5, "depth": 2},
    max_learning_rate: LIMIT,
    gaussian_max_learning_rate: LIMIT,
    contraction_factor: FACTOR,
    gaussian_contraction_factor: FACTOR,
    required_width: WIDTH,
    gaussian_required_width: WIDTH | {"depth": 10},
    weight_movement_bound: {
        "initial_loss": 1.0,
        "data_norm": 2.0,
        "sigma_min": 0.5,
        "depth": 10,
        "out_dim": 3,
    },
}
POSITIVE = {
    "order",
    "singular_values",
    "learning_rate",
    "initial",
    "target",
    "rate",
    "data_norm",
    "sigma_min",
    "failure_probability",
    "constant",
}
COUNTS = {"width", "depth", "out_dim", "degrees", "power"}
NONNEGATIVE = {
    "data_power",
    "target_power",
    "target_powers",
    "steps",
    "time",
    "target_norm",
    "initial_loss",
}
SINGLE = {
    (kernel_loss, "learning_rate"),
    (kernel_loss, "depth"),
    (kernel_loss, "out_dim"),
    (mode_strength, "depth"),
    (product_spectral_moment, "power"),
    (required_width, "constant"),
    (gaussian_required_width, "constant"),
}
VECTORS = {
    (f, name)
    for f in (kernel_loss, required_width, gaussian_required_width)
    for name in ("singular_values", "target_powers")
    if name in GOOD[f]
}


def cases(names):
    """Every function with every one of these arguments."""
    return [
        pytest.param(f, name, id=f"{f.__name__}-{name}")
        for f, arguments in GOOD.items()
        for name in arguments
        if name in names
    ]


def refused(function, **changed):
    """The message of the ValueError; without these changes there is none."""
    function(**GOOD[function])
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the caller reads the message
        function(**(GOOD[function] | changed))
    return str(caught.value)


def like(function, name, value):
    """The value in the shape of the argument, so that only the content is wrong."""
    return [1.0, value] if (function, name) in VECTORS else value


def test_the_table_knows_every_function_and_argument():
    assert {f.__name__ for f in GOOD} == set(deep_linear.__all__)
    named = POSITIVE | COUNTS | NONNEGATIVE | {"argument"}
    assert {name for arguments in GOOD.values() for name in arguments} == named


@pytest.mark.parametrize(("function", "name"), cases(POSITIVE))
@pytest.mark.parametrize("value", [0, -1.5, math.nan, math.inf])
def test_what_must_be_positive(function, name, value):
    message = refused(function, **{name: like(function, name, value)})
    assert message == f"{name} must be finite and > 0, got {float(value)}"


@pytest.mark.parametrize(("function", "name"), cases(COUNTS))
@pytest.mark.parametrize("value", [0, -1, 2.5, math.nan, math.inf, 2.0**54])
def test_what_must_be_a_whole_number(function, name, value):
    message = refused(function, **{name: value})
    assert message == f"{name} must be a whole number from 1 to 2**53, got {float(value)}"


@pytest.mark.parametrize(("function", "name"), cases(NONNEGATIVE))
@pytest.mark.parametrize("value", [-1e-300, -2.0, math.nan, math.inf])
def test_what_must_not_be_negative(function, name, value):
    message = refused(function, **{name: like(function, name, value)})
    assert message == f"{name} must be finite and >= 0, got {float(value)}"
    assert np.all(np.isfinite(function(**(GOOD[function] | {name: like(function, name, 0)}))))


@pytest.mark.parametrize("function", [gamma_ratio, gamma_ratio_bound])
@pytest.mark.parametrize("value", [0.4999999, 0, -1.5, math.nan, math.inf, [1.0, 0.25]])
def test_what_must_be_a_half_at_least(function, value):
    assert refused(function, argument=value) == (
        f"argument must be finite and >= 1/2, got {value!r}"
    )


@pytest.mark.parametrize(("function", "name"), cases({"failure_probability"}))
@pytest.mark.parametrize("value", [1, 1.0000001, [0.5, 1.0]])
def test_what_must_be_a_probability_below_one(function, name, value):
    assert refused(function, **{name: value}) == f"{name} must be in (0, 1), got {value!r}"


@pytest.mark.parametrize("value", [3, 4.0, 2**53])
def test_what_must_be_one_or_two(value):
    message = refused(mode_strength, depth=value)
    assert message == f"depth must be 1 or 2, where the solution is elementary, got {value!r}"
    message = refused(product_spectral_moment, power=value)
    assert message == f"power must be 1 or 2, got {value!r}"
    assert mode_strength(1.0, 0.5, 2.0, depth=2.0) == mode_strength(1.0, 0.5, 2.0, depth=2)
    assert product_spectral_moment(6, 5, 2.0) == product_spectral_moment(6, 5, 2)


@pytest.mark.parametrize(
    ("function", "name"), cases(POSITIVE | COUNTS | NONNEGATIVE | {"argument"})
)
@pytest.mark.parametrize("value", [1j, "1", None, True, [1.0, [2.0]]])
def test_what_is_no_number(function, name, value):
    message = refused(function, **{name: value})
    assert message.startswith(f"{name} must be real numbers")
    assert repr(value) in message


@pytest.mark.parametrize(("function", "name"), sorted(SINGLE, key=str))
@pytest.mark.parametrize("value", [[1.0, 2.0], np.array([1.0]), np.ones((2, 3))], ids=str)
def test_what_must_be_a_single_number(function, name, value):
    message = refused(function, **{name: value})
    shape = np.shape(value)
    assert message == f"{name} must be a single number, got an array of shape {shape}"


@pytest.mark.parametrize("function", [required_width, gaussian_required_width])
@pytest.mark.parametrize("value", [1.0, [], np.ones((2, 2))], ids=str)
def test_what_must_be_singular_values(function, value):
    message = refused(function, singular_values=value)
    assert re.match(r"singular_values must be one-dimensional, not empty, got shape", message)
    assert str(np.shape(value)) in message


@pytest.mark.parametrize(
    ("values", "powers"), [(1.0, 1.0), ([], []), ([], 1.0), (np.ones((2, 2)), 1.0)], ids=str
)
def test_what_must_be_modes(values, powers):
    message = refused(kernel_loss, singular_values=values, target_powers=powers)
    shapes = f"{np.shape(values)} and {np.shape(powers)}"
    assert message == (
        "singular_values and target_powers must be one-dimensional, not empty, got shapes " + shapes
    )


PAIRS = [
    (f, one, other)
    for f, arguments in GOOD.items()
    for one, other in itertools.combinations(arguments, 2)
    if not {(f, one), (f, other)} & (SINGLE | VECTORS) and f is not kernel_loss
] + [(kernel_loss, "singular_values", "target_powers")]


def filled(name, size):
    """A vector of numbers that the argument allows."""
    return np.full(size, 1.0 if name in COUNTS | {"argument"} else 0.5)


@pytest.mark.parametrize(
    ("function", "one", "other"),
    [pytest.param(*pair, id="-".join([pair[0].__name__, *pair[1:]])) for pair in PAIRS],
)
def test_shapes_that_do_not_broadcast(function, one, other):
    """Every pair of arguments that may be arrays: named with their shapes, and fine in shapes that do."""
    message = refused(function, **{one: filled(one, 2), other: filled(other, 3)})
    assert "must have shapes that broadcast together, got " in message
    for part in (one, other, "(2,)", "(3,)"):
        assert part in message
    if function is not kernel_loss:
        arrays = {one: filled(one, 2), other: filled(other, 3)[:, None]}
        assert function(**(GOOD[function] | arrays)).shape[:2] == (3, 2)


# --- inside the domain ---

EXTREMES = {
    "width": [1, 2, 2**53],
    "depth": [1, 2, 2**53],
    "out_dim": [1, 2**53],
    "degrees": [1, 31, 32, 2**53],
    "power": [1, 2],
    "argument": [0.5, 15.75, 16.0, 1e154, np.finfo(float).max],
    "failure_probability": [5e-324, 1e-300, 0.5, 1 - 2**-53],
}
SIZES = [5e-324, 2.3e-308, 1e-160, 1.0, 2.0, 1e160, np.finfo(float).max]
SPECTRA = [np.array(pair) for pair in [(1.0, 1.0), (5e-324, 1e308), (1e-160, 1.0), (1e308, 1e308)]]


def extremes(function, name):
    """Ends of the range of an argument, and what lies between."""
    if (function, name) in VECTORS:
        return [*SPECTRA, np.zeros(2)] if name == "target_powers" else SPECTRA
    if function is mode_strength and name == "depth":
        return [1, 2]
    sizes = EXTREMES.get(name, SIZES)
    return [0.0, *sizes] if name in NONNEGATIVE else sizes


@pytest.mark.parametrize("function", GOOD, ids=lambda f: f.__name__)
def test_no_nan_and_no_warning_at_the_ends(function):
    """Warnings are errors; infinite values are those of an overflow."""
    names = list(GOOD[function])
    grids = [extremes(function, name) for name in names]
    vectors = [(function, name) in VECTORS for name in names]
    if any(vectors):
        points = itertools.product(*grids)
        values = [function(**dict(zip(names, point, strict=True))) for point in points]
    else:
        single = [(function, name) in SINGLE for name in names]
        axes = [g if not s else [None] for g, s in zip(grids, single, strict=True)]
        mesh = dict(zip(names, np.meshgrid(*axes, indexing="ij"), strict=True))
        open_names = [name for name, s in zip(names, single, strict=True) if not s]
        arrays = {name: mesh[name].astype(float) for name in open_names}
        closed = [g for g, s in zip(grids, single, strict=True) if s]
        closed_names = [name for name in names if name not in open_names]
        values = [
            function(**arrays, **dict(zip(closed_names, point, strict=True)))
            for point in itertools.product(*closed)
        ]
    for value in values:
        assert not np.any(np.isnan(value))
        if function not in NEGATIVE:
            assert np.all(value >= 0)


NEGATIVE = {log_output_scale, log_norm_mean, contraction_factor, gaussian_contraction_factor}


def test_finite_results_of_overflowing_factors():
    """Where a product of two arguments leaves the range and the result does not."""
    assert contraction_factor(1e308, 10**6, 1e-200, 1) == 1
    assert weight_movement_bound(0.0, 1e200, 1e-200, 1, 1) == 0
    assert weight_movement_bound(1e308, 1.0, 1.0, 10**12, 10**12) == pytest.approx(8e148, rel=2e-15)
    assert weight_movement_bound(1e-300, 1e200, 1e-100, 1, 1) == pytest.approx(8e250, rel=2e-15)
    assert weight_movement_bound(1.0, 1e200, 1e-100, 1, 1) == math.inf
    assert mode_strength(0.0, 1e-200, 1e200, 1e200) == pytest.approx(1e-200, rel=1e-15)
    assert mode_strength(0.0, 1e200, 1e-200, 1e200) == pytest.approx(1e200, rel=1e-15)
    assert mode_strength(1e308, 0.3, 0.7, 1e308) == pytest.approx(0.7, rel=1e-15)
    top = np.finfo(float).max
    for depth in (1, 2):
        path = mode_strength(np.linspace(0, 3, 1001), top, top, 1 / top ** (depth - 1), depth)
        np.testing.assert_allclose(path, top, rtol=1e-15)
    assert required_width([1e300, 1e300], 0.0, 1, 5e-324) == pytest.approx(
        2 * (1 + math.log(2) + 1074 * math.log(2)), rel=2e-15
    )
    assert required_width([1.0, 1e-100], 0.0, 1, 0.5) == math.inf
    assert gaussian_required_width([1.0], 1e200, 1, 0.5, 1) == math.inf
    tiny = 1e-300  # and a square that overflows where the width does not
    assert required_width([1.0, 1.0], 1e200, 1, 0.5, constant=tiny) == pytest.approx(
        2e100, rel=2e-15
    )
    assert gaussian_required_width([1.0], 1e200, 2, 0.5, 3, tiny) == pytest.approx(6e100, rel=2e-15)
    assert chi_moment(1.7e308, 1) == chi_moment(8.9e307, 1) == math.inf
    assert max_learning_rate(1e-200, 1, 1) == math.inf
    assert max_learning_rate(1e200, 1, 1) == 0
    assert kernel_loss(0, [1.5e154], [1e308], 1.0, 1, 1) == pytest.approx(1.625e308, rel=4e-15)
    assert kernel_loss(0, [1.5e154], [1.7e308], 1.0, 1, 1) == math.inf
    assert kernel_loss(2.0**9, [2.0**533], [0.0], 2.0**-1070, 1, 1) > 1e280


def test_scalars_give_scalars():
    for function, arguments in GOOD.items():
        if function is not ntk_eigenvalues:
            assert type(function(**arguments)) is np.float64, function.__name__
    assert ntk_eigenvalues(2.0, 1, 1) == 4
    assert type(ntk_eigenvalues(2.0, 1, 1)) is np.float64
    assert type(product_spectral_moment(3, 4, 1)) is np.float64
