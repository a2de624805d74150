"""The KL-bound figures: curves against definitions written out here, simulations against the curves."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from figures import (
    kl_bound_variance,
    kl_optimal_scale,
    kl_tightness,
    kl_transient,
    kl_variance_map,
    store,
)

LARGEST = 6.0  # standard errors; the committed data are fixed


def curves(module):
    return module.compute(module.cells(module.PARAMETERS["quick"], "numpy")[0].parameters, None)


def full(name):
    return store.load(store.REFERENCE, f"{name}-full").arrays


def normal_divergence(first, second):
    """KL(N(0, first) || N(0, second)) of independent coordinates, from the log determinants."""
    return np.sum(first / second - 1 + np.log(second) - np.log(first)) / 2


@pytest.mark.parametrize("index", [0, 1])
def test_bound_is_the_loss_plus_the_divergence(index):
    made, size = curves(kl_bound_variance), 20
    ends = list(kl_bound_variance.CASES.values())[index]
    covariance = 0.1 / np.geomspace(*ends, size)
    for position in range(0, 121, 20):
        initial = np.full(size, made["std"][position] ** 2)
        to, back = (
            normal_divergence(*pair) / size
            for pair in ((covariance, initial), (initial, covariance))
        )
        assert made["to_initial"][index, position] == pytest.approx(to, rel=1e-10, abs=1e-13)
        assert made["from_initial"][index, position] == pytest.approx(back, rel=1e-10, abs=1e-13)
        assert made["bound"][index, position] == pytest.approx(1 + 2 * to, rel=1e-12)


def test_optima_are_minima_of_the_curves():
    made = curves(kl_bound_variance)
    grid = np.diff(np.log(made["std"])).max()
    for name, rows in (("paper", "to_initial"), ("virial", "from_initial")):
        least = made["std"][np.argmin(made[rows], axis=1)]
        assert np.all(np.abs(np.log(least / made[name])) <= grid)
    both = np.argmin(made["to_initial"] + made["from_initial"], axis=1)
    assert np.all(np.abs(np.log(made["std"][both] / made["jeffreys"])) <= grid)
    assert made["virial"][1] < made["jeffreys"][1] < made["paper"][1]


def test_measured_loss_does_not_depend_on_the_initial_variance():
    arrays = full("kl-bound-variance")
    distance = np.abs(arrays["simulation.loss"] - 1) / arrays["simulation.error"]
    assert 0.5 < distance.max() < LARGEST


def test_tightness_is_one_plus_a_log_ratio_of_means():
    made = curves(kl_tightness)
    for row, make in zip(made["tightness"], kl_tightness.SPECTRA.values(), strict=True):
        values = 1 / make(made["condition"][-1], 100)
        expected = 1 + np.log(values.mean()) - np.log(values).mean()
        assert row[-1] == pytest.approx(expected, rel=1e-12)
        assert row[0] == 1


def test_measured_tightness_agrees():
    arrays = full("kl-tightness")
    exact = np.interp(
        np.log(arrays["simulation.condition"]),
        np.log(arrays["curves.condition"]),
        arrays["curves.tightness"][1],
    )
    distance = np.abs(arrays["simulation.tightness"] - exact)
    assert np.all(
        distance < LARGEST * arrays["simulation.error"] + 2e-3
    )  # interpolation, time step


def test_scale_minimises_the_bound():
    made = curves(kl_optimal_scale)
    for temperature, row in zip(made["temperature"], made["by_depth"], strict=True):
        for depth in (1, 3, 30):
            gain, size = 64 * 2, depth * 64**2  # E|f|^2 at He's scale: |x|^2 n_L/(n_0 m1)

            def bound(log_c, depth=depth, gain=gain, weight=temperature * size / 2):
                return gain * np.exp(depth * log_c) / 2 - weight * log_c

            least = minimize_scalar(bound, bracket=(-1, 1), tol=1e-12).x
            index = made["depth"].tolist().index(depth)
            assert row[index] == pytest.approx(np.exp(least), rel=1e-6)


def test_measured_scale_agrees():
    arrays = full("kl-optimal-scale")
    depth = arrays["simulation.depth"]
    index = np.searchsorted(arrays["curves.depth"], depth)
    exact = arrays["curves.by_depth"][:, index].T
    grid = exact * 24 / 48_000 / depth[:, None]  # spacing of the minimisation
    distance = np.abs(arrays["simulation.scale"] - exact)
    assert np.all(distance < LARGEST * arrays["simulation.error"] + grid)
    assert np.any(distance > 0)


def test_loss_stays_below_its_bound():
    arrays = full("kl-transient")
    above = arrays["simulation.loss"] - arrays["simulation.bound"]
    error = np.hypot(arrays["simulation.error"], arrays["simulation.bound_error"])
    assert np.all(above < LARGEST * error)
    assert np.all(above[:, 1:] < -LARGEST * error[:, 1:])  # after the start, clearly so


def test_bound_starts_at_the_initial_loss():
    made = curves(kl_transient)
    assert np.all(made["bound"][:, 0] > made["initial_loss"])
    np.testing.assert_allclose(made["bound"][1:, 0], made["initial_loss"][1:], rtol=0.02)


def test_map_holds_known_rows():
    made = curves(kl_variance_map)
    rows = dict(zip(kl_variance_map.SCHEMES, made["variance"] * made["widths"][:-1], strict=True))
    np.testing.assert_allclose(rows["He, every layer"], [2, 2, 2])
    np.testing.assert_allclose(rows[r"order $s = 2$"], [2, 2, 1], rtol=1e-12)
    np.testing.assert_allclose(rows["orthogonal"], [2 * 8 / 16, 2, 1])
    shared = rows["KL, forward: shared scale $c^*$"]
    assert np.ptp(shared) < 1e-12 * shared[0]
    decayed = made["variance"][-1]
    size = np.array([8 * 16, 16 * 12, 12 * 3])
    implied = (0.01 - 0.1 * decayed) * size  # 2 beta P_x G, one number for every layer
    assert np.ptp(implied) < 1e-10 * implied[0]
