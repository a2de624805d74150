"""Training of deep linear nets against dumb loops on the raw data, 40 digits, and bad input."""

from __future__ import annotations

import math
import tracemalloc
from typing import ClassVar

import mpmath
import numpy as np
import pytest

from numerics import deep_linear_blas, deep_linear_steps
from numerics.backends import BackendUnavailableError, NumpyBackend, get_backend
from numerics.deep_linear import train
from numerics.deep_linear_history import DIVERGED
from numerics.deep_linear_steps import descent
from numerics.deep_linear_weights import draw_weights
from numerics.linear_data import reduce

EPS = np.finfo(float).eps


class Generic(NumpyBackend):
    """NumPy under another name: takes the way of the backends without BLAS."""

    name: ClassVar[str] = "generic"


def problem(in_dim=7, out_dim=2, rank=3, examples=5, seed=0):
    """Inputs of a given rank, and noisy targets, so that l* > 0."""
    rng = np.random.default_rng(seed)
    inputs = rng.standard_normal((in_dim, rank)) @ rng.standard_normal((rank, examples))
    return inputs, rng.standard_normal((out_dim, examples))


def rate(data, depth, fraction=0.2):
    return fraction * data.out_dim / (2 * depth * data.norm**2)


def start(data, width, depth, initialisation="orthogonal", nets=2, seed=1, **change):
    options = {"width": width, "depth": depth, "initialisation": initialisation, "nets": nets}
    return draw_weights(data=data, rng=np.random.default_rng(seed), **options | change)


def _full_weights(data, weights, net, width, depth):
    """W_1, ..., W_L of one net; off the column space of X, W_1 is anything."""
    scale = math.sqrt(width if depth > 1 else data.out_dim)
    full = [scale * each[net] for each in weights]
    spare = np.random.default_rng(9).standard_normal((full[0].shape[0], data.in_dim))
    full[0] = full[0] @ data.basis.T + spare - spare @ data.basis @ data.basis.T
    return full


def _product(matrices, size):
    result = np.eye(size)
    for each in matrices:
        result = each @ result
    return result


def _dumb_losses(full, width, data_pair, eta, steps):
    """Losses of one net by the definition: all products written out, one layer at a time."""
    inputs, targets = data_pair
    depth, out_dim = len(full), len(targets)
    alpha = 1.0 / math.sqrt(width ** (depth - 1) * out_dim)
    losses = []
    for _ in range(steps + 1):
        errors = alpha * _product(full, len(inputs)) @ inputs - targets
        losses.append(0.5 * (errors**2).sum())
        gradients = []
        for index, each in enumerate(full):
            behind = _product(full[index + 1 :], each.shape[0])
            before = _product(full[:index], len(inputs))
            gradients.append(alpha * behind.T @ errors @ inputs.T @ before.T)
        full = [each - eta * gradient for each, gradient in zip(full, gradients, strict=True)]
    return np.array(losses)


CASES = [
    ("orthogonal", 8, 4, {}),
    ("gaussian", 8, 4, {}),
    ("orthogonal", 5, 3, {}),  # narrower than the inputs
    ("gaussian", 2, 3, {}),  # narrower than their rank
    ("gaussian", 1, 3, {"out_dim": 1}),
    ("orthogonal", 8, 2, {"out_dim": 1, "rank": 1}),
    ("orthogonal", 8, 1, {}),
    ("gaussian", 8, 1, {"out_dim": 9}),
    ("orthogonal", 40, 6, {"in_dim": 20, "rank": 5}),
]


def _choose(way, monkeypatch):
    """Have even small nets step the way of wide ones, on one thread or on several."""
    if way in ("net by net", "threads"):
        monkeypatch.setattr(deep_linear_steps, "_WIDE", 1)
    if way == "threads":
        monkeypatch.setattr(deep_linear_blas, "_SPLIT", 0)
        monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
        monkeypatch.delenv("OMP_NUM_THREADS", raising=False)


@pytest.mark.parametrize("way", ["net by net", "threads", "one call", "generic"])
@pytest.mark.parametrize(("initialisation", "width", "depth", "sizes"), CASES)
def test_losses_are_those_of_the_definition(initialisation, width, depth, sizes, way, monkeypatch):
    _choose(way, monkeypatch)
    raw = problem(**sizes)
    data = reduce(*raw)
    weights = start(data, width, depth, initialisation)
    eta = rate(data, depth)
    history = train(
        data=data, width=width, depth=depth, learning_rate=eta, steps=60, record=range(61),
        weights=weights, backend=Generic() if way == "generic" else "numpy",
    )  # fmt: skip
    for net in range(2):
        full = _full_weights(data, weights, net, width, depth)
        expected = _dumb_losses(full, width, raw, eta, 60)
        error = np.abs(history.losses[:, net] + data.residual - expected).max()
        assert error <= 1e-12 * expected[0]
        assert expected[-1] < (1.0 - 1e-6) * expected[0]


@pytest.mark.parametrize("way", ["net by net", "threads", "one call"])
@pytest.mark.parametrize("depth", [1, 2, 4])
def test_one_step_follows_the_complex_step_gradient(depth, way, monkeypatch):
    _choose(way, monkeypatch)
    data, width, eta = reduce(*problem()), 6, 0.3
    weights = [each.copy() for each in start(data, width, depth, "gaussian")]
    scale = data.out_dim if depth == 1 else width

    def loss(net, layer, index):
        moved = [each[net].astype(complex) for each in weights]
        moved[layer][index] += 1e-30j
        errors = math.sqrt(scale / data.out_dim) * _product(moved, data.rank)
        return 0.5 * ((errors * data.singular_values - data.targets) ** 2).sum()

    nets = descent(data, [each.copy() for each in weights], eta, scale, get_backend())
    nets.losses()
    nets.step()
    for layer, (before, after) in enumerate(zip(weights, nets.weights, strict=True)):
        for net, *index in np.ndindex(before.shape):
            gradient = loss(net, layer, tuple(index)).imag / 1e-30
            moved = before[net, *index] - eta / scale * gradient
            assert after[net, *index] == pytest.approx(moved, abs=1e-13, rel=1e-12)


def test_forty_digits():
    """Loss by mpmath on the raw data: 30 steps lose less than 1e-13 of the first loss."""
    raw = problem(in_dim=3, out_dim=1, rank=2, examples=2)
    data = reduce(*raw)
    weights, eta = start(data, 3, 3, "gaussian", nets=1), rate(data, 3)
    history = train(
        data=data, width=3, depth=3, learning_rate=eta, steps=30, record=(0, 30), weights=weights
    )
    with mpmath.workdps(40):
        full = [mpmath.matrix(w.tolist()) for w in _full_weights(data, weights, 0, 3, 3)]
        inputs, targets = (mpmath.matrix(each.tolist()) for each in raw)
        alpha = 1 / mpmath.sqrt(9)
        losses = []
        for _ in range(31):
            a, b, c = full
            errors = alpha * c * b * a * inputs - targets
            losses.append(sum(e**2 for e in errors) / 2)
            pull = alpha * errors * inputs.T
            steps = ((c * b).T * pull, c.T * pull * a.T, pull * (b * a).T)
            full = [w - eta * g for w, g in zip(full, steps, strict=True)]
        found = history.losses[:, 0] + data.residual
        assert abs(found[0] - losses[0]) < 1e-13 * losses[0]
        assert abs(found[1] - losses[30]) < 1e-13 * losses[0]


def test_extreme_width_and_depth_stay_in_range():
    """At depth 600 the plain output scale is 64^(-300): losses are finite and fall."""
    data = reduce(*problem())
    history = train(
        data=data, width=64, depth=600, learning_rate=rate(data, 600, 0.5), steps=20, record=(0, 20),
        rng=np.random.default_rng(0), dtype="float32",
    )  # fmt: skip
    assert history.losses[1, 0] < 0.9 * history.losses[0, 0]


def test_single_precision_follows_double():
    """The rounding of 40 steps of 5 layers, 32 wide: some L m eps of the first loss."""
    data = reduce(*problem())
    weights = start(data, 32, 5)
    options = {"data": data, "width": 32, "depth": 5, "learning_rate": rate(data, 5), "steps": 40}
    double, single = (
        train(**options, weights=weights, dtype=dtype, record=range(41)).losses
        for dtype in ("float64", "float32")
    )
    assert np.abs(single - double).max() <= 160 * np.finfo("float32").eps * double[0].max()
    assert (single != double).all()


def run(seed=0, **change):
    data = reduce(*problem())
    base = {"data": data, "width": 16, "depth": 4, "learning_rate": rate(data, 4), "steps": 50}
    return train(**base | {"rng": np.random.default_rng(seed), "nets": 4} | change)


def test_a_net_does_not_depend_on_its_neighbours():
    several = run()
    np.testing.assert_array_equal(run(nets=1).losses[:, 0], several.losses[:, 0])


def test_batches_leave_the_numbers_as_they_are(monkeypatch):
    together = run(nets=7, record=(0, 10, 50))
    monkeypatch.setattr("numerics.deep_linear_plan._CACHE", 1)
    monkeypatch.setattr(NumpyBackend, "batch_bytes", 3 * 16_000)
    np.testing.assert_array_equal(run(nets=7, record=(0, 10, 50)).losses, together.losses)


def test_recorded_losses_are_those_of_shorter_runs():
    several = run(record=(0, 7, 50))
    np.testing.assert_array_equal(run(steps=7).losses[0], several.losses[1])
    assert several.record == (0, 7, 50)


def test_divergence_is_a_result(recwarn):
    history = run(learning_rate=10.0, steps=400, record=(0, 1, 400), nets=5)
    assert history.diverged.all()
    assert (history.losses[2] == math.inf).all()
    assert (history.losses[0] < math.inf).all()
    assert not recwarn.list


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_divergence_is_recorded_at_the_first_step_beyond_the_threshold(dtype):
    options = {"learning_rate": 0.8, "nets": 3, "dtype": dtype}
    history = run(**options, steps=60, record=range(61))
    scale = np.maximum(history.losses[0], reduce(*problem()).target_loss)
    for net in range(3):
        first = history.diverged_at[net]
        assert first > 1
        assert (history.losses[:first, net] <= DIVERGED * scale[net]).all()
        before = run(**options, steps=first - 1, record=range(first))
        np.testing.assert_array_equal(before.losses[:, net], history.losses[:first, net])
        assert before.diverged_at[net] == -1
        assert (history.losses[first:, net] == math.inf).all()


@pytest.mark.parametrize("invariants", [False, True])
def test_nothing_is_copied_while_no_net_leaves(invariants, monkeypatch):
    monkeypatch.setattr(deep_linear_steps.Descent, "keep", None)
    assert (run(invariants=invariants, record=(0, 9, 50)).losses[2] > 0).all()


def test_some_nets_diverge_and_the_others_are_not_touched():
    data = reduce(*problem())
    weights = list(start(data, 16, 4, nets=3))
    weights[1] = weights[1].copy()
    weights[1][1] *= 40.0
    options = {"learning_rate": rate(data, 4), "steps": 50, "record": range(51)}
    history = run(weights=weights, **options)
    assert history.diverged.tolist() == [False, True, False]
    for net in (0, 2):
        alone = run(weights=[each[[net]] for each in weights], **options)
        np.testing.assert_array_equal(alone.losses[:, 0], history.losses[:, net])


def test_a_start_that_overflows_has_diverged_at_once():
    data = reduce(*problem())
    weights = [1e200 * each for each in start(data, 16, 4, nets=1)]
    assert run(weights=weights).diverged_at.tolist() == [0]


def test_nets_stop_at_their_rounding_floor():
    data = reduce(*problem(examples=40))  # well conditioned
    options = {"data": data, "learning_rate": rate(data, 4, 1.0), "patience": 50}
    options |= {"steps": 3000, "record": range(0, 3001, 50)}
    stopped, on = run(**options), run(**options, stop_at_floor=False)
    assert (stopped.stopped_at > 0).all()
    assert (on.stopped_at == -1).all()
    floor = (EPS * 4 * 16) ** 2 * max(0.5 * data.norm**2, data.target_loss)
    for net, step in enumerate(stopped.stopped_at):
        rows = np.array(stopped.record) < step
        np.testing.assert_array_equal(stopped.losses[rows, net], on.losses[rows, net])
        filled = stopped.losses[~rows, net]
        assert (filled == filled[0]).all()
        assert filled[0] <= floor
        assert on.losses[~rows, net].max() <= floor


def test_a_plateau_above_the_floor_is_not_a_floor():
    """A deep narrow Gaussian net sits at its first loss; nothing is stopped there."""
    history = run(
        initialisation="gaussian", width=2, depth=60, learning_rate=1e-6, steps=300, patience=1
    )
    assert (history.stopped_at == -1).all()


@pytest.mark.parametrize("way", ["net by net", "threads"])
def test_the_update_in_place_takes_no_temporary(way, monkeypatch):
    """What one step allocates is below a tenth of one matrix: states of m x r and d_y x m."""
    _choose(way, monkeypatch)
    data, width = reduce(*problem()), 600
    weights = [each.copy() for each in start(data, width, 4, nets=1)]
    nets = descent(data, weights, 1e-3, width, get_backend())
    nets.losses()
    tracemalloc.start()
    nets.step()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 0.1 * weights[1].nbytes


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_other_libraries_of_the_standard_give_the_same_numbers(stand_in, dtype):
    """Also of nets that leave: the second diverges, the others stop."""
    weights = list(start(reduce(np.eye(3), np.ones((2, 3))), 6, 4, nets=4))
    weights[1][1] *= 30.0
    options = {"data": reduce(np.eye(3), np.ones((2, 3))), "width": 6, "weights": weights}
    options |= {"learning_rate": 0.2, "patience": 20, "steps": 500, "record": (0, 50, 500)}
    there, here = (
        run(**options, dtype=dtype, invariants=True, backend=each) for each in (stand_in, "numpy")
    )
    assert (here.diverged_at[1], (here.stopped_at > 0).sum()) == (1, 3)
    for name in ("losses", "diverged_at", "stopped_at"):
        np.testing.assert_array_equal(getattr(there, name), getattr(here, name))
    for name in ("largest", "smallest", "movement"):
        one, other = (getattr(each.invariants, name) for each in (there, here))
        np.testing.assert_array_equal(one, other)


@pytest.mark.gpu
def test_on_a_gpu():
    try:
        device = get_backend("cupy")
    except BackendUnavailableError as error:
        pytest.skip(str(error))
    data = reduce(*problem())
    weights = start(data, 16, 4)
    options = {"weights": weights, "record": (0, 50), "invariants": True}
    there, here = run(**options, backend=device), run(**options)
    np.testing.assert_allclose(there.losses, here.losses, rtol=1e-9)
    np.testing.assert_allclose(there.invariants.smallest, here.invariants.smallest, rtol=1e-9)
    assert (run(backend=device, steps=200).losses < here.losses[0].min()).all()


ONES = np.ones((1, 16, 3))
FLAT = ONES[:, :2]
SWAPPED = np.dtype("float64").newbyteorder().str
BAD = [
    ({"width": 1}, "width must be >= out_dim, 2, for an orthogonal output layer, got 1"),
    ({"width": 0}, "width must be an integer >= 1, got 0"),
    ({"depth": 1.5}, r"depth must be an integer >= 1, got 1\.5"),
    ({"learning_rate": 0.0}, r"learning_rate must be finite and > 0, got 0\.0"),
    ({"learning_rate": math.nan}, "learning_rate must be finite and > 0, got nan"),
    ({"steps": 0}, "steps must be an integer >= 1, got 0"),
    ({"nets": 0}, "nets must be an integer >= 1, got 0"),
    ({"record": (60,)}, "record must hold increasing integers from 0 to steps, 50"),
    ({"initialisation": "he"}, "initialisation must be one of 'orthogonal', 'gaussian', got 'he'"),
    ({"dtype": "int32"}, "dtype must be float64 or float32, got 'int32'"),
    ({"backend": "torch"}, "backend must be one of 'numpy', 'cupy', got 'torch'"),
    ({"patience": 0}, "patience must be an integer >= 1, got 0"),
    ({"data": np.eye(2)}, "data must be a LinearData"),
    ({"weights": [ONES]}, r"weights must have shapes \(nets, 16, 3\), .* got \[\(1, 16, 3\)\]"),
    ({"width": 10**400}, "width must be < 2.63, got one of 1329 bits"),
    ({"learning_rate": 10**400}, "learning_rate must be finite and > 0, got 1000"),
    ({"record": [1, [2]]}, r"record must hold increasing integers from 0 to steps, 50, got \[1, \[2"),
    ({"initialisation": np.array(["orthogonal", "gaussian"])}, "initialisation must be one of"),
    ({"dtype": None}, "dtype must be float64 or float32, got None"),
    ({"dtype": SWAPPED}, f"dtype must be in native byte order, got '{SWAPPED}'"),
    ({"backend": None}, "backend must be one of 'numpy', 'cupy' or a Backend, got None"),
    ({"backend": NumpyBackend}, "backend must be one of .* or a Backend, got <class"),
    ({"weights": 5}, "weights must be a sequence of 4 arrays, got 5"),
    ({"weights": "abcd"}, "weights must be a sequence of 4 arrays, got 'abcd'"),
    ({"depth": 1, "weights": [1j * FLAT]}, "real numbers, got ndarray of dtype complex128 as layer 1"),
    ({"depth": 1, "weights": [FLAT > 0]}, "real numbers, got ndarray of dtype bool as layer 1"),
    ({"depth": 1, "weights": [[[1], [1, 2]]]}, "real numbers, got list of dtype object as layer 1"),
    ({"depth": 1, "weights": [np.ma.masked_equal(FLAT, 1)]}, "real numbers, got MaskedArray"),
    ({"depth": 1, "weights": [FLAT * math.nan]}, "weights must be finite in float64, got nan in layer 1"),
    ({"depth": 1, "weights": [FLAT * 1e200], "dtype": "float32"},
     r"weights must be finite in float32, got 1e\+200 in layer 1"),
    ({"checkpoint": 5}, "checkpoint must be a path, got 5"),
    ({"checkpoint": "/no/such/place.npz"}, "checkpoint must be in an existing directory"),
    ({"checkpoint_seconds": -1.0}, r"checkpoint_seconds must be finite and >= 0, got -1\.0"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "message"), BAD)
def test_bad_input(change, message):
    with pytest.raises(ValueError, match=message):
        run(**change)


def test_given_weights_are_taken_as_they_lie_and_not_written_to():
    """Fortran order, another precision or byte order, integers: the numbers count."""
    weights = [np.round(9.0 * each) for each in start(reduce(*problem()), 64, 4)]
    options = {"width": 64, "steps": 9, "record": range(10), "learning_rate": 1e-9}
    expected = run(weights=[each.copy() for each in weights], **options).losses
    assert (np.diff(expected, axis=0) < 0).all()
    ways = (np.asfortranarray, lambda w: w.astype("int8"), lambda w: w.astype(SWAPPED), np.float32)
    for way in ways:
        given = [way(each) for each in weights]
        np.testing.assert_array_equal(run(weights=given, **options).losses, expected)
        assert all((one == other).all() for one, other in zip(given, weights, strict=True))


@pytest.mark.parametrize("rng", [0, None])
def test_rng_must_be_a_generator(rng):
    with pytest.raises(TypeError, match=r"rng must be a numpy\.random\.Generator"):
        run(rng=rng)
