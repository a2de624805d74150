"""Sufficient widths, and how far weights move: the steps of the proofs that are arithmetic in the data's spectrum."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.deep_linear_spectra_setting import INDEX, SCALE_2
from theory.derivations.formal import Equation
from theory.derivations.rules_calculus import Algebra, PullOut, Solve
from theory.derivations.rules_gaps import FiniteGeometricSum, PowerBelowExponential, Raise
from theory.derivations.rules_independent import SumOfConstant
from theory.derivations.rules_maxima import NamedInMaximum
from theory.derivations.rules_named import Named
from theory.derivations.rules_sums import BinomialTheorem
from theory.derivations.rules_terms import ExtendSum
from theory.derivations.steps import Derivation
from theory.derivations.symbols_deep_linear import (
    C,
    L,
    X_norm,
    d_y,
    delta,
    g,
    kappa,
    m,
    r,
    r_stable,
    s_min,
    w_norm,
)

__all__ = [
    "DERIVATIONS",
    "SUPPLEMENTS",
    "gaussian_required_width",
    "moved",
    "movement",
    "perturbation",
    "required_width",
]

_ONE = sp.Integer(1)
_WIDTH, _SHARE, _BOUND, _ROOT = (
    sp.Symbol(name, positive=True) for name in ("width", "share", "b", "theta")
)
_SINGULAR = sp.IndexedBase("s", positive=True)
_ENTRY, _STEP, _STEPS = (
    sp.Symbol("i", integer=True, positive=True),
    sp.Symbol("k", integer=True, nonnegative=True),
    sp.Symbol("t", integer=True, nonnegative=True),
)
_LOG = sp.log(r / delta)
_SIZE = d_y * (1 + w_norm**2)


def moved(loss: Any) -> Any:
    """Return 8 sqrt(loss d_y) |X|/(L sigma_min^2), the bound on |W_i(t) - W_i(0)|_F.

    Examples
    --------
    >>> print(moved(g))
    8*X_norm*sqrt(d_y)*sqrt(g)/(L*s_min**2)
    """
    return 8 * sp.sqrt(loss * d_y) * X_norm / (L * s_min**2)


def movement() -> Derivation:
    """Derive |W_i(t) - W_i(0)|_F <= 8 sqrt(g d_y)|X|/(L sigma_min^2), g a bound on the loss at the start.

    eta |gradient| is at most eta alpha (1.1)^2 m^((L-1)/2) |X| |U - Y|, and |U - Y| falls by theta a step.

    Examples
    --------
    >>> print(movement().conclusion)
    8*X_norm*sqrt(d_y)*sqrt(g)/(L*s_min**2)
    """
    rate = 2 * d_y * (1 - _ROOT**2) / (L * s_min**2)
    norms = sp.Rational(11, 10) ** 2 * m ** ((INDEX - 1) / 2) * m ** ((L - INDEX) / 2)
    factor = rate * sp.sqrt(SCALE_2) * sp.powsimp(norms) * X_norm * sp.sqrt(2 * g)
    powers = sp.Sum(_ROOT**_STEP, (_STEP, 0, _STEPS - 1))
    definition = sp.Sum(factor * _ROOT**_STEP, (_STEP, 0, _STEPS - 1))
    start = Derivation(
        "dl.weight-movement",
        definition,
        "sum over the steps of eta |gradient of layer i|, eta = 2 d_y (1 - theta^2)/(L sigma_min^2)",
        constraints=(sp.Lt(_ROOT, 1),),
        notes=(
            "Hu, Xiao & Pennington: singular values of W_j ... W_i stay below 1.1 m^((j-i+1)/2)",
            "dl.rate: |U - Y| <= sqrt(2 g) theta^t, theta^2 = 1 - eta L sigma_min^2/(2 d_y)",
        ),
    )
    unit = sp.sqrt(g * d_y) * X_norm / (L * s_min**2)
    share = 2 * sp.sqrt(2) * sp.Rational(121, 100)
    summed = (1 - _ROOT**_STEPS) / (1 - _ROOT)
    exact = share * unit * (1 + _ROOT) * (1 - _ROOT**_STEPS)
    endless, doubled = share * unit * (1 + _ROOT), share * unit * 2
    return (
        start.then(PullOut(), definition, factor * powers, "constant factor")
        .then(FiniteGeometricSum(), powers, summed, "geometric sum")
        .then(Algebra(), factor * summed, exact, "1 - theta^2 = (1 - theta)(1 + theta)")
        .then(Raise(endless * _ROOT**_STEPS), exact, endless, "any number of steps")
        .then(Raise(share * unit * (1 - _ROOT)), endless, doubled, "theta < 1")
        .then(Raise((8 - 2 * share) * unit), doubled, moved(g), "a rounder constant")
    )


def required_width() -> Derivation:
    """Derive C r~ kappa^2 (d_y (1 + |W*|^2) + log(r/delta)): the width at which the layers' moves add up to a share.

    L |W_i(t) - W_i(0)| = share sqrt(width), with the loss at the start at most
    b (1 + log(r/delta)/d_y + |W*|^2) |X|_F^2.

    Examples
    --------
    >>> print(required_width().conclusion)
    C*kappa**2*r_stable*(d_y*(w_norm**2 + 1) + log(r/delta))
    """
    power = sp.Sum(_SINGULAR[_ENTRY] ** 2, (_ENTRY, 1, r))
    loss = _BOUND * (1 + _LOG / d_y + w_norm**2) * power
    definition = Equation(_SHARE * sp.sqrt(_WIDTH), L * moved(loss))
    start = Derivation(
        "dl.required-width",
        definition,
        "the width at which L times the bound on a layer's move is a share of sqrt(width)",
        constraints=(sp.Lt(delta, 1),),
        notes=(
            "Hu, Xiao & Pennington, Theorem 4.1: this width suffices for some constant C; m >= d_x",
            "Hu, Xiao & Pennington: l(0) - l* <= b (1 + log(r/delta)/d_y + |W*|^2) |X|_F^2",
        ),
    )
    root = (L * moved(loss) / _SHARE) ** 2
    scale = power * X_norm**2 / s_min**4
    plain = 64 * _BOUND / _SHARE**2 * scale * (_SIZE + _LOG)
    stable = power / X_norm**2
    in_rank = 64 * _BOUND / _SHARE**2 * r_stable * X_norm**4 / s_min**4 * (_SIZE + _LOG)
    in_kappa = 64 * _BOUND / _SHARE**2 * r_stable * kappa**2 * (_SIZE + _LOG)
    return (
        start.then(Solve(_WIDTH), definition, root, "square root of the width")
        .then(Algebra(), root, plain, "collect")
        .then(Named(r_stable, stable), plain, in_rank, "stable rank |X|_F^2/|X|^2")
        .then(Named(kappa, X_norm**2 / s_min**2), in_rank, in_kappa, "condition number")
        .then(
            Named(C, 64 * _BOUND / _SHARE**2),
            in_kappa,
            C * r_stable * kappa**2 * (_SIZE + _LOG),
            "the constant",
        )
    )


def perturbation() -> Derivation:
    """Derive that layers which move by at most log(1.1) sqrt(m)/L change a partial product by at most a tenth.

    The product of L factors W_l + D_l, |D_l| <= u |W_l|, less that of the W_l is a sum over which factors are D_l.

    Examples
    --------
    >>> perturbation().conclusion
    1/10
    """
    limit = sp.log(sp.Rational(11, 10))
    u, index = limit / L, sp.Symbol("k", integer=True, nonnegative=True)
    term = sp.binomial(L, index) * u**index
    definition, whole = sp.Sum(term, (index, 1, L)), sp.Sum(term, (index, 0, L))
    start = Derivation(
        "dl.required-width.perturbation",
        definition,
        "relative change of a product of at most L layers, of which k move",
        notes=("the norm of a product is at most the product of the norms",),
    )
    power = (1 + u) ** L
    exponential = sp.exp(limit) - 1
    return (
        start.then(ExtendSum(), definition, whole - 1, "with no layer that moves")
        .then(BinomialTheorem(u, _ONE, L, reverse=True), whole, power, "binomial theorem")
        .then(PowerBelowExponential(u), power - 1, exponential, "1 + u <= exp u")
    )


def gaussian_required_width() -> Derivation:
    """Derive C L max(r kappa^3 d_y (1 + |W*|^2), r kappa^3 log(r/delta), log L) from Du & Hu's theorem.

    The theorem is cited; what is derived is its formula in the rank and the condition number.

    Examples
    --------
    >>> gaussian_required_width().verify().verdict.value
    'proved'
    """
    count = sp.Sum(_ONE, (_ENTRY, 1, r))
    start = Derivation(
        "dl.du-hu.required-width",
        C * L * _largest(count, X_norm**2 / s_min**2),
        "Du & Hu's width, with the rank as the number of singular values > 0",
        constraints=(sp.Lt(delta, 1),),
        notes=("Du & Hu 2019: this width suffices for some constant C",),
    )
    counted = start.then(SumOfConstant(), count, r, "r singular values")
    named = NamedInMaximum(kappa, X_norm**2 / s_min**2)
    before, after = (_largest(r, x) for x in (X_norm**2 / s_min**2, kappa))
    return counted.then(named, before, after, "condition number")


def _largest(rank: Any, condition: Any) -> Any:
    data = rank * condition**3
    return sp.Max(data * _SIZE, data * _LOG, sp.log(L))


#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "dl.weight-movement": movement,
        "dl.required-width": required_width,
        "dl.du-hu.required-width": gaussian_required_width,
    }
)
#: why small moves suffice
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"dl.required-width.perturbation": perturbation}
)
