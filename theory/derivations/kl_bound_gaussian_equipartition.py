"""The loss at the stationary state of a quadratic minimum, for gradient noise of any covariance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import sympy as sp

from theory.derivations.diffusions import Diffusion
from theory.derivations.formal import Expectation, Gaussian
from theory.derivations.kl_bound_gaussian_covariance import stationary_moment
from theory.derivations.kl_bound_gaussian_divergence import RANGE, over_entries
from theory.derivations.rules_calculus import PullOut
from theory.derivations.rules_diffusion import StationaryMoment
from theory.derivations.rules_independent import NormalPowers, SumOverEntries
from theory.derivations.rules_lemma import Lemma
from theory.derivations.steps import Derivation
from theory.derivations.symbols_kl_bound import A, B, alpha, c, i

__all__ = ["DERIVATIONS", "NOISE", "SUPPLEMENTS", "quadratic_loss", "trace", "variance"]

#: variance of the gradient noise in eigendirection i of A: Sigma_ii
NOISE = sp.IndexedBase("Sigma_diag", positive=True)
_W = sp.IndexedBase("W", real=True)
_X, _Z = sp.symbols("w z", real=True)
_CURVATURE, _VARIANCE = sp.symbols("a Sigma_a", positive=True)
_PROCESS = Diffusion((_X,), (_CURVATURE,), ((alpha * _VARIANCE / (2 * B),),))


def _lemma() -> Derivation:
    weight = alpha * _VARIANCE / B - 2 * _CURVATURE * _X**2
    return stationary_moment("kl.stationary-variance.by-parts", _PROCESS, _X**2, weight)


def variance() -> Derivation:
    """Derive E_ss[w^2] = alpha Sigma_a/(2 B a) in an eigendirection of A with eigenvalue a.

    Examples
    --------
    >>> variance().verify().verdict.value
    'proved'
    """
    definition = _PROCESS.mean(_X**2)
    rule = StationaryMoment(_PROCESS, _lemma())
    meaning = "E_ss[w^2], p_ss stationary for d_t p = (a w p)' + (alpha Sigma_a/2B) p''"
    return Derivation("kl.stationary-variance", definition, meaning).then(
        rule, definition, alpha * _VARIANCE / (2 * B * _CURVATURE), "the moment does not change"
    )


def quadratic_loss() -> Derivation:
    """Derive E_ss[L] = (alpha/(4B)) tr Sigma for L = W^T A W/2, whatever A and Sigma.

    Examples
    --------
    >>> print(quadratic_loss().conclusion)
    alpha*Sum(Sigma_diag[i], (i, 1, K))/(4*B)
    """
    lemma = variance()
    values = ((_CURVATURE, A[i]), (_VARIANCE, NOISE[i]))
    moment, value = (x.subs(dict(values)) for x in (lemma.definition, lemma.conclusion))
    definition = sp.Sum(A[i] / 2 * moment, RANGE)
    inserted = sp.Sum(A[i] / 2 * value, RANGE)
    meaning = "E_ss[L] = tr(A C)/2 = sum_i A_i E_ss[W_i^2]/2 in the eigenbasis of A"
    return (
        Derivation("kl.equipartition.anisotropic", definition, meaning)
        .then(Lemma(lemma, values), moment, value, "stationary variance of a direction")
        .then(PullOut(), inserted, alpha / (4 * B) * sp.Sum(NOISE[i], RANGE), "constant factor")
    )


def trace() -> Derivation:
    """Derive E[L] = (1/2) sum_i A_i c_i = tr(A C)/2 for L = W^T A W/2, W[i] of variance c_i.

    Examples
    --------
    >>> print(trace().conclusion)
    Sum(A[i]*c[i], (i, 1, K))/2
    """
    loss = over_entries(sp.Sum(A[i] * _W[i] ** 2 / 2, RANGE), c[i])
    one = Expectation(A[i] * _Z**2 / 2, (_Z, Gaussian(c[i])))
    value = A[i] * c[i] / 2
    meaning = "E[W^T A W]/2, W normal of variances c_i in the eigenbasis of A"
    return (
        Derivation("kl.equipartition.trace", loss, meaning)
        .then(SumOverEntries(_Z), loss, sp.Sum(one, RANGE), "direction by direction")
        .then(NormalPowers(), one, value, "second moment of z")
        .then(PullOut(), sp.Sum(value, RANGE), sp.Sum(A[i] * c[i], RANGE) / 2, "constant factor")
    )


DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"kl.equipartition.anisotropic": quadratic_loss}
)

SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "kl.stationary-variance.by-parts": _lemma,
        "kl.stationary-variance": variance,
        "kl.equipartition.trace": trace,
    }
)
