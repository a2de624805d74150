"""Haar matrices: orthonormal to rounding, and the law told from that of the uncorrected QR."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
import pytest
from scipy import stats

from numerics.backends import BackendUnavailableError, NumpyBackend, get_backend
from numerics.haar import haar

SIGMAS = 6.2  # two-sided normal quantile at a false-alarm rate of 1e-9 or less


class Factorising(NumpyBackend):
    """NumPy under another name: takes the way of the backends that factorise."""

    name: ClassVar[str] = "factorising"


WAYS = {"reflections": NumpyBackend(), "factorisation": Factorising()}


@pytest.fixture(params=WAYS)
def way(request):
    return WAYS[request.param]


def draw(rows, columns, batch=1, seed=0, **change):
    return haar(rows=rows, columns=columns, batch=batch, rng=np.random.default_rng(seed), **change)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (4, 4), (7, 3), (3, 7), (5, 1), (1, 5)])
def test_orthonormal_to_rounding(rows, columns, dtype, way):
    matrices = draw(rows, columns, 50, dtype=dtype, backend=way)
    assert matrices.shape == (50, rows, columns)
    assert matrices.dtype == dtype
    tall = matrices if rows >= columns else matrices.swapaxes(1, 2)
    gram = tall.swapaxes(1, 2).astype(float) @ tall
    error = np.abs(gram - np.eye(min(rows, columns))).max()
    assert error <= 8 * max(rows, columns) * np.finfo(dtype).eps


def test_large_matrices_are_orthonormal_to_rounding():
    [q] = draw(300, 300)
    assert np.linalg.norm(q.T @ q - np.eye(300)) <= 300 * np.finfo(float).eps


def _mean_is(sample, expected):
    """Whether a mean lies within SIGMAS standard errors."""
    error = SIGMAS * sample.std() / math.sqrt(len(sample))
    return abs(sample.mean() - expected) <= error


def _traces(matrices):
    trace = np.trace(matrices, axis1=1, axis2=2)
    return trace**2, np.einsum("bij,bji->b", matrices, matrices)


@pytest.mark.parametrize("size", [2, 3, 5, 10])
def test_trace_powers(size, way):
    """E (tr Q)^2 = E tr Q^2 = 1; the least departure of the uncorrected QR, at m = 3, is 0.5."""
    batch = 40_000
    squared, of_square = _traces(draw(size, size, batch, backend=way))
    assert _mean_is(squared, 1.0)
    assert _mean_is(of_square, 1.0)
    assert 2 * SIGMAS * squared.std() / math.sqrt(batch) < 0.5


UNCORRECTED = {2: 0.0, 3: 0.5, 5: 1.59, 10: 3.91}  # E (tr Q)^2 of LAPACK's QR


@pytest.mark.parametrize("size", UNCORRECTED)
def test_the_uncorrected_factorisation_is_refuted(size, way):
    squared, _ = _traces(draw(size, size, 40_000, backend=way, corrected=False))
    assert not _mean_is(squared, 1.0)
    slack = SIGMAS * squared.std() / math.sqrt(40_000) + 0.005  # the table has two decimals
    assert abs(squared.mean() - UNCORRECTED[size]) <= slack


@pytest.mark.parametrize(("rows", "columns"), [(6, 6), (6, 4), (4, 6)])
def test_every_entry_has_the_law_of_a_coordinate_on_the_sphere(rows, columns, laws, way):
    """(1 + Q_ij)/2 is Beta((n-1)/2, (n-1)/2) for every entry, n the larger size."""
    matrices = draw(rows, columns, 4000, backend=way)
    shape = (max(rows, columns) - 1) / 2
    for i in (0, rows - 1):
        for j in (0, columns - 1):
            assert laws.follows(0.5 * (1.0 + matrices[:, i, j]), stats.beta(shape, shape).cdf)


def test_the_uncorrected_entries_are_refuted(laws):
    matrices = draw(6, 6, 4000, corrected=False)
    assert not laws.follows(0.5 * (1.0 + matrices[:, 0, 0]), stats.beta(2.5, 2.5).cdf)


def test_eigenangles_of_the_plane_rotations_are_uniform(laws):
    matrices = draw(2, 2, 8000)
    rotations = matrices[np.linalg.det(matrices) > 0]
    angles = np.arctan2(rotations[:, 1, 0], rotations[:, 0, 0])
    assert laws.follows(angles, stats.uniform(-math.pi, 2 * math.pi).cdf)
    assert _mean_is((np.linalg.det(matrices) > 0).astype(float), 0.5)


def test_rotating_rows_leaves_the_law(laws, way):
    """tr(Q A) for a fixed rotation A has the law of tr Q: two samples, one of them rotated."""
    rotation = np.linalg.qr(np.random.default_rng(3).standard_normal((4, 4)))[0]
    first, second = draw(4, 4, 20_000, backend=way), draw(4, 4, 20_000, seed=1, backend=way)
    assert laws.same(
        np.trace(first @ rotation, axis1=1, axis2=2), np.trace(second, axis1=1, axis2=2)
    )
    bad = draw(4, 4, 20_000, corrected=False, backend=way)
    assert not laws.same(
        np.trace(bad @ rotation, axis1=1, axis2=2), np.trace(bad, axis1=1, axis2=2)
    )


def test_the_generator_moves_on():
    rng = np.random.default_rng(0)
    first, second = (haar(rows=3, columns=3, batch=1, rng=rng) for _ in range(2))
    assert np.abs(first - second).max() > 0.01


@pytest.mark.gpu
def test_on_a_gpu():
    try:
        device = get_backend("cupy")
    except BackendUnavailableError as error:
        pytest.skip(str(error))
    q = device.to_numpy(draw(5, 3, 100, backend=device))
    np.testing.assert_allclose(q.swapaxes(1, 2) @ q, np.tile(np.eye(3), (100, 1, 1)), atol=1e-13)


BAD = [
    ({"rows": 0}, "rows must be an integer >= 1, got 0"),
    ({"columns": 2.5}, r"columns must be an integer >= 1, got 2\.5"),
    ({"batch": -1}, "batch must be an integer >= 1, got -1"),
    ({"dtype": "int64"}, "dtype must be float64 or float32, got 'int64'"),
    ({"corrected": "no"}, "corrected must be True or False, got 'no'"),
    ({"corrected": np.ones(2)}, "corrected must be True or False, got array"),
    ({"backend": "torch"}, "backend must be one of 'numpy', 'cupy', got 'torch'"),
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_bad_input(change, message):
    with pytest.raises(ValueError, match=message):
        draw(**{"rows": 2, "columns": 2} | change)


def test_rng_must_be_a_generator():
    with pytest.raises(TypeError, match=r"rng must be a numpy\.random\.Generator, got 0"):
        haar(rows=2, columns=2, batch=1, rng=0)
