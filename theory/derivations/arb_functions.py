"""Functions of one variable on complex balls, each aware of the flag `analytic`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp
from flint import acb

__all__ = ["UNARY"]

_NAN = acb("nan")


def _asinh(z: Any, analytic: bool) -> Any:
    # log(z + sqrt(1 + z^2)): unlike acb.asinh, its parts know the `analytic` flag.
    return (z + (1 + z * z).sqrt(analytic=analytic)).log(analytic=analytic)


def _real_asinh(z: Any, analytic: bool) -> Any:
    return _asinh(z, analytic) if analytic or z.imag != 0 else acb(z.real.asinh())


#: SymPy function -> (ball, analytic) -> ball
UNARY: dict[Any, Callable[[Any, bool], Any]] = {
    sp.Abs: lambda z, analytic: z.real_abs(analytic=analytic),
    sp.exp: lambda z, _: z.exp(),
    sp.log: lambda z, analytic: z.log(analytic=analytic),
    sp.gamma: lambda z, _: z.gamma(),
    sp.factorial: lambda z, _: (z + 1).gamma(),
    sp.erf: lambda z, _: z.erf(),
    sp.erfc: lambda z, _: z.erfc(),
    sp.asinh: _real_asinh,
    sp.cos: lambda z, _: z.cos(),
    sp.sin: lambda z, _: z.sin(),
    # On the real axis only: lgamma has a cut that acb does not flag.
    sp.loggamma: lambda z, analytic: _NAN if analytic or z.imag != 0 else z.lgamma(),
}
