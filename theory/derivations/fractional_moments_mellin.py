"""The Mellin integral for M_d(p), 0 < p < 1, and its equality with the finite sum for ReLU."""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.derivations import fractional_moments_laplace as laplace
from theory.derivations.formal import Expectation, Uniform
from theory.derivations.fractional_moments_mixtures import leaky_relu as leaky_moment
from theory.derivations.fractional_moments_sums import (
    INDEX,
    NORMAL,
    ONE_NORMAL,
    STANDARD,
    TOTAL,
    from_transform,
    moment,
)
from theory.derivations.fractional_moments_sums import relu as relu_moment
from theory.derivations.rules_calculus import Enclosed, PullOut
from theory.derivations.rules_expectations import Linearity, Tonelli
from theory.derivations.rules_integrals import GammaIntegral, SecondBetaIntegral
from theory.derivations.rules_lemma import LemmaAtZero
from theory.derivations.rules_sums import (
    BinomialComplement,
    BinomialTheorem,
    FiniteSwap,
    SplitEnds,
)
from theory.derivations.rules_transforms import ReadTransform
from theory.derivations.rules_variables import MellinByParts
from theory.derivations.steps import Derivation
from theory.derivations.symbols import a, d, l, n, p, t, u

__all__ = [
    "SLOPES",
    "leaky_relu",
    "mellin_integral",
    "power_as_integral",
    "randomised",
    "two_routes",
    "two_routes_leaky",
]

_Y = sp.Symbol("y", positive=True)
_BELOW_ONE = sp.Lt(p, 1)
SLOPES = sp.IndexedBase("alpha", real=True)
_CONSTANT = p / sp.gamma(1 - p)


def mellin_integral(transform_to_d: Any) -> Any:
    """Return p/Gamma(1-p) times the integral of (1 - psi^d) t^(-p-1) over (0, oo); psi^d is `transform_to_d`.

    Examples
    --------
    >>> mellin_integral(sp.exp(-t)).has(sp.Integral)
    True
    """
    return _CONSTANT * sp.Integral((1 - transform_to_d) * t ** (-p - 1), (t, 0, sp.oo))


def power_as_integral() -> Derivation:
    """Derive, for y > 0 and 0 < p < 1: p/Gamma(1-p) int (1 - e^(-ty)) t^(-p-1) dt = y^p.

    Examples
    --------
    >>> power_as_integral().verify().verdict.value
    'proved'
    """
    definition = mellin_integral(sp.exp(-t * _Y))
    (integral,) = definition.atoms(sp.Integral)
    parts = sp.Integral(_Y * sp.exp(-t * _Y) * t**-p / p, (t, 0, sp.oo))
    value = sp.gamma(1 - p) * _Y**p / p
    meaning = "Mellin's integral of 1 - exp(-t y)"
    return (
        Derivation("lemma.power-as-integral", definition, meaning, constraints=(_BELOW_ONE,))
        .then(MellinByParts(), integral, parts, "integrate by parts")
        .then(GammaIntegral(), parts, value, "Gamma integral")
    )


def _mellin(start: Derivation, lemma: Derivation, names: Any) -> Derivation:
    """Derive M_d(p) as the Mellin integral of 1 - psi^d, psi concluded by the lemma."""
    begun, named = from_transform(start, lemma, names)
    psi_to_d = lemma.conclusion**d
    pairs = named.pairs
    integral = mellin_integral(sp.exp(-t * TOTAL))
    inside = Expectation(integral, *pairs)
    integrand = (1 - sp.exp(-t * TOTAL)) * t ** (-p - 1)
    under = Expectation(integrand, *pairs)
    swapped = _CONSTANT * sp.Integral(under, (t, 0, sp.oo))
    transform = Expectation(sp.exp(-t * TOTAL), *pairs)
    mellin = LemmaAtZero(power_as_integral(), _Y, TOTAL)
    return (
        begun.then(mellin, TOTAL**p, integral, "Mellin's integral; both sides are 0 at Q = 0")
        .then(Tonelli(), inside, swapped, "the integrand is non-negative")
        .then(Linearity(), under, (1 - transform) * t ** (-p - 1), "linearity")
        .then(ReadTransform(), transform, psi_to_d, "Laplace transform of Q")
    )


def leaky_relu() -> Derivation:
    """Derive the Mellin integral of leaky ReLU.

    Examples
    --------
    >>> leaky_relu().verify().verdict.value
    'proved'
    """
    definition = moment(laplace.phi(NORMAL[INDEX], a) ** 2, (NORMAL, STANDARD))
    meaning = "E |phi(z)|^(2p), z ~ N(0, I_d), phi leaky ReLU of slope a"
    start = Derivation("fm.mellin", definition, meaning, constraints=(_BELOW_ONE,))
    return _mellin(start, laplace.leaky_relu(), ((NORMAL, ONE_NORMAL),))


def randomised() -> Derivation:
    """Derive the Mellin integral of randomised leaky ReLU, slopes iid U[l, u].

    Examples
    --------
    >>> randomised().verify().verdict.value
    'proved'
    """
    term = laplace.phi(NORMAL[INDEX], SLOPES[INDEX]) ** 2
    definition = moment(term, (NORMAL, STANDARD), (SLOPES, Uniform(l, u)))
    meaning = "E |phi(z)|^(2p), z ~ N(0, I_d), slopes iid U[l, u]"
    constraints = (sp.Lt(l, u), _BELOW_ONE)
    start = Derivation("fm.norm-moment.rrelu", definition, meaning, constraints=constraints)
    names = ((NORMAL, ONE_NORMAL), (SLOPES, laplace.SLOPE))
    return _mellin(start, laplace.randomised(), names)


def two_routes() -> Derivation:
    """Derive the finite sum from the Mellin integral of ReLU, for every width d.

    Examples
    --------
    >>> two_routes().verify().verdict.passed
    True
    """
    psi_to_d = laplace.relu().conclusion ** d
    definition = mellin_integral(psi_to_d)
    weight, component = sp.binomial(d, n) * sp.Integer(2) ** -d, (1 + 2 * t) ** (-n / 2)
    expanded = sp.Sum(weight * component, (n, 0, d))
    gaps = sp.Sum(weight * (1 - component), (n, 0, d))
    kernel = t ** (-p - 1)
    whole = sp.Integral(gaps * kernel, (t, 0, sp.oo))
    single = sp.Integral((1 - component) * kernel, (t, 0, sp.oo))
    parts = sp.Integral(n / p * (1 + 2 * t) ** (-n / 2 - 1) * t**-p, (t, 0, sp.oo))
    ratio = sp.gamma(n / 2 + p) / sp.gamma(n / 2 + 1)
    value = n / p * sp.gamma(1 - p) * ratio * 2 ** (p - 1)
    half = sp.Rational(1, 2)
    theorem = BinomialTheorem((1 + 2 * t) ** -half / 2, half, d)
    evaluated = _CONSTANT * sp.Sum(weight * value, (n, 1, d))
    swapped, positive = (sp.Sum(weight * single, (n, first, d)) for first in (0, 1))
    meaning = "the Mellin integral of ReLU's Laplace transform"
    given = (sp.Le(1, n),)
    start = Derivation("fm.two-routes", definition, meaning, constraints=(_BELOW_ONE,))
    return (
        start.then(theorem, psi_to_d, expanded, "binomial theorem")
        .then(BinomialComplement(d, half), 1 - expanded, gaps, "the weights sum to 1")
        .then(FiniteSwap(), whole, swapped, "a finite sum")
        .then(SplitEnds(), swapped, positive, "the term n = 0 is 0")
        .then(MellinByParts(), single, parts, "integrate by parts", given)
        .then(SecondBetaIntegral(), parts, value, "Beta integral", given)
        .then(PullOut(), evaluated, relu_moment().conclusion, "Gamma(x+1) = x Gamma(x)")
    )


def two_routes_leaky() -> Derivation:
    """State that leaky ReLU's Mellin integral equals the 2F1 mixture; enclosed, not derived.

    Both sides are derived from the same moment in `fm.mellin` and `fm.norm-moment.leaky-relu`; this
    adds an independent numerical check.

    Examples
    --------
    >>> two_routes_leaky().relation
    '='
    """
    definition = leaky_relu().conclusion
    meaning = "the Mellin integral of leaky ReLU's Laplace transform"
    start = Derivation("fm.two-routes.leaky-relu", definition, meaning, constraints=(_BELOW_ONE,))
    result = leaky_moment().conclusion
    return start.then(Enclosed(), definition, result, "both are E Q^p; enclosures overlap")
