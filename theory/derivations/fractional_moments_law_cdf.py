"""The cdf of the norm at a given depth, by Gil-Pelaez' inversion; the atom at 0 is included."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.formal_tails import ImaginaryPart, Indicator, PositivePower, Survives
from theory.derivations.fractional_moments_law_depth import (
    PRODUCT,
    SCALED,
    characteristic,
    over_squares,
    survival,
    walk_of,
)
from theory.derivations.rules_characteristic import EqualOnHalfLine, GilPelaez, PositiveTogether
from theory.derivations.rules_lemma import Lemma
from theory.derivations.steps import Derivation
from theory.derivations.symbols import depth, sigma2, w, x

__all__ = ["DERIVATIONS", "SUPPLEMENTS", "cdf"]

_ORDER = sp.I * w / 2


def _norm(squared: Any) -> Any:
    """Return 1{|x_k| <= e^x |x_0|}, from the squared ratio of the norms."""
    return Indicator(sp.sqrt(squared), sp.exp(x))


def _norm_cdf(alive: Any, transform: Any) -> Any:
    """Return 1 - P(V > 0)/2 - (1/pi) int_0^oo Im(e^(-iwx) E[V^(iw); V > 0]) dw/w.

    Examples
    --------
    >>> _norm_cdf(sp.Integer(1), sp.Integer(1)).has(sp.Integral)
    True
    """
    wave = ImaginaryPart(sp.exp(-sp.I * w * x) * transform) / w
    return 1 - alive / 2 - sp.Integral(wave, (w, 0, sp.oo)) / sp.pi


def cdf(name: str, activation: str) -> Derivation:
    """Derive P(|x_k| <= e^x |x_0|), the atom at 0 included, by Gil-Pelaez' inversion.

    Parameters
    ----------
    name, activation : str
        Id, and "linear", "relu" or "leaky-relu".

    Returns
    -------
    Derivation

    Examples
    --------
    >>> cdf("fm.norm-law.cdf.linear", "linear").verify().verdict.value
    'proved'
    """
    walk = walk_of(name, activation, _norm, "P(|x_k| <= e^x |x_0|), k the depth")
    squared = sigma2**depth * PRODUCT
    root = sp.sqrt(squared)
    alive, transform = (
        over_squares(f, activation) for f in (Survives(root), PositivePower(root, 2 * _ORDER))
    )
    living, moving = (
        over_squares(f, activation) for f in (Survives(PRODUCT), PositivePower(squared, _ORDER))
    )
    inverted = _norm_cdf(alive, transform)
    lemmas = survival(activation), characteristic(activation)
    values = [lemma.conclusion for lemma in lemmas]
    return (
        walk.then(GilPelaez(w), walk.conclusion, inverted, "Gil-Pelaez; x_k = 0 has log-norm -oo")
        .then(PositiveTogether(PRODUCT), alive.body, living.body, "positive together")
        .then(EqualOnHalfLine(PRODUCT), transform.body, moving.body, "power of a root")
        .then(Lemma(lemmas[0], (), SCALED + 1), living, values[0], "probability of survival")
        .then(Lemma(lemmas[1], (), SCALED), moving, values[1], "characteristic function")
    )


DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"fm.norm-law.cdf": partial(cdf, "fm.norm-law.cdf", "relu")}
)

#: activations without an atom at 0
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        f"fm.norm-law.cdf.{name}": partial(cdf, f"fm.norm-law.cdf.{name}", name)
        for name in ("linear", "leaky-relu")
    }
)
