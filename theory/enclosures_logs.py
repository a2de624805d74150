"""Rigorous log moments E[Q^n (log Q)^j; Q > 0] of a layer's squared norm Q, by two independent routes.

`log_mellin` integrates the Laplace transform against powers of the logarithm and treats every activation alike;
`log_sum` adds up the digamma functions of the number of live units. Both work at flint's current precision.
"""

from __future__ import annotations

from collections.abc import Callable
from math import factorial

from flint import acb, arb, arb_series, ctx, fmpq

from theory.enclosures_kernels import binomial_law, near_zero, taylor
from theory.enclosures_law import Law

__all__ = ["decay", "log_mellin", "log_moments", "log_sum", "series"]

_SHORT_SUM = 1024  # width up to which the sum beats the integral


def log_moments(n: int, count: int, width: int, law: Law) -> list[arb]:
    """Return E[Q^n (log Q)^j; Q > 0] for j = 0..count, by the quicker route.

    Q sums `width` units of the law `law`.

    Examples
    --------
    >>> law = Law(fmpq(1), fmpq(1), fmpq(1))
    >>> log_moments(0, 1, 2, law)[1].overlaps(arb(2).log() - arb.const_euler())  # Q/2 is exponential
    True
    """
    simple = law.fixed and law.upper in (0, 1) and (width <= _SHORT_SUM or law.atom == 0)
    return (log_sum if simple else log_mellin)(n, count, width, law)


def log_sum(n: int, count: int, width: int, law: Law) -> list[arb]:
    """Return E[Q^n (log Q)^j; Q > 0] for j = 0..count, slope 0 or 1, summed over the number of live units.

    Parameters
    ----------
    n, count : int
        The power >= 0 and the largest j.
    width : int
        Number of units >= 1; the cost is proportional to it.
    law : Law
        Law of one unit's square.

    Returns
    -------
    list of flint.arb

    Raises
    ------
    ValueError
        For any other slope.

    Notes
    -----
    Q is chi^2 with N degrees of freedom, N binomial, and E (chi^2_N)^(n + h) = 2^(n + h) Gamma(N/2 + n + h)/Gamma(N/2):
    its Taylor coefficients in h are polynomials in polygamma functions. Extension of Gurbuzbalaban & Hu 2021.

    Examples
    --------
    >>> log_sum(0, 0, 2, Law(fmpq(0), fmpq(0), fmpq(1)))[0].contains(0.75)  # P(Q > 0)
    True
    """
    if not (law.fixed and law.upper in (0, 1)):
        raise ValueError(
            f"route must be 'mellin' for slopes other than 0 and 1, got 'sum' at {law}"
        )

    def total() -> arb_series:
        mixture = (w * _chi(n, live) for live, w in binomial_law(width, 1 - law.atom) if live)
        return sum(mixture, arb_series([0]))

    return _moments(series(count + 1, total), count)


def _chi(n: int, live: int) -> arb_series:
    """E (chi^2_live)^(n + h) as a series in h."""
    half = fmpq(live, 2)
    growth = arb_series([arb(half + n), arb(1)]).lgamma() - arb(half).lgamma()
    return (growth + arb_series([arb(n), arb(1)]) * arb(2).log()).exp()


def series(length: int, evaluate: Callable[[], arb_series]) -> list[arb]:
    """Evaluate a power series to `length` terms and return its coefficients, zeros included.

    `evaluate` computes it at the length of series that flint is set to.

    Examples
    --------
    >>> [c.str(3) for c in series(3, lambda: arb_series([0, 1]).exp())]
    ['1.00', '1.00', '0.500']
    """
    old, ctx.cap = ctx.cap, length
    try:
        coefficients = list(evaluate().coeffs())
    finally:
        ctx.cap = old
    return coefficients + [arb(0)] * (length - len(coefficients))


def _moments(coefficients: list[arb], count: int) -> list[arb]:
    return [factorial(j) * coefficients[j] for j in range(count + 1)]


def log_mellin(n: int, count: int, width: int, law: Law) -> list[arb]:
    """Return E[Q^n (log Q)^j; Q > 0] for j = 0..count from the Laplace transform; any law, any width.

    Parameters
    ----------
    n, count : int
        The power >= 0 and the largest j.
    width : int
        Number of units >= 1.
    law : Law
        Law of one unit's square.

    Returns
    -------
    list of flint.arb

    Notes
    -----
    The moment of order n + h is (with e > 0, f = psi^width - atom^width, f(u) = sum_k c_k u^k)
        E[Q^(n+h); Q > 0] Gamma(-n-h) = -c_n e^(-h)/h + sum_(k /= n, k < K) c_k e^(k-n-h)/(k-n-h) + R
                                        + int_e^inf f(t) t^(-n-1-h) dt,
    the continuation in the order of the transform's Mellin integral (`theory.enclosures_kernels.mellin`).
    Both sides are expanded in h: the pole at h = 0 cancels against 1/Gamma(-n-h), and the integral brings in powers of
    log t. For n = 0 and j = 1 this is E[log Q; Q > 0] = int_0^inf ((1 - P0) exp(-t) - (psi^width - P0)) dt/t.
    Extension of Gurbuzbalaban & Hu 2021.

    Examples
    --------
    >>> log_mellin(1, 0, 3, Law(fmpq(0), fmpq(0), fmpq(1)))[0].contains(arb(1.5))
    True
    """
    terms = ctx.prec // 3 + n + 8
    cut = near_zero(width, law)
    head = taylor(cut, width, law, terms)
    head[0] -= arb(law.atom) ** width
    regular = [_regular(j, n, head, terms) + _far(j, n, width, law, cut) for j in range(count)]

    def product() -> arb_series:
        gamma = arb_series(series(count + 2, lambda: arb_series([-n, -1]).rgamma())[1:])
        scale = (arb_series([0, -1]) * arb(cut).log()).exp() * arb(cut) ** -n
        return gamma * scale * arb_series([-head[n], *regular])

    return _moments(series(count + 1, product), count)


def _regular(j: int, n: int, head: list[arb], terms: int) -> arb:
    """The coefficient of h^j in sum_k head_k/(k - n - h) over k /= n, and in the remainder of the Taylor sum."""
    poles = (head[k] / fmpq(k - n) ** (j + 1) for k in range(terms) if k != n)
    return sum(poles, arb(0, (head[terms] / fmpq(terms - n) ** (j + 1)).abs_upper()))


def _far(j: int, n: int, width: int, law: Law, cut: fmpq) -> arb:
    """int_1^inf f(cut u) u^(-n-1) (-log u)^j/j! du, with u = exp(y)."""
    last, rest = _tail(j, n, width, law, cut)
    atom = arb(law.atom) ** width

    def integrand(y: acb, analytic: bool) -> acb:
        live = law.psi(y.exp() * cut, analytic) ** width - atom
        return live * (y * -n).exp() * y**j

    goal = arb(2) ** -ctx.prec
    body = acb.integral(integrand, arb(0), last, abs_tol=goal, rel_tol=goal).real
    value: arb = (body / factorial(j) + arb(0.5 * rest, 0.5 * rest)) * (-1) ** j
    return value


def _tail(j: int, n: int, width: int, law: Law, cut: fmpq) -> tuple[arb, arb]:
    """Where to stop (in y) and a bound of what is left."""
    goal = arb(2) ** -ctx.prec
    power = 8
    while True:
        last = power * arb(2).log()
        flat, growing = decay(width, law, cut)
        rest = flat * _gamma_tail(j, n, last) + growing * (j + 1) * _gamma_tail(j + 1, n, last)
        if rest < goal:
            return last, rest.upper()
        power += 1 + power // 16


def decay(width: int, law: Law, cut: fmpq) -> tuple[arb, arb]:
    """Return (b, c) with 0 <= psi^width - atom^width <= (b + c y) exp(-y/2) at t = cut exp(y) for all y >= 0.

    psi and atom are those of `law`.

    Notes
    -----
    psi <= 1 gives psi^width - atom^width <= width (psi - atom), and (1 + 2 a^2 t)^(-1/2) <= 1/(a sqrt(2t)). A random
    slope's mean of it is at most that over [0, upper], asinh(x)/x with x = upper sqrt(2t), and
    asinh(x) <= asinh(x_0) + log(x/x_0) for x >= x_0, as x/sqrt(1 + x^2) <= 1.

    Examples
    --------
    >>> [b.str(5) for b in decay(3, Law(fmpq(0), fmpq(0), fmpq(1)), fmpq(1, 2))]
    ['1.5000', '0']
    """
    root = (2 * arb(cut)).sqrt()
    share = arb(law.keep) * width / (2 * root)
    if law.upper == 0:
        return share, arb(0)
    if law.fixed:
        return share * (1 + 1 / arb(law.upper)), arb(0)
    top = arb(law.upper)
    return share * (1 + (top * root).asinh() / top), share / (2 * top)


def _gamma_tail(j: int, n: int, start: arb) -> arb:
    """int_start^inf exp(-(n + 1/2) y) y^j/j! dy."""
    rate = fmpq(2 * n + 1, 2)
    terms = (start ** (j - i) / factorial(j - i) / rate ** (i + 1) for i in range(j + 1))
    return (start * -rate).exp() * sum(terms, arb(0))
