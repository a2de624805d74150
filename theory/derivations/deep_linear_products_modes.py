"""One mode of a balanced, aligned deep linear net under gradient flow: D4, the solution of Saxe et al.

In the singular bases of inputs and targets the weights are diagonal and stay so, for at diagonal weights the slope of
the loss in every layer is diagonal. A mode then has one weight w_l in every layer, inputs x[n] and targets t[n], and
the loss (1/2) sum_n (alpha w_1 ... w_L x[n] - t[n])^2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.formal_flows import BalancedFlow, InitialValue
from theory.derivations.rules_flows import EqualWeights, SolveFlow
from theory.derivations.rules_linear_sums import LinearSums
from theory.derivations.rules_named import Named
from theory.derivations.steps import Derivation
from theory.derivations.symbols_deep_linear import L, rho, s0, tau, y

__all__ = ["DERIVATIONS", "SUPPLEMENTS", "depth_one", "mode_rate", "modes"]

_INPUTS, _TARGETS = sp.IndexedBase("x", real=True), sp.IndexedBase("t", real=True)
_EXAMPLE, _EXAMPLES = (
    sp.Symbol("n", integer=True, positive=True),
    sp.Symbol("N", integer=True, positive=True),
)
_PRODUCT, _STRENGTH = sp.Symbol("p", real=True), sp.Symbol("S", positive=True)
_SCALE, _EIGENVALUE = sp.Symbol("alpha", positive=True), sp.Symbol("lam", positive=True)


def _total(term: Any) -> Any:
    return sp.Sum(term, (_EXAMPLE, 1, _EXAMPLES))


def _rate(depth: Any, speed: Any) -> Any:
    return depth * speed * _STRENGTH ** (2 - 2 / depth) * (y - _STRENGTH)


def _equation(name: str, depth: Any) -> Derivation:
    """Derive ds/dt = L rho s^(2 - 2/L) (y - s), s(0) = s0, for s = alpha w_1 ... w_L."""
    x, goal = _INPUTS[_EXAMPLE], _TARGETS[_EXAMPLE]
    squares = _total((_SCALE * _PRODUCT * x - goal) ** 2)
    definition = BalancedFlow(sp.Lambda(_PRODUCT, squares / 2), _SCALE, depth, s0, tau)
    about = "strength alpha w_1 ... w_L of a mode at time tau, w_l equal at the start"
    notes = ("aligned weights stay aligned: the flow is along its slopes (dl.modes.alignment)",)
    power, overlap, rest = _total(x**2), _total(goal * x), _total(goal**2)
    apart = _SCALE**2 * _PRODUCT**2 * power - 2 * _SCALE * _PRODUCT * overlap + rest
    speed = _EIGENVALUE * _SCALE ** (2 / depth)
    plain = InitialValue(sp.Lambda(_STRENGTH, _rate(depth, speed)), s0, tau)
    done = (
        Derivation(name, definition, about, notes=notes)
        .then(LinearSums(), squares, apart, "square of the error")
        .then(Named(y, overlap / power), overlap, power * y, "y fits the targets best")
        .then(Named(_EIGENVALUE, power), power, _EIGENVALUE, "eigenvalue of X X^T")
    )
    done = done.then(EqualWeights(), done.conclusion, plain, "equal weights stay equal")
    old, new = _rate(depth, speed), _rate(depth, rho)
    return done.then(Named(rho, speed), old, new, "rate of the mode")


def mode_rate() -> Derivation:
    """Derive ds/dt = L rho s^(2 - 2/L) (y - s), rho = lambda alpha^(2/L), for every depth L.

    Examples
    --------
    >>> print(mode_rate().conclusion)
    S(tau) where dS/dt = L*S**(2 - 2/L)*rho*(-S + y), S(0) = s0
    """
    return _equation("dl.modes.rate", L)


def modes() -> Derivation:
    """Derive s = y/(1 + (y/s0 - 1) exp(-2 rho y tau)) at depth 2.

    Examples
    --------
    >>> modes().verify().verdict.value
    'proved'
    """
    done = _equation("dl.modes", sp.Integer(2))
    solution = y / (1 + (y / s0 - 1) * sp.exp(-2 * rho * y * tau))
    return done.then(SolveFlow(), done.conclusion, solution, "logistic equation")


def depth_one() -> Derivation:
    """Derive s = y + (s0 - y) exp(-rho tau) at depth 1.

    Examples
    --------
    >>> depth_one().verify().verdict.value
    'proved'
    """
    done = _equation("dl.modes.depth-one", sp.Integer(1))
    solution = y + (s0 - y) * sp.exp(-rho * tau)
    return done.then(SolveFlow(), done.conclusion, solution, "relaxation")


#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType({"dl.modes": modes})
#: the equation at any depth, and depth 1
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"dl.modes.rate": mode_rate, "dl.modes.depth-one": depth_one}
)
