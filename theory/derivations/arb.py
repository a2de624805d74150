"""Rigorous evaluation of SymPy expressions in Arb balls (python-flint).

An expression is compiled once into nested closures over complex balls, so that it can serve as the
integrand of `acb.integral`. Every closure takes the flag `analytic`: when it is set, functions with
a branch cut return a non-finite ball if the argument touches the cut, which is what the rigorous
quadrature needs. Nothing here approximates: a result is an enclosure or is not finite.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from numbers import Integral as PyIntegral
from typing import Any

import flint
import sympy as sp
from flint import acb, arb, fmpq

from theory.derivations.arb_functions import UNARY

__all__ = [
    "Environment",
    "Node",
    "NotEvaluableError",
    "compile_expression",
    "enclose",
    "enclose_complex",
]

Environment = Mapping[Any, Any]
Node = Callable[[Environment, bool], Any]
_NAN = acb("nan")


class NotEvaluableError(TypeError):
    """The expression holds something that has no ball-arithmetic meaning here."""


def _constant(value: Callable[[], Any]) -> Node:
    # Evaluated on each call, for the working precision may differ from that at compile time.
    return lambda _env, _analytic: value()


def _rational(expr: sp.Rational) -> Node:
    return _constant(lambda: acb(fmpq(int(expr.p), int(expr.q))))


def _float(expr: sp.Float) -> Node:
    exact = sp.Rational(expr)
    return _rational(exact)


def _symbol(expr: sp.Symbol) -> Node:
    def node(env: Environment, _analytic: bool) -> Any:
        try:
            return env[expr]
        except KeyError:
            raise NotEvaluableError(f"no value for symbol {expr}") from None

    return node


def _add(expr: sp.Add) -> Node:
    parts = [compile_expression(arg) for arg in expr.args]
    return lambda env, analytic: sum((part(env, analytic) for part in parts), acb(0))


def _mul(expr: sp.Mul) -> Node:
    parts = [compile_expression(arg) for arg in expr.args]

    def node(env: Environment, analytic: bool) -> Any:
        product = acb(1)
        for part in parts:
            product *= part(env, analytic)
        return product

    return node


def _maximum(expr: sp.Max) -> Node:
    first, *others = (compile_expression(arg) for arg in expr.args)

    def node(env: Environment, analytic: bool) -> Any:
        value = first(env, analytic)
        for other in others:
            value = value.real_max(other(env, analytic), analytic=analytic)
        return value

    return node


_ROOTS: dict[sp.Rational, Callable[[Any, bool], Any]] = {
    sp.Rational(1, 2): lambda z, analytic: z.sqrt(analytic=analytic),
    sp.Rational(-1, 2): lambda z, analytic: z.rsqrt(analytic=analytic),
}


def _pow(expr: sp.Pow) -> Node:
    base = compile_expression(expr.base)
    if expr.exp in _ROOTS:
        root = _ROOTS[expr.exp]
        return lambda env, analytic: root(base(env, analytic), analytic)
    exponent = compile_expression(expr.exp)

    def node(env: Environment, analytic: bool) -> Any:
        return base(env, analytic).pow(exponent(env, analytic), analytic=analytic)

    return node


def _unary(expr: sp.Function) -> Node:
    function = UNARY[expr.func]
    argument = compile_expression(expr.args[0])
    return lambda env, analytic: function(argument(env, analytic), analytic)


def _polygamma(expr: sp.polygamma) -> Node:
    order, argument = expr.args
    if not (order.is_Integer and order >= 0):
        raise NotEvaluableError(f"only whole orders are supported, got {expr}")
    point = compile_expression(argument)
    # Meromorphic: at a pole the ball is not finite, and there is no cut.
    return lambda env, analytic: point(env, analytic).polygamma(int(order))


def _binomial(expr: sp.binomial) -> Node:
    upper, lower = (compile_expression(arg) for arg in expr.args)

    def node(env: Environment, analytic: bool) -> Any:
        n, k = upper(env, analytic), lower(env, analytic)
        # rgamma is entire, so C(n, k) = 0 for k > n or k < 0 comes out by itself.
        return (n + 1).gamma() * (k + 1).rgamma() * (n - k + 1).rgamma()

    return node


def _hyper(expr: sp.hyper) -> Node:
    if (len(expr.ap), len(expr.bq)) == (1, 0):
        return compile_expression((1 - expr.argument) ** -expr.ap[0])
    if (len(expr.ap), len(expr.bq)) != (2, 1):
        raise NotEvaluableError(f"only 1F0 and 2F1 are supported, got {expr}")
    a, b = (compile_expression(arg) for arg in expr.ap)
    c, z = compile_expression(expr.bq[0]), compile_expression(expr.argument)

    def node(env: Environment, analytic: bool) -> Any:
        point = z(env, analytic)
        on_cut = point.imag.contains(0) and not bool(point.real < 1)
        if analytic and on_cut:
            return _NAN
        return point.hypgeom_2f1(a(env, analytic), b(env, analytic), c(env, analytic))

    return node


def _array_part(name: str) -> Callable[[Any], Node]:
    def compiler(expr: Any) -> Node:
        from theory.derivations import arb_arrays  # mutual recursion

        node: Node = getattr(arb_arrays, name)(expr)
        return node

    return compiler


def _integral(expr: sp.Integral) -> Node:
    from theory.derivations.arb_integrals import compile_integral  # mutual recursion

    return compile_integral(expr)


_COMPILERS: dict[Any, Callable[[Any], Node]] = {
    sp.Rational: _rational,
    sp.Float: _float,
    sp.Symbol: _symbol,
    sp.Add: _add,
    sp.Mul: _mul,
    sp.Max: _maximum,
    sp.Pow: _pow,
    sp.polygamma: _polygamma,
    sp.binomial: _binomial,
    sp.hyper: _hyper,
    sp.Sum: _array_part("compile_sum"),
    sp.Product: _array_part("compile_product"),
    sp.Indexed: _array_part("compile_entry"),
    sp.Integral: _integral,
    type(sp.pi): lambda _expr: _constant(acb.pi),
    type(sp.EulerGamma): lambda _expr: _constant(lambda: acb(arb.const_euler())),
    type(sp.E): lambda _expr: _constant(lambda: acb(1).exp()),
    type(sp.I): lambda _expr: _constant(lambda: acb(0, 1)),
    **dict.fromkeys(UNARY, _unary),
}


def compile_expression(expr: Any) -> Node:
    """Compile `expr`, a SymPy expression, into a function of (environment, analytic) giving an acb ball.

    Raises
    ------
    NotEvaluableError
        If a sub-expression has no rigorous evaluator.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> compile_expression(x**2 + 1)({x: acb(3)}, False)
    10.0000000000000
    """
    for kind in type(expr).__mro__:
        if kind in _COMPILERS:
            return _COMPILERS[kind](expr)
    raise NotEvaluableError(f"no rigorous evaluator for {type(expr).__name__}: {expr}")


def _ball(value: Any) -> Any:
    if isinstance(value, (acb, arb)):
        return acb(value)
    if isinstance(value, (sp.Rational, sp.Float, Fraction, float, PyIntegral)):
        exact = sp.Rational(value)
        return acb(fmpq(int(exact.p), int(exact.q)))
    raise NotEvaluableError(f"a value must be a number or a ball, got {value!r}")


def _value(value: Any) -> Any:
    from theory.derivations.arb_arrays import is_array, numbered  # mutual recursion

    return numbered(value, _ball) if is_array(value) else _ball(value)


def enclose(expr: Any, values: Mapping[Any, Any], bits: int = 128) -> Any:
    """Enclose the value of a real expression in a ball.

    Parameters
    ----------
    expr : sympy.Expr
        Built from sums, products, powers, maxima, exp, log, gamma, loggamma, polygamma, factorial, binomial, erf,
        erfc, asinh, sin, cos, 2F1, finite sums and products, entries of arrays, integrals over finite
        intervals and, for integrands t^alpha g(t) with g smooth at 0 and bounded at infinity, over the
        half-line.
    values : mapping
        Symbol to int, float (taken exactly), Fraction, SymPy number, arb or acb ball; IndexedBase to a
        tuple or list of these, numbered from 1, or to a mapping from index to entry.
    bits : int
        Working precision.

    Returns
    -------
    arb
        A ball that contains the exact value; not finite where no enclosure was found.

    Raises
    ------
    NotEvaluableError
        If a sub-expression has no rigorous evaluator or a symbol has no value.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> enclose(sp.gamma(x) ** 2, {x: Fraction(1, 2)}).overlaps(arb.pi())
    True
    """
    result = enclose_complex(expr, values, bits)
    return result.real if result.imag.contains(0) else arb("nan")


def enclose_complex(expr: Any, values: Mapping[Any, Any], bits: int = 128) -> Any:
    """Enclose the value of an expression that may hold the imaginary unit; principal branches.

    Parameters
    ----------
    expr, values, bits
        As for `enclose`.

    Returns
    -------
    acb
        A ball that contains the exact value; not finite where no enclosure was found.

    Raises
    ------
    NotEvaluableError
        As for `enclose`.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> enclose_complex(sp.exp(sp.I * x), {x: 0}).overlaps(acb(1))
    True
    """
    node = compile_expression(sp.sympify(expr, strict=True))
    with flint.ctx.workprec(bits):
        return node({name: _value(value) for name, value in values.items()}, False)
