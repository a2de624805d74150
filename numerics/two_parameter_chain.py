"""The two-parameter chain f(x) = w1 w2 x: its Gibbs law against a normal initial law, by quadrature.

L(w) = (w1 w2 x - y)^2 / 2 + (lambda/2)(w1^2 + w2^2), p_ss = exp(-L/T) / Z, p_0 = N(0, s0 I). Every
quantity is its definition, an integral over the plane; nothing else about the two laws is used.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .array_checks import finite_number
from .checks import checked_number

__all__ = ["ChainQuantities", "chain_quantities"]


@dataclass(frozen=True)
class ChainQuantities:
    """Integrals of one chain.

    Parameters
    ----------
    log_partition : float
        log Z, Z the integral of exp(-L/T).
    free_energy : float
        F = -T log Z.
    mean_loss : float
        E_ss[L].
    entropy : float
        Differential entropy of p_ss, -E_ss[log p_ss].
    second_moment : float
        E_ss|W|^2, both parameters together.
    kl_to_initial : float
        KL(p_ss || p_0).
    kl_from_initial : float
        KL(p_0 || p_ss).
    initial_loss : float
        E_0[L].
    """

    log_partition: float
    free_energy: float
    mean_loss: float
    entropy: float
    second_moment: float
    kl_to_initial: float
    kl_from_initial: float
    initial_loss: float


def chain_quantities(
    *,
    input: float,
    target: float,
    weight_decay: float,
    temperature: float,
    initial_variance: float,
) -> ChainQuantities:
    """Integrate the laws of the chain f = w1 w2 x over the plane.

    Parameters
    ----------
    input, target : float
        x and y, finite.
    weight_decay : float
        lambda, finite and > 0: without it exp(-L/T) has no finite integral.
    temperature : float
        T, finite and > 0.
    initial_variance : float
        s0, finite and > 0.

    Returns
    -------
    ChainQuantities

    Raises
    ------
    ValueError
        If an argument is outside its domain, an integral overflows, or the quadrature does not
        converge: below a temperature of about 1e-6 where the other arguments are near 1.

    Notes
    -----
    Trapezoidal sums in t and u, with w1 = a sinh t and w2 = centre(w1) + scale(w1) u, those of L as
    a function of w2: wrong ones would lead to the same integrals, more slowly. The step in t is
    halved until two sums agree to 1e-9; each halving squares the error of such a sum, so rounding
    is left: below 1e-12 of the value, or of 1 where a divergence, an entropy or log Z = -F/T is near
    0, against mpmath, the normal law of x = 0, sums on a uniform grid and Gauss-Legendre. The least
    value of L is taken out of exp(-L/T) beforehand, so y^2/T may be large.

    Examples
    --------
    >>> chain = chain_quantities(
    ...     input=1.3, target=0.7, weight_decay=0.4, temperature=0.25, initial_variance=0.3
    ... )
    >>> round(chain.mean_loss, 10)
    0.3574114916
    """
    chain = _Chain(
        finite_number("input", input),
        finite_number("target", target),
        checked_number("weight_decay", weight_decay),
        checked_number("temperature", temperature),
        checked_number("initial_variance", initial_variance),
    )
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        quantities = _quantities(chain, *_gibbs_law(chain), _initial_law(chain))
    if not all(math.isfinite(value) for value in vars(quantities).values()):
        raise ValueError(
            f"the arguments must be closer to 1, so that no integral overflows, got {chain.given}"
        )
    return quantities


@dataclass(frozen=True)
class _Chain:
    """The loss, and the logarithms of the two densities, that of Gibbs up to a constant.

    L is `floor`, its least value, and two squares: with c = lambda + x^2 w1^2 that of a departure of
    w2 from x y w1/c, times c/2, and `ridge`. Taken apart by algebra, for exp(-L/T) has lost its
    digits once L/T is large.
    """

    input: float
    target: float
    weight_decay: float
    temperature: float
    initial_variance: float

    @property
    def floor(self) -> float:
        """Least value of L."""
        decay, size, target = self.weight_decay, abs(self.input), abs(self.target)
        if size * target <= decay:
            return 0.5 * target * target
        return decay / size * (target - 0.5 * decay / size)

    def curvature(self, w1: np.ndarray) -> np.ndarray:
        """c, the second derivative of L by w2."""
        return np.asarray(self.weight_decay + (self.input * w1) ** 2)

    def centre(self, w1: np.ndarray) -> np.ndarray:
        """Where L is least, given w1."""
        return np.asarray(self.input * w1 * self.target / self.curvature(w1))

    def ridge(self, w1: np.ndarray) -> np.ndarray:
        """L at `centre`, less `floor`: nothing is subtracted but w1^2 and its place of least L."""
        decay, size, target = self.weight_decay, abs(self.input), abs(self.target)
        slope = max(0.0, decay - size * target) * (1.0 + min(size * target, decay) / decay)
        best = max(0.0, (target - decay / size) / size) if size else 0.0
        excess = slope * w1**2 + (size * (w1**2 - best)) ** 2
        return np.asarray(0.5 * decay / self.curvature(w1) * excess)

    def excess(self, w1: np.ndarray, w2: np.ndarray) -> np.ndarray:
        """L less `floor`."""
        departure = w2 - self.centre(w1)
        return np.asarray(self.ridge(w1) + 0.5 * self.curvature(w1) * departure**2)

    @property
    def given(self) -> str:
        """The arguments, for a message."""
        return ", ".join(f"{name}={value!r}" for name, value in vars(self).items())

    @property
    def unit(self) -> float:
        """Where w1 begins to narrow the Gibbs law of w2, or the size of w1 if that is smaller."""
        size = math.sqrt(self.temperature) / math.sqrt(self.weight_decay)
        return min(math.sqrt(self.weight_decay) / abs(self.input), size) if self.input else size

    def log_initial(self, square: np.ndarray) -> np.ndarray:
        """log p_0, a function of |W|^2."""
        s0 = self.initial_variance
        return np.asarray(-square / (2.0 * s0) - math.log(2.0 * math.pi * s0))


@dataclass(frozen=True)
class _Law:
    """Points of the plane, L less its least value there, and their probabilities."""

    w1: np.ndarray
    w2: np.ndarray
    excess: np.ndarray
    probabilities: np.ndarray

    @property
    def is_resolved(self) -> bool:
        """Whether w1 is spread over several nodes: on one node a sum looks converged, and is not."""
        rows = self.probabilities.sum(axis=1)
        return float(np.sum(rows**2)) < _LARGEST_SHARE

    def mean(self, values: np.ndarray) -> float:
        return float(np.sum(self.probabilities * values))

    @property
    def square(self) -> np.ndarray:
        """|W|^2."""
        return np.asarray(self.w1**2 + self.w2**2)


def _quantities(chain: _Chain, log_mass: float, law: _Law, start: _Law) -> ChainQuantities:
    """Every quantity by its definition; `log_mass` is log Z + floor/T."""
    floor, temperature = chain.floor, chain.temperature
    gibbs, initial = (-each.excess / temperature - log_mass for each in (law, start))
    return ChainQuantities(
        log_partition=log_mass - floor / temperature,
        free_energy=floor - temperature * log_mass,
        mean_loss=floor + law.mean(law.excess),
        entropy=law.mean(-gibbs),
        second_moment=law.mean(law.square),
        kl_to_initial=law.mean(gibbs - chain.log_initial(law.square)),
        kl_from_initial=start.mean(chain.log_initial(start.square) - initial),
        initial_loss=floor + start.mean(start.excess),
    )


def _gibbs_law(chain: _Chain) -> tuple[float, _Law]:
    """log Z + floor/T and p_ss on a grid fine enough: the first on which nothing moves any more."""
    before = np.full(3, np.inf)
    for t in _grids(chain):
        log_mass, law = _gibbs_sum(chain, t)
        after = np.array([log_mass, law.mean(law.excess), law.mean(law.square)])
        moved = np.abs(after - before) / (np.array([1.0, 0.0, 0.0]) + np.abs(after))
        if (moved < _AGREEMENT).all() and law.is_resolved:
            return log_mass, law
        before = after
    raise ValueError(
        "temperature must be larger, or the others closer to 1, for the quadrature to "
        f"converge, got {chain.given}"
    )


def _grids(chain: _Chain) -> Iterator[np.ndarray]:
    """Yield nodes t, w1 = unit * sinh t, at half the distance each time.

    Beyond the last of them the integrand is less than exp(-50) of its largest value.
    """
    decay, temperature = chain.weight_decay, chain.temperature
    reach = math.hypot(chain.target, math.sqrt(2.0 * _CUT * temperature)) / math.sqrt(decay)
    last = math.asinh(reach / chain.unit) if 0.0 < chain.unit < math.inf else math.inf
    step = 0.125
    while last < _MOST_NODES * step:
        nodes = math.ceil(last / step)
        yield step * np.arange(-nodes, nodes + 1)
        step *= 0.5


def _gibbs_sum(chain: _Chain, t: np.ndarray) -> tuple[float, _Law]:
    """log Z + floor/T and p_ss on a grid in t and u, w2 = centre + scale * u.

    Given w1 the loss is a quadratic in w2: its minimum, and the width of exp(-L/T) about it.
    """
    w1 = chain.unit * np.sinh(t)[:, None]
    scale = np.sqrt(chain.temperature / chain.curvature(w1))
    excess = chain.ridge(w1) + 0.5 * chain.temperature * _NORMAL_NODES**2
    cells = chain.unit * np.cosh(t)[:, None] * (t[1] - t[0]) * scale * _NORMAL_STEP
    logs = np.log(cells) - excess / chain.temperature
    largest = float(logs.max())
    masses = np.exp(logs - largest)
    total = float(masses.sum())
    law = _Law(w1, chain.centre(w1) + scale * _NORMAL_NODES, excess, masses / total)
    return largest + math.log(total), law


def _initial_law(chain: _Chain) -> _Law:
    """p_0 on a square grid."""
    w1 = math.sqrt(chain.initial_variance) * _NORMAL_NODES[:, None]
    w2 = math.sqrt(chain.initial_variance) * _NORMAL_NODES[None, :]
    log_initial = chain.log_initial(w1**2 + w2**2)
    cells = chain.initial_variance * _NORMAL_STEP**2 * np.exp(log_initial)
    return _Law(w1, w2, chain.excess(w1, w2), cells)


_CUT = 50.0
_NORMAL_STEP = 0.5  # a trapezoidal sum over a normal law is then off by exp(-2 pi^2/0.5^2) = 5e-35
_NORMAL_NODES = np.arange(-20, 21) * _NORMAL_STEP
_MOST_NODES = 2**14  # on either side of 0: some 60 MiB
_AGREEMENT = 1e-9
_LARGEST_SHARE = 0.25  # two peaks of a node each would give 0.5
