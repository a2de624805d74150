"""Positively homogeneous activations: the Laplace transform of phi(z)^2 and its moments.

phi(z) = z for z > 0 and a z for z <= 0, where the slope a is a number (linear 1, ReLU 0, leaky a) or drawn
uniformly from [lower, upper] afresh for every unit and network (randomised leaky ReLU). Dropout then keeps each unit
with probability keep_prob, divided by keep_prob if `rescale` ("inverted" dropout), else sets it to zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from theory.domain import Floats, real_array
from theory.slopes import (
    fixed_complement,
    fixed_transform,
    mean_slope_power,
    uniform_complement,
    uniform_transform,
)

__all__ = [
    "Activation",
    "leaky_relu",
    "linear",
    "randomized_leaky_relu",
    "relu",
    "resolve",
]


@dataclass(frozen=True)
class Activation:
    """A positively homogeneous activation, with or without dropout.

    phi(z) = z for z > 0, a z otherwise, with a ~ U[lower, upper] drawn per unit (a number when they are equal); then
    multiplied by a Bernoulli(keep_prob) variable, over keep_prob if `rescale`. Equal objects are equal in law; use the
    constructors `linear`, `relu`, `leaky_relu` and `randomized_leaky_relu`.

    Parameters
    ----------
    lower, upper : float
        Range of the slope on the negative side. Finite; 0 <= lower if they differ.
    keep_prob : float
        Probability that dropout keeps a unit, in (0, 1] and not subnormal. 1 means no dropout.
    rescale : bool
        Whether kept units are divided by keep_prob, as the frameworks do.

    Raises
    ------
    ValueError
        Outside that domain.

    Notes
    -----
    Everything the closed forms need is the transform psi(t) = E exp(-t phi(z)^2), z ~ N(0, 1): a layer's squared norm
    has transform psi(t)^width. Only the square of the slope enters: slopes a and -a agree in law of |phi(z)|.

    Examples
    --------
    >>> relu()
    Activation(lower=0.0, upper=0.0, keep_prob=1.0, rescale=True)
    >>> relu().with_dropout(0.5).second_moment
    1.0
    """

    lower: float
    upper: float
    keep_prob: float = 1.0
    rescale: bool = True

    def __post_init__(self) -> None:
        for name in ("lower", "upper", "keep_prob"):
            object.__setattr__(self, name, _number(name, getattr(self, name)))
        if self.lower != self.upper and not 0 <= self.lower < self.upper:
            raise ValueError(
                f"lower must satisfy 0 <= lower < upper, got lower={self.lower}, upper={self.upper}"
            )
        if not np.finfo(np.float64).tiny <= self.keep_prob <= 1:
            why = " (subnormal)" if self.keep_prob > 0 and self.keep_prob < 1 else ""
            raise ValueError(f"keep_prob must be in (0, 1], got {self.keep_prob}{why}")
        if not isinstance(self.rescale, bool | np.bool_):
            raise ValueError(f"rescale must be True or False, got {self.rescale!r}")

    def with_dropout(self, keep_prob: float, rescale: bool = True) -> Activation:
        """Return this activation followed by dropout (in place of any dropout it has).

        Parameters
        ----------
        keep_prob : float
            Probability in (0, 1] that a unit is kept.
        rescale : bool
            Divide kept units by keep_prob ("inverted" dropout, as PyTorch does).

        Returns
        -------
        Activation

        Raises
        ------
        ValueError
            If keep_prob is outside (0, 1].

        Examples
        --------
        >>> linear().with_dropout(0.5, rescale=False).second_moment
        0.5
        """
        return replace(self, keep_prob=keep_prob, rescale=rescale)

    @property
    def name(self) -> str:
        """A short description in words and numbers.

        Examples
        --------
        >>> leaky_relu(0.3).with_dropout(0.9).name
        'leaky_relu(0.3), dropout keeping 0.9'
        """
        slope = f"leaky_relu({self.lower:g})"
        if self.lower != self.upper:
            slope = f"rrelu({self.lower:g}, {self.upper:g})"
        slope = {(1.0, 1.0): "linear", (0.0, 0.0): "relu"}.get((self.lower, self.upper), slope)
        scaled = "" if self.rescale else ", not rescaled"
        return (
            slope if self.keep_prob == 1 else f"{slope}, dropout keeping {self.keep_prob:g}{scaled}"
        )

    @property
    def second_moment(self) -> float:
        """E phi(z)^2 for z ~ N(0, 1): (1 + E a^2)/2, over keep_prob (rescaled) or times keep_prob (not).

        Inf if it exceeds the float64 range. Accurate to 4 rounding errors against mpmath.

        Examples
        --------
        >>> relu().second_moment, leaky_relu(0.5).second_moment
        (0.5, 0.625)
        """
        with np.errstate(over="ignore"):
            half = np.float64(1) / 2 + mean_slope_power(self.lower, self.upper, 2) / 2
            return float(half / self.keep_prob if self.rescale else half * self.keep_prob)

    @property
    def zero_probability(self) -> float:
        """P(phi(z) = 0): 1/2 for ReLU, plus what dropout removes.

        Examples
        --------
        >>> linear().zero_probability, relu().with_dropout(0.8).zero_probability
        (0.0, 0.6)
        """
        return 1.0 - self.nonzero_probability

    @property
    def nonzero_probability(self) -> float:
        """P(phi(z) != 0), exact where 1 - zero_probability would round.

        Examples
        --------
        >>> relu().with_dropout(1e-20).nonzero_probability
        5e-21
        """
        return self.keep_prob * (0.5 if self.lower == self.upper == 0 else 1.0)

    @property
    def log_second_moment(self) -> float:
        """log E phi(z)^2, finite for every slope (the moment itself overflows beyond slope 1e154).

        Examples
        --------
        >>> leaky_relu(1e200).log_second_moment == 2 * math.log(1e200) - math.log(2)
        True
        """
        top = max(1.0, abs(self.lower), abs(self.upper))
        inner = (top**-2.0 if top < 1e154 else 0.0) + float(
            mean_slope_power(self.lower / top, self.upper / top, 2)
        )
        dropout = math.log(self.keep_prob) * (-1 if self.rescale else 1)
        return 2 * math.log(top) + math.log(inner) - math.log(2) + dropout

    def laplace(self, t: ArrayLike) -> Floats:
        """Laplace transform psi(t) = E exp(-t phi(z)^2), z ~ N(0, 1).

        Parameters
        ----------
        t : array_like
            t >= 0, inf included (psi(inf) = P(phi(z) = 0)); any shape.

        Returns
        -------
        float64 or ndarray of t's shape
            In [0, 1], non-increasing in t.

        Raises
        ------
        ValueError
            If t is negative or NaN.

        Notes
        -----
        linear: (1+2t)^(-1/2); fixed slope a: ((1+2t)^(-1/2) + (1+2a^2 t)^(-1/2))/2; randomised: the second term
        averaged over the slope, (asinh(upper r) - asinh(lower r))/((upper - lower) r), r = sqrt(2t); dropout:
        1 - keep_prob + keep_prob psi(t/keep_prob^2). Absolute error below 1e-15 against mpmath quadrature.
        Extension of Gurbuzbalaban & Hu 2021: one transform for every activation.

        Examples
        --------
        >>> float(relu().laplace(1.5))
        0.75
        """
        t = real_array("t", t)
        if not np.all(t >= 0):
            raise ValueError(f"t must be >= 0, got {np.min(t)}")
        with np.errstate(divide="ignore"):
            complement = self.laplace_complement(np.log(np.minimum(t, np.finfo(np.float64).max)))
        psi: Floats = np.where(np.isinf(t), self.zero_probability, 1.0 - complement)[()]
        return psi

    def laplace_complement(self, log_t: Any) -> Any:
        """1 - psi(exp(log_t)), without cancellation as t -> 0 and without overflow as t -> inf.

        Parameters
        ----------
        log_t : array of float64 or complex128
            Logarithm of t. Complex values continue psi analytically: imaginary part in [-pi, pi], t off the branch cut
            (-inf, -1/(2 max(1, a^2))] (times keep_prob^2 if rescaled).

        Returns
        -------
        array of log_t's shape and type

        Notes
        -----
        Relative error below 1e-14 against mpmath, for real arguments. The form that quadratures use.

        Examples
        --------
        >>> print(f"{linear().laplace_complement(np.log(1e-20)):.12g}")
        1e-20
        """
        log_2t = self._log_2t(log_t)
        if self.lower == self.upper:
            negative = fixed_complement(self.upper, log_2t)
        else:
            negative = uniform_complement(self.lower, self.upper, log_2t)
        return self.keep_prob / 2 * (fixed_complement(1.0, log_2t) + negative)

    def laplace_tail(self, log_t: Any) -> Any:
        """psi(exp(log_t)) - psi(inf) = E[exp(-t phi(z)^2); phi(z) != 0], accurate where it is small.

        Parameters
        ----------
        log_t : array of float64 or complex128
            As for `laplace_complement`.

        Returns
        -------
        array of log_t's shape and type

        Notes
        -----
        Relative error below 1e-14 against mpmath, for real arguments.

        Examples
        --------
        >>> print(f"{relu().laplace_tail(np.log(1.5)):.12g}")  # 0.75 - 0.5
        0.25
        """
        log_2t = self._log_2t(log_t)
        if self.lower == self.upper:
            negative = fixed_transform(self.upper, log_2t)
        else:
            negative = uniform_transform(self.lower, self.upper, log_2t)
        return self.keep_prob / 2 * (fixed_transform(1.0, log_2t) + negative)

    def _log_2t(self, log_t: Any) -> Any:
        """log(2t) of a unit before dropout's division."""
        return log_t + math.log(2) - (2 * math.log(self.keep_prob) if self.rescale else 0.0)

    def moment_ratio(self, k: int) -> float:
        """E phi(z)^(2k) / (E phi(z)^2)^k, which does not change with the scale of phi; k = 1, 2, 3, ...

        Parameters
        ----------
        k : int
            Half the order of the moment.

        Returns
        -------
        float
            (2k-1)!! 2^(k-1) (1 + E a^(2k)) / (1 + E a^2)^k, times keep_prob^(1-k); inf on overflow.

        Notes
        -----
        Relative error below 1e-15 k against mpmath.

        Examples
        --------
        >>> linear().moment_ratio(2), relu().moment_ratio(2)
        (3.0, 6.0)
        """
        top = max(1.0, abs(self.lower), abs(self.upper))
        low, high = self.lower / top, self.upper / top

        def both(j: int) -> float:
            return float((1 / top) ** (2 * j) + mean_slope_power(low, high, 2 * j))

        double_factorial = math.prod(range(1, 2 * k, 2))
        with np.errstate(over="ignore"):
            dropout = np.float64(self.keep_prob) ** (1 - k)
            return float(double_factorial * 2 ** (k - 1) * both(k) / both(1) ** k * dropout)

    @property
    def smallest_log_slope(self) -> float:
        """Log of the smallest non-zero typical |slope|, the upper end for a randomised one; at most 0.

        It says where the algebraic tail of psi begins: quadratures must reach beyond t = exp(-2 x) of it.

        Examples
        --------
        >>> relu().smallest_log_slope, leaky_relu(1.0).smallest_log_slope
        (0.0, 0.0)
        """
        return min(0.0, math.log(abs(self.upper))) if self.upper else 0.0


def linear() -> Activation:
    """Return the linear activation phi(z) = z.

    Examples
    --------
    >>> linear() == leaky_relu(1.0)
    True
    """
    return Activation(1.0, 1.0)


def relu() -> Activation:
    """Return the rectifier phi(z) = max(z, 0).

    Examples
    --------
    >>> relu().zero_probability
    0.5
    """
    return Activation(0.0, 0.0)


def leaky_relu(slope: float = 0.01) -> Activation:
    """Return the leaky rectifier with a fixed slope on the negative side.

    Parameters
    ----------
    slope : float
        Any finite number; 0.01 is PyTorch's default.

    Raises
    ------
    ValueError
        If slope is not finite.

    Examples
    --------
    >>> leaky_relu(0.5).second_moment
    0.625
    """
    slope = _number("slope", slope)
    return Activation(slope, slope)


def randomized_leaky_relu(lower: float = 1 / 8, upper: float = 1 / 3) -> Activation:
    """Return the leaky rectifier whose slope is drawn from U[lower, upper] for every unit and network.

    Parameters
    ----------
    lower, upper : float
        0 <= lower < upper, finite; PyTorch's defaults are 1/8 and 1/3.

    Raises
    ------
    ValueError
        Unless 0 <= lower < upper.

    Examples
    --------
    >>> round(randomized_leaky_relu(0, 1).second_moment, 12)  # (1 + 1/3)/2
    0.666666666667
    """
    lower, upper = _number("lower", lower), _number("upper", upper)
    if not 0 <= lower < upper:
        raise ValueError(f"lower must satisfy 0 <= lower < upper, got lower={lower}, upper={upper}")
    return Activation(lower, upper)


_NAMED = {
    "linear": linear,
    "relu": relu,
    "leaky_relu": leaky_relu,
    "rrelu": randomized_leaky_relu,
}


def resolve(activation: Activation | str) -> Activation:
    """Return the activation that a name of PyTorch's stands for, or the activation itself.

    Parameters
    ----------
    activation : Activation or str
        "linear", "relu", "leaky_relu" (slope 0.01) or "rrelu" (slopes 1/8 to 1/3), or an Activation.

    Returns
    -------
    Activation

    Raises
    ------
    ValueError
        For anything else.

    Examples
    --------
    >>> resolve("relu") == relu()
    True
    """
    if isinstance(activation, Activation):
        return activation
    if isinstance(activation, str) and activation in _NAMED:
        return _NAMED[activation]()
    allowed = ", ".join(map(repr, _NAMED))
    raise ValueError(f"activation must be an Activation or one of {allowed}, got {activation!r}")


def _number(name: str, value: Any) -> float:
    array = real_array(name, value)
    if array.ndim or not np.isfinite(array):
        raise ValueError(f"{name} must be a finite number, got {value!r}")
    return float(array)
