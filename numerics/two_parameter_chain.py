"""The two-parameter chain f(x) = w1 w2 x: its Gibbs law against a normal initial law, by quadrature.

L(w) = (w1 w2 x - y)^2 / 2 + (lambda/2)(w1^2 + w2^2), p_ss = exp(-L/T) / Z, p_0 = N(0, s0 I). Every
quantity is its definition, an integral over the plane; nothing else about the two laws is used.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
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
    is left: 1e-12, against sums on a uniform grid, Gauss-Legendre and mpmath.

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
    """The loss, and the logarithms of the two densities, that of Gibbs without 1/Z."""

    input: float
    target: float
    weight_decay: float
    temperature: float
    initial_variance: float

    def loss(self, w1: np.ndarray, w2: np.ndarray) -> np.ndarray:
        error = w1 * w2 * self.input - self.target
        loss: np.ndarray = 0.5 * error**2 + 0.5 * self.weight_decay * _square(w1, w2)
        return loss

    def log_gibbs(self, w1: np.ndarray, w2: np.ndarray) -> np.ndarray:
        return -self.loss(w1, w2) / self.temperature

    @property
    def given(self) -> str:
        """The arguments, for a message."""
        return ", ".join(f"{name}={value!r}" for name, value in vars(self).items())

    @property
    def unit(self) -> float:
        """Where w1 begins to narrow the Gibbs law of w2, or the size of w1 if that is smaller."""
        size = math.sqrt(self.temperature / self.weight_decay)
        return min(math.sqrt(self.weight_decay) / abs(self.input), size) if self.input else size

    def log_initial(self, w1: np.ndarray, w2: np.ndarray) -> np.ndarray:
        s0 = self.initial_variance
        return -_square(w1, w2) / (2.0 * s0) - math.log(2.0 * math.pi * s0)


@dataclass(frozen=True)
class _Law:
    """Points of the plane and their probabilities."""

    w1: np.ndarray
    w2: np.ndarray
    probabilities: np.ndarray

    @property
    def is_resolved(self) -> bool:
        """Whether w1 is spread over several nodes: on one node a sum looks converged, and is not."""
        rows = self.probabilities.sum(axis=1)
        return float(np.sum(rows**2)) < _LARGEST_SHARE

    def mean(self, function: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> float:
        return float(np.sum(self.probabilities * function(self.w1, self.w2)))


def _square(w1: np.ndarray, w2: np.ndarray) -> np.ndarray:
    """|W|^2."""
    return np.asarray(w1**2 + w2**2)


def _quantities(chain: _Chain, log_partition: float, law: _Law, start: _Law) -> ChainQuantities:
    """Every quantity by its definition."""
    return ChainQuantities(
        log_partition=log_partition,
        free_energy=-chain.temperature * log_partition,
        mean_loss=law.mean(chain.loss),
        entropy=law.mean(lambda *w: log_partition - chain.log_gibbs(*w)),
        second_moment=law.mean(_square),
        kl_to_initial=law.mean(
            lambda *w: chain.log_gibbs(*w) - log_partition - chain.log_initial(*w)
        ),
        kl_from_initial=start.mean(
            lambda *w: chain.log_initial(*w) - chain.log_gibbs(*w) + log_partition
        ),
        initial_loss=start.mean(chain.loss),
    )


def _gibbs_law(chain: _Chain) -> tuple[float, _Law]:
    """log Z and p_ss on a grid fine enough: the first on which nothing moves any more."""
    before = np.full(3, np.inf)
    for t in _grids(chain):
        log_partition, law = _gibbs_sum(chain, t)
        after = np.array([log_partition, law.mean(chain.loss), law.mean(_square)])
        moved = np.abs(after - before) / (np.array([1.0, 0.0, 0.0]) + np.abs(after))
        if (moved < _AGREEMENT).all() and law.is_resolved:
            return log_partition, law
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
    last = math.asinh(reach / chain.unit)
    step = 0.125
    while last < _MOST_NODES * step:
        nodes = math.ceil(last / step)
        yield step * np.arange(-nodes, nodes + 1)
        step *= 0.5


def _gibbs_sum(chain: _Chain, t: np.ndarray) -> tuple[float, _Law]:
    """log Z and p_ss on a grid in t and u, w2 = centre + scale * u.

    Given w1 the loss is a quadratic in w2: its minimum, and the width of exp(-L/T) about it.
    """
    w1 = chain.unit * np.sinh(t)[:, None]
    curvature = chain.weight_decay + (chain.input * w1) ** 2
    scale = np.sqrt(chain.temperature / curvature)
    w2 = chain.input * w1 * chain.target / curvature + scale * _NORMAL_NODES
    cells = chain.unit * np.cosh(t)[:, None] * (t[1] - t[0]) * scale * _NORMAL_STEP
    logs = chain.log_gibbs(w1, w2) + np.log(cells)
    largest = float(logs.max())
    masses = np.exp(logs - largest)
    total = float(masses.sum())
    return largest + math.log(total), _Law(w1, w2, masses / total)


def _initial_law(chain: _Chain) -> _Law:
    """p_0 on a square grid."""
    w1 = math.sqrt(chain.initial_variance) * _NORMAL_NODES[:, None]
    w2 = math.sqrt(chain.initial_variance) * _NORMAL_NODES[None, :]
    cell = chain.initial_variance * _NORMAL_STEP**2
    return _Law(w1, w2, cell * np.exp(chain.log_initial(w1, w2)))


_CUT = 50.0
_NORMAL_STEP = 0.5  # a trapezoidal sum over a normal law is then off by exp(-2 pi^2/0.5^2) = 5e-35
_NORMAL_NODES = np.arange(-20, 21) * _NORMAL_STEP
_MOST_NODES = 2**14  # on either side of 0: some 60 MiB
_AGREEMENT = 1e-9
_LARGEST_SHARE = 0.25  # two peaks of a node each would give 0.5
