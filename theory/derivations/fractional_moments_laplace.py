"""Laplace transforms psi(t) = E exp(-t phi(z)^2), z ~ N(0, 1), of every activation."""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.derivations.formal import Bernoulli, Expectation, Gaussian, Uniform
from theory.derivations.rules_calculus import Algebra, EqualOnSigns, SplitAtZero
from theory.derivations.rules_expectations import Iterate, Linearity, Unfold
from theory.derivations.rules_integrals import Antiderivative, GaussianIntegral
from theory.derivations.rules_lemma import Lemma
from theory.derivations.steps import Derivation
from theory.derivations.symbols import a, g, l, q, t, u

__all__ = [
    "SLOPE",
    "dropout",
    "leaky_relu",
    "leaky_transform",
    "linear",
    "phi",
    "randomised",
    "relu",
]

_Z = sp.Symbol("z", real=True)
_X = sp.Symbol("x", positive=True)
#: one random slope
SLOPE = sp.Symbol("alpha", real=True, nonzero=True)
_MASK = sp.Symbol("m", nonnegative=True)
_STANDARD = (_Z, Gaussian(sp.Integer(1)))
_GAUSS = sp.exp(-(_X**2) / 2) / sp.sqrt(2 * sp.pi)
_LINEAR_PART = 1 / sp.sqrt(1 + 2 * t)


def phi(z: Any, slope: Any) -> Any:
    """Return the positively homogeneous activation: z for z > 0, slope z otherwise.

    Examples
    --------
    >>> x = sp.Symbol("x", positive=True)
    >>> phi(-x, sp.Integer(3))
    -3*x
    """
    return sp.Piecewise((z, z > 0), (slope * z, True))


def leaky_transform(argument: Any, slope: Any = a) -> Any:
    """Return ((1+2t)^(-1/2) + (1+2 slope^2 t)^(-1/2)) / 2 at t = `argument`.

    Examples
    --------
    >>> leaky_transform(sp.Integer(0))
    1
    """
    plus, minus = 1 / sp.sqrt(1 + 2 * argument), 1 / sp.sqrt(1 + 2 * slope**2 * argument)
    return (plus + minus) / 2


def _start(name: str, slope: Any, meaning: str) -> tuple[Derivation, Any]:
    """Unfold the Gaussian expectation and split it at 0; return the two half-line integrals."""
    body = sp.exp(-t * phi(_Z, slope) ** 2)
    definition = Expectation(body, _STANDARD)
    weight = sp.exp(-(_Z**2) / 2) / sp.sqrt(2 * sp.pi)
    line = sp.Integral(body * weight, (_Z, -sp.oo, sp.oo))
    positive = sp.Integral(sp.exp(-t * _X**2) * _GAUSS, (_X, 0, sp.oo))
    negative = sp.Integral(sp.exp(-t * slope**2 * _X**2) * _GAUSS, (_X, 0, sp.oo))
    halves = (
        Derivation(name, definition, meaning)
        .then(Unfold(), definition, line, "density of N(0, 1)")
        .then(SplitAtZero(_X), line, positive + negative, "phi(z) = z for z > 0, a z for z <= 0")
    )
    return halves, (positive, negative)


def linear() -> Derivation:
    """Derive (1+2t)^(-1/2).

    Examples
    --------
    >>> linear().verify().verdict.value
    'proved'
    """
    body = sp.exp(-t * _Z**2)
    definition = Expectation(body, _STANDARD)
    weight = sp.exp(-(_Z**2) / 2) / sp.sqrt(2 * sp.pi)
    line = sp.Integral(body * weight, (_Z, -sp.oo, sp.oo))
    return (
        Derivation("fm.laplace.linear", definition, "E exp(-t z^2), z ~ N(0, 1)")
        .then(Unfold(), definition, line, "density of N(0, 1)")
        .then(GaussianIntegral(), line, _LINEAR_PART, "Gaussian integral")
    )


def relu() -> Derivation:
    """Derive (1 + (1+2t)^(-1/2)) / 2.

    Examples
    --------
    >>> relu().verify().verdict.value
    'proved'
    """
    name, meaning = "fm.laplace.relu", "E exp(-t relu(z)^2), z ~ N(0, 1)"
    halves, (positive, negative) = _start(name, sp.Integer(0), meaning)
    half = sp.Rational(1, 2)
    return halves.then(
        GaussianIntegral(), positive, _LINEAR_PART / 2, "Gaussian integral, z > 0"
    ).then(GaussianIntegral(), negative, half, "phi(z) = 0 for z <= 0")


def leaky_relu() -> Derivation:
    """Derive ((1+2t)^(-1/2) + (1+2a^2 t)^(-1/2)) / 2.

    Examples
    --------
    >>> leaky_relu().verify().verdict.value
    'proved'
    """
    name, meaning = "fm.laplace.leaky-relu", "E exp(-t phi(z)^2), phi leaky ReLU of slope a"
    halves, (positive, negative) = _start(name, a, meaning)
    other = 1 / sp.sqrt(1 + 2 * a**2 * t)
    return halves.then(
        GaussianIntegral(), positive, _LINEAR_PART / 2, "Gaussian integral, z > 0"
    ).then(GaussianIntegral(), negative, other / 2, "Gaussian integral, z <= 0")


def randomised() -> Derivation:
    """Derive the transform for a slope drawn from U[l, u], 0 <= l < u.

    Examples
    --------
    >>> randomised().verify().verdict.value
    'proved'
    """
    slope = SLOPE
    fixed = Expectation(sp.exp(-t * phi(_Z, slope) ** 2), _STANDARD)
    pair = (slope, Uniform(l, u))
    definition = Expectation(fixed.body, _STANDARD, pair)
    nested = Expectation(fixed, pair)
    lemma = leaky_transform(t, slope)
    part = 1 / sp.sqrt(1 + 2 * slope**2 * t)
    average = sp.Integral(part / (u - l), (slope, l, u))
    split = _LINEAR_PART / 2 + Expectation(part, pair) / 2
    primitive = sp.asinh(slope * sp.sqrt(2 * t)) / ((u - l) * sp.sqrt(2 * t))
    value = primitive.subs(slope, u) - primitive.subs(slope, l)
    root = sp.sqrt(2 * t)
    final = (_LINEAR_PART + (sp.asinh(u * root) - sp.asinh(l * root)) / ((u - l) * root)) / 2
    meaning = "E exp(-t phi(z)^2), slope a ~ U[l, u] on the negative side"
    return (
        Derivation("fm.laplace.rrelu", definition, meaning, constraints=(sp.Lt(l, u),))
        .then(Iterate(), definition, nested, "average over z, then over the slope")
        .then(Lemma(leaky_relu(), ((a, slope),)), fixed, lemma, "given the slope: leaky ReLU")
        .then(Linearity(), Expectation(lemma, pair), split, "linearity over the slope")
        .then(Unfold(), Expectation(part, pair), average, "density of U[l, u]")
        .then(Antiderivative(primitive), average, value, "asinh' (x) = (1+x^2)^(-1/2)")
        .then(Algebra(), _LINEAR_PART / 2 + value / 2, final, "collect")
    )


def dropout(base: Derivation | None = None, slope: Any = a) -> Derivation:
    """Derive (1-q) + q psi(g^2 t): kept with probability q, then multiplied by the gain g.

    Parameters
    ----------
    base : Derivation, optional
        Of psi: `leaky_relu` by default, or `relu`.
    slope : Expr
        Of the activation in `base`: a, or 0 for `relu`.

    Returns
    -------
    Derivation

    Examples
    --------
    >>> dropout().verify().verdict.value, dropout(relu(), sp.Integer(0)).verify().verdict.value
    ('proved', 'proved')
    """
    base = base or leaky_relu()
    unit = sp.piecewise_fold((g * _MASK * phi(_Z, slope)) ** 2)
    definition = Expectation(sp.exp(-t * unit), (_MASK, Bernoulli(q)), _STANDARD)
    gained = sp.exp(-t * unit.subs(_MASK, 1))
    kept = sp.exp(-t * g**2 * phi(_Z, slope) ** 2)
    unfolded = Expectation(1 - q + q * gained, _STANDARD)
    mixed = Expectation(1 - q + q * kept, _STANDARD)
    inner = Expectation(kept, _STANDARD)
    psi = base.conclusion.subs(t, g**2 * t)
    name = "fm.laplace.dropout" + ("" if slope == a else ".relu")
    meaning = "E exp(-t (g m phi(z))^2), m ~ Bernoulli(q); g = 1/q (inverted) or 1 (plain dropout)"
    return (
        Derivation(name, definition, meaning, constraints=(sp.Le(q, 1),))
        .then(Unfold(), definition, unfolded, "the unit is kept with probability q")
        .then(EqualOnSigns(_Z), gained, kept, "the gain is positive")
        .then(Linearity(), mixed, 1 - q + q * inner, "linearity")
        .then(Lemma(base, ((t, g**2 * t),)), inner, psi, "the activation at g^2 t")
    )
