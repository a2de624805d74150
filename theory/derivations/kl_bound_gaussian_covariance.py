"""The stationary covariance of SGD at a quadratic minimum: of the diffusion, and of the steps themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.diffusions import Diffusion
from theory.derivations.formal import Equation, Expectation
from theory.derivations.formal_arrays import CentredPair, Root
from theory.derivations.formal_limits import AtZero
from theory.derivations.rules_covariance import ProductOfForms, SolveLinear
from theory.derivations.rules_diffusion import OntoDensity, StationaryMoment
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_rates import DerivativeNearZero
from theory.derivations.steps import Derivation
from theory.derivations.symbols_kl_bound import B, Sigma, a1, a2, alpha

__all__ = ["DERIVATIONS", "SUPPLEMENTS", "diffusion", "discrete", "rate", "stationary_moment"]

_W1, _W2 = sp.symbols("w1 w2", real=True)
#: variances of the gradient noise in the two directions
_S1, _S2 = sp.symbols("Sigma_11 Sigma_22", positive=True)
_STEP = alpha / (2 * B)
#: two coordinates in the eigenbasis of A: the drift of each depends on itself alone
_PROCESS = Diffusion(
    (_W1, _W2),
    (a1, a2),
    ((_STEP * _S1, _STEP * Sigma), (_STEP * Sigma, _STEP * _S2)),
)


def stationary_moment(name: str, process: Diffusion, function: Any, weight: Any) -> Derivation:
    """Derive 0 = E of a weight under p_ss, from d/dt E f = 0 by parts.

    Parameters
    ----------
    name : str
        Id.
    process : Diffusion
        At rest.
    function, weight : Expr
        f, and what the Fokker-Planck operator becomes when moved onto it.

    Returns
    -------
    Derivation

    Examples
    --------
    >>> w1w2 = _W1 * _W2
    >>> weight = alpha * Sigma / B - (a1 + a2) * w1w2
    >>> stationary_moment("demo", _PROCESS, w1w2, weight).verify().verdict.value
    'proved'
    """
    tested = process.tested(function)
    definition = Equation(tested, sp.Integer(0))
    meaning = f"d/dt E[{function}] = 0 by the stationary Fokker-Planck equation"
    return Derivation(name, definition, meaning).then(
        OntoDensity(process.density), tested, process.mean(weight), "by parts"
    )


def _lemma() -> Derivation:
    weight = alpha * Sigma / B - (a1 + a2) * _W1 * _W2
    return stationary_moment("kl.stationary-covariance.by-parts", _PROCESS, _W1 * _W2, weight)


def diffusion() -> Derivation:
    """Derive E_ss[w1 w2] = alpha Sigma_12/(B (a1 + a2)), HH (24).

    Examples
    --------
    >>> diffusion().verify().verdict.value
    'proved'
    """
    definition = _PROCESS.mean(_W1 * _W2)
    meaning = (
        "E_ss[w1 w2], two coordinates in the eigenbasis of A, p_ss stationary for "
        "d_t p = div(p A w) + (alpha/2B) sum_jk d_j d_k (Sigma_jk p)"
    )
    rule = StationaryMoment(_PROCESS, _lemma())
    value = alpha * Sigma / (B * (a1 + a2))
    start = Derivation("kl.stationary-covariance", definition, meaning)
    return start.then(rule, definition, value, "the moment does not change")


_WEIGHTS, _NOISE = sp.IndexedBase("W", real=True), sp.IndexedBase("xi", real=True)
_EXAMPLE = sp.Symbol("n", integer=True, positive=True)
#: the covariance sought, and the variances of the two coordinates
_C = sp.Symbol("C_12", real=True)
_C1, _C2 = sp.symbols("C_11 C_22", positive=True)


def _after_step(column: int, curvature: Any) -> Any:
    """Return one coordinate after a step of SGD on a batch of B examples."""
    batch = sp.Sum(_NOISE[_EXAMPLE, column], (_EXAMPLE, 1, B)) / B
    return (1 - alpha * curvature) * _WEIGHTS[column] - alpha * batch


def discrete() -> Derivation:
    """Derive C_12 = alpha Sigma_12/(B (a1 + a2 - alpha a1 a2)) for SGD in steps.

    Examples
    --------
    >>> discrete().verify().verdict.value
    'proved'
    """
    laws = (_WEIGHTS, CentredPair(_C1, _C, _C2)), (_NOISE, CentredPair(_S1, Sigma, _S2))
    after = Expectation(_after_step(1, a1) * _after_step(2, a2), *laws)
    definition = Root(sp.Lambda(_C, Equation(after, _C)))
    kept = (1 - alpha * a1) * (1 - alpha * a2)
    step = kept * _C + alpha**2 * Sigma / B
    solved = Root(sp.Lambda(_C, Equation(step, _C)))
    rule = SolveLinear((1 - alpha * a1, 1 - alpha * a2))
    value = alpha * Sigma / (B * (a1 + a2 - alpha * a1 * a2))
    meaning = (
        "the covariance C_12 of two coordinates that one step W <- W - alpha (A W + mean of B iid xi) "
        "leaves as it is, xi of mean 0 and covariance Sigma, independent of W; eigenbasis of A"
    )
    return (
        Derivation("kl.stationary-covariance.discrete", definition, meaning)
        .then(ProductOfForms(), after, step, "covariances after a step")
        .then(rule, solved, value, "a linear equation")
    )


def rate() -> Derivation:
    """Derive that C_12 of the steps is that of the diffusion times 1 + alpha a1 a2/(a1 + a2) + O(alpha^2).

    Examples
    --------
    >>> rate().conclusion
    a1*a2/(a1 + a2)
    """
    steps, continuous = discrete(), diffusion()

    def slope(first: Any, second: Any) -> Any:
        return AtZero(sp.Lambda(alpha, first / second), sp.Integer(1))

    definition = slope(steps.definition, continuous.definition)
    meaning = "d/dalpha at 0 of the covariance of the steps over that of the diffusion"
    ratio = slope(steps.conclusion, continuous.conclusion)
    return (
        Derivation("kl.stationary-covariance.rate", definition, meaning)
        .then(Lemma(steps), steps.definition, steps.conclusion, "covariance of the steps")
        .then(Lemma(continuous), continuous.definition, continuous.conclusion, "of the diffusion")
        .then(DerivativeNearZero(), ratio, a1 * a2 / (a1 + a2), "derivative of the quotient")
    )


DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "kl.stationary-covariance": diffusion,
        "kl.stationary-covariance.discrete": discrete,
    }
)

SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"kl.stationary-covariance.by-parts": _lemma, "kl.stationary-covariance.rate": rate}
)
