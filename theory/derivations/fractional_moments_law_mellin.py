"""Characteristic functions of log Q for every activation: the Mellin integral of the derivative of psi^d."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations import fractional_moments_laplace as laplace
from theory.derivations.formal import Bernoulli, Expectation, Uniform
from theory.derivations.fractional_moments_law import NAMES, NORMALS, ORDER, Y, begin_named
from theory.derivations.fractional_moments_mellin import SLOPES
from theory.derivations.fractional_moments_sums import INDEX, MASK, NORMAL, ONE_MASK
from theory.derivations.rules_characteristic import (
    ComplexGammaIntegral,
    DerivativeOfTransform,
    Fubini,
)
from theory.derivations.rules_lemma import LemmaAtZero
from theory.derivations.steps import Derivation
from theory.derivations.symbols import Q, a, d, g, l, q, t, u

__all__ = ["DERIVATIONS", "SUPPLEMENTS", "dropout", "leaky_relu", "randomised", "via_mellin"]


def _power_as_integral() -> Derivation:
    """Derive int t^(-iw) y exp(-t y) dt / Gamma(1-iw) = y^(iw), y > 0."""
    integral = sp.Integral(t**-ORDER * Y * sp.exp(-t * Y), (t, 0, sp.oo))
    scale = 1 / sp.gamma(1 - ORDER)
    value = sp.gamma(1 - ORDER) * Y**ORDER
    return Derivation(
        "lemma.imaginary-power-as-integral", scale * integral, "Mellin's integral of y exp(-t y)"
    ).then(ComplexGammaIntegral(), integral, value, "Gamma integral")


def via_mellin(name: str, lemma: Derivation, term: Any, pairs: Any, names: Any) -> Derivation:
    """Derive 1/Gamma(1-iw) int t^(-iw) (-(psi^d)'(t)) dt, psi concluded by the lemma.

    Parameters
    ----------
    name : str
        Id.
    lemma : Derivation
        Of psi, the Laplace transform of one term.
    term, pairs, names
        The term of the sum Q, its arrays with their laws, and each array with its name in the lemma.

    Returns
    -------
    Derivation

    Examples
    --------
    >>> leaky_relu().conclusion.has(sp.Integral)
    True
    """
    begun = begin_named(name, lemma, term, pairs, names)
    named = begun.conclusion
    scale, kernel = 1 / sp.gamma(1 - ORDER), t**-ORDER
    integrand = kernel * Q * sp.exp(-t * Q)
    integral = sp.Integral(integrand, (t, 0, sp.oo))
    under = Expectation(integrand, *named.pairs)
    slope = d * lemma.conclusion ** (d - 1) * -sp.diff(lemma.conclusion, t)
    mellin = LemmaAtZero(_power_as_integral(), Y, Q)
    return (
        begun.then(mellin, named.body, scale * integral, "both sides are 0 at Q = 0")
        .then(
            Fubini(),
            Expectation(scale * integral, *named.pairs),
            scale * sp.Integral(under, (t, 0, sp.oo)),
            "the absolute value has integral 1 for Q > 0",
        )
        .then(DerivativeOfTransform(), under, kernel * slope, "Laplace transform of Q")
    )


def leaky_relu() -> Derivation:
    """Derive the Mellin integral of leaky ReLU.

    Examples
    --------
    >>> leaky_relu().verify().verdict.value
    'proved'
    """
    term = laplace.phi(NORMAL[INDEX], a) ** 2
    name = "fm.norm-law.characteristic.leaky-relu"
    return via_mellin(name, laplace.leaky_relu(), term, NORMALS, NAMES)


def randomised() -> Derivation:
    """Derive the Mellin integral of randomised leaky ReLU, slopes iid U[l, u].

    Examples
    --------
    >>> randomised().verify().verdict.value
    'proved'
    """
    term = laplace.phi(NORMAL[INDEX], SLOPES[INDEX]) ** 2
    pairs = (*NORMALS, (SLOPES, Uniform(l, u)))
    names = (*NAMES, (SLOPES, laplace.SLOPE))
    name = "fm.norm-law.characteristic.rrelu"
    return via_mellin(name, laplace.randomised(), term, pairs, names)


def dropout() -> Derivation:
    """Derive the Mellin integral of leaky ReLU with dropout; the atom at 0 is left out by itself.

    Examples
    --------
    >>> dropout().verify().verdict.value
    'proved'
    """
    term = sp.piecewise_fold((g * MASK[INDEX] * laplace.phi(NORMAL[INDEX], a)) ** 2)
    pairs = ((MASK, Bernoulli(q)), *NORMALS)
    names = ((MASK, ONE_MASK), *NAMES)
    name = "fm.norm-law.characteristic.dropout"
    return via_mellin(name, laplace.dropout(), term, pairs, names)


DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"fm.norm-law.characteristic.leaky-relu": leaky_relu}
)

#: activations whose law has no claim of its own
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "fm.norm-law.characteristic.rrelu": randomised,
        "fm.norm-law.characteristic.dropout": dropout,
    }
)
