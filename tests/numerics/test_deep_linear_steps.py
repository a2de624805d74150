"""Steps of deep linear nets: the arrays they may write to, who makes the products, leaving nets, small numbers."""

from __future__ import annotations

import numpy as np
import pytest

from numerics import deep_linear_blas, deep_linear_steps
from numerics.backends import get_backend
from numerics.deep_linear import train
from numerics.deep_linear_scales import step_scales
from numerics.deep_linear_steps import NetByNet, descent
from numerics.deep_linear_weights import draw_weights
from numerics.linear_data import LinearData, reduce

WIDTH, RATE = 60, 0.05
THREADS = ("OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS")


def data():
    return reduce(np.eye(3), np.ones((2, 3)))


def start(width=WIDTH, nets=3, dtype="float64"):
    drawn = draw_weights(
        data=data(), width=width, depth=4, initialisation="gaussian", nets=nets,
        rng=np.random.default_rng(0), dtype=dtype,
    )  # fmt: skip
    return [each.copy() for each in drawn]


def begin(weights, width=WIDTH):
    return descent(data(), weights, RATE, width, get_backend())


def _told(monkeypatch, **variables):
    """Set the variables that tell BLAS its threads, and no other."""
    for name in THREADS:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


WAYS = {
    "in one call": (10**9, 2**18, {}),
    "NumPy's products": (1, 2**18, {"OMP_NUM_THREADS": "1"}),
    "BLAS's products": (1, 0, {}),
}


@pytest.fixture(params=WAYS)
def way(request, monkeypatch):
    """The three ways of a step."""
    wide, split, variables = WAYS[request.param]
    monkeypatch.setattr(deep_linear_steps, "_WIDE", wide)
    monkeypatch.setattr(deep_linear_blas, "_SPLIT", split)
    _told(monkeypatch, **variables)
    return request.param


def _calls(nets):
    return {call.func for call in nets._backward[0][1:] + nets._forward[0][:-1]}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("split", "variables", "one_library"),
    [
        (0, {}, True),
        (2**18, {}, False),  # products that no library splits over threads
        (0, {"OPENBLAS_NUM_THREADS": "1"}, False),
        (0, {"OMP_NUM_THREADS": "1"}, False),
        (0, {"OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "1"}, True),
        (0, {"OPENBLAS_NUM_THREADS": "", "OMP_NUM_THREADS": " 1,4"}, False),
        (0, {"OPENBLAS_NUM_THREADS": "0", "GOTO_NUM_THREADS": "1", "OMP_NUM_THREADS": "8"}, False),
        (0, {"OMP_NUM_THREADS": "16"}, True),
    ],
)
def test_who_makes_the_products(split, variables, one_library, dtype, monkeypatch):
    """The library of the updates where both would use threads, else NumPy; all write in place."""
    monkeypatch.setattr(deep_linear_blas, "_SPLIT", split)
    _told(monkeypatch, **variables)
    nets = begin(start(dtype=dtype))
    gemm = deep_linear_blas.GEMM[dtype]
    assert _calls(nets) == ({gemm} if one_library else {np.dot, gemm})
    nets.losses()
    assert all(each.any() for each in nets._behind)


def test_wide_products_are_split(monkeypatch):
    """At 362^2 x 2 multiplications and no more; the bound as it stands."""
    _told(monkeypatch)
    assert np.dot in _calls(begin(start(362), 362))
    assert np.dot not in _calls(begin(start(363), 363))


def test_leaving_nets_does_not_touch_the_others(way):
    """Nets leave at steps 7 and 12, before the step; the last goes on as if alone."""
    together, alone = begin(start()), begin([each[[1]].copy() for each in start()])
    assert isinstance(together, NetByNet) == (way != "in one call")
    numbers = np.arange(3)
    leave = {7: [False, True, True], 12: [True, False]}
    for step in range(20):
        [found], [expected] = together.losses()[numbers == 1], alone.losses()
        assert found == expected
        chosen = np.array(leave.get(step, [True] * len(numbers)))
        together.keep(chosen)
        numbers = numbers[chosen]
        together.step()
        alone.step()
    assert numbers.tolist() == [1]
    for one, other in zip(together.weights, alone.weights, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.usefixtures("way")
def test_nets_may_leave_before_the_first_losses():
    nets, alone = begin(start()), begin([each[1:].copy() for each in start()])
    nets.keep(np.array([False, True, True]))
    np.testing.assert_array_equal(nets.losses(), alone.losses())


@pytest.mark.usefixtures("way")
def test_no_step_without_losses():
    with pytest.raises(ValueError, match="step needs the errors of the old weights: call losses"):
        begin(start()).step()


def _locked(array):
    array.flags.writeable = False
    return array


BAD = {
    "Fortran order": (np.asfortranarray, "c_contiguous=False"),
    "strided": (lambda each: np.repeat(each, 2, axis=2)[:, :, ::2], "c_contiguous=False"),
    "read-only": (_locked, "writeable=False"),
    "swapped bytes": (lambda each: each.astype(each.dtype.newbyteorder()), "dtype [<>]f8"),
    "integers": (lambda each: each.astype(int), "dtype .i8"),
}


@pytest.mark.parametrize("layers", [[0, 1, 2, 3], [2]])
@pytest.mark.parametrize("kind", BAD)
def test_arrays_that_blas_would_copy_are_refused(kind, layers):
    """Their updates would be lost without a word."""
    change, message = BAD[kind]
    weights = [change(each) if k in layers else each for k, each in enumerate(start())]
    with pytest.raises(
        ValueError, match=f"weights must be C-contiguous .* stack {layers[0]} .*{message}"
    ):
        begin(weights)


def test_precisions_must_not_be_mixed():
    weights = [*start()[:3], start(dtype="float32")[3]]
    with pytest.raises(ValueError, match=r"all float64 or all float32 .* stack 3 of dtype <f4"):
        begin(weights)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("size", [1e-20, 1e20])
def test_small_and_large_data_train_as_others_do(size, dtype):
    """X and Y times a number, eta over its square: the same losses but for the number's square.

    At 1e-20 the rate, at 1e20 the square of |X| is beyond single precision.
    """
    options = {"width": 8, "depth": 3, "steps": 200, "record": (0, 50, 200), "dtype": dtype}
    small, plain = (
        train(
            data=reduce(s * np.eye(3), s * np.ones((2, 3))), learning_rate=0.1 / s**2,
            rng=np.random.default_rng(0), **options,
        )
        for s in (size, 1.0)
    )  # fmt: skip
    assert plain.losses[1, 0] < 1e-2 * plain.losses[0, 0]
    error = np.abs(small.losses / size**2 - plain.losses).max()
    assert error < 1e3 * np.finfo(dtype).eps * plain.losses[0, 0]


def scaled(values=1.0, targets=1.0):
    """Data made by hand, past the checks of `reduce`."""
    return LinearData(np.eye(2), np.array([values, values]), targets * np.ones((1, 2)), 0.0)


OUTSIDE = [
    (scaled(1e-46), 0.1, "float32", "data must have singular values from 1.2e-38 to 3.4e.38 in float32"),
    (scaled(1e39), 0.1, "float32", "data must have singular values .* got 1e.39"),
    (scaled(targets=1e39), 0.1, "float32", "data must have targets .* float32, got 1e.39"),
    (scaled(targets=1e-40), 0.1, "float32", "data must have targets .* float32, got 1e-40"),
    (scaled(1e38), 1e-70, "float32", r"width must leave sqrt\(width/d_y\) .X. .* got 1e.40"),
    (scaled(), 1e-50, "float32", "learning_rate must leave eta .X. / sqrt.* float32, got 1e-52"),
    (scaled(), 1e50, "float32", "learning_rate must leave eta .X. / sqrt.* float32, got 1e.48"),
    (scaled(), 1e-310, "float64", "learning_rate must leave eta .X. / sqrt.* float64, got"),
    (scaled(1e10), 1e308, "float64", "learning_rate must leave eta .X. / sqrt.* float64, got inf"),
]  # fmt: skip


@pytest.mark.parametrize(("problem", "rate", "dtype", "message"), OUTSIDE)
def test_numbers_that_a_precision_does_not_hold_are_refused(problem, rate, dtype, message):
    """Before anything is drawn."""
    options = {"width": 10**4, "depth": 2, "steps": 1, "initialisation": "gaussian", "nets": 1}
    rng, untouched = np.random.default_rng(0), np.random.default_rng(0)
    with pytest.raises(ValueError, match=message):
        train(data=problem, learning_rate=rate, dtype=dtype, rng=rng, **options)
    assert rng.random() == untouched.random()


def test_targets_of_zero_and_small_ones_among_larger_are_allowed():
    targets = np.array([[0.0, 0.0], [1.0, 1e-60]])
    for chosen in (targets, targets[:1]):
        data = LinearData(np.eye(2), np.ones(2), chosen, 0.0)
        scales = step_scales(data, 0.1, 8, np.dtype("float32"))
        assert scales.targets.dtype == np.float32
        np.testing.assert_array_equal(scales.targets, chosen.T.astype("float32"))
