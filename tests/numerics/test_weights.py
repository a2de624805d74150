"""Laws of the weights: mean 0, variance 1 and the bounds the frameworks have."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from numerics.weights import WEIGHT_LAWS, standard_weights

SIZE = 200_000
TRUNCATED = stats.truncnorm(-2.0, 2.0)
REFERENCE = {
    "normal": stats.norm(),
    "uniform": stats.uniform(-math.sqrt(3.0), 2.0 * math.sqrt(3.0)),
    "truncated_normal": stats.truncnorm(-2.0, 2.0, scale=1.0 / TRUNCATED.std()),
}


def _draw(device, law, dtype="float64"):
    [rng] = device.rngs(np.random.SeedSequence(0), 1)
    drawn = standard_weights(law, device, rng, (SIZE,), getattr(device.xp, dtype))
    return device.to_numpy(drawn)


def test_every_law_has_a_reference():
    assert set(REFERENCE) == set(WEIGHT_LAWS)


@pytest.mark.parametrize("law", REFERENCE)
def test_law(device, laws, law):
    drawn = _draw(device, law)
    assert laws.follows(drawn, REFERENCE[law].cdf)
    assert not laws.follows(1.05 * drawn, REFERENCE[law].cdf)


@pytest.mark.parametrize("law", REFERENCE)
def test_first_two_moments(device, law):
    drawn = _draw(device, law)
    fourth = REFERENCE[law].moment(4)
    assert abs(drawn.mean()) < 6.2 / math.sqrt(SIZE)
    assert abs((drawn**2).mean() - 1.0) < 6.2 * math.sqrt((fourth - 1.0) / SIZE)


@pytest.mark.parametrize(
    ("law", "bound"), [("uniform", math.sqrt(3.0)), ("truncated_normal", 2.0 / TRUNCATED.std())]
)
@pytest.mark.parametrize(("dtype", "rounding"), [("float64", 1e-14), ("float32", 1e-5)])
def test_bounds(device, law, bound, dtype, rounding):
    largest = np.abs(_draw(device, law, dtype)).max()
    assert 0.999 * bound < largest <= bound * (1.0 + rounding)


def test_pytorch_truncates_without_rescaling():
    """The docstring's 0.774: what a truncated normal loses in variance."""
    assert TRUNCATED.var() == pytest.approx(0.774, abs=5e-4)


def test_unknown_law(device):
    with pytest.raises(ValueError, match="weight_law must be one of 'normal', 'uniform'"):
        standard_weights("orthogonal", device, None, (1,), None)
