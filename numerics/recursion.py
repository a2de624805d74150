"""One block of chains of the recursion R_k = (variance R_{k-1} + bias_variance) Q_k.

What :mod:`numerics.perpetuity` runs: the law of a step, its memory, and the checks of its arguments.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .activations import Activation
from .backends import Array, Backend
from .checks import check_method, checked_number
from .draws import Draws
from .layer_steps import STEPS, State
from .networks import Networks, one_of, positive_integer
from .propagation_plan import PropagationPlan, make_plan

__all__ = ["Recursion", "checked_start", "checked_steps"]

_METHODS = ("gaussian", "chi2")


@dataclass(frozen=True)
class Recursion:
    """Law of one step.

    Build it with :meth:`describe`, which checks every argument.

    Parameters
    ----------
    factor : Networks
        One layer of unit variance without bias: Q is |x_1|^2 there, from |x_0| = 1.
    variance, bias_variance : float
        Coefficients of the step.
    method : str
        How Q is drawn: ``gaussian`` or ``chi2``.
    """

    factor: Networks
    variance: float
    bias_variance: float
    method: str

    @classmethod
    def describe(
        cls, width: int, variance: float, bias_variance: float, activation: Activation, method: str
    ) -> Recursion:
        """Check the arguments, which are those of `numerics.perpetuity.squared_norms`.

        Examples
        --------
        >>> from numerics.activations import relu
        >>> Recursion.describe(6, 0.2, 1.0, relu(), "matrix")
        Traceback (most recent call last):
        ...
        ValueError: method must be one of 'gaussian', 'chi2', got 'matrix'
        """
        width = positive_integer("width", width)
        variance = checked_number("variance", variance)
        bias_variance = checked_number("bias_variance", bias_variance, zero=True)
        factor = Networks.describe((width, width), 1.0, activation)
        one_of("method", method, _METHODS)
        check_method(method, factor)
        return cls(factor, variance, bias_variance, method)

    def plan(
        self, steps: int, chains: int, starts: int, backend: Backend, byte_cap: int
    ) -> PropagationPlan:
        """Cut the chains like networks of one layer; the time is that of all steps."""
        chains, double = positive_integer("chains", chains), np.dtype("float64")
        states = starts + 1  # Q itself is one
        made = make_plan(self.factor, chains, self.method, backend, double, byte_cap, states)
        return replace(made, seconds=steps * made.seconds)

    def trajectory(
        self, draws: Draws, batches: Sequence[int], squared: Array, steps: int
    ) -> Iterator[Array]:
        """Yield R of one block after each step, one row a start.

        R is cut at the largest double before Q multiplies it, so that Q = 0 ends infinity too.
        """
        xp = draws.backend.xp
        largest = xp.asarray(sys.float_info.max, dtype=xp.float64)
        for _ in range(steps):
            factor = xp.concat([self._draw(draws, size) for size in batches])
            with np.errstate(over="ignore"):
                scale = xp.minimum(self.variance * squared + self.bias_variance, largest)
                squared = scale * factor
            yield squared

    def _draw(self, draws: Draws, size: int) -> Array:
        """Draw Q."""
        xp = draws.backend.xp
        unit = State(xp.zeros(size, dtype=xp.float64))
        after = STEPS[self.method](self.factor, self.factor.layers[0], unit, draws)
        return xp.exp(2.0 * after.log_norm)


def checked_steps(steps: int | Sequence[int]) -> tuple[int, ...]:
    """Return the numbers of steps after which R is recorded: integers >= 1, increasing.

    Parameters
    ----------
    steps : int or sequence of int
        The candidate.

    Returns
    -------
    tuple of int

    Raises
    ------
    ValueError
        If it is anything else.

    Examples
    --------
    >>> checked_steps(10), checked_steps([1, 10])
    ((10,), (1, 10))
    """
    values = np.atleast_1d(np.asarray(steps, dtype=object)).tolist()
    recorded = tuple(positive_integer("steps", value) for value in values)
    if not recorded or any(b <= a for a, b in itertools.pairwise(recorded)):
        raise ValueError(f"steps must be one number or increasing numbers, got {steps!r}")
    return recorded


def checked_start(name: str, start: Any, chains: int) -> np.ndarray:
    """Return R_0 of every chain: finite numbers >= 0.

    Parameters
    ----------
    name : str
        Argument name for the message.
    start : float or array of shape (chains,)
        The candidate.
    chains : int
        Number of chains.

    Returns
    -------
    numpy.ndarray, shape (chains,)
        A view.

    Raises
    ------
    ValueError
        If it is anything else.

    Examples
    --------
    >>> checked_start("start", 0.5, 3)
    array([0.5, 0.5, 0.5])
    """
    try:
        values = np.asarray(start, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be numbers, got {start!r}") from error
    if values.shape not in ((), (chains,)):
        raise ValueError(f"{name} must be a number or one per chain ({chains}), got {start!r}")
    if not (np.isfinite(values) & (values >= 0.0)).all():
        raise ValueError(f"{name} must be finite and >= 0, got {start!r}")
    return np.broadcast_to(values, chains)
