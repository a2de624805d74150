"""The symbols of the deep-linear subject, with their SymPy assumptions."""

from __future__ import annotations

import sympy as sp

__all__ = [
    "C",
    "L",
    "X_norm",
    "X_power",
    "Y_power",
    "a",
    "d",
    "d_y",
    "delta",
    "eta",
    "g",
    "kappa",
    "m",
    "q",
    "r",
    "r_stable",
    "rho",
    "s",
    "s0",
    "s_min",
    "tau",
    "w_norm",
    "y",
]

#: width, number of weight matrices, number of outputs, rank of the inputs
m, L, d_y, r = (sp.Symbol(name, integer=True, positive=True) for name in ("m", "L", "d_y", "r"))
#: learning rate; largest, smallest and some singular value of the inputs
eta = sp.Symbol("eta", positive=True)
X_norm, s_min = sp.Symbol("X_norm", positive=True), sp.Symbol("s_min", positive=True)
s = sp.Symbol("s", positive=True)
#: |X|_F^2 and |Y|_F^2
X_power, Y_power = sp.Symbol("X_power", nonnegative=True), sp.Symbol("Y_power", nonnegative=True)
#: condition number and stable rank of the inputs, |W*|, failure probability, the theorem's constant
kappa, r_stable = sp.Symbol("kappa", positive=True), sp.Symbol("r_stable", positive=True)
w_norm, delta = sp.Symbol("w_norm", nonnegative=True), sp.Symbol("delta", positive=True)
C = sp.Symbol("C", positive=True)
#: bound on the excess loss at initialisation
g = sp.Symbol("g", nonnegative=True)
#: order of a moment, degrees of freedom, argument of a Gamma ratio
q, a = sp.Symbol("q", positive=True), sp.Symbol("a", positive=True)
d = sp.Symbol("d", integer=True, positive=True)
#: strength of a mode at the start, its target, its rate; time
s0, y, rho = (
    sp.Symbol("s0", positive=True),
    sp.Symbol("y", positive=True),
    sp.Symbol("rho", positive=True),
)
tau = sp.Symbol("tau", nonnegative=True)
