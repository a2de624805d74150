"""theory.kl_bound: the bounds and the variances that minimise them against the oracles.

Budget: 1e-12 relative; a sum of terms of both signs is held to 1e-15 times its largest term, as promised.
"""

from __future__ import annotations

import numpy as np
import pytest

from theory.kl_bound import (
    forward_bound,
    jeffreys_variance,
    loss_bound,
    optimal_initial_variance,
    optimal_loss_bound,
    second_moment_bound,
    transient_bound,
    virial_variance,
)

EPS = np.finfo(np.float64).eps
TEMPERATURES = [1e-12, 1e-3, 0.25, 7.0, 1e6]


# --- bounds ---


def largest(*terms) -> float:
    return max(float(abs(term)) for term in terms)


@pytest.mark.parametrize("temp", TEMPERATURES)
@pytest.mark.parametrize("k", [1, 3, 10**6])
@pytest.mark.parametrize("s0", [1e-9, 0.04, 30.0])
def test_bounds_from_the_densities(temp, k, s0, kl_oracles):
    """-E_ss log p_0 from the normal density at a point of that mean square; entropies of Gaussians."""
    mp, second, log_c, entropy, loss = kl_oracles.MP, 0.7 * k, -0.3 * k, 1.3 * k, 0.9
    cross = -k * mp.log(mp.npdf(mp.sqrt(mp.mpf(second) / k), 0, mp.sqrt(s0)))
    exact = mp.mpf(temp) * (cross + log_c) / k
    share = largest(mp.log(2 * mp.pi * s0) / 2, log_c / k, second / s0 / k)
    value = loss_bound(s0, second, log_c, temp, k)
    assert abs(value - exact) <= 1e-15 * temp * share
    spread = k * kl_oracles.entropy([s0])
    exact = mp.mpf(loss) - mp.mpf(temp) * (spread - entropy)
    terms = largest(loss, temp * spread, temp * entropy)
    assert abs(forward_bound(loss, s0, temp, k, entropy) - exact) <= 1e-15 * terms
    widest = k * kl_oracles.entropy([mp.mpf(second) / k])
    exact = mp.mpf(loss) + mp.mpf(temp) * (widest - spread)
    terms = largest(loss, temp * (widest - spread))
    value = transient_bound(loss, s0, second, temp, k)
    assert abs(value - exact) <= 2e-15 * terms + 4 * EPS * temp * k


@pytest.mark.parametrize("temp", TEMPERATURES)
@pytest.mark.parametrize(("second", "log_c", "k"), [(0.3, 2.0, 1), (12.0, -7.0, 5), (1e-3, 0, 40)])
def test_least_loss_bound(temp, second, log_c, k, kl_oracles):
    """By golden section on the bound of the oracle: the optimum to 24 digits, the value to all."""
    mp = kl_oracles.MP

    def bound(s0):
        cross = -k * mp.log(mp.npdf(mp.sqrt(mp.mpf(second) / k), 0, mp.sqrt(s0)))
        return mp.mpf(temp) * (cross + log_c) / k

    best = kl_oracles.minimiser(bound, 1.7 * second / k)
    assert kl_oracles.relative(optimal_initial_variance(second, k), best) < 1e-15
    exact, log_v = bound(best), mp.log(mp.mpf(second) / k)
    terms = temp * largest(log_v / 2, mp.log(2 * mp.pi * mp.e) / 2, log_c / k)
    assert abs(optimal_loss_bound(second, log_c, temp, k) - exact) <= 2e-15 * terms


@pytest.mark.parametrize("time", [0.0, 1e-9, 3.0, 1e6])
@pytest.mark.parametrize("k", [1, 10**6])
@pytest.mark.parametrize("temp", TEMPERATURES)
def test_second_moment_bound(time, k, temp, kl_oracles):
    """The integral of the rate 2 K T + depth P_y/2 from K s0, by quadrature."""
    mp = kl_oracles.MP
    with mp.workdps(25):
        grown = mp.quad(lambda _: 2 * k * mp.mpf(temp) + mp.mpf(5) * 0.7 / 2, [0, time])
    value = second_moment_bound(time, 0.02, temp, k, 5, 0.7)
    assert kl_oracles.relative(value, k * mp.mpf(0.02) + grown) < 1e-15


# --- the other two optima ---

HESSIANS = {
    "number": 0.7,
    "spectrum": np.array([0.1, 1.0, 30.0]),
    "wide": np.geomspace(1e-3, 1e3, 5),
    "matrix": np.array([[2.0, 0.5, -0.3], [0.5, 0.4, 0.1], [-0.3, 0.1, 0.9]]),
}


@pytest.mark.parametrize("name", HESSIANS)
@pytest.mark.parametrize("temp", TEMPERATURES)
def test_virial_and_jeffreys_variance(name, temp, kl_oracles):
    """Golden section on E_0[L] - T S_0 and on the sum of both divergences."""
    hessian, mp = HESSIANS[name], kl_oracles.MP
    matrix = mp.matrix(np.diag(np.atleast_1d(hessian)) if np.ndim(hessian) < 2 else hessian)
    k = matrix.rows

    def forward(s0):
        loss = s0 * mp.fsum(matrix[i, i] for i in range(k)) / 2
        return loss - mp.mpf(temp) * k * kl_oracles.entropy([s0])

    best = kl_oracles.minimiser(forward, temp)
    assert kl_oracles.relative(virial_variance(hessian, temp), best) < 1e-14
    stationary = mp.mpf(temp) * matrix**-1

    def both(s0):
        initial = kl_oracles.scaled_identity(k, s0)
        return kl_oracles.divergence(stationary, initial) + kl_oracles.divergence(
            initial, stationary
        )

    best = kl_oracles.minimiser(both, temp)
    exact = stationary.tolist() if np.ndim(hessian) == 2 else [stationary[i, i] for i in range(k)]
    covariance = np.array(exact, dtype=np.float64)
    budget = 1e-14 * (10 if np.ndim(hessian) == 2 else 1)  # the matrix is rounded, condition 12
    assert kl_oracles.relative(jeffreys_variance(covariance), best) < budget


# --- the two-parameter chain, whose stationary law is not Gaussian ---


@pytest.mark.parametrize("s0", [0.1, 0.28406717, 1.0])
def test_bounds_of_the_two_parameter_chain(s0, kl_oracles):
    """Each bound exceeds E_ss[L] by T times its divergence, and nothing else."""
    temp = 0.25
    exact = kl_oracles.chain(1.3, 0.7, 0.4, temp, s0)
    assert exact["mean_loss"] == pytest.approx(0.35741149159, abs=1e-11)
    bound = loss_bound(s0, exact["second_moment"], exact["log_prefactor"], temp, 2)
    gap = temp / 2 * exact["to_initial"]
    assert bound - exact["mean_loss"] / 2 == pytest.approx(gap, rel=1e-11)
    least = optimal_loss_bound(exact["second_moment"], exact["log_prefactor"], temp, 2)
    assert optimal_initial_variance(exact["second_moment"], 2) == pytest.approx(
        0.52467289, abs=5e-9
    )
    assert exact["mean_loss"] / 2 <= least <= bound + 1e-15
    bound = forward_bound(exact["initial_loss"], s0, temp, 2, exact["entropy"])
    gap = temp * exact["from_initial"]
    assert bound - exact["mean_loss"] == pytest.approx(gap, rel=1e-11)
