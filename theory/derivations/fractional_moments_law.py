"""Characteristic functions of log Q, Q = sum_{i<=d} phi(z_i)^2: moments of imaginary order, off the atom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations import fractional_moments_laplace as laplace
from theory.derivations.formal import ByTransform, Density, Expectation
from theory.derivations.formal_tails import PositivePower
from theory.derivations.fractional_moments_sums import (
    INDEX,
    NORMAL,
    ONE_NORMAL,
    STANDARD,
    chi_moment,
    chi_square_density,
)
from theory.derivations.rules_arrays import LawOfIidSum
from theory.derivations.rules_characteristic import (
    ComplexGammaIntegral,
    OnInterior,
)
from theory.derivations.rules_expectations import Unfold
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_sums import BinomialTheorem, SplitEnds
from theory.derivations.rules_transforms import (
    AtomAtZero,
    DensityFromTransform,
    MixtureOfTransforms,
)
from theory.derivations.steps import Derivation
from theory.derivations.symbols import Q, d, n, t, w

__all__ = [
    "ANY_ORDER",
    "DERIVATIONS",
    "NAMED",
    "NAMES",
    "NORMALS",
    "ORDER",
    "Y",
    "begin_named",
    "linear",
    "named_power",
    "real_order",
    "relu",
]

Y = sp.Symbol("y", positive=True)
#: order i w of a characteristic function; a variable > 0
ORDER = sp.I * w
#: a real order of either sign
ANY_ORDER = sp.Symbol("theta", real=True)
#: expression number at which the law of Q is named by its transform, and that transform inserted
NAMED = 2


def named_power(transform: Any, order: Any = ORDER) -> Any:
    """Return E[Q^order; Q > 0] for the law with the given Laplace transform (in t).

    Examples
    --------
    >>> named_power(1 / (1 + t)).body
    PositivePower(Q, I*w)
    """
    return Expectation(PositivePower(Q, order), (Q, ByTransform(sp.Lambda(t, transform))))


def begin_named(
    name: str, lemma: Derivation, term: Any, pairs: Any, names: Any, order: Any = ORDER
) -> Derivation:
    """Start from E[(sum of d terms)^order; > 0]; name the law of the sum by psi^d.

    Parameters
    ----------
    name : str
        Id.
    lemma : Derivation
        Of psi, the Laplace transform of one term.
    term, pairs, names
        The term, its arrays with their laws, and each array with its name in the lemma.
    order : Expr
        Of the power, i w by default.

    Returns
    -------
    Derivation

    Examples
    --------
    >>> begun = begin_named("demo", laplace.linear(), NORMAL[INDEX] ** 2, NORMALS, NAMES)
    >>> begun.conclusion == named_power((1 + 2 * t) ** (-d / 2))
    True
    """
    total = sp.Sum(term, (INDEX, 1, d))
    definition = Expectation(PositivePower(total, order), *pairs)
    meaning = f"E[Q^({order}); Q > 0], Q = sum of phi(z_i)^2 over i <= d, z_i iid N(0, 1)"
    named = named_power(lemma.definition**d, order)
    return (
        Derivation(name, definition, meaning, constraints=lemma.constraints)
        .then(LawOfIidSum(Q, t, names), definition, named, "Q is a sum of d iid terms")
        .then(Lemma(lemma), lemma.definition, lemma.conclusion, "Laplace transform of one term")
    )


#: the normal variables with their law, and their name in the lemmas
NORMALS = ((NORMAL, STANDARD),)
NAMES = ((NORMAL, ONE_NORMAL),)


def linear() -> Derivation:
    """Derive 2^(iw) Gamma(d/2+iw) / Gamma(d/2).

    Examples
    --------
    >>> linear().verify().verdict.value
    'proved'
    """
    return _chi_square("fm.norm-law.characteristic.linear", ORDER)


def real_order() -> Derivation:
    """Derive 2^theta Gamma(d/2+theta) / Gamma(d/2), linear, for real theta > -d/2.

    Examples
    --------
    >>> real_order().verify().verdict.value
    'proved'
    """
    return _chi_square("lemma.real-order.linear", ANY_ORDER, (sp.Lt(-d / 2, ANY_ORDER),))


def _chi_square(name: str, order: Any, constraints: tuple[Any, ...] = ()) -> Derivation:
    """Derive E[Q^order; Q > 0] of chi-square, by its density."""
    begun = begin_named(name, laplace.linear(), NORMAL[INDEX] ** 2, NORMALS, NAMES, order)
    begun = replace(begun, constraints=constraints)
    density = chi_square_density(d)
    named = begun.conclusion
    law = Expectation(named.body, (Q, Density(density, sp.Integer(0), sp.oo)))
    integral = sp.Integral(named.body * density(Q), (Q, 0, sp.oo))
    inside = sp.Integral(Y**order * density(Y), (Y, 0, sp.oo))
    reason = "chi-square density has this transform"
    return (
        begun.then(DensityFromTransform(Q, density), named, law, reason)
        .then(Unfold(), law, integral, "density")
        .then(OnInterior(Y), integral, inside, "Q = 0 is a null set")
        .then(ComplexGammaIntegral(), inside, chi_moment(d, order), "Gamma integral")
    )


def relu() -> Derivation:
    """Derive the binomial mixture over the number n >= 1 of positive entries.

    Examples
    --------
    >>> relu().verify().verdict.value
    'proved'
    """
    name, zero = "fm.norm-law.characteristic.relu", sp.Integer(0)
    term = laplace.phi(NORMAL[INDEX], zero) ** 2
    begun = begin_named(name, laplace.relu(), term, NORMALS, NAMES)
    weight, component = sp.binomial(d, n) * sp.Integer(2) ** -d, (1 + 2 * t) ** (-n / 2)
    expanded = sp.Sum(weight * component, (n, 0, d))
    mixed, positive = (sp.Sum(weight * named_power(component), (n, first, d)) for first in (0, 1))
    atom, half = named_power(sp.Integer(1)), sp.Rational(1, 2)
    theorem = BinomialTheorem((1 + 2 * t) ** -half / 2, half, d)
    lemma, given = Lemma(linear(), ((d, n),), NAMED), (sp.Le(1, n),)
    whole = laplace.relu().conclusion ** d
    reason = "n positive entries: a sum of n squares"
    return (
        begun.then(theorem, whole, expanded, "binomial theorem")
        .then(MixtureOfTransforms(), named_power(expanded), mixed, "number of positive entries")
        .then(SplitEnds(), mixed, 2**-d * atom + positive, "split n = 0")
        .then(AtomAtZero(), atom, zero, "no entry positive: Q = 0, which is left out")
        .then(lemma, named_power(component), chi_moment(n, ORDER), reason, given)
    )


DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "fm.norm-law.characteristic.linear": linear,
        "fm.norm-law.characteristic.relu": relu,
    }
)
