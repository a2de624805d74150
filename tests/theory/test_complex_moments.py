"""Moments of complex order and what they are made of, against mpmath: finite sums over units, the definition."""

from __future__ import annotations

import numpy as np
import pytest

from theory.activations import Activation
from theory.complex_moments import ComplexMoments
from theory.log_cumulants import log_cumulants
from theory.special import log_gamma_ratio

FREQUENCIES = np.array([0.0, 0.01, 1.0, 5.0, 17.0, 25.0])
LAWS = {
    "linear": (1.0, 1.0, 1.0, True),
    "relu": (0.0, 0.0, 1.0, True),
    "relu, keep 0.5": (0.0, 0.0, 0.5, True),
    "leaky 0.3": (0.3, 0.3, 1.0, True),
    "leaky 0.01": (0.01, 0.01, 1.0, True),
}


@pytest.mark.parametrize("width", [1, 3, 20, 64])
@pytest.mark.parametrize("name", LAWS)
def test_moments_of_complex_order_against_sums(name, width, log_oracles):
    mp, law = log_oracles.MP, LAWS[name]
    moments = ComplexMoments(width, Activation(*law))
    alive = 1 - log_oracles.atom(law, width)
    unit = log_oracles.scale(law) * mp.mpf(law[2]) * (1 + mp.mpf(law[0]) ** 2) / 2
    mean = width * unit / alive
    for frequency, found in zip(FREQUENCIES, moments(FREQUENCIES), strict=True):
        order = 1j * mp.mpf(float(frequency))
        exact = log_oracles.complex_moment(law, width, order) * mp.exp(-order * mp.log(mean))
        assert abs(found - complex(exact)) < 1e-14


@pytest.mark.parametrize("width", [1, 2, 5, 16, 64, 300, 1500])
def test_third_cumulant_of_relu_against_sums(width, log_oracles):
    """Three central moments of log Q given N active units, averaged over N."""
    mp, law = log_oracles.MP, LAWS["relu"]
    alive = 1 - log_oracles.atom(law, width)
    raw = [mp.zero] * 4
    for n, weight in log_oracles.active(law, width):
        m, v, t = (mp.polygamma(k, mp.mpf(n) / 2) for k in range(3))
        m += mp.log(2)
        for k, value in enumerate((1, m, m**2 + v, m**3 + 3 * m * v + t)):
            raw[k] += weight / alive * value
    exact = raw[3] - 3 * raw[1] * raw[2] + 2 * raw[1] ** 3
    found = log_cumulants(np.array([float(width)]), Activation(*law))[2][0]
    assert abs(found / exact - 1) < 2e-12


@pytest.mark.parametrize("shape", [0.2, 0.5, 3.7, 40.0, 1e6])
def test_gamma_ratio_of_complex_order(shape, log_oracles):
    mp = log_oracles.MP
    orders = np.array([0.3, 2j, 1.5 + 7j, 30j, 200j])
    for order, found in zip(orders, np.exp(log_gamma_ratio(orders, shape)), strict=True):
        z, a = mp.mpc(order), mp.mpf(shape)
        exact = complex(mp.exp(mp.loggamma(a + z) - mp.loggamma(a) - z * mp.log(a)))
        assert abs(found - exact) <= 2e-15 * (1 + abs(order)) * abs(exact)


@pytest.mark.parametrize(
    "law", [*LAWS.values(), (1 / 8, 1 / 3, 1.0, True), (0.0, 1.0, 0.7, False)], ids=str
)
def test_tail_of_the_transform_keeps_its_digits(law, log_oracles):
    mp, activation = log_oracles.MP, Activation(*law)
    for log_t in (-30.0, -3.0, 0.0, 4.0, 30.0, 100.0):
        exact = log_oracles.transform(law, mp.exp(log_t)) - log_oracles.atom(law, 1)
        assert abs(float(activation.laplace_tail(np.array(log_t)) / exact) - 1) < 1e-14
