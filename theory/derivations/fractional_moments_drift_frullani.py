"""Powers of log y as integrals of exp(-t y): Frullani's integral and its derivative."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.rules_frullani import FrullaniIntegral
from theory.derivations.steps import Derivation
from theory.derivations.symbols import t

__all__ = ["RATE", "log_as_integral", "log_integrand", "over_half_line"]

#: the number y whose logarithm is written as an integral
RATE = sp.Symbol("y", positive=True)
_WEIGHT = 2 * (sp.EulerGamma + sp.log(t))
#: order k -> factor of e^-t - e^(-ty) in the integrand of (log y)^k
_FACTORS = MappingProxyType({1: 1 / t, 2: -_WEIGHT / t})
_NAMES = MappingProxyType({1: "log", 2: "squared-log"})


def over_half_line(integrand: Any) -> Any:
    """Return the integral of `integrand` over t > 0.

    Examples
    --------
    >>> over_half_line(sp.exp(-t))
    Integral(exp(-t), (t, 0, oo))
    """
    return sp.Integral(integrand, (t, 0, sp.oo))


def log_integrand(order: int, transform: Any) -> Any:
    """Return the integrand of (log y)^order, 1 or 2, with `transform` for exp(-t y).

    Examples
    --------
    >>> log_integrand(1, sp.Integer(0))
    exp(-t)/t
    """
    return _FACTORS[order] * (sp.exp(-t) - transform)


def log_as_integral(order: int) -> Derivation:
    """Derive int (e^-t - e^(-ty)) dt/t = log y, and 2 int (gamma + log t)(e^(-ty) - e^-t) dt/t = (log y)^2.

    Parameters
    ----------
    order : int
        1 or 2.

    Returns
    -------
    Derivation

    Examples
    --------
    >>> [log_as_integral(order).verify().verdict.value for order in (1, 2)]
    ['proved', 'proved']
    """
    definition = over_half_line(log_integrand(order, sp.exp(-t * RATE)))
    start = Derivation(
        f"lemma.{_NAMES[order]}-as-integral", definition, "Frullani's integral of rates 1 and y"
    )
    reason = "Frullani's integral" + (" and its derivative in the power of t" if order == 2 else "")
    return start.then(FrullaniIntegral(), definition, sp.log(RATE) ** order, reason)
