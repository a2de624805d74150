"""Why the modes of a deep linear net do not interact: at diagonal weights every slope of the loss is diagonal (D4).

In the singular bases the loss is |alpha B W A - T|^2/2 for the weights W of any one layer: B is the product of the
layers after, A that of the layers before times the singular values of the inputs, T the targets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.formal_flows import EntrySlope
from theory.derivations.rules_calculus import Algebra
from theory.derivations.rules_diagonal import DiagonalSum, SlopeAtDiagonal
from theory.derivations.steps import Derivation

__all__ = ["DERIVATIONS", "SUPPLEMENTS", "alignment"]

_MODES = sp.Symbol("r", integer=True, positive=True)
_I, _J, _K, _N, _U, _V = sp.symbols("i j k n u v", integer=True, positive=True)
_AFTER, _BEFORE, _TARGETS, _DIAGONAL = (sp.IndexedBase(x, real=True) for x in ("b", "a", "c", "w"))
_WEIGHTS, _SCALE = sp.IndexedBase("W", real=True), sp.Symbol("alpha", positive=True)


def _over(body: Any, *indices: Any) -> Any:
    return sp.Sum(body, *((index, 1, _MODES) for index in indices))


def _loss(outputs: Any) -> Any:
    """Return |alpha `outputs` - T|^2/2, T = diag(c); row k, column n."""
    errors = _SCALE * outputs - _TARGETS[_K] * sp.KroneckerDelta(_K, _N)
    return _over(errors**2, _K, _N) / 2


def alignment() -> Derivation:
    """Derive d/dW_uv |alpha B W A - T|^2/2 = delta_uv alpha b_u a_v (alpha b_u w_u a_v - c_u) at W = diag(w).

    Examples
    --------
    >>> alignment().verify().verdict.value
    'proved'
    """
    delta = sp.KroneckerDelta
    entries = _AFTER[_K] * delta(_K, _I) * _WEIGHTS[_I, _J] * _BEFORE[_J] * delta(_J, _N)
    product, plain = _over(entries, _I, _J), _AFTER[_K] * _WEIGHTS[_K, _N] * _BEFORE[_N]
    gain = _SCALE * _AFTER[_U] * _BEFORE[_V]
    slope = gain * delta(_U, _V) * (gain * _DIAGONAL[_U]) - gain * _TARGETS[_U] * delta(_U, _V)
    final = delta(_U, _V) * gain * (gain * _DIAGONAL[_U] - _TARGETS[_U])
    start = Derivation(
        "dl.modes.alignment",
        EntrySlope(_loss(product), _WEIGHTS, _U, _V, _DIAGONAL),
        "d/dW_uv |alpha B W A - T|^2/2 at W = diag(w), with B, A, T = diag(b), diag(a), diag(c)",
        constraints=(sp.Le(_U, _MODES), sp.Le(_V, _MODES)),
    )
    given = (sp.Le(_K, _MODES), sp.Le(_N, _MODES))
    done = start.then(DiagonalSum(_MODES), product, plain, "B and A are diagonal", given)
    return done.then(SlopeAtDiagonal(_MODES), done.conclusion, slope, "slope of a square").then(
        Algebra(), slope, final, "0 off the diagonal"
    )


DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType({})
#: the reason for equations mode by mode
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"dl.modes.alignment": alignment}
)
