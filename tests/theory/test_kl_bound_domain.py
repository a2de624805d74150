"""theory.kl_bound at the ends of its domain, and what it refuses beyond them."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from theory.kl_bound import (
    expected_initial_loss,
    expected_output_power,
    forward_bound,
    jeffreys_variance,
    kl_from_initial,
    kl_to_initial,
    loss_bound,
    lyapunov_residual,
    optimal_initial_variance,
    optimal_loss_bound,
    optimal_scale,
    optimal_variances,
    relaxation_divergence,
    second_moment_bound,
    stationary_covariance,
    stationary_loss,
    stationary_total_loss,
    temperature,
    tightness,
    transient_bound,
    virial_variance,
)

WIDTHS = (4, 3, 2)
SPECTRUM = np.array([1.0, 2.0])
GOOD = {
    temperature: {"learning_rate": 0.1, "batch_size": 10, "noise_variance": 2.0},
    stationary_covariance: {
        "hessian": SPECTRUM,
        "noise_covariance": SPECTRUM,
        "learning_rate": 0.1,
        "batch_size": 10,
    },
    lyapunov_residual: {
        "covariance": SPECTRUM,
        "hessian": SPECTRUM,
        "noise_covariance": SPECTRUM,
        "learning_rate": 0.1,
        "batch_size": 10,
    },
    stationary_loss: {"temperature": 1.0},
    stationary_total_loss: {"noise_covariance": SPECTRUM, "learning_rate": 0.1, "batch_size": 10},
    relaxation_divergence: {
        "time": 1.0,
        "hessian": SPECTRUM,
        "temperature": 1.0,
        "initial_variance": 2.0,
        "initial_mean": 0.5,
    },
    kl_to_initial: {"covariance": SPECTRUM, "initial_variance": 2.0},
    kl_from_initial: {"covariance": SPECTRUM, "initial_variance": 2.0},
    tightness: {"covariance": SPECTRUM},
    jeffreys_variance: {"covariance": SPECTRUM},
    virial_variance: {"hessian": SPECTRUM, "temperature": 1.0},
    loss_bound: {
        "initial_variance": 1.0,
        "second_moment": 2.0,
        "log_prefactor": -1.0,
        "temperature": 1.0,
        "parameters": 2,
    },
    optimal_loss_bound: {
        "second_moment": 2.0,
        "log_prefactor": -1.0,
        "temperature": 1.0,
        "parameters": 2,
    },
    optimal_initial_variance: {"second_moment": 2.0, "parameters": 2},
    forward_bound: {
        "initial_loss": 1.0,
        "initial_variance": 1.0,
        "temperature": 1.0,
        "parameters": 2,
        "stationary_entropy": 3.0,
    },
    transient_bound: {
        "initial_loss": 1.0,
        "initial_variance": 1.0,
        "second_moment": 2.0,
        "temperature": 1.0,
        "parameters": 2,
    },
    second_moment_bound: {
        "time": 1.0,
        "initial_variance": 1.0,
        "temperature": 1.0,
        "parameters": 2,
        "depth": 3,
        "target_power": 1.0,
    },
    expected_output_power: {"widths": WIDTHS, "variances": 0.5, "input_power": 1.0},
    expected_initial_loss: {
        "widths": WIDTHS,
        "variances": 0.5,
        "input_power": 1.0,
        "target_power": 1.0,
    },
    optimal_scale: {"widths": WIDTHS, "temperature": 1.0, "input_power": 1.0},
    optimal_variances: {
        "widths": WIDTHS,
        "temperature": 1.0,
        "weight_decay": 0.1,
        "input_power": 1.0,
    },
}
POSITIVE = {
    "temperature",
    "learning_rate",
    "noise_variance",
    "initial_variance",
    "second_moment",
    "input_power",
    "variances",
    "weight_decay",
}
COUNTS = {"batch_size", "parameters", "depth"}
NONNEGATIVE = {"time", "target_power"}
ANY = {"log_prefactor", "initial_loss", "stationary_entropy", "initial_mean"}
MATRICES = {"covariance", "hessian", "noise_covariance"}
SINGLE = {
    stationary_covariance: {"learning_rate", "batch_size"},
    lyapunov_residual: {"learning_rate", "batch_size"},
    stationary_total_loss: {"learning_rate", "batch_size"},
    relaxation_divergence: {"temperature", "initial_variance"},
    optimal_variances: {"temperature", "weight_decay", "input_power"},
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


def test_the_table_knows_every_argument():
    named = POSITIVE | COUNTS | NONNEGATIVE | ANY | MATRICES | {"widths"}
    assert {name for arguments in GOOD.values() for name in arguments} == named


@pytest.mark.parametrize(("function", "name"), cases(POSITIVE))
@pytest.mark.parametrize("value", [0, -1.5, math.nan, math.inf])
def test_what_must_be_positive(function, name, value):
    message = refused(function, **{name: value})
    assert re.match(rf"{name} must be (finite and )?> 0", message)
    assert message.endswith((f"got {value}", f"got {float(value)}"))


@pytest.mark.parametrize(("function", "name"), cases(COUNTS))
@pytest.mark.parametrize("value", [0, -1, 2.5, math.nan, math.inf, 2.0**54])
def test_what_must_be_a_whole_number(function, name, value):
    message = refused(function, **{name: value})
    assert message == f"{name} must be a whole number from 1 to 2**53, got {float(value)}"


@pytest.mark.parametrize(("function", "name"), cases(NONNEGATIVE))
@pytest.mark.parametrize("value", [-1e-300, -2.0, math.nan, math.inf])
def test_what_must_not_be_negative(function, name, value):
    message = refused(function, **{name: value})
    assert message == f"{name} must be finite and >= 0, got {float(value)}"
    assert np.isfinite(function(**(GOOD[function] | {name: 0})))


@pytest.mark.parametrize(("function", "name"), cases(ANY))
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_must_be_finite(function, name, value):
    message = refused(function, **{name: value})
    assert message.startswith(f"{name} must be finite")
    assert f"got {value}" in message


@pytest.mark.parametrize(
    ("function", "name"), cases(POSITIVE | COUNTS | NONNEGATIVE | ANY | MATRICES)
)
@pytest.mark.parametrize("value", [1j, "1", None, True, [1.0, [2.0]]])
def test_what_is_no_number(function, name, value):
    message = refused(function, **{name: value})
    assert message.startswith(f"{name} must be real numbers")
    assert repr(value) in message


@pytest.mark.parametrize("function", [f for f in GOOD if MATRICES & set(GOOD[f])])
@pytest.mark.parametrize(
    ("value", "what"),
    [
        ([], "empty|at least one"),
        (np.ones((0, 0)), "empty|at least one"),
        ([1.0, 0.0], "> 0"),
        ([1.0, -2.0], "> 0"),
        ([1.0, math.nan], "finite"),
        ([math.inf, 1.0], "finite"),
        (0.0, "> 0"),
        (math.nan, "finite"),
        (np.ones((2, 3)), "square"),
        (np.ones((2, 2, 2)), "dimension|0-d, 1-d or 2-d|matrix"),
        ([[1.0, 0.5], [0.4, 1.0]], "symmetric"),
        ([[1.0, 2.0], [2.0, 1.0]], "positive definite"),
        ([[1.0, 1.0], [1.0, 1.0]], "positive definite"),
        ([[-1.0, 0.0], [0.0, 1.0]], "positive definite"),
        ([[1.0, math.nan], [math.nan, 1.0]], "finite"),
        ([[1.0, math.inf], [math.inf, 1.0]], "finite"),
    ],
)
def test_what_is_no_covariance(function, value, what):
    """All matrices at once, so that their shapes agree and only the content is wrong."""
    alike = {name: value for name in GOOD[function] if name in MATRICES}
    message = refused(function, **alike)
    assert re.match(rf"({'|'.join(alike)}) must be ", message)
    assert re.search(what, message)
    assert "got" in message


def rounding_apart():
    """A matrix that is symmetric but for its last bits, as products of matrices are."""
    matrix = np.array([[1.0, 0.3], [0.3, 2.0]])
    matrix[0, 1] = np.nextafter(0.3, 1)
    return matrix


def test_rounding_does_not_spoil_symmetry():
    exact = kl_to_initial([[1.0, 0.3], [0.3, 2.0]], 1.5)
    assert kl_to_initial(rounding_apart(), 1.5) == pytest.approx(exact, rel=1e-14)


@pytest.mark.parametrize(
    ("one", "other"),
    [(1.0, [1.0]), ([1.0], 1.0), ([1.0, 2.0], [1.0]), (np.eye(2), [1.0, 1.0])],
    ids=str,
)
def test_shapes_that_do_not_match(one, other):
    for discrete in (False, True):
        with pytest.raises(ValueError, match=r"noise_covariance.*shape.*got") as caught:
            stationary_covariance(one, other, 0.1, 1, discrete=discrete)
        assert str(np.shape(other)) in str(caught.value)
        with pytest.raises(ValueError, match=r"covariance.*shape.*got"):
            lyapunov_residual(other, one, one, 0.1, 1, discrete=discrete)
    with pytest.raises(ValueError, match=r"noise_covariance.*\(3, 3\)"):
        stationary_covariance(np.eye(2), np.eye(3), 0.1, 1)


@pytest.mark.parametrize(
    ("function", "name"),
    [(f, name) for f, names in SINGLE.items() for name in sorted(names)],
    ids=lambda x: getattr(x, "__name__", x),
)
def test_what_must_be_a_single_number(function, name):
    message = refused(function, **{name: [1.0, 2.0]})
    assert message == f"{name} must be a single number, got an array of shape (2,)"


def test_shapes_that_do_not_broadcast():
    two, three = np.ones(2), np.ones(3)
    for call in (
        lambda: temperature(two, 1, three),
        lambda: loss_bound(two, three, 0.0, 1.0, 2),
        lambda: optimal_loss_bound(two, three, 1.0, 2),
        lambda: forward_bound(two, three, 1.0, 2, 0.0),
        lambda: transient_bound(1.0, two, three, 1.0, 2),
        lambda: second_moment_bound(two, three, 1.0, 2, 1, 0.0),
        lambda: optimal_initial_variance(two, three),
        lambda: optimal_scale(WIDTHS, two, three),
        lambda: expected_output_power(WIDTHS, np.ones((2, 2)), three),
        lambda: expected_initial_loss(WIDTHS, 0.5, two, three),
    ):
        with pytest.raises(ValueError, match="broadcast"):
            call()


def test_means_of_the_wrong_length():
    with pytest.raises(ValueError, match=r"initial_mean.*\(3,\)"):
        relaxation_divergence(1.0, SPECTRUM, 1.0, 2.0, np.ones(3))
    with pytest.raises(ValueError, match=r"initial_mean.*\(2, 2\)"):
        relaxation_divergence(1.0, SPECTRUM, 1.0, 2.0, np.ones((2, 2)))
    value = relaxation_divergence(1.0, SPECTRUM, 1.0, 2.0, [0.5, 0.5])
    assert value == relaxation_divergence(1.0, SPECTRUM, 1.0, 2.0, 0.5)


# --- no NaN inside ---

ENDS = [5e-324, 2.3e-308, 1e-200, 1.0, 1e200, 1.7e308]


@pytest.mark.parametrize("value", ENDS)
@pytest.mark.parametrize(
    ("function", "name"), cases(POSITIVE | NONNEGATIVE | COUNTS | ANY | MATRICES)
)
def test_never_nan(function, name, value):
    """One argument at an end of its range; overflow gives inf, no floating-point warning escapes."""
    if name in COUNTS:
        value = {5e-324: 1, 2.3e-308: 2, 1e-200: 10**6, 1.0: 10**9, 1e200: 2**52, 1.7e308: 2**53}[
            value
        ]
    if name in MATRICES:
        value = [value, 1.0]
    result = function(**(GOOD[function] | {name: value}))
    assert not np.any(np.isnan(result))
    if function not in (forward_bound, transient_bound, loss_bound, optimal_loss_bound):
        assert np.all(np.asarray(result) >= 0)


@pytest.mark.parametrize("s0", ENDS)
@pytest.mark.parametrize("temp", ENDS)
def test_never_nan_in_pairs(temp, s0):
    """Two arguments at ends of their ranges: products of 0 and inf may not meet."""
    spectrum = [temp, 1.0, s0]
    with np.errstate(all="raise", under="ignore", over="ignore"):
        values = [
            temperature(s0, 10, temp),
            *(f(spectrum, s0) for f in (kl_to_initial, kl_from_initial)),
            tightness(spectrum),
            jeffreys_variance(spectrum),
            virial_variance(spectrum, temp),
            *np.ravel(stationary_covariance(spectrum, [s0, s0, temp], 0.1, 7)),
            stationary_total_loss(spectrum, s0, 7),
            *(relaxation_divergence(t, spectrum, temp, s0, 0.5) for t in (0.0, 1e-300, 1.0, 1e300)),
            second_moment_bound(s0, s0, temp, 3, 2, temp),
            *(expected_output_power(WIDTHS, v, temp) for v in (s0, [s0, temp])),
            expected_initial_loss(WIDTHS, s0, temp, s0),
            optimal_scale(WIDTHS, temp, s0),
            *np.ravel([optimal_variances(WIDTHS, temp, d, s0) for d in (1e-300, 1.0, 1e300)]),
        ]
        bounds = [
            loss_bound(s0, temp, -1.0, temp, 2),
            optimal_loss_bound(s0, 3.0, temp, 2),
            forward_bound(s0, s0, temp, 2, 1.0),
            transient_bound(s0, s0, temp, temp, 2),
        ]
    assert not np.any(np.isnan([*values, *bounds]))
    assert np.all(np.array(values) >= 0)


def test_means_beyond_the_root_of_the_range():
    """mu^2 overflows or vanishes; mu^2 a e^(-2 a t)/T need not."""
    assert relaxation_divergence(0.0, 1.0, 1.0, 1.0, 1e200) == math.inf
    moved = relaxation_divergence(400.0, 1.0, 1.0, 1.0, 1e200)
    exact = math.exp(2 * (200 * math.log(10) - 400)) / 2
    assert moved == pytest.approx(exact, rel=1e-12)
    tiny = relaxation_divergence(0.0, 1.0, 1e-300, 1e-300, 1e-200)
    assert tiny == pytest.approx(1e-100 / 2, rel=1e-12)
