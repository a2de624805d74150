"""Rigorous integrals: finite intervals by `acb.integral`, the half-line with bounded tails.

On (0, oo) the integrand is t^alpha g(t). Near 0, g is replaced by its Taylor polynomial with
Lagrange's remainder enclosed on [0, eps]; beyond T, g is bounded by interval arithmetic on [T, oo);
between, t = e^x turns the algebraic behaviour at both ends into a smooth integrand.
"""

from __future__ import annotations

from typing import Any

import sympy as sp
from flint import acb, arb

from theory.derivations.arb import Environment, Node, NotEvaluableError, compile_expression
from theory.derivations.rays import range_on_ray

__all__ = ["compile_integral"]

_NEAR = -40  # eps = 2^-40: Lagrange's remainder of order 2 is below eps^(2-p) < 1e-12
_FAR = 120  # T = 2^120: what an integrable g varies by beyond T is below 1e-17
_TAYLOR = 2
_TOLERANCE = arb(2) ** -80
_EVALUATIONS = 200_000


def compile_integral(expr: sp.Integral) -> Node:
    """Compile `expr`, an integral over a finite interval or over (0, oo).

    Raises
    ------
    NotEvaluableError
        For other ranges, for several variables and for integrands that are not t^alpha g(t).

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> compile_integral(sp.Integral(x, (x, 0, 2)))({}, False).overlaps(acb(2))
    True
    """
    if len(expr.limits) != 1 or len(expr.limits[0]) != 3:
        raise NotEvaluableError(f"only single definite integrals are supported, got {expr}")
    variable, low, high = expr.limits[0]
    if (low, high) == (0, sp.oo):
        return _half_line(expr.function, variable)
    if any(limit.is_infinite for limit in (low, high)):
        raise NotEvaluableError(f"range not supported: {expr.limits[0]}")
    return _interval(expr.function, variable, low, high)


def _quadrature(integrand: Any, low: Any, high: Any) -> Any:
    return acb.integral(
        integrand, low, high, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE, eval_limit=_EVALUATIONS
    )


def _interval(function: Any, variable: Any, low: Any, high: Any) -> Node:
    body, start, stop = (compile_expression(part) for part in (function, low, high))

    def node(env: Environment, analytic: bool) -> Any:
        if analytic:  # an integral inside an integrand: analyticity is not tracked through it
            return acb("nan")
        ends = start(env, False), stop(env, False)
        return _quadrature(lambda z, flag: body({**env, variable: z}, flag), *ends)

    return node


def _split_power(function: Any, variable: Any) -> tuple[Any, Any]:
    """Write the integrand as t^alpha g(t)."""
    exponent, rest = sp.Integer(0), sp.Integer(1)
    for factor in sp.Mul.make_args(function):
        base, power = factor.as_base_exp()
        if base == variable and variable not in power.free_symbols:
            exponent += power
        else:
            rest *= factor
    return exponent, _regularise(rest)


def _regularise(expr: Any) -> Any:
    """Write asinh(x) = x 2F1(1/2, 1/2; 3/2; -x^2), so that asinh(c sqrt t)/sqrt t is smooth."""
    if not expr.has(sp.asinh):
        return expr
    half = sp.Rational(1, 2)
    smooth = expr.replace(
        sp.asinh, lambda x: x * sp.hyper((half, half), (3 * half,), -sp.expand(x**2))
    )
    return smooth.replace(lambda e: e.is_Mul and e.has(sp.hyper), _distribute)


def _distribute(product: Any) -> Any:
    """Multiply a sum that holds 2F1 out, term by term, so that powers of the variable cancel."""
    sums = [arg for arg in product.args if arg.is_Add and arg.has(sp.hyper)]
    if not sums:
        return product
    return sp.Add(*(product / sums[0] * term for term in sums[0].args))


def _half_line(function: Any, variable: Any) -> Node:
    if function.has(sp.I):
        raise NotEvaluableError("the tails are bounded for real integrands only")
    exponent, rest = _split_power(function, variable)
    power = compile_expression(exponent)
    head = _compile_head(rest, variable)
    whole = compile_expression(rest)

    def node(env: Environment, analytic: bool) -> Any:
        if analytic:
            return acb("nan")
        alpha = power(env, False)
        return (
            head(alpha, env)
            + _middle(whole, variable, alpha, env)
            + _tail(rest, variable, alpha, env)
        )

    return node


def _compile_head(rest: Any, variable: Any) -> Any:
    """Compile the integral over (0, eps) by Taylor's formula with an enclosed remainder."""
    derivatives = [rest]
    for _ in range(_TAYLOR):
        derivatives.append(sp.diff(derivatives[-1], variable))
    vanishes = [sp.simplify(g.subs(variable, 0)) == 0 for g in derivatives]
    nodes = [compile_expression(g) for g in derivatives]

    def head(alpha: Any, env: Environment) -> Any:
        eps = arb(2) ** _NEAR
        total = acb(0)
        for order, node in enumerate(nodes):
            last = order == _TAYLOR
            if vanishes[order] and not last:
                continue
            at = (arb(0).union(eps)) if last else arb(0)
            power = alpha + order + 1
            if not bool(power.real > 0):
                return acb("nan")
            coefficient = node({**env, variable: acb(at)}, False) / sp.factorial(order).p
            total += coefficient * acb(eps).pow(power) / power
        return total

    return head


def _middle(whole: Node, variable: Any, alpha: Any, env: Environment) -> Any:
    def integrand(x: Any, analytic: bool) -> Any:
        t = x.exp()
        return whole({**env, variable: t}, analytic) * ((alpha + 1) * x).exp()

    log2 = arb.const_log2()
    return _quadrature(integrand, acb(_NEAR * log2), acb(_FAR * log2))


def _tail(rest: Any, variable: Any, alpha: Any, env: Environment) -> Any:
    """Enclose the integral over (T, oo): the range of g times the integral of t^alpha."""
    if not bool(alpha.real < -1):
        return acb("nan")
    start = arb(2) ** _FAR
    low, high = range_on_ray(rest, variable, start, env)
    mass = acb(start).pow(alpha + 1) / -(alpha + 1)
    return acb(low.union(high)) * mass
