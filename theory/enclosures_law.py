"""The law of one unit's square phi(z)^2: moments and Laplace transform, in exact or ball arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from flint import acb, arb, fmpq

__all__ = ["Law", "expansion"]

_SMALL = arb(0.5)
_HALF = fmpq(1, 2)


@dataclass(frozen=True)
class Law:
    """The law of phi(z)^2, z ~ N(0, 1), for exact parameters and dropout that does not rescale.

    Parameters
    ----------
    lower, upper : flint.fmpq
        Range of the slope's absolute value, 0 <= lower <= upper.
    keep : flint.fmpq
        Probability in (0, 1] that dropout keeps a unit.

    Examples
    --------
    >>> Law(fmpq(0), fmpq(0), fmpq(1)).moment(2)  # ReLU: E z^4 / 2
    3/2
    """

    lower: fmpq
    upper: fmpq
    keep: fmpq

    @property
    def fixed(self) -> bool:
        """Whether the slope is one number.

        Examples
        --------
        >>> Law(fmpq(0), fmpq(1), fmpq(1)).fixed
        False
        """
        return self.lower == self.upper

    @property
    def atom(self) -> fmpq:
        """P(phi(z) = 0).

        Examples
        --------
        >>> Law(fmpq(0), fmpq(0), fmpq(1, 2)).atom
        3/4
        """
        return 1 - self.keep * (fmpq(1, 2) if self.upper == 0 else 1)

    def moment(self, k: int) -> Any:
        """E phi(z)^(2k) for a whole number k >= 0, in the arithmetic of the parameters: exact rationals, or balls.

        Examples
        --------
        >>> Law(fmpq(0), fmpq(1), fmpq(1)).moment(1)  # (1 + 1/3)/2
        2/3
        """
        if k == 0:
            return fmpq(1)
        slopes = sum((self.lower**i * self.upper ** (2 * k - i) for i in range(2 * k + 1)), fmpq(0))
        return self.keep * prod(range(1, 2 * k, 2)) * (1 + slopes / (2 * k + 1)) / 2

    def psi(self, t: acb, analytic: bool = False) -> acb:
        """E exp(-t phi(z)^2), t off the branch cut (-inf, -1/(2 max(1, upper^2))].

        With `analytic`, not finite unless psi is analytic on all of the ball t, as Arb's integration asks.

        Examples
        --------
        >>> Law(fmpq(0), fmpq(0), fmpq(1)).psi(acb(1.5)).real.contains(arb(0.75))
        True
        """
        positive = (1 + 2 * t).rsqrt(analytic=analytic)
        negative = self._fixed(t, analytic) if self.fixed else self._uniform(t, analytic)
        return (1 - self.keep) + self.keep * (positive + negative) / 2

    def _fixed(self, t: acb, analytic: bool) -> acb:
        return (1 + 2 * self.upper**2 * t).rsqrt(analytic=analytic)

    def _uniform(self, t: acb, analytic: bool) -> acb:
        """The mean over the slope, (asinh(u r) - asinh(l r))/((u - l) r) with r^2 = 2t.

        By the addition formula for asinh it is c asinh(S)/S, S = (u - l) r c: no difference of nearly equal numbers,
        however close the slopes.
        """
        roots = [(1 + 2 * s**2 * t).sqrt(analytic=analytic) for s in (self.lower, self.upper)]
        c = (self.upper + self.lower) / (self.upper * roots[0] + self.lower * roots[1])
        return c * _asinh_ratio(2 * t * ((self.upper - self.lower) * c) ** 2, analytic)


def _asinh_ratio(x: acb, analytic: bool) -> acb:
    """asinh(sqrt(x))/sqrt(x) = 2F1(1/2, 1/2; 3/2; -x), with the analytic flag, which flint's own asinh lacks.

    For small x the series: dividing a wide ball by a wide ball would hide that the ratio is near 1, and an integrand
    psi^width could then be enclosed on boxes of size 1/width only.
    """
    if x.abs_upper() < _SMALL:
        return (-x).hypgeom_2f1(_HALF, _HALF, 3 * _HALF)
    root = x.sqrt(analytic=analytic)
    return (root + (1 + x).sqrt(analytic=analytic)).log(analytic=analytic) / root


def expansion(p: Any, law: Law, rescale: bool, width: int, terms: int) -> Any:
    """The first terms of (E Q^p)^(-1/p) width in powers of 1/width, over width, in the arithmetic of the arguments.

    (1/(m1 d)) (1 + c1/d + c2/d^2) with V = Var(phi^2)/m1^2 and K = (third cumulant of phi^2)/m1^3:
    c1 = (1-p) V/2, c2 = (p-1) ((5p-7) V^2/8 - (p-2) K/6); times keep^2 for dropout that rescales.

    Parameters
    ----------
    p : flint.fmpq or flint.arb
        Half the order, > 0.
    law : Law
        Of phi(z)^2 before rescaling.
    rescale : bool
        Whether kept units are divided by keep.
    width : int
        The d above, >= 1.
    terms : int
        1, 2 or 3.

    Returns
    -------
    flint.fmpq or flint.arb

    Examples
    --------
    >>> expansion(fmpq(1, 2), Law(fmpq(1), fmpq(1), fmpq(1)), False, 10, 2)  # linear: 1/10 + 1/200
    21/200
    """
    m1, m2, m3 = (law.moment(k) for k in (1, 2, 3))
    spread = m2 / m1**2 - 1
    skew = m3 / m1**3 - 3 * m2 / m1**2 + 2
    first = (1 - p) * spread / 2
    second = (p - 1) * ((5 * p - 7) * spread**2 / 8 - (p - 2) * skew / 6)
    scale = law.keep**2 if rescale else 1
    return (
        scale
        / (m1 * width)
        * sum(c / fmpq(width) ** k for k, c in enumerate((1, first, second)[:terms]))
    )
