"""theory.kl_bound: divergences of Gaussian states, their tightness and their means against the oracles.

Budget: 1e-12 relative for numbers and eigenvalues. A matrix adds what its eigenvalues do not know, K eps lambda_max
each.
"""

from __future__ import annotations

import numpy as np
import pytest

from theory.kl_bound import (
    jeffreys_variance,
    kl_from_initial,
    kl_to_initial,
    tightness,
)

EPS = np.finfo(np.float64).eps
CLOSE = 1e-12
RNG = np.random.default_rng(12834)
SHAPE = np.array([0.0, 0.31, -0.7, 1.0, 0.24])
SPECTRA = {
    "one": np.array([0.3]),
    "equal": np.full(5, 0.7),
    **{f"spread {d:g}": 1 + d * SHAPE for d in (1e-2, 1e-4, 1e-8, 1e-11, 1e-14)},
    "shifted spread": 3e-7 * (1 + 1e-8 * SHAPE),
    "one outlier": np.array([*np.full(200, 0.01), 100.0]),
    "moderate": np.geomspace(1e-6, 1e6, 40),
    "extreme": np.geomspace(1e-150, 1e150, 7),
    "ends of the range": np.array([3e-308, 1.0, 1.7e308, 1.7e308]),
}
MATRICES = [(1, 1.0), (2, 1.5), (2, 1e3), (3, 1.000001), (4, 30.0), (5, 1e8)]  # rows, condition


# --- the oracles, played against each other ---


def test_divergences_of_the_oracles_agree(kl_oracles):
    """Quadrature of the densities, determinants and independent directions."""
    for mean, variance, other in [(0.0, 0.3, 0.9), (0.4, 2.0, 0.7), (-1.0, 0.01, 1.0)]:
        by_integral = kl_oracles.divergence_integral(mean, variance, other)
        by_parts = kl_oracles.spectral_divergence([variance], [other], [mean])
        assert abs(by_integral / by_parts - 1) < 1e-15
    matrix = [[1.0, 0.4], [0.4, 0.5]]
    exact = kl_oracles.divergence(matrix, kl_oracles.scaled_identity(2, 0.7))
    assert kl_oracles.divergence_integral_2d(matrix, 0.7) == pytest.approx(float(exact), rel=1e-12)
    diagonal = kl_oracles.divergence([[0.2, 0], [0, 3.0]], kl_oracles.scaled_identity(2, 0.5))
    assert abs(diagonal / kl_oracles.spectral_divergence([0.2, 3.0], [0.5, 0.5]) - 1) < 1e-50


@pytest.mark.parametrize("name", SPECTRA)
def test_divergences_of_spectra(name, kl_oracles, assert_errors):
    """Initial variances far away, close by, and at the three means, where the first term vanishes."""
    spectrum, rows = SPECTRA[name], []
    with np.errstate(over="ignore"):
        middle = [np.exp(np.mean(np.log(spectrum))), *spectrum[:2], spectrum[-1]]
    for s0 in [1.0, 1 + 3e-8, 1 - 1e-15, 1e-8, 1e8, 1e-200, 1e200, *middle]:
        others = [float(s0)] * len(spectrum)
        exact = kl_oracles.spectral_divergence(spectrum, others)
        rows.append((("to", s0), kl_oracles.relative(kl_to_initial(spectrum, s0), exact), CLOSE))
        exact = kl_oracles.spectral_divergence(others, spectrum)
        rows.append(
            (("from", s0), kl_oracles.relative(kl_from_initial(spectrum, s0), exact), CLOSE)
        )
    assert_errors(rows)


@pytest.mark.parametrize("name", SPECTRA)
def test_divergence_at_the_optimum_is_the_logarithm_of_a_ratio_of_means(name, kl_oracles):
    """(K/2) log(AM/GM), which cancels in all digits but the last of a narrow spectrum; with HM the other way."""
    spectrum = SPECTRA[name]
    if name == "ends of the range":
        spectrum = spectrum / 4
    k, mp = len(spectrum), kl_oracles.MP
    arithmetic = float(mp.fsum(map(mp.mpf, spectrum)) / k)
    harmonic = float(k / mp.fsum(1 / mp.mpf(v) for v in spectrum))
    exact = kl_oracles.spectral_divergence(spectrum, [arithmetic] * k)
    assert kl_oracles.relative(kl_to_initial(spectrum, arithmetic), exact) < CLOSE
    least = k * kl_oracles.log_mean_ratio(spectrum) / 2
    assert least <= exact <= least + k * mp.mpf(EPS) ** 2  # the oracle's own consistency
    exact = kl_oracles.spectral_divergence([harmonic] * k, spectrum)
    assert kl_oracles.relative(kl_from_initial(spectrum, harmonic), exact) < CLOSE


@pytest.mark.parametrize("name", SPECTRA)
def test_tightness(name, kl_oracles):
    exact = 1 + kl_oracles.log_mean_ratio(SPECTRA[name])
    assert kl_oracles.relative(tightness(SPECTRA[name]), exact) < 1e-14


@pytest.mark.parametrize("spread", [1e-8, 1e-3, 1.0, 20.0])
def test_a_million_parameters(spread, kl_oracles):
    """A thousand different eigenvalues, each a thousand times, in random order."""
    distinct = np.exp(spread * np.linspace(-1, 1, 1000))
    spectrum = RNG.permutation(np.repeat(distinct, 1000))
    s0 = float(np.mean(distinct)) * (1 + 0.3 * spread)
    exact = 1000 * kl_oracles.spectral_divergence(distinct, [s0] * 1000)
    assert kl_oracles.relative(kl_to_initial(spectrum, s0), exact) < CLOSE
    exact = 1000 * kl_oracles.spectral_divergence([s0] * 1000, distinct)
    assert kl_oracles.relative(kl_from_initial(spectrum, s0), exact) < CLOSE
    assert kl_oracles.relative(tightness(spectrum), 1 + kl_oracles.log_mean_ratio(distinct)) < 1e-14
    mp = kl_oracles.MP
    means = mp.fsum(map(mp.mpf, distinct)) / mp.fsum(1 / mp.mpf(v) for v in distinct)
    assert kl_oracles.relative(jeffreys_variance(spectrum), mp.sqrt(means)) < 1e-14


@pytest.mark.parametrize(("size", "condition"), MATRICES)
@pytest.mark.parametrize("s0", [0.02, 0.5, 1.0, 40.0])
def test_divergences_of_matrices(size, condition, s0, kl_oracles):
    """Every eigenvalue is known to K eps lambda_max: what it moves is added up over the eigenvalues."""
    matrix = kl_oracles.random_matrix(size, condition, size)
    values = np.linalg.eigvalsh(matrix)
    unknown = 4 * size * EPS * values[-1]
    initial = kl_oracles.scaled_identity(size, s0)
    exact = kl_oracles.divergence(matrix, initial)
    budget = CLOSE * float(exact) + unknown * np.sum(np.abs(1 / s0 - 1 / values)) / 2
    assert abs(kl_to_initial(matrix, s0) - exact) <= budget
    exact = kl_oracles.divergence(initial, matrix)
    budget = CLOSE * float(exact) + unknown * np.sum(np.abs(1 - s0 / values) / values) / 2
    assert abs(kl_from_initial(matrix, s0) - exact) <= budget
    mp = kl_oracles.MP
    trace, inverse = mp.matrix(matrix), mp.matrix(matrix) ** -1
    arithmetic = mp.fsum(trace[i, i] for i in range(size)) / size
    harmonic = size / mp.fsum(inverse[i, i] for i in range(size))
    budget = 1e-14 + unknown / values[0]
    assert kl_oracles.relative(jeffreys_variance(matrix), mp.sqrt(arithmetic * harmonic)) < budget
    ratio = mp.log(arithmetic) - mp.log(mp.det(trace)) / size
    assert kl_oracles.relative(tightness(matrix), 1 + ratio) < budget
