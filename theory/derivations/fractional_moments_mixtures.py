"""Moments M_d(p) of leaky ReLU, with and without dropout: mixtures of 2F1."""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.derivations import fractional_moments_laplace as laplace
from theory.derivations.formal import Bernoulli, ByTransform, Density, Expectation
from theory.derivations.rules_calculus import Algebra
from theory.derivations.rules_expectations import Linearity, UnfoldJoint
from theory.derivations.rules_integrals import EulerIntegral, GammaIntegral
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_sums import BinomialTheorem, SplitEnds
from theory.derivations.rules_transforms import (
    AtomAtZero,
    DensityFromTransform,
    MixtureOfTransforms,
    ScaleLaw,
    SumOfIndependent,
)
from theory.derivations.rules_variables import Factorise, SumThenCone
from theory.derivations.steps import Derivation
from theory.derivations.symbols import a, d, g, k, n, p, q, t

__all__ = ["dropout", "leaky_relu", "relu_dropout"]


from theory.derivations.fractional_moments_sums import (
    INDEX,
    MASK,
    NAMED,
    NORMAL,
    ONE_MASK,
    ONE_NORMAL,
    STANDARD,
    TOTAL,
    chi_moment,
    chi_square_density,
    from_transform,
    linear,
    moment,
    named_law,
    relu,
)

_X, _Y = sp.Symbol("x", positive=True), sp.Symbol("y", positive=True)


_R, _B = sp.Symbol("r", positive=True), sp.Symbol("b", positive=True)


def _interior() -> tuple[Any, ...]:
    """Expressions of the interior terms 1 <= n < d of the leaky mixture, in order."""
    parts = ((1 + 2 * t) ** (-n / 2), (1 + 2 * t) ** (-(d - n) / 2))
    laws = [ByTransform(sp.Lambda(t, x)) for x in parts]
    body = (_X + a**2 * _Y) ** p
    pair = Expectation(body, (_X, laws[0]), (_Y, laws[1]))
    densities = [Density(chi_square_density(m), sp.Integer(0), sp.oo) for m in (n, d - n)]
    first = Expectation(body, (_X, densities[0]), (_Y, laws[1]))
    both = Expectation(body, (_X, densities[0]), (_Y, densities[1]))
    joint = body * chi_square_density(n)(_X) * chi_square_density(d - n)(_Y)
    quadrant = sp.Integral(joint, (_X, 0, sp.oo), (_Y, 0, sp.oo))
    constant = sp.Integer(2) ** (-d / 2) / sp.gamma(n / 2) / sp.gamma((d - n) / 2)
    radial = _R ** (d / 2 + p - 1) * sp.exp(-_R / 2)
    angular = _B ** ((d - n) / 2 - 1) * (1 - _B) ** (n / 2 - 1) * (1 - (1 - a**2) * _B) ** p
    cone = sp.Integral(constant * radial * angular, (_R, 0, sp.oo), (_B, 0, 1))
    factors = sp.Integral(radial, (_R, 0, sp.oo)), sp.Integral(angular, (_B, 0, 1))
    return pair, first, both, quadrant, cone, constant, factors


def _gauss(width: Any) -> Any:
    return sp.hyper((-p, (width - n) / 2), (width / 2,), 1 - a**2)


def _with_interior(begun: Derivation, component: Any) -> Derivation:
    """Evaluate the interior terms: convolution, (r, b) coordinates, Gamma and Euler integrals."""
    pair, first, both, quadrant, cone, constant, (radial, angular) = _interior()
    given = (sp.Lt(n, d), sp.Le(1, n))
    gamma_value = sp.gamma(d / 2 + p) * 2 ** (d / 2 + p)
    beta = sp.gamma((d - n) / 2) * sp.gamma(n / 2) / sp.gamma(d / 2)
    product = constant * radial * angular
    weight = sp.binomial(d, n) * sp.Integer(2) ** -d
    term = weight * constant * gamma_value * beta * _gauss(d)
    return (
        begun.then(
            SumOfIndependent(_X, _Y, a**2), component, pair, "positive, negative part", given
        )
        .then(
            DensityFromTransform(_X, chi_square_density(n)), pair, first, "chi-square of n", given
        )
        .then(DensityFromTransform(_Y, chi_square_density(d - n)), first, both, "of d - n", given)
        .then(UnfoldJoint(), both, quadrant, "joint density", given)
        .then(SumThenCone(_R, _B), quadrant, cone, "x = r (1-b), y = r b", given)
        .then(Factorise(), cone, product, "radius and angle are independent", given)
        .then(GammaIntegral(), radial, gamma_value, "Gamma integral", given)
        .then(EulerIntegral(), angular, beta * _gauss(d), "Euler's integral of 2F1", given)
        .then(Algebra(), term, weight * chi_moment(d) * _gauss(d), "collect", given)
    )


def leaky_relu() -> Derivation:
    """Derive the binomial mixture of 2F1 for a slope a != 0.

    Examples
    --------
    >>> leaky_relu().verify().verdict.passed
    True
    """
    definition = moment(laplace.phi(NORMAL[INDEX], a) ** 2, (NORMAL, STANDARD))
    meaning = "E |phi(z)|^(2p), z ~ N(0, I_d), phi leaky ReLU of slope a != 0"
    start = Derivation("fm.norm-moment.leaky-relu", definition, meaning, notes=("a != 0",))
    begun, _ = from_transform(start, laplace.leaky_relu(), ((NORMAL, ONE_NORMAL),))
    plus, minus = 1 + 2 * t, 1 + 2 * a**2 * t
    weight = sp.binomial(d, n) * sp.Integer(2) ** -d
    component = plus ** (-n / 2) * minus ** (-(d - n) / 2)
    expanded = sp.Sum(weight * component, (n, 0, d))
    theorem = BinomialTheorem(1 / sp.sqrt(plus) / 2, 1 / sp.sqrt(minus) / 2, d)
    mixed = sp.Sum(weight * named_law(component), (n, 0, d))
    lowest, highest = named_law(minus ** (-d / 2)), named_law(plus ** (-d / 2))
    inner = sp.Sum(weight * named_law(component), (n, 1, d - 1))
    scaled = Expectation((a**2 * TOTAL) ** p, *highest.pairs)
    lemma = Lemma(linear(), (), NAMED)
    half_way = (
        begun.then(theorem, laplace.leaky_relu().conclusion ** d, expanded, "binomial theorem")
        .then(MixtureOfTransforms(), named_law(expanded), mixed, "number of positive entries")
        .then(SplitEnds(last=True), mixed, 2**-d * (lowest + highest) + inner, "n = 0 and n = d")
        .then(ScaleLaw(a**2), lowest, scaled, "n = 0: Q = a^2 X")
        .then(Linearity(), scaled, (a**2) ** p * highest, "constant factor")
        .then(lemma, highest, chi_moment(d), "n = d: chi-square of d")
    )
    done = _with_interior(half_way, named_law(component))
    final = sp.Sum(weight * chi_moment(d) * _gauss(d), (n, 0, d))
    return done.then(
        SplitEnds(last=True, reverse=True), done.conclusion, final, "the ends fit the same formula"
    )


def dropout() -> Derivation:
    """Derive the mixture over the number k of kept units, gain g, leaky ReLU of slope a != 0.

    Examples
    --------
    >>> dropout().verify().verdict.passed
    True
    """
    one_unit = laplace.leaky_relu()
    return _dropout("fm.norm-moment.dropout", a, one_unit, laplace.dropout(), leaky_relu())


def relu_dropout() -> Derivation:
    """Derive the same for ReLU, whose slope 0 the mixture of 2F1 excludes.

    Examples
    --------
    >>> relu_dropout().verify().verdict.passed
    True
    """
    zero, one_unit = sp.Integer(0), laplace.relu()
    kept = laplace.dropout(one_unit, zero)
    return _dropout("fm.norm-moment.dropout.relu", zero, one_unit, kept, relu())


def _dropout(
    name: str, slope: Any, one_unit: Derivation, one_kept: Derivation, all_kept: Derivation
) -> Derivation:
    """From the transform of one unit without and with dropout, and the moment when every unit is kept."""
    term = (g * MASK[INDEX] * laplace.phi(NORMAL[INDEX], slope)) ** 2
    definition = moment(term, (MASK, Bernoulli(q)), (NORMAL, STANDARD))
    meaning = f"E |g m phi(z)|^(2p), m_i ~ Bernoulli(q), z ~ N(0, I_d), phi of slope {slope}"
    start = Derivation(name, definition, meaning, constraints=(sp.Le(q, 1),))
    begun, _ = from_transform(start, one_kept, ((MASK, ONE_MASK), (NORMAL, ONE_NORMAL)))
    plain = one_unit.conclusion
    psi = plain.subs(t, g**2 * t)
    weight = sp.binomial(d, k) * q**k * (1 - q) ** (d - k)
    expanded = sp.Sum(weight * psi**k, (k, 0, d))
    mixed = sp.Sum(weight * named_law(psi**k), (k, 0, d))
    kept = sp.Sum(weight * named_law(psi**k), (k, 1, d))
    atom = (1 - q) ** d * named_law(sp.Integer(1))
    scaled = Expectation((g**2 * TOTAL) ** p, *named_law(plain**k).pairs)
    lemma, value = Lemma(all_kept, ((d, k),), NAMED), all_kept.conclusion.subs(d, k)
    whole, given = one_kept.conclusion**d, (sp.Le(1, k),)
    return (
        begun.then(BinomialTheorem(q * psi, 1 - q, d), whole, expanded, "binomial theorem")
        .then(MixtureOfTransforms(), named_law(expanded), mixed, "number of kept units")
        .then(SplitEnds(), mixed, atom + kept, "split k = 0")
        .then(AtomAtZero(), named_law(sp.Integer(1)), sp.Integer(0), "no unit kept: Q = 0")
        .then(ScaleLaw(g**2), named_law(psi**k), scaled, "gain on kept units")
        .then(Linearity(), scaled, g ** (2 * p) * named_law(plain**k), "constant factor")
        .then(lemma, named_law(plain**k), value, "k kept units: width k", given)
    )
