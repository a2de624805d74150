"""Integrals of the two-parameter chain against plain sums, mpmath and the case x = 0; bad input."""

from __future__ import annotations

import math
from dataclasses import asdict

import mpmath as mp
import numpy as np
import pytest
from scipy import optimize

from numerics import two_parameter_chain
from numerics.two_parameter_chain import chain_quantities

PAGE = {"input": 1.3, "target": 0.7, "weight_decay": 0.4, "temperature": 0.25}
CASES = [
    PAGE | {"initial_variance": 0.3},
    {
        "input": -2.0,
        "target": 0.5,
        "weight_decay": 0.3,
        "temperature": 1.0,
        "initial_variance": 2.0,
    },
    {
        "input": 0.2,
        "target": -3.0,
        "weight_decay": 1.5,
        "temperature": 0.5,
        "initial_variance": 0.1,
    },
    {"input": 1, "target": 2, "weight_decay": 0.5, "temperature": 0.02, "initial_variance": 1},
]
PEAKED = {"input": 1.0, "target": 1.0, "weight_decay": 0.2, "temperature": 1e-4}


def _plain_sums(half, step, *, input, target, weight_decay, temperature, initial_variance):
    """Every integral as a sum over a square grid of equal cells, from the two densities."""
    w = np.arange(-half, half + step / 2, step)
    w1, w2 = w[:, None], w[None, :]
    square = w1**2 + w2**2
    loss = (w1 * w2 * input - target) ** 2 / 2 + weight_decay / 2 * square
    lowest = loss.min()
    gibbs = np.exp(-(loss - lowest) / temperature)
    log_z = math.log(gibbs.sum() * step**2) - lowest / temperature
    gibbs /= gibbs.sum()
    log_initial = -square / (2 * initial_variance) - math.log(2 * math.pi * initial_variance)
    initial, log_gibbs = np.exp(log_initial) * step**2, -loss / temperature - log_z
    return {
        "log_partition": log_z,
        "free_energy": -temperature * log_z,
        "mean_loss": np.sum(gibbs * loss),
        "entropy": -np.sum(gibbs * log_gibbs),
        "second_moment": np.sum(gibbs * square),
        "kl_to_initial": np.sum(gibbs * (log_gibbs - log_initial)),
        "kl_from_initial": np.sum(initial * (log_initial - log_gibbs)),
        "initial_loss": np.sum(initial * loss),
    }


@pytest.mark.parametrize(
    ("case", "half", "step"),
    [(CASES[0], 8.0, 0.02), (CASES[1], 16.0, 0.02), (CASES[2], 6.0, 0.02), (CASES[3], 9.0, 0.01)],
)
def test_every_integral_is_that_of_plain_sums(case, half, step):
    """The sums leave out less than exp(-36) of the mass, beyond the box.

    At the edge of the box the ridge along an axis is sqrt(T/(lambda + x^2 w^2)) wide, 1.5 steps or
    more: the error of a sum over such a normal law is exp(-2 pi^2 1.5^2) = 1e-19.
    """
    expected = _plain_sums(half, step, **case)
    computed = asdict(chain_quantities(**case))
    assert computed.keys() == expected.keys()
    for name, value in expected.items():
        assert computed[name] == pytest.approx(value, rel=1e-12, abs=1e-12), name


def test_the_published_numbers():
    """Each to half a unit of its last digit."""
    computed = chain_quantities(**PAGE, initial_variance=0.3)
    assert computed.mean_loss == pytest.approx(0.35741149159, abs=6e-12)
    assert computed.free_energy == pytest.approx(-0.10371382412, abs=6e-12)
    assert computed.second_moment / 2 == pytest.approx(0.52467289, abs=6e-9)


def test_the_published_optimum():
    """KL(p_0 || p_ss) is least at s0 = 0.28406717: a zero of its slope by Richardson's differences."""

    def slope(s0, h=1e-3):
        up, down = (
            chain_quantities(**PAGE, initial_variance=s0 * math.exp(move)).kl_from_initial
            for move in (h, -h)
        )
        return up - down

    # central differences shift a zero by h^2: take that away by two steps
    roots = [
        optimize.brentq(lambda s0, h=h: slope(s0, h), 0.1, 1.0, xtol=1e-12) for h in (2e-2, 1e-2)
    ]
    assert (4 * roots[1] - roots[0]) / 3 == pytest.approx(0.28406717, abs=2e-8)


def test_against_gauss_legendre():
    """log Z and E_ss[L] of the page by another rule: 40 nodes on each of 16 x 16 squares."""
    nodes, weights = np.polynomial.legendre.leggauss(40)
    w = np.concatenate([nodes / 2 + k + 0.5 for k in range(-8, 8)])
    cells = np.outer(np.tile(weights / 2, 16), np.tile(weights / 2, 16))
    loss = (1.3 * np.outer(w, w) - 0.7) ** 2 / 2 + 0.2 * np.add.outer(w**2, w**2)
    masses = cells * np.exp(-loss / 0.25)
    computed = chain_quantities(**PAGE, initial_variance=0.3)
    assert computed.log_partition == pytest.approx(math.log(masses.sum()), abs=1e-12)
    assert computed.mean_loss == pytest.approx((masses * loss).sum() / masses.sum(), rel=1e-12)


def test_against_mpmath():
    """log Z and E_ss[L] of the page by a plain sum with 20 digits, over half the plane."""
    with mp.workdps(20):
        step, temperature, mass, first = mp.mpf("0.08"), mp.mpf("0.25"), mp.mpf(0), mp.mpf(0)
        for j in range(-88, 89):
            for k in range(89):
                a, b = j * step, k * step
                loss = (mp.mpf("1.3") * a * b - mp.mpf("0.7")) ** 2 / 2 + (a * a + b * b) / 5
                part = mp.exp(-loss / temperature) * (2 if k else 1)
                mass, first = mass + part, first + part * loss
        log_partition, mean_loss = float(mp.log(mass * step**2)), float(first / mass)
    computed = chain_quantities(**PAGE, initial_variance=0.3)
    assert computed.log_partition == pytest.approx(log_partition, abs=1e-12)
    assert computed.mean_loss == pytest.approx(mean_loss, rel=1e-12)


def _integrals_over_w1(x, y, decay, temperature, s0):
    """The chain with w2 integrated out, by sums with 30 digits about the peak at w1 > 0, twice."""
    with mp.workdps(30):
        x, y, decay, temperature, s0 = map(mp.mpf, (x, y, decay, temperature, s0))
        peak, width = mp.sqrt(y / x - decay / x**2), mp.sqrt(temperature / decay) / 2
        sums = mp.matrix(1, 3)
        for k in range(-160, 161):
            w = peak + width * k / 8
            c = decay + (x * w) ** 2
            least, spread = y**2 * decay / (2 * c) + decay * w**2 / 2, temperature / c
            mass = mp.exp(-least / temperature) * mp.sqrt(2 * mp.pi * spread) * width / 8
            square = w**2 + (x * w * y / c) ** 2 + spread
            sums += 2 * mass * mp.matrix([[1, least + temperature / 2, square]])
        log_z, loss, square = mp.log(sums[0]), sums[1] / sums[0], sums[2] / sums[0]
        start, log_s0 = ((x * s0) ** 2 + y**2) / 2 + decay * s0, mp.log(2 * mp.pi * s0)
        exact = {
            "log_partition": log_z,
            "free_energy": -temperature * log_z,
            "mean_loss": loss,
            "entropy": log_z + loss / temperature,
            "second_moment": square,
            "kl_to_initial": log_s0 + square / (2 * s0) - log_z - loss / temperature,
            "kl_from_initial": log_z + start / temperature - log_s0 - 1,
            "initial_loss": start,
        }
        return {name: float(value) for name, value in exact.items()}


@pytest.mark.parametrize(("target", "temperature"), [(1e3, 1.0), (50.0, 1e-3)])
def test_a_loss_far_above_the_temperature(target, temperature):
    """y^2/(2T) is 5e5 and 1e6: exp(-L/T) would have lost that many units of its last digit."""
    arguments = (1.25, target, 0.5, temperature, 0.75)
    names = ("input", "target", "weight_decay", "temperature", "initial_variance")
    computed = asdict(chain_quantities(**dict(zip(names, arguments, strict=True))))
    for name, value in _integrals_over_w1(*arguments).items():
        assert computed[name] == pytest.approx(value, rel=1e-13, abs=1e-13), name


def test_a_normal_law_far_above_its_temperature():
    """x = 0 and y = 1e5: L/T is 5e9 at its least."""
    base = {"input": 0.0, "target": 1e5, "weight_decay": 0.4, "temperature": 1.0}
    computed = chain_quantities(**base, initial_variance=2.5)
    assert computed.second_moment == pytest.approx(5.0, rel=1e-14)
    assert computed.kl_to_initial == pytest.approx(0.0, abs=1e-14)
    assert computed.kl_from_initial == pytest.approx(0.0, abs=1e-14)
    assert computed.entropy == pytest.approx(math.log(2 * math.pi * math.e * 2.5), rel=1e-14)


def test_a_weight_decay_whose_square_is_no_double():
    base = {"input": 0.0, "target": 0.0, "weight_decay": 1e-160, "temperature": 1.0}
    computed = chain_quantities(**base, initial_variance=1.0)
    assert computed.second_moment == pytest.approx(2e160, rel=1e-13)


def test_a_stricter_agreement_changes_nothing(monkeypatch):
    """The sums of two steps agree to 1e-9; at 1e-5 an error of 2e-14 is left here."""
    case = {"input": 0.828, "target": 3.64, "weight_decay": 2.58, "temperature": 0.03}
    loose = asdict(chain_quantities(**case, initial_variance=1.0))
    monkeypatch.setattr(two_parameter_chain, "_AGREEMENT", 1e-13)
    strict = asdict(chain_quantities(**case, initial_variance=1.0))
    assert loose == pytest.approx(strict, rel=5e-15, abs=5e-15)


@pytest.mark.parametrize("initial_variance", [0.01, 0.625, 30.0])
def test_without_input_the_law_is_normal(initial_variance):
    """x = 0: exp(-y^2/(2T)) times a normal law of variance T/lambda in each direction."""
    computed = chain_quantities(**PAGE | {"input": 0.0}, initial_variance=initial_variance)
    variance, constant = 0.25 / 0.4, 0.7**2 / 2
    ratio = variance / initial_variance
    expected = {
        "log_partition": math.log(2 * math.pi * variance) - constant / 0.25,
        "free_energy": constant - 0.25 * math.log(2 * math.pi * variance),
        "mean_loss": constant + 0.25,
        "entropy": math.log(2 * math.pi * math.e * variance),
        "second_moment": 2 * variance,
        "kl_to_initial": ratio - 1 - math.log(ratio),
        "kl_from_initial": 1 / ratio - 1 + math.log(ratio),
        "initial_loss": constant + 0.4 * initial_variance,
    }
    for name, value in expected.items():
        assert getattr(computed, name) == pytest.approx(value, rel=1e-12, abs=1e-13), name


@pytest.mark.parametrize("case", CASES)
def test_only_the_product_of_the_signs_matters(case):
    computed = asdict(chain_quantities(**case))
    turned = case | {"input": -case["input"], "target": -case["target"]}
    assert asdict(chain_quantities(**turned)) == pytest.approx(computed, rel=1e-13)
    mirrored = case | {"input": -case["input"]}
    assert asdict(chain_quantities(**mirrored)) == pytest.approx(computed, rel=1e-12)


def test_the_initial_variance_moves_three_numbers_only():
    low, high = (asdict(chain_quantities(**PAGE, initial_variance=v)) for v in (0.1, 1.0))
    moved = {name for name in low if low[name] != high[name]}
    assert moved == {"kl_to_initial", "kl_from_initial", "initial_loss"}


@pytest.mark.parametrize("temperature", [1e-4, 1e-5])
def test_sharp_peaks_are_resolved(temperature):
    """Two peaks at w1 = w2 = +-sqrt(0.8): plain sums over one of them, twice its mass."""
    case = PEAKED | {"temperature": temperature}
    width = math.sqrt(temperature)
    w = math.sqrt(0.8) + np.arange(-40.0, 40.0, 0.05) * width
    loss = (np.outer(w, w) - 1.0) ** 2 / 2 + 0.1 * np.add.outer(w**2, w**2)
    masses = np.exp(-(loss - 0.18) / temperature)
    expected = math.log(2 * masses.sum() * (0.05 * width) ** 2) - 0.18 / temperature
    computed = chain_quantities(**case, initial_variance=0.8)
    assert computed.log_partition == pytest.approx(expected, rel=1e-12)
    assert computed.mean_loss == pytest.approx(np.sum(masses * loss) / masses.sum(), rel=1e-10)


@pytest.mark.parametrize(
    "change",
    [
        {"temperature": 1e-12},
        {"temperature": 1e-300},
        {"input": 1e200},
        {"target": 1e200},
        {"target": 1e8, "temperature": 1e-8},
        {"input": 1.7e308, "weight_decay": 5e-324},
        {"weight_decay": 5e-324, "temperature": 1e300, "input": 0.0},
    ],
)
def test_what_the_grid_cannot_resolve_is_refused(change):
    """Sums that a single node dominates agree with each other, and are wrong."""
    with pytest.raises(ValueError, match=r"temperature must be larger, .* got input=.*"):
        chain_quantities(**PAGE | {"initial_variance": 0.3} | change)


def test_overflow_is_refused():
    with pytest.raises(ValueError, match="the arguments must be closer to 1, so that no integral"):
        chain_quantities(**PAGE, initial_variance=1e300)


BAD = [
    ({"input": math.nan}, "input must be finite, got nan"),
    ({"input": "1"}, "input must be finite, got '1'"),
    ({"input": True}, "input must be finite, got True"),
    ({"target": math.inf}, "target must be finite, got inf"),
    ({"weight_decay": 0.0}, r"weight_decay must be finite and > 0, got 0\.0"),
    ({"temperature": 0.0}, r"temperature must be finite and > 0, got 0\.0"),
    ({"temperature": [0.25]}, r"temperature must be finite and > 0, got \[0\.25\]"),
    ({"initial_variance": -1.0}, r"initial_variance must be finite and > 0, got -1\.0"),
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_bad_input(change, message):
    with pytest.raises(ValueError, match=message):
        chain_quantities(**PAGE | {"initial_variance": 0.3} | change)
