"""The symbols in which every conclusion is expressed, with their SymPy assumptions.

Ranges that assumptions cannot say (p < 1, l < u, q <= 1, n < d) are constraints of the derivations.
"""

from __future__ import annotations

import sympy as sp

__all__ = [
    "Q",
    "R",
    "a",
    "d",
    "d_in",
    "d_out",
    "depth",
    "depth_first",
    "depth_second",
    "g",
    "h",
    "k",
    "k3",
    "l",
    "m1",
    "n",
    "p",
    "q",
    "rho",
    "s",
    "sigma2",
    "sigma_b2",
    "t",
    "u",
    "v",
    "w",
    "x",
]

#: order p of a moment of the squared norm, p = s/2; order s of a moment of the norm; increment of s
p, s, h = (
    sp.Symbol("p", positive=True),
    sp.Symbol("s", positive=True),
    sp.Symbol("h", positive=True),
)
#: argument of a Laplace transform
t = sp.Symbol("t", positive=True)
#: slope of leaky ReLU (0 is ReLU, treated by itself)
a = sp.Symbol("a", real=True, nonzero=True)
#: range [l, u] of the slope of randomised leaky ReLU
l, u = sp.Symbol("l", nonnegative=True), sp.Symbol("u", positive=True)  # noqa: E741
#: probability that dropout keeps a unit; gain on kept units: 1/q (inverted dropout) or 1 (plain)
q, g = sp.Symbol("q", positive=True), sp.Symbol("g", positive=True)
#: variance of a weight
sigma2 = sp.Symbol("sigma2", positive=True)
#: widths
d = sp.Symbol("d", integer=True, positive=True)
d_in = sp.Symbol("d_in", integer=True, positive=True)
d_out = sp.Symbol("d_out", integer=True, positive=True)
#: summation indices: units with positive preactivation, units kept by dropout
n = sp.Symbol("n", integer=True, nonnegative=True)
k = sp.Symbol("k", integer=True, nonnegative=True)
#: cumulants of phi(z)^2: mean, variance, third
m1, v = sp.Symbol("m1", positive=True), sp.Symbol("v", positive=True)
k3 = sp.Symbol("k3", real=True)
#: numbers of layers: of a network, of the two halves of one
depth = sp.Symbol("depth", integer=True, positive=True)
depth_first = sp.Symbol("depth_first", integer=True, positive=True)
depth_second = sp.Symbol("depth_second", integer=True, positive=True)
#: frequency of a characteristic function; point at which the law of a log-norm is evaluated
w, x = sp.Symbol("w", real=True), sp.Symbol("x", real=True)
#: variance of a bias; norm of the input of a layer
sigma_b2, rho = sp.Symbol("sigma_b2", positive=True), sp.Symbol("rho", positive=True)
#: random variables in conclusions that keep an expectation: squared norms of phi(z) and, stationary, of a layer
Q, R = sp.Symbol("Q", nonnegative=True), sp.Symbol("R", nonnegative=True)
