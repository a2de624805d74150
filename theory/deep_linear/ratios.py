"""Ratios of products whose factors or partial products may overflow or underflow where the result does not."""

from __future__ import annotations

from math import prod

import numpy as np
from numpy.typing import ArrayLike

from theory.domain import Array

__all__ = ["ratio"]


def ratio(numerators: tuple[ArrayLike, ...], denominators: tuple[ArrayLike, ...] = ()) -> Array:
    """Product of the numerators over that of the denominators, with no overflow or underflow on the way.

    Parameters
    ----------
    numerators, denominators : tuples of array_like
        Finite; the denominators not 0.

    Returns
    -------
    ndarray of float64
        inf where the result overflows, 0 or subnormal where it underflows, both without a warning.

    Notes
    -----
    Mantissas and exponents apart: one rounding for every factor but the first.

    Examples
    --------
    >>> float(ratio((1e300, 1e300), (4e200, 1e300)))
    2.5e+99
    """
    above, below = [np.frexp(x) for x in numerators], [np.frexp(x) for x in denominators]
    mantissa = prod(m for m, _ in above) / prod(m for m, _ in below)
    exponent = sum(e for _, e in above) - sum(e for _, e in below)
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(np.ldexp(mantissa, exponent))
