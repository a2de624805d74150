"""Quantiles by layer: drift against a binomial sum in mpmath, quantiles against the law, order statistics by hand."""

import mpmath as mp
import numpy as np
import pytest

from figures.fm_layer_quantiles import PARAMETERS, cells, compute
from theory.norm_law import NormLaw


@pytest.fixture(scope="module")
def curves():
    return compute(cells(PARAMETERS["quick"], "numpy")[0].parameters, None)


def test_drift_is_the_mean_of_a_step(curves):
    with mp.workdps(30):
        weights = [mp.binomial(64, n) / (mp.mpf(2) ** 64 - 1) for n in range(1, 65)]
        mean = mp.fsum(w * mp.digamma(mp.mpf(n) / 2) for n, w in enumerate(weights, 1)) + mp.log(2)
        zero = mp.exp(-mean)
    lecun, he, _, none = curves["variance"]
    assert (lecun, he) == (1 / 64, 2 / 64)
    assert none == pytest.approx(float(zero), rel=1e-12)
    expected = (np.log(curves["variance"]) + float(mean)) / 2
    np.testing.assert_allclose(curves["drift"], expected, atol=1e-13)
    assert abs(curves["drift"][3]) < 1e-12


@pytest.mark.parametrize("layer", [1, 9, 100])
def test_quantiles_are_those_of_the_law(curves, layer):
    index = curves["layer"].tolist().index(layer)
    for scheme, variance in enumerate(curves["variance"]):
        cdf = NormLaw(64, layer, float(variance)).log.cdf(curves["quantile"][scheme, index])
        np.testing.assert_allclose(cdf, curves["level"], atol=1e-10)


def test_simulated_quantiles_are_order_statistics():
    parameters = {**PARAMETERS["quick"], "width": 16, "networks": 100, "simulated_layers": [2]}
    cell = cells(parameters, "numpy")[1]
    made = compute(cell.parameters, np.random.default_rng(0))
    every = {**cell.parameters, "levels": [(rank + 0.5) / 100 for rank in range(100)]}
    ordered = compute(every, np.random.default_rng(0))["quantile"][0]
    assert np.all(np.diff(ordered) >= 0)
    for level, low, value, high in zip(
        parameters["levels"], made["low"][0], made["quantile"][0], made["high"][0], strict=True
    ):
        assert abs(int(np.sum(ordered <= value)) - 100 * level) <= 1
        reach = 3 * np.sqrt(100 * level * (1 - level))
        assert np.sum(ordered < low) == pytest.approx(max(100 * level - reach, 0), abs=1)
        assert np.sum(ordered <= high) == pytest.approx(min(100 * level + reach, 100), abs=1.1)
