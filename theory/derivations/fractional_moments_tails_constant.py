"""Goldie's constant: lim z^p P(|x|^2 > z), simplified, and in closed form at tail indices 2 and 4."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations import fractional_moments_laplace as laplace
from theory.derivations import fractional_moments_sums as sums
from theory.derivations.formal import ByTransform, Expectation
from theory.derivations.formal_tails import Indicator, Stationary
from theory.derivations.rules_calculus import Algebra
from theory.derivations.rules_expectations import Linearity
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_moments import LogMoment, MomentFromTransform
from theory.derivations.rules_perpetuity import FixedPoint, Independence, Stationarity
from theory.derivations.rules_tails import GoldieConstant, UnitMoment
from theory.derivations.steps import Derivation
from theory.derivations.symbols import Q, R, d, n, p, sigma2, sigma_b2, t

__all__ = ["DERIVATIONS", "SUPPLEMENTS", "tail_constant", "tail_constant_four", "tail_constant_two"]

_LEVEL = sp.Symbol("z", positive=True)


@dataclass(frozen=True)
class _Tail:
    """A tail of order p: psi, the variance of a weight, E R^... over (Q, law) and (R, stationary law)."""

    psi: Derivation
    scale: Any
    order: Any

    def law(self, transform: Any) -> tuple[Any, Any]:
        """Return (Q, law)."""
        return Q, ByTransform(sp.Lambda(t, transform**d))

    def stationary(self, transform: Any) -> tuple[Any, Any]:
        """Return (R, stationary law)."""
        step = sp.Lambda(R, (self.scale * R + sigma_b2) * Q)
        return R, Stationary(step, self.law(transform))

    def limit(self, transform: Any) -> Any:
        """Return lim z^p P(R > z)."""
        tail = Expectation(1 - Indicator(R, _LEVEL), self.stationary(transform))
        return sp.Limit(_LEVEL**self.order * tail, _LEVEL, sp.oo)

    def over_q(self, body: Any) -> Any:
        """Return E of a function of Q."""
        return Expectation(body, self.law(self.psi.conclusion))

    def over_r(self, body: Any) -> Any:
        """Return E of a function of R."""
        return Expectation(body, self.stationary(self.psi.conclusion))

    def over_both(self, body: Any) -> Any:
        """Return E of a function of R and Q, independent."""
        pairs = self.stationary(self.psi.conclusion), self.law(self.psi.conclusion)
        return Expectation(body, *pairs)

    @property
    def spread(self) -> Any:
        """E[A^p log A], A = scale Q."""
        gain = self.scale * Q
        return self.over_q(gain**self.order * sp.log(gain))

    def begin(self, name: str, root: Derivation | None, meaning: str) -> tuple[Derivation, Any]:
        """From the limit to E[(A R + B)^p - (A R)^p] / (p E[A^p log A]); return the body above, too."""
        gain, shift = self.scale * Q, sigma_b2 * Q
        gap = (gain * R + shift) ** self.order - (gain * R) ** self.order
        inserted = self.limit(self.psi.conclusion)
        goldie = self.over_both(gap) / (self.order * self.spread)
        about = (
            f"lim z^p P(|x|^2 > z), |x|^2 stationary for R -> (sigma2 R + sigma_b2) Q, {meaning}"
        )
        start = Derivation(name, self.limit(self.psi.definition), about)
        begun = start.then(
            Lemma(self.psi),
            self.psi.definition,
            self.psi.conclusion,
            "Laplace transform of one unit",
        ).then(GoldieConstant(root), inserted, goldie, "Goldie's theorem")
        return begun, gap


def tail_constant() -> Derivation:
    """Derive C = E[(R + c)^p - R^p] / (p E[A^p log A]), c = sigma_b^2/sigma^2, leaky ReLU.

    Examples
    --------
    >>> tail_constant().verify().verdict.passed
    True
    """
    tail = _Tail(laplace.leaky_relu(), sigma2, p)
    begun, _ = tail.begin("fm.tail-constant", None, "E (sigma2 Q)^p = 1, leaky ReLU")
    old = (sigma2 * Q * R + sigma_b2 * Q) ** p
    rest = (R + sigma_b2 / sigma2) ** p - R**p
    new = (sigma2 * Q) ** p * (R + sigma_b2 / sigma2) ** p
    difference, product = new - (sigma2 * Q * R) ** p, (sigma2 * Q) ** p * rest
    apart = sigma2**p * tail.over_q(Q**p) * tail.over_r(rest)
    rule = UnitMoment(sigma2, p, "the equation that defines p")
    return (
        begun.then(Algebra(), old, new, "A R + B = A (R + c)")
        .then(Algebra(), difference, product, "A^p factors out")
        .then(Independence(), tail.over_both(product), apart, "R and Q are independent")
        .then(rule, tail.over_q(Q**p), sigma2**-p, "E A^p = 1")
    )


_PSI = {"linear": laplace.linear, "relu": laplace.relu}
_MOMENT = {"linear": sums.linear, "relu": sums.relu}
#: E Q and E Q^2
_MEAN = {"linear": d, "relu": d / 2}
_SECOND = {"linear": d * (d + 2), "relu": d * (d + 5) / 4}


def _root(tail: _Tail, moment: Any) -> Derivation:
    """Derive E (scale Q)^p = 1, p = 1 or 2, scale = (E Q^p)^(-1/p)."""
    definition = tail.over_q((tail.scale * Q) ** tail.order)
    plain = tail.over_q(Q**tail.order)
    start = Derivation("lemma.unit-moment", definition, "E A^p, A = sigma2 Q")
    return start.then(
        Linearity(), definition, tail.scale**tail.order * plain, "constant factor"
    ).then(MomentFromTransform(), plain, moment, "moment from the transform")


def _spread(so_far: Derivation, tail: _Tail, activation: str) -> Derivation:
    """Insert E[A^p log A] as the derivative of sigma^2p M_d(p)."""
    rule = LogMoment(_MOMENT[activation](), p, sums.NAMED)
    value = _LOG_MOMENT[activation](tail.scale, tail.order)
    return so_far.then(rule, tail.spread, value, "derivative of the moment in its order")


def _log_chi_square(scale: Any, order: Any, width: Any = d) -> Any:
    """Return E[A^p log A] / E A^p for A = scale times chi-square of `width`."""
    return sp.log(2 * scale) + sp.polygamma(0, width / 2 + order)


def _log_mixture(scale: Any, order: Any) -> Any:
    """Return E[A^p log A] for ReLU: chi-square of n with the binomial weights."""
    rising = sp.Mul(*(n + 2 * j for j in range(int(order))))  # E X^p, X chi-square of n
    weight = sp.binomial(d, n) * sp.Integer(2) ** -d * scale**order * rising
    return sp.Sum(weight * _log_chi_square(scale, order, n), (n, 1, d))


_LOG_MOMENT = {"linear": _log_chi_square, "relu": _log_mixture}


def tail_constant_two(name: str, activation: str) -> Derivation:
    """Derive C = c / E[A log A] at tail index 2, sigma^2 of order 2.

    Parameters
    ----------
    name, activation : str
        Id, and "linear" or "relu".

    Returns
    -------
    Derivation

    Examples
    --------
    >>> tail_constant_two("fm.tail-constant.two.linear", "linear").verify().verdict.passed
    True
    """
    mean = _MEAN[activation]
    tail = _Tail(_PSI[activation](), 1 / mean, sp.Integer(1))
    begun, gap = tail.begin(name, _root(tail, mean), f"sigma2 of order 2, {activation}")
    above, plain = tail.over_both(gap), tail.over_q(Q)
    reduced = begun.then(Independence(), above, sigma_b2 * plain, "A R drops out").then(
        MomentFromTransform(), plain, mean, "mean of Q"
    )
    return _spread(reduced, tail, activation)


def tail_constant_four(name: str, activation: str) -> Derivation:
    """Derive C = (2 c E R + c^2) / (2 E[A^2 log A]) at tail index 4.

    Parameters
    ----------
    name, activation : str
        Id, and "linear" or "relu".

    Returns
    -------
    Derivation

    Examples
    --------
    >>> tail_constant_four("fm.tail-constant.four.linear", "linear").verify().verdict.passed
    True
    """
    mean, second = _MEAN[activation], _SECOND[activation]
    tail = _Tail(_PSI[activation](), second ** -sp.Rational(1, 2), sp.Integer(2))
    begun, gap = tail.begin(name, _root(tail, second), f"sigma2 of order 4, {activation}")
    inner = 2 * tail.scale * sigma_b2 * R + sigma_b2**2
    product, average = Q**2 * inner, tail.over_r(R)
    squares, line = tail.over_q(Q**2), tail.over_r(inner)
    equation = _mean_equation(tail, mean)
    value = sigma_b2 * mean / (1 - tail.scale * mean)
    solved = equation.then(FixedPoint(equation), equation.conclusion, value, "solve for E R")
    reduced = (
        begun.then(Algebra(), gap, product, "expand the squares")
        .then(Independence(), tail.over_both(product), squares * line, "R and Q are independent")
        .then(Linearity(), line, 2 * tail.scale * sigma_b2 * average + sigma_b2**2, "linearity")
        .then(Lemma(solved), average, value, "stationary mean")
        .then(MomentFromTransform(), squares, second, "second moment of Q")
    )
    return _spread(reduced, tail, activation)


def _mean_equation(tail: _Tail, mean: Any) -> Derivation:
    """Derive E R = (scale E R + sigma_b2) E Q."""
    average, gain = tail.over_r(R), tail.scale * R + sigma_b2
    stepped, line, plain = tail.over_both(gain * Q), tail.over_r(gain), tail.over_q(Q)
    return (
        Derivation("lemma.stationary-mean", average, "E R, R stationary")
        .then(Stationarity(), average, stepped, "R has the law of the next one")
        .then(Independence(), stepped, line * plain, "R and Q are independent")
        .then(Linearity(), line, tail.scale * average + sigma_b2, "linearity")
        .then(MomentFromTransform(), plain, mean, "mean of Q")
    )


DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "fm.tail-constant.two": partial(tail_constant_two, "fm.tail-constant.two", "relu"),
        "fm.tail-constant.four": partial(tail_constant_four, "fm.tail-constant.four", "relu"),
    }
)

#: Goldie's constant as an expectation over the stationary law, and the closed cases for the linear network
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "fm.tail-constant": tail_constant,
        "fm.tail-constant.two.linear": partial(
            tail_constant_two, "fm.tail-constant.two.linear", "linear"
        ),
        "fm.tail-constant.four.linear": partial(
            tail_constant_four, "fm.tail-constant.four.linear", "linear"
        ),
    }
)
