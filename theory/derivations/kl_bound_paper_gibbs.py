"""The stationary law of SGD: the Gibbs density, its temperature, its mean loss: Horii & Has 2026, (5)-(12).

The flux of the Fokker-Planck equation d_t p = div(p grad L) + (alpha sigma^2/(2b)) div grad p vanishes for
p = exp(log_C - L/T), T = alpha sigma^2/(2b).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import sympy as sp

from theory.derivations.formal import Equation, Expectation
from theory.derivations.formal_densities import Coordinate, SeparableGibbs
from theory.derivations.formal_fields import Partial
from theory.derivations.rules_densities import CoordinateMeans
from theory.derivations.rules_fields import EvaluatePartials
from theory.derivations.rules_gaussian_parts import ConstantSum, GaussianByParts
from theory.derivations.rules_integrals import GaussianIntegral
from theory.derivations.rules_stationary_density import StationaryTemperature
from theory.derivations.steps import Derivation
from theory.derivations.symbols_kl_bound import A, B, K, T, alpha, i, log_C, sigma2_n

__all__ = ["DERIVATIONS", "SUPPLEMENTS", "equipartition", "gibbs", "many_parameters"]

_LOSS = sp.Function("Loss", real=True)
_X = sp.Symbol("x", real=True)
_VECTOR, _LINE = sp.Symbol("W"), (_X, -sp.oo, sp.oo)
#: alpha sigma^2/(2b), half the intensity of the gradient noise
_DIFFUSION = alpha * sigma2_n / (2 * B)


def gibbs() -> Derivation:
    """Derive T = alpha sigma^2/(2b): with it, exp(log_C - L/T) is stationary on the line.

    Examples
    --------
    >>> gibbs().conclusion
    alpha*sigma2_n/(2*B)
    """
    loss = _LOSS(_X)
    density = sp.exp(log_C - loss / T)
    slope, force = Partial(density, _X), Partial(loss, _X)
    flux = density * force + _DIFFUSION * slope
    meaning = "the T for which p = exp(log_C - L/T) solves d_x(p d_x L + alpha sigma^2/(2b) d_x p) = 0 for all x"
    start = Derivation("kl.gibbs", Equation(Partial(flux, _X), sp.Integer(0)), meaning)
    factor = 1 - _DIFFUSION / T
    sloped = start.then(EvaluatePartials(sp.Integer(1)), slope, -density * force / T, "chain rule")
    written = sloped.conclusion.args[0]
    outside = factor * Partial(density * force, _X)
    collected = sloped.then(
        EvaluatePartials(sp.Integer(1)),
        written,
        outside,
        "the flux is (1 - alpha sigma^2/(2bT)) p L'",
    )
    reason = "the flux vanishes for no other T"
    return collected.then(StationaryTemperature(T), collected.conclusion, _DIFFUSION, reason)


def many_parameters() -> Derivation:
    """Derive that exp(-2b L/(alpha sigma^2)) is stationary on R^K: every component of the flux is 0.

    Examples
    --------
    >>> many_parameters().conclusion
    0
    """
    loss, entry = _LOSS(_VECTOR), Coordinate(_VECTOR, i)
    density = sp.exp(log_C - loss / _DIFFUSION)
    slope, force = Partial(density, entry), Partial(loss, entry)
    divergence = sp.Sum(Partial(density * force + _DIFFUSION * slope, entry), (i, 1, K))
    meaning = "d_t p of the Fokker-Planck equation at p = exp(log_C - 2b L/(alpha sigma^2)) on R^K"
    start = Derivation("kl.gibbs.many-parameters", divergence, meaning)
    given, reason = (sp.Le(i, K),), "chain rule: component i of the flux is 0"
    still = start.then(EvaluatePartials(K), slope, -density * force / _DIFFUSION, reason, given)
    component = still.conclusion.function
    return still.then(EvaluatePartials(K), component, sp.Integer(0), "d 0 = 0", given).then(
        ConstantSum(), sp.Sum(0, (i, 1, K)), sp.Integer(0), "K terms 0"
    )


def equipartition() -> Derivation:
    """Derive E_ss[L]/K = T/2 for L = sum_i A_i W_i^2/2, in the eigenbasis of the Hessian.

    Examples
    --------
    >>> equipartition().conclusion
    T/2
    """
    law = SeparableGibbs(sp.Lambda((_X, i), A[i] * _X**2 / 2), T, K)
    loss = sp.Sum(A[i] * Coordinate(_VECTOR, i) ** 2 / 2, (i, 1, K))
    mean = Expectation(loss, (_VECTOR, law))
    meaning = "mean loss per parameter over p_ss ~ exp(-L/T), L = sum of A_i W_i^2/2 over i <= K"
    weight = sp.exp(-A[i] * _X**2 / (2 * T))
    norm, energy = sp.Integral(weight, _LINE), sp.Integral(A[i] * _X**2 / 2 * weight, _LINE)
    value = sp.sqrt(2 * sp.pi * T / A[i])
    start = Derivation("kl.equipartition", mean / K, meaning)
    directions = sp.Sum(energy / norm, (i, 1, K))
    return (
        start.then(CoordinateMeans(_X), mean, directions, "the eigendirections are independent")
        .then(GaussianIntegral(), norm, value, "Gaussian integral")
        .then(GaussianByParts(), energy, T / 2 * norm, "by parts")
        .then(GaussianIntegral(), norm, value, "Gaussian integral: A_i cancels")
        .then(ConstantSum(), sp.Sum(T / 2, (i, 1, K)), K * T / 2, "K directions")
    )


#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"kl.equipartition": equipartition}
)

#: beside the results: that the Gibbs density is stationary
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"kl.gibbs": gibbs, "kl.gibbs.many-parameters": many_parameters}
)
