"""Rigorous moments E Q^p of a layer's squared norm Q, at an exact point, by two independent routes.

`finite_sum` adds up the law of the numbers of units on each side; `mellin` integrates the Laplace transform and treats
every activation, width and order alike. Both work at flint's current precision and return a ball that contains the
value; the caller raises the precision until the ball is narrow.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import factorial

from flint import acb, arb, arb_series, ctx, fmpq

from theory.enclosures_law import Law

__all__ = ["binomial_law", "finite_sum", "mellin", "near_zero", "taylor"]


def mellin(p: fmpq, width: int, law: Law) -> arb:
    """E Q^p from the Laplace transform psi^width of Q; any law, any width at the same cost.

    Parameters
    ----------
    p : flint.fmpq
        Order > 0. The precision needed, and so the time, grows with it: 0.01 s below 10, 1 s at 50.
    width : int
        Number of units >= 1.
    law : Law
        Law of one unit's square.

    Returns
    -------
    flint.arb
        Contains the value.

    Notes
    -----
    With e > 0 and mu_k = E Q^k,
        Gamma(-p) E Q^p = sum_(k <= K) (-1)^k mu_k e^(k-p) / (k! (k-p)) + R + int_e^inf psi(t)^width t^(-p-1) dt
    for every p < K + 1 that is not whole: the integral of the first K + 1 terms of exp(-tQ) over (0, e), continued
    analytically in p. Partial sums of exp(-x) bracket it for x >= 0, so
        |R| <= mu_(K+1) e^(K+1-p) / ((K+1)! (K+1-p)).
    Beyond T the transform lies in [atom^width, psi(T)^width]. In between Arb integrates rigorously. For 0 < p < 1 it is
    the representation M = p/Gamma(1-p) int_0^inf (1 - psi^width) t^(-p-1) dt, integrated without its cancellation;
    extension of Gurbuzbalaban & Hu 2021.

    Examples
    --------
    >>> mellin(fmpq(1), 3, Law(fmpq(0), fmpq(0), fmpq(1))).contains(arb(1.5))
    True
    """
    terms = ctx.prec // 3 + int(p.ceil()) + 8
    cut = near_zero(width, law)
    head = taylor(cut, width, law, terms)
    if p.denominator == 1:
        whole = int(p.numerator)
        return head[whole] * arb(factorial(whole) / (-cut) ** whole)
    remainder = arb(0, (head[terms] / (terms - p)).abs_upper())
    near = sum((head[k] / (k - p) for k in range(terms)), remainder)
    return (near + _far(p, width, law, cut)) * arb(cut) ** arb(-p) * arb(-p).rgamma()


def near_zero(width: int, law: Law) -> fmpq:
    """Return an argument of psi^width below which its Taylor series converges fast, and beyond which it decays.

    psi is the transform of `law`.

    Examples
    --------
    >>> near_zero(4, Law(fmpq(1), fmpq(1), fmpq(1)))
    1/48
    """
    cut: fmpq = 1 / (8 * (2 * max(fmpq(1), law.upper**2) + width * law.moment(1)))
    return cut


def taylor(cut: fmpq, width: int, law: Law, terms: int) -> list[arb]:
    """Return the coefficients 0..terms of psi(cut u)^width in u: (-cut)^k mu_k / k!, mu_k = E Q^k.

    psi is the transform of `law`.

    Examples
    --------
    >>> [c.str(5) for c in taylor(fmpq(1), 2, Law(fmpq(1), fmpq(1), fmpq(1)), 2)]  # 1/(1 + 2u)
    ['1.0000', '-2.0000', '4.0000']
    """
    old, ctx.cap = ctx.cap, terms + 1
    try:
        unit = [arb(law.moment(k) * (-cut) ** k / factorial(k)) for k in range(terms + 1)]
        return list((arb_series(unit) ** arb(width)).coeffs())
    finally:
        ctx.cap = old


def _far(p: fmpq, width: int, law: Law, cut: fmpq) -> arb:
    """int_1^inf psi(cut u)^width u^(-p-1) du, with u = exp(y); the atom apart, as the rest decays for every p."""
    last, tail = _tail(p, width, law, cut)
    atom = arb(law.atom) ** width

    def integrand(y: acb, analytic: bool) -> acb:
        return (law.psi(y.exp() * cut, analytic) ** width - atom) * (y * -p).exp()

    goal = arb(2) ** -ctx.prec
    body = acb.integral(integrand, arb(0), last, abs_tol=goal, rel_tol=goal).real
    return body + tail + atom / p


def _tail(p: fmpq, width: int, law: Law, cut: fmpq) -> tuple[arb, arb]:
    """Where to stop (in y) and what is left: psi decreases to its atom, so the rest lies between 0 and a power."""
    goal = arb(2) ** (4 - ctx.prec) * width  # psi^width cannot be known better than that
    atom = arb(law.atom) ** width
    power = 1
    while True:
        last = power * arb(2).log()
        above = law.psi(acb(arb(2) ** power * cut)).real ** width - atom
        rest = arb(0).union(above) * (last * -p).exp() / p
        if rest.rad() < goal:
            return last, rest
        power += 1 + power // 16


def finite_sum(p: fmpq, width: int, law: Law) -> arb:
    """E Q^p for a fixed slope, as a sum over the numbers of units on each side.

    It costs O(width) terms, O(width^2) for a slope other than 0 and 1 with dropout.

    Parameters
    ----------
    p : flint.fmpq
        Order > 0.
    width : int
        Number of units >= 1.
    law : Law
        Law of one unit's square, with lower = upper.

    Returns
    -------
    flint.arb
        Contains the value.

    Raises
    ------
    ValueError
        For a random slope, which has no finite sum.

    Notes
    -----
    Slope 1: Q is chi^2 with N ~ Bin(width, keep) degrees of freedom, E Q^p = 2^p Gamma(N/2 + p)/Gamma(N/2) averaged.
    Slope 0: N ~ Bin(width, keep/2). Else of m kept units n ~ Bin(m, 1/2) are positive, the negative ones have a
    Beta((m-n)/2, n/2) share of chi^2_m, and E (1 - (1 - a^2) B)^p = 2F1(-p, (m-n)/2; m/2; 1 - a^2). Slopes above 1 by
    E Q(a)^p = a^(2p) E Q(1/a)^p. Source: Gurbuzbalaban & Hu 2021, the moments behind their initialisations.

    Examples
    --------
    >>> finite_sum(fmpq(1, 2), 1, Law(fmpq(1), fmpq(1), fmpq(1))).str(9)  # E|z| = sqrt(2/pi)
    '[0.797884561 +/- 1.98e-10]'
    """
    if not law.fixed:
        raise ValueError("route must be 'mellin' for a random slope, got 'sum'")
    slope = law.upper
    if slope in (0, 1):
        chance = law.keep if slope == 1 else law.keep / 2
        return sum((w * _chi(p, n) for n, w in binomial_law(width, chance) if n), arb(0))
    if slope > 1:
        return arb(slope) ** arb(2 * p) * finite_sum(p, width, Law(1 / slope, 1 / slope, law.keep))
    return sum((w * _leaky(p, m, slope) for m, w in binomial_law(width, law.keep) if m), arb(0))


def binomial_law(size: int, chance: fmpq) -> Iterator[tuple[int, arb]]:
    """Yield the law of Bin(size, chance) as pairs (n, probability), each from the one before.

    `size` trials, each a success with probability `chance`.

    Examples
    --------
    >>> [(n, w.str(3)) for n, w in binomial_law(2, fmpq(1, 2))]
    [(0, '0.250'), (1, '0.500'), (2, '0.250')]
    """
    if chance == 1:
        yield size, arb(1)
        return
    weight, odds = arb(1 - chance) ** size, arb(chance / (1 - chance))
    for n in range(size + 1):
        yield n, weight
        weight = weight * (size - n) / (n + 1) * odds


def _chi(p: fmpq, n: int) -> arb:
    """E (chi^2_n)^p = 2^p Gamma(n/2 + p) / Gamma(n/2)."""
    half = fmpq(n, 2)
    return (arb(half + p).lgamma() - arb(half).lgamma()).exp() * arb(2) ** arb(p)


def _leaky(p: fmpq, m: int, slope: fmpq) -> arb:
    """E Q^p of m kept units with slope in (0, 1)."""
    z = arb(1 - slope**2)
    shares = (
        w * z.hypgeom_2f1(arb(-p), fmpq(m - n, 2), fmpq(m, 2))
        for n, w in binomial_law(m, fmpq(1, 2))
    )
    return sum(shares, arb(0)) * _chi(p, m)
