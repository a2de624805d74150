"""Langevin diffusion dW = -grad L(W) dt + sqrt(2 T) dB, many chains at once.

L is known by its gradient alone: no stationary law and no closed form enters.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from .array_checks import finite_array
from .checks import checked_number
from .networks import one_of, positive_integer
from .recording import checked_record, record_states
from .streams import require_generator

__all__ = ["Gradient", "langevin", "refined_pair"]

Gradient = Callable[[np.ndarray], np.ndarray]
"""Maps states, shape (chains, K), to the gradients of L there, of the same shape."""


def langevin(
    *,
    gradient: Gradient,
    initial: Any,
    temperature: float,
    step: float,
    steps: int,
    rng: np.random.Generator,
    record: Sequence[int] | None = None,
    method: str = "heun",
) -> np.ndarray:
    """Integrate dW = -grad L(W) dt + sqrt(2 T) dB in independent chains.

    Parameters
    ----------
    gradient : callable
        grad L, from (chains, K) to (chains, K); it must leave its argument as it is. The steps are
        in double precision, whatever that of its values.
    initial : array, shape (chains, K)
        W at time 0, finite.
    temperature : float
        T, finite and >= 0; 0 is the gradient flow.
    step : float
        Time h of one step, finite and > 0.
    steps : int
        Number of steps, >= 1.
    rng : numpy.random.Generator
        Source of the Brownian increments: chains * K normals a step.
    record : sequence of int, optional
        Increasing steps, from 0 to `steps`, after which the states are returned; the default is the
        last step.
    method : {"heun", "euler"}, default "heun"
        With dB the increment, ``euler`` is W - h g(W) + sqrt(2T) dB; ``heun`` puts the mean of g at
        W and at that point in place of g(W).

    Returns
    -------
    numpy.ndarray of float64, shape (recorded steps, chains, K)
        W at the times k * step, k in `record`.

    Raises
    ------
    ValueError
        If an argument is outside its domain, the gradient has the wrong shape or is not finite at
        the start, or a recorded state is not finite because the step is too large.
    TypeError
        If `rng` is not a Generator.

    Notes
    -----
    Expectations of smooth functions are off by O(h) for ``euler`` and by O(h^2) for ``heun``
    (Kloeden & Platen 1992, (15.1.1) for constant noise); `refined_pair` measures by how much.
    Memory: six arrays of chains * K doubles besides the result and what the gradient takes.

    Examples
    --------
    >>> import numpy as np
    >>> states = langevin(
    ...     gradient=lambda w: 2.0 * w, initial=np.zeros((20_000, 1)), temperature=0.5, step=0.05,
    ...     steps=60, rng=np.random.default_rng(0), record=(0, 60),
    ... )
    >>> states.var(axis=1).round(2).ravel()  # from 0 to nearly T / 2
    array([0.  , 0.25])
    """
    system = _System.describe(gradient, initial, temperature, step, method)
    recorded = checked_record(record, positive_integer("steps", steps))
    noise = system.increments(system.step, require_generator(rng))
    return record_states(system.path(noise), recorded, system.initial.shape, system.why)


def refined_pair(
    *,
    gradient: Gradient,
    initial: Any,
    temperature: float,
    step: float,
    steps: int,
    rng: np.random.Generator,
    record: Sequence[int] | None = None,
    method: str = "heun",
) -> tuple[np.ndarray, np.ndarray]:
    """Integrate twice, with `step` and with `step` / 2, on one Brownian path.

    The difference of the two is small chain by chain, so its mean over the chains shows the bias of
    the time step long before the means themselves do.

    Parameters
    ----------
    gradient, initial, temperature, step, steps, rng, record, method
        As for `langevin`; `steps` and `record` count steps of length `step`. A step draws
        2 * chains * K normals.

    Returns
    -------
    coarse, fine : numpy.ndarray of float64, shape (recorded steps, chains, K)
        At the times k * step; `fine` is what `langevin` gives with half the step and an equal `rng`.

    Raises
    ------
    ValueError
        As for `langevin`.
    TypeError
        If `rng` is not a Generator.

    Notes
    -----
    For a method of weak order p the bias of an expectation is that of `coarse` minus that of `fine`
    times 2^p/(2^p - 1) (`coarse`) or 1/(2^p - 1) (`fine`), up to higher orders of the step: factors
    4/3 and 1/3 for ``heun``, 2 and 1 for ``euler``.

    Examples
    --------
    >>> import numpy as np
    >>> coarse, fine = refined_pair(
    ...     gradient=lambda w: w**3, initial=np.ones((1000, 1)), temperature=0.5, step=0.1,
    ...     steps=20, rng=np.random.default_rng(0),
    ... )
    >>> bool(np.abs(coarse - fine).mean() < 0.1 * fine.std())
    True
    """
    system = _System.describe(gradient, initial, temperature, step, method)
    recorded = checked_record(record, positive_integer("steps", steps))
    noise = system.increments(0.5 * system.step, require_generator(rng))
    shape = (2, *system.initial.shape)
    pair = record_states(system.pairs(noise), recorded, shape, system.why)
    return pair[:, 0], pair[:, 1]


@dataclass(frozen=True)
class _System:
    """A diffusion with its start and its rule for one step, checked."""

    gradient: Gradient
    initial: np.ndarray
    temperature: float
    step: float
    advance: Callable[[Gradient, np.ndarray, float, np.ndarray], np.ndarray]

    @classmethod
    def describe(
        cls, gradient: Gradient, initial: Any, temperature: float, step: float, method: str
    ) -> _System:
        temperature = checked_number("temperature", temperature, zero=True)
        step = checked_number("step", step)
        one_of("method", method, tuple(_METHODS))
        start = _checked_initial(initial)
        _check_gradient(gradient, start)
        return cls(gradient, start, temperature, step, _METHODS[method])

    @property
    def why(self) -> str:
        """What to say when the states are no longer finite."""
        temperature = f"temperature {self.temperature!r}"
        return f"step must be small enough for this gradient and {temperature}, got {self.step!r}"

    def increments(self, step: float, rng: np.random.Generator) -> Iterator[np.ndarray]:
        """Yield sqrt(2 T) dB over one step after another, each in an array of its own."""
        scale = _root_of_product(2.0, self.temperature, step)
        while True:
            noise = rng.standard_normal(self.initial.shape)
            noise *= scale
            yield noise

    def path(self, noise: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
        """Yield the state after 0, 1, 2, ... steps."""
        state = self.initial
        yield state
        for increment in noise:
            state = self.advance(self.gradient, state, self.step, increment)
            yield state

    def pairs(self, noise: Iterator[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield both states after 0, 1, 2, ... whole steps, from increments over half steps."""
        coarse = fine = self.initial
        yield coarse, fine
        for first, second in zip(noise, noise, strict=True):
            coarse = self.advance(self.gradient, coarse, self.step, first + second)
            for increment in (first, second):
                fine = self.advance(self.gradient, fine, 0.5 * self.step, increment)
            yield coarse, fine


def _root_of_product(*factors: float) -> float:
    """Square root of a product, which itself may lie beyond the doubles: the same digits."""
    mantissas, exponents = zip(*map(math.frexp, factors), strict=True)
    half, odd = divmod(sum(exponents), 2)
    return float(np.ldexp(math.sqrt(math.ldexp(math.prod(mantissas), odd)), half))


def _times(number: float, values: Any) -> np.ndarray:
    """The product in double precision, whatever that of a gradient's values."""
    product: np.ndarray = np.multiply(number, values, dtype=np.float64)
    return product


def _euler(gradient: Gradient, state: np.ndarray, step: float, noise: np.ndarray) -> np.ndarray:
    """Write the next state over the increment."""
    noise -= _times(step, gradient(state))
    noise += state
    return noise


def _heun(gradient: Gradient, state: np.ndarray, step: float, noise: np.ndarray) -> np.ndarray:
    """Write the next state over the increment; the gradient may reuse one buffer for its values."""
    moved = _times(0.5 * step, gradient(state))
    noise += state
    noise -= moved
    np.subtract(noise, moved, out=moved)  # Euler's point
    noise -= _times(0.5 * step, gradient(moved))
    return noise


_METHODS: Mapping[str, Callable[[Gradient, np.ndarray, float, np.ndarray], np.ndarray]] = (
    MappingProxyType({"heun": _heun, "euler": _euler})
)


def _checked_initial(initial: Any) -> np.ndarray:
    """Return a copy of the start, one row a chain."""
    start = finite_array("initial", initial)
    if start.ndim != 2:
        raise ValueError(f"initial must have shape (chains, K), got shape {start.shape}")
    return start


def _check_gradient(gradient: Gradient, start: np.ndarray) -> None:
    """Refuse a gradient that does not fit the states."""
    if not callable(gradient):
        raise ValueError(f"gradient must be callable, got {gradient!r}")
    with np.errstate(over="ignore", invalid="ignore"):
        value = np.asarray(gradient(start))
    if value.shape != start.shape or value.dtype.kind not in "fiu":
        raise ValueError(
            f"gradient must return real numbers of shape {start.shape}, "
            f"got shape {value.shape} of {value.dtype}"
        )
    if not np.isfinite(value).all():
        raise ValueError("gradient must be finite at the initial states, got infinity or NaN")
