"""The symbols of the KL-bound subject, with their SymPy assumptions.

Symbols shared with the other subjects (m1, depth) stay in `theory.derivations.symbols`.
"""

from __future__ import annotations

import sympy as sp

__all__ = [
    "E0",
    "A",
    "B",
    "G",
    "K",
    "L",
    "M",
    "P_x",
    "P_y",
    "S_ss",
    "Sigma",
    "T",
    "V",
    "a1",
    "a2",
    "alpha",
    "beta",
    "c",
    "i",
    "lam",
    "layer",
    "log_C",
    "n_0",
    "n_L",
    "s0",
    "sigma2_n",
    "tau",
    "widths",
]

#: number of parameters; index of a parameter, from 1
K, i = sp.Symbol("K", integer=True, positive=True), sp.Symbol("i", integer=True, positive=True)
#: variance of a parameter at initialisation; temperature alpha sigma^2/(2b)
s0, T = sp.Symbol("s0", positive=True), sp.Symbol("T", positive=True)
#: learning rate, batch size, variance of the gradient noise of one example (isotropic)
alpha = sp.Symbol("alpha", positive=True)
B = sp.Symbol("B", integer=True, positive=True)
sigma2_n = sp.Symbol("sigma2_n", positive=True)
#: E_ss|W|^2, log C_loc (minus the logarithm of the partition function), differential entropy of p_ss
M = sp.Symbol("M", positive=True)
log_C, S_ss = sp.Symbol("log_C", real=True), sp.Symbol("S_ss", real=True)
#: loss at initialisation, E_0[L]; time
E0, tau = sp.Symbol("E0", real=True), sp.Symbol("tau", positive=True)
#: eigenvalues: of the stationary covariance, c[i]; of the Hessian, A[i]
c, A = sp.IndexedBase("c", positive=True), sp.IndexedBase("A", positive=True)
#: two eigenvalues of the Hessian and the noise covariance between their directions
a1, a2 = sp.Symbol("a1", positive=True), sp.Symbol("a2", positive=True)
Sigma = sp.Symbol("Sigma", real=True)
#: mean squared norms of inputs and targets; coefficient of P_x G in the expected loss; weight decay
P_x, P_y = sp.Symbol("P_x", positive=True), sp.Symbol("P_y", nonnegative=True)
beta, lam = sp.Symbol("beta", positive=True), sp.Symbol("lam", positive=True)
#: end-to-end gain E|f(x)|^2/|x|^2
G = sp.Symbol("G", positive=True)
#: number of inputs and of outputs; widths n_0..n_L as widths[0..L]; weight variances V[1..L]; number of layers
n_0 = sp.Symbol("n_0", integer=True, positive=True)
n_L = sp.Symbol("n_L", integer=True, positive=True)
widths = sp.IndexedBase("n", integer=True, positive=True)
V = sp.IndexedBase("V", positive=True)
L = sp.Symbol("L", integer=True, positive=True)
layer = sp.Symbol("l", integer=True, positive=True)
