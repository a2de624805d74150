"""Moments M_d(p) = E (sum_{i<=d} phi(z_i)^2)^p as finite sums of Gamma functions."""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.derivations import fractional_moments_laplace as laplace
from theory.derivations.formal import ByTransform, Density, Expectation, Gaussian
from theory.derivations.rules_arrays import LawOfIidSum
from theory.derivations.rules_expectations import Unfold
from theory.derivations.rules_integrals import GammaIntegral
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_sums import BinomialTheorem, SplitEnds
from theory.derivations.rules_transforms import (
    AtomAtZero,
    DensityFromTransform,
    MixtureOfTransforms,
)
from theory.derivations.steps import Derivation
from theory.derivations.symbols import d, n, p, t

__all__ = [
    "INDEX",
    "MASK",
    "NAMED",
    "NORMAL",
    "ONE_MASK",
    "ONE_NORMAL",
    "STANDARD",
    "TOTAL",
    "chi_moment",
    "chi_square_density",
    "from_transform",
    "linear",
    "moment",
    "named_law",
    "relu",
]


INDEX = sp.Symbol("i", integer=True, positive=True)
NORMAL = sp.IndexedBase("z", real=True)
MASK = sp.IndexedBase("m", nonnegative=True)
ONE_NORMAL = sp.Symbol("z", real=True)
ONE_MASK = sp.Symbol("m", nonnegative=True)
TOTAL = sp.Symbol("Q", nonnegative=True)
STANDARD = Gaussian(sp.Integer(1))
_X = sp.Symbol("x", positive=True)


def moment(term: Any, *pairs: Any) -> Any:
    """Return E (sum_{i<=d} `term`)^p; `term` holds INDEX, `pairs` are its variables with their laws.

    Examples
    --------
    >>> moment(NORMAL[INDEX] ** 2, (NORMAL, STANDARD)).body
    Sum(z[i]**2, (i, 1, d))**p
    """
    return Expectation(sp.Sum(term, (INDEX, 1, d)) ** p, *pairs)


def named_law(transform: Any, power: Any = p) -> Any:
    """Return E Q^power for the law with the given Laplace transform (in t).

    Examples
    --------
    >>> named_law(1 / (1 + t)).body
    Q**p
    """
    return Expectation(TOTAL**power, (TOTAL, ByTransform(sp.Lambda(t, transform))))


def from_transform(start: Derivation, lemma: Derivation, names: Any) -> tuple[Derivation, Any]:
    """Return `start` with its sum Q of iid terms named by the Laplace transform psi^d, and E Q^p so named.

    Parameters
    ----------
    start : Derivation
        Its definition is a `moment`.
    lemma : Derivation
        Of psi, the transform of one term.
    names : tuple of pairs
        Array in the sum, variable of the same law in the lemma.

    Examples
    --------
    >>> definition = moment(NORMAL[INDEX] ** 2, (NORMAL, STANDARD))
    >>> names = ((NORMAL, ONE_NORMAL),)
    >>> begun, _ = from_transform(Derivation("demo", definition, "E Q^p"), laplace.linear(), names)
    >>> begun.conclusion == named_law((1 + 2 * t) ** (-d / 2)), begun.verify().verdict.value
    (True, 'proved')
    """
    one = lemma.definition
    named = named_law(one**d)
    inserted = named_law(lemma.conclusion**d)
    rule = LawOfIidSum(TOTAL, t, names)
    begun = start.then(rule, start.definition, named, "Q is a sum of d iid terms").then(
        Lemma(lemma), one, lemma.conclusion, "Laplace transform of one term"
    )
    return begun, inserted


def chi_moment(width: Any, power: Any = p) -> Any:
    """Return E X^power = 2^power Gamma(width/2 + power) / Gamma(width/2), X chi-square of `width`.

    Examples
    --------
    >>> chi_moment(sp.Integer(2), sp.Integer(1))
    2
    """
    return 2**power * sp.gamma(width / 2 + power) / sp.gamma(width / 2)


def chi_square_density(width: Any) -> Any:
    """Return the density of chi-square with `width` degrees of freedom.

    Examples
    --------
    >>> chi_square_density(sp.Integer(2))(sp.Symbol("q"))
    exp(-q/2)/2
    """
    half = sp.Integer(2) ** (-width / 2) / sp.gamma(width / 2)
    return sp.Lambda(_X, _X ** (width / 2 - 1) * sp.exp(-_X / 2) * half)


def linear() -> Derivation:
    """Derive 2^p Gamma(d/2+p) / Gamma(d/2), the moment of chi-square.

    Examples
    --------
    >>> linear().verify().verdict.value
    'proved'
    """
    definition = moment(NORMAL[INDEX] ** 2, (NORMAL, STANDARD))
    meaning = "E |z|^(2p), z ~ N(0, I_d)"
    start = Derivation("fm.norm-moment.linear", definition, meaning)
    begun, named = from_transform(start, laplace.linear(), ((NORMAL, ONE_NORMAL),))
    density = chi_square_density(d)
    law = Expectation(TOTAL**p, (TOTAL, Density(density, sp.Integer(0), sp.oo)))
    integral = sp.Integral(TOTAL**p * density(TOTAL), (TOTAL, 0, sp.oo))
    reason = "chi-square density has this transform"
    return (
        begun.then(DensityFromTransform(TOTAL, density), named, law, reason)
        .then(Unfold(), law, integral, "density")
        .then(GammaIntegral(), integral, chi_moment(d), "Gamma integral")
    )


#: expression number in `linear`, `relu`, `leaky_relu` at which the law is named by its transform
NAMED = 2


def relu() -> Derivation:
    """Derive the binomial mixture of chi-square moments.

    Examples
    --------
    >>> relu().verify().verdict.value
    'proved'
    """
    definition = moment(laplace.phi(NORMAL[INDEX], sp.Integer(0)) ** 2, (NORMAL, STANDARD))
    meaning = "E |relu(z)|^(2p), z ~ N(0, I_d)"
    start = Derivation("fm.norm-moment.relu", definition, meaning)
    begun, _ = from_transform(start, laplace.relu(), ((NORMAL, ONE_NORMAL),))
    weight, component = sp.binomial(d, n) * sp.Integer(2) ** -d, (1 + 2 * t) ** (-n / 2)
    expanded = sp.Sum(weight * component, (n, 0, d))
    psi_to_d = laplace.relu().conclusion ** d
    mixed = sp.Sum(weight * named_law(component), (n, 0, d))
    atom = 2**-d * named_law(sp.Integer(1))
    positive = sp.Sum(weight * named_law(component), (n, 1, d))
    half = sp.Rational(1, 2)
    theorem = BinomialTheorem((1 + 2 * t) ** -half / 2, half, d)
    lemma = Lemma(linear(), ((d, n),), NAMED)
    reason = "n positive entries: a sum of n squares"
    return (
        begun.then(theorem, psi_to_d, expanded, "binomial theorem")
        .then(MixtureOfTransforms(), named_law(expanded), mixed, "number of positive entries")
        .then(SplitEnds(), mixed, atom + positive, "split n = 0")
        .then(AtomAtZero(), named_law(sp.Integer(1)), sp.Integer(0), "no entry positive: Q = 0")
        .then(lemma, named_law(component), chi_moment(n), reason, (sp.Le(1, n),))
    )
