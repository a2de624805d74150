"""Activations as a program applies them, unit by unit: definitions only, no formula.

phi(z) = z for z > 0 and a z otherwise; the negative slope a is fixed, or uniform and drawn afresh
for every unit of every network; dropout then keeps each unit with probability q.
Not to be confused with the closed forms of the package ``theory``: a simulator that used them
could not test them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from array_api_compat import array_namespace

from .backends import Array, Backend, Shape

__all__ = ["Activation", "leaky_relu", "linear", "randomized_leaky_relu", "relu"]

_LARGEST = 1e30  # so that slope * z / keep_prob and its square root stay finite in float32


@dataclass(frozen=True)
class Activation:
    """A positively homogeneous activation, with dropout after it if wanted.

    Parameters
    ----------
    lower, upper : float
        The negative-side slope is `lower` if the two are equal (any real of size at most 1e30),
        else uniform on [`lower`, `upper`] with 0 <= `lower` < `upper`.
    keep_prob : float, default 1.0
        Probability q in (0, 1] with which dropout keeps a unit.
    rescale : bool, default True
        Whether kept units are divided by q (inverted dropout, as PyTorch does).

    Raises
    ------
    ValueError
        If a parameter is outside its domain.

    Examples
    --------
    >>> relu().with_dropout(0.5)
    Activation(lower=0.0, upper=0.0, keep_prob=0.5, rescale=True)
    """

    lower: float
    upper: float
    keep_prob: float = 1.0
    rescale: bool = True

    def __post_init__(self) -> None:
        for name in ("lower", "upper"):
            _require_slope(name, getattr(self, name))
        if self.lower != self.upper and not 0.0 <= self.lower < self.upper:
            raise ValueError(
                "lower and upper must be equal or satisfy 0 <= lower < upper, "
                f"got lower={self.lower!r}, upper={self.upper!r}"
            )
        if not 1e-30 <= self.keep_prob <= 1.0:
            raise ValueError(f"keep_prob must be in (0, 1], at least 1e-30, got {self.keep_prob!r}")

    @property
    def is_random(self) -> bool:
        """Whether the slope is drawn for each unit of each network."""
        return self.lower < self.upper

    @property
    def has_dropout(self) -> bool:
        """Whether units are dropped at all."""
        return self.keep_prob < 1.0

    @property
    def kept_scale(self) -> float:
        """Factor on a kept unit: 1/q if rescaled, else 1."""
        return 1.0 / self.keep_prob if self.rescale else 1.0

    def with_dropout(self, keep_prob: float, rescale: bool = True) -> Activation:
        """Return the same activation followed by dropout.

        Parameters
        ----------
        keep_prob : float
            Probability in (0, 1] with which a unit is kept.
        rescale : bool, default True
            Whether kept units are divided by `keep_prob`.

        Returns
        -------
        Activation

        Raises
        ------
        ValueError
            If `keep_prob` is outside (0, 1].
        """
        return replace(self, keep_prob=keep_prob, rescale=rescale)

    def draw_slopes(self, backend: Backend, rng: Any, shape: Shape, dtype: Any) -> Array | float:
        """Draw the negative-side slope of each unit; the number itself if it is fixed.

        Parameters
        ----------
        backend : Backend
            Where to draw.
        rng : object
            A generator of `backend`.
        shape : tuple of int
            (networks, units).
        dtype : dtype
            Floating type of the slopes.

        Returns
        -------
        array or float
        """
        if not self.is_random:
            return self.lower
        return self.lower + (self.upper - self.lower) * backend.uniform(rng, shape, dtype)

    def draw_mask(self, backend: Backend, rng: Any, shape: Shape) -> Array | None:
        """Draw which units dropout keeps; None without dropout.

        The uniforms are double precision whatever the states are, so `keep_prob` is not rounded.

        Parameters
        ----------
        backend : Backend
            Where to draw.
        rng : object
            A generator of `backend`.
        shape : tuple of int
            (networks, units).

        Returns
        -------
        boolean array or None
        """
        if not self.has_dropout:
            return None
        return backend.uniform(rng, shape, backend.xp.float64) < self.keep_prob

    def apply(self, z: Array, slopes: Array | float, mask: Array | None) -> Array:
        """Apply the activation, then dropout, elementwise.

        Parameters
        ----------
        z : array
            Pre-activations.
        slopes : array or float
            Negative-side slopes, as drawn by `draw_slopes`.
        mask : boolean array or None
            Units that dropout keeps, as drawn by `draw_mask`.

        Returns
        -------
        array
            Of the shape and dtype of `z`.

        Examples
        --------
        >>> import numpy as np
        >>> z = np.array([2.0, -2.0, 3.0])
        >>> leaky_relu(0.25).with_dropout(0.5).apply(z, 0.25, np.array([True, True, False]))
        array([ 4., -1.,  0.])
        """
        xp = array_namespace(z)
        out = xp.where(z > 0.0, z, slopes * z)
        return out if mask is None else xp.where(mask, self.kept_scale * out, 0.0)


def linear() -> Activation:
    """Return the identity.

    Returns
    -------
    Activation

    Examples
    --------
    >>> linear()
    Activation(lower=1.0, upper=1.0, keep_prob=1.0, rescale=True)
    """
    return Activation(1.0, 1.0)


def relu() -> Activation:
    """Return max(z, 0).

    Returns
    -------
    Activation

    Examples
    --------
    >>> import numpy as np
    >>> relu().apply(np.array([2.0, -2.0]), slopes=0.0, mask=None)
    array([ 2., -0.])
    """
    return Activation(0.0, 0.0)


def leaky_relu(slope: float = 0.01) -> Activation:
    """Return z for z > 0 and `slope` * z otherwise.

    Parameters
    ----------
    slope : float, default 0.01
        Any real of size at most 1e30.

    Returns
    -------
    Activation

    Raises
    ------
    ValueError
        If `slope` is not finite or too large.

    Examples
    --------
    >>> leaky_relu(-0.5).lower
    -0.5
    >>> leaky_relu(float("inf"))
    Traceback (most recent call last):
    ...
    ValueError: slope must be finite, of size at most 1e30, got inf
    """
    _require_slope("slope", slope)
    return Activation(float(slope), float(slope))


def randomized_leaky_relu(lower: float = 1 / 8, upper: float = 1 / 3) -> Activation:
    """Return the leaky ReLU whose slope is uniform, afresh for each unit of each network.

    Parameters
    ----------
    lower, upper : float, default 1/8 and 1/3
        Ends of the interval, 0 <= `lower` < `upper`.

    Returns
    -------
    Activation

    Raises
    ------
    ValueError
        If not 0 <= `lower` < `upper` <= 1e30.

    Examples
    --------
    >>> randomized_leaky_relu(0.1, 0.3).is_random
    True
    """
    if not 0.0 <= lower < upper:
        raise ValueError(
            f"lower and upper must satisfy 0 <= lower < upper, got lower={lower!r}, upper={upper!r}"
        )
    return Activation(float(lower), float(upper))


def _require_slope(name: str, slope: float) -> None:
    """Raise unless the slope is a real number of moderate size."""
    real = isinstance(slope, int | float) and not isinstance(slope, bool)
    if not (real and math.isfinite(slope) and abs(slope) <= _LARGEST):
        raise ValueError(f"{name} must be finite, of size at most 1e30, got {slope!r}")
