"""Enclosures of moments of imaginary and complex order of a layer's squared norm, by two independent routes.

`complex_sum` adds up the law of the number of live units and is analytic in the order; `complex_mellin` integrates the
Laplace transform, for imaginary orders and every activation. Both work at flint's current precision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from flint import acb, arb, ctx, fmpq

from theory.enclosures import AnyActivation, Route
from theory.enclosures_activations import ActivationBox, activation_box
from theory.enclosures_boxes import Box, Real, box, whole
from theory.enclosures_couplings import kept_ratio, live_slopes, log_shift, middle
from theory.enclosures_engine import bits_for, narrow, one_of, share
from theory.enclosures_kernels import binomial_law, near_zero, taylor
from theory.enclosures_law import Law
from theory.enclosures_logs import decay, log_moments

__all__ = ["complex_mellin", "complex_mixture", "complex_moment", "complex_sum", "gamma_weights"]

_REL_RADIUS = 1e-25
_LIMIT = 512  # largest |frequency|: the integral cancels by exp(pi |frequency| / 2)
_SIMPLE_SUM = 1024
_LEAKY_SUM = 64
_NARROW = arb(2) ** -20


def complex_moment(
    frequency: Real,
    width: int,
    activation: AnyActivation = "relu",
    *,
    route: Route = "auto",
    rel_radius: float = _REL_RADIUS,
) -> acb:
    """Enclose E[Q^(i frequency); Q > 0], Q = |phi(z)|^2, z ~ N(0, I_width).

    Parameters
    ----------
    frequency : Real
        Finite; at most 512 in size.
    width : int
        1 to 2**53.
    activation : Activation, ActivationBox or str
        With or without dropout. A fixed slope must not be 0 at some points of a box only.
    route : {"auto", "sum", "mellin"}
        The finite sum (fixed slopes), the integral of the Laplace transform, or whichever is quicker.
    rel_radius : float
        Largest relative radius of the complex ball for exact arguments.

    Returns
    -------
    flint.acb
        Contains the moment at every point of the arguments.

    Raises
    ------
    ValueError
        For an argument outside its domain, or route "sum" with a random slope.
    ArithmeticError
        If the ball is still too wide at 8192 bits.

    Notes
    -----
    The characteristic function of log Q, the atom at Q = 0 left out. Over a box it moves by at most |frequency| times
    what log Q moves by, plus what the law of the number of kept units does. Extension of Gurbuzbalaban & Hu 2021.

    Examples
    --------
    >>> value = complex_moment(1, 2, "linear")  # Q/2 is exponential
    >>> value.overlaps(acb(2) ** acb(0, 1) * acb(1, 1).gamma())
    True
    """
    w, units, chosen = (
        box("frequency", frequency),
        whole("width", width),
        activation_box(activation),
    )
    if max(abs(w.low), abs(w.high)) > _LIMIT:
        raise ValueError(f"frequency must be at most {_LIMIT} in size, got {frequency}")
    live_slopes(chosen)
    centre, law = (w.low + w.high) / 2, middle(chosen)
    kernel = _kernel(route, units, law)
    ball: acb = narrow(lambda: kernel(acb(0, centre), units, law), share(rel_radius))
    with ctx.workprec(bits_for(share(rel_radius))):
        shift = _shift(w, units, chosen, law)
        gain = chosen.keep.ball().log() * w.ball() * -2 if chosen.rescale else arb(0)
        return (ball + acb(arb(0, shift), arb(0, shift))) * acb(0, gain).exp()


_Kernel = Callable[[acb, int, Law], acb]


def _kernel(route: str, width: int, law: Law) -> _Kernel:
    short = width <= (_SIMPLE_SUM if law.upper in (0, 1) else _LEAKY_SUM * (law.keep == 1))
    quicker = complex_sum if law.fixed and (short or law.upper == law.keep == 1) else complex_mellin
    kernels: Mapping[str, _Kernel] = {"auto": quicker, "sum": complex_sum, "mellin": complex_mellin}
    chosen: _Kernel = one_of("route", route, kernels)
    return chosen


def _shift(frequency: Box, width: int, activation: ActivationBox, law: Law) -> arb:
    """A bound of how far the moment is from that at the middle of the box."""
    if all(end.thin for end in (frequency, *activation.slopes, activation.keep)):
        return arb(0)
    low, high = kept_ratio(width, activation.keep, law.keep)
    shift = (1 - low).max(high - 1)
    largest = arb(max(abs(frequency.low), abs(frequency.high)))
    if not all(slope.thin for slope in activation.slopes):
        shift += largest * log_shift(activation)
    if not frequency.thin:
        shift += arb((frequency.high - frequency.low) / 2) * _log_size(width, law)
    return shift.upper()


def _log_size(width: int, law: Law) -> arb:
    """A bound of E[|log Q|; Q > 0]: the root of the second moment."""
    return log_moments(0, 2, width, law)[2].sqrt()


def complex_mellin(order: acb, width: int, law: Law) -> acb:
    """Enclose E[Q^order; Q > 0] for an imaginary order from the Laplace transform; any law, any width.

    Parameters
    ----------
    order : flint.acb
        With real part 0.
    width : int
        Number of units >= 1.
    law : Law
        Law of one unit's square.

    Returns
    -------
    flint.acb

    Notes
    -----
    The Mellin integral of `theory.enclosures_kernels.mellin`, of the transform less its atom and continued to real part
    0: with f = psi^width - atom^width = sum_k c_k t^k and z the order,
        E[Q^z; Q > 0] Gamma(-z) = sum_(k < K) c_k e^(k-z)/(k-z) + R + int_e^inf f(t) t^(-z-1) dt.
    1/Gamma(-z) = -z/Gamma(1-z) takes the pole at z = 0 away. Extension of Gurbuzbalaban & Hu 2021.

    Examples
    --------
    >>> complex_mellin(acb(0), 2, Law(fmpq(0), fmpq(0), fmpq(1))).real.str(5)  # P(Q > 0)
    '0.75000'
    """
    terms = ctx.prec // 3 + 8
    cut = near_zero(width, law)
    head = taylor(cut, width, law, terms)
    atom = arb(law.atom) ** width
    last, rest = _tail(width, law, cut)

    def integrand(y: acb, analytic: bool) -> acb:
        return (law.psi(y.exp() * cut, analytic) ** width - atom) * (-order * y).exp()

    goal = arb(2) ** -ctx.prec
    body = acb.integral(integrand, arb(0), last, abs_tol=goal, rel_tol=goal)
    slack = arb(0, (rest + abs(head[terms]) / terms).abs_upper())
    near = sum((head[k] / (k - order) for k in range(1, terms)), acb(slack, slack))
    whole_sum = (head[0] - atom) - order * (near + body)
    return whole_sum * (1 - order).rgamma() * (-order * arb(cut).log()).exp()


def _tail(width: int, law: Law, cut: fmpq) -> tuple[arb, arb]:
    """Where to stop (in y) and a bound of what is left."""
    flat, growing = decay(width, law, cut)
    last, goal = arb(2).log() * 8, arb(2) ** -ctx.prec
    while not (rest := (flat + growing * (last + 2)) * 2 * (-last / 2).exp()) < goal:
        last += arb(2).log() * 8
    return last, rest


def complex_sum(order: acb, width: int, law: Law) -> acb:
    """Enclose E[Q^order; Q > 0] for a fixed slope, summed over the numbers of units on each side.

    Parameters
    ----------
    order : flint.acb
        With real part above minus half the smallest possible number of live units.
    width : int
        Number of units >= 1.
    law : Law
        Law of one unit's square, with lower = upper.

    Returns
    -------
    flint.acb

    Raises
    ------
    ValueError
        For a random slope, which has no finite sum.

    Notes
    -----
    The sums of `theory.enclosures_kernels.finite_sum`, which continue analytically in the order. Where the number n of
    live units is random, Gamma(n/2 + z) is stepped from n - 2 to n, as in Horner's scheme.

    Examples
    --------
    >>> complex_sum(acb(0.5), 1, Law(fmpq(1), fmpq(1), fmpq(1))).real.str(9)  # E|z|
    '[0.797884561 +/- 1.98e-10]'
    """
    return complex_mixture(width, law)(order)


def complex_mixture(width: int, law: Law) -> Callable[[acb], acb]:
    """Return the function `complex_sum` of the order, its weights computed once at flint's current precision.

    `width` and `law` are as there.

    Raises
    ------
    ValueError
        For a random slope, which has no finite sum.

    Examples
    --------
    >>> complex_mixture(2, Law(fmpq(0), fmpq(0), fmpq(1)))(acb(0)).real.contains(0.75)  # P(Q > 0)
    True
    """
    if not law.fixed:
        raise ValueError("route must be 'mellin' for a random slope, got 'sum'")
    if law.upper > 1:
        inverse = complex_mixture(width, Law(1 / law.upper, 1 / law.upper, law.keep))
        return lambda order: acb(law.upper).pow(2 * order) * inverse(order)
    total = _live(width, law) if law.upper in (0, 1) else _leaky(width, law)
    return lambda order: acb(2).pow(order) * total(order)


def _live(width: int, law: Law) -> Callable[[acb], acb]:
    """E (Q/2)^order = sum_n P(n) Gamma(n/2 + order)/Gamma(n/2) over the number n > 0 of live units."""
    half = fmpq(width, 2)
    if law.atom == 0:
        return lambda order: (half + order).gamma() * arb(half).rgamma()
    law_of_n = binomial_law(width, 1 - law.atom)
    weights = [w * arb(fmpq(max(n, 1), 2)).rgamma() for n, w in law_of_n]

    def ladder(order: acb, first: int) -> acb:
        nested = acb(0)
        for n in reversed(range(first, width + 1, 2)):
            nested = nested * (fmpq(n, 2) + order) + weights[n]
        return nested * (fmpq(first, 2) + order).gamma()

    return lambda order: sum((ladder(order, n) for n in (1, 2)[:width]), acb(0))


def _leaky(width: int, law: Law) -> Callable[[acb], acb]:
    """E (Q/2)^order for a slope in (0, 1): m units kept."""
    kept = [
        (w * arb(fmpq(m, 2)).rgamma(), fmpq(m, 2), partial(_share_moment, m, law))
        for m, w in binomial_law(width, law.keep)
        if m
    ]
    return lambda order: sum(
        (w * (half + order).gamma() * share(order) for w, half, share in kept), acb(0)
    )


def _share_moment(m: int, law: Law, order: acb) -> acb:
    """E (1 - (1 - slope^2) B)^order, B the negative side's share of the squared norm of m kept units.

    Where the order is a wide ball 2F1 fails, and the bound E (1 - (1 - slope^2) B)^(real part) is used: it is convex.
    """
    if order.rad() < _NARROW:
        gap, half = acb(1 - law.upper**2), fmpq(m, 2)
        sides = binomial_law(m, fmpq(1, 2))
        terms = (w * gap.hypgeom_2f1(-order, half - fmpq(n, 2), half) for n, w in sides)
        return sum(terms, acb(0))
    with ctx.workprec(64):
        ends = (order.real.lower(), order.real.upper())
        low, high = (_share_moment(m, law, acb(end)).real.upper() for end in ends)
    bound = arb(0, low.max(high))
    return acb(bound, bound)


def gamma_weights(width: int, law: Law, real: fmpq) -> list[tuple[fmpq, arb]]:
    """Return pairs (h, b) with |E[Q^z; Q > 0]| <= sum of b |Gamma(h + z)| for all z of that real part; fixed slopes.

    `width` units of the law `law`; `real` is the real part.

    Examples
    --------
    >>> [(h, b.str(5)) for h, b in gamma_weights(2, Law(fmpq(1), fmpq(1), fmpq(1)), fmpq(0))]
    [(1, '1.0000')]
    """
    plain = law.upper in (0, 1)

    def share(n: int) -> arb:
        return arb(1) if plain else _share_moment(n, law, acb(real)).real

    counts = binomial_law(width, 1 - law.atom if plain else law.keep)
    return [
        (fmpq(n, 2), w * share(n) * arb(2) ** arb(real) * arb(fmpq(n, 2)).rgamma())
        for n, w in counts
        if n
    ]
