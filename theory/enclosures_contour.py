"""The distribution of a random walk log|x_k| by a rigorous inversion integral over its moments of complex order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from flint import acb, arb, ctx, fmpq

from theory.enclosures_complex import complex_mixture, gamma_weights
from theory.enclosures_law import Law

__all__ = ["Walk"]

_SEARCH_BITS = 64
_REACH = 6  # the search for the path covers tilts from live (exp(-6) - 1) to live (exp(6) - 1)
_SEARCH_STEPS = 16
_STRETCH = fmpq(5, 4)


@dataclass(frozen=True)
class Walk:
    """L = log(|x_depth|/|x_0|) given survival, for a fixed slope: a sum of `depth` independent steps.

    Parameters
    ----------
    width, depth : int
        At least 1.
    variance : flint.fmpq
        Of each weight, the square of dropout's gain included; > 0.
    law : Law
        Law of one unit's square, with lower = upper.

    Examples
    --------
    >>> walk = Walk(2, 1, fmpq(1, 2), Law(fmpq(1), fmpq(1), fmpq(1)))  # exp(2L) is exponential
    >>> walk.below(fmpq(0)).overlaps(1 - arb(-1).exp())
    True
    """

    width: int
    depth: int
    variance: fmpq
    law: Law

    def below(self, point: fmpq) -> arb:
        """Enclose P(L <= point), at flint's current precision.

        Notes
        -----
        With phi(z) = E exp(zL), for c > 0 in its strip, and for c < 0 with the residue 1 of the pole at 0,
            P(L > x) = Re (1/pi) int_0^inf exp(-(c + iv) x) phi(c + iv)/(c + iv) dv   [c < 0: less 1].
        c = 0, the pole halved, is Gil-Pelaez' formula; here c is near the minimum of exp(-cx) phi(c), where nothing
        cancels. Beyond V it is bounded by |Gamma(a + iv)| <= |Gamma(a + iV)| exp(-(v - V) atan(V/a)), a > 0,
        which follows from d/dv log|Gamma(a + iv)| = -sum_m v/((a + m)^2 + v^2) <= -atan(v/a).

        Examples
        --------
        >>> Walk(1, 9, fmpq(1), Law(fmpq(0), fmpq(0), fmpq(1))).below(fmpq(-9)).str(5)
        '[0.15859 +/- 4.82e-6]'
        """
        tilt = self._tilt(point)
        moment = complex_mixture(self.width, self.law)
        at_tilt = moment(acb(tilt / 2)).real
        last, rest = self._tail(tilt, at_tilt)
        turn = arb(self.variance).log() / 2 * self.depth - arb(point)

        def integrand(v: acb, _: bool) -> acb:
            ratio = (moment((tilt + v * acb(0, 1)) / 2) / at_tilt) ** self.depth
            return ratio * (v * turn * acb(0, 1)).exp() / (tilt + v * acb(0, 1))

        goal = arb(2) ** -ctx.prec
        body = acb.integral(integrand, arb(0), arb(last), abs_tol=goal, rel_tol=goal).real
        size = (at_tilt / self._mass) ** self.depth * (tilt * turn).exp()
        side = (body + arb(0, rest)) * size / arb.pi()
        return 1 - side if tilt > 0 else -side

    @property
    def _mass(self) -> arb:
        return 1 - arb(self.law.atom) ** self.width

    @cached_property
    def _live(self) -> int:
        """The smallest possible number of live units: phi is analytic to the right of minus it."""
        return self.width if self.law.atom == 0 else 1

    def _tilt(self, point: fmpq) -> fmpq:
        """Near the minimum of log(exp(-cx) phi(c)), which is convex, but off the pole at 0."""
        with ctx.workprec(_SEARCH_BITS):
            moment = complex_mixture(self.width, self.law)
            turn = arb(self.variance).log() / 2 - arb(point) / self.depth

            def height(c: fmpq) -> arb:
                return (self.depth * (c * turn + moment(acb(c / 2)).real.log())).mid()

            low, high = fmpq(-_REACH), fmpq(_REACH)
            for _ in range(_SEARCH_STEPS):
                left, right = (2 * low + high) / 3, (low + 2 * high) / 3
                if height(self._place(left)) < height(self._place(right)):
                    high = right
                else:
                    low = left
            best = self._place((low + high) / 2)
            away = fmpq(self._live, 2) * (1 if best > 0 else -1)
            while height(away) > height(best) + 1 and abs(away) > abs(best):
                away /= 2
            return max(best, away, key=abs)

    def _place(self, u: fmpq) -> fmpq:
        """A short fraction near live (exp(u) - 1)."""
        return fmpq(round(float(arb(u).expm1()) * 2**20), 2**20) * self._live

    def _tail(self, tilt: fmpq, at_tilt: arb) -> tuple[fmpq, arb]:
        """Where to stop, and a bound of the integral of |integrand| beyond."""
        goal = arb(2) ** -ctx.prec
        last = fmpq(1)
        with ctx.workprec(_SEARCH_BITS):
            weights = gamma_weights(self.width, self.law, tilt / 2)
            while True:
                angle = arb(last / (self.width + tilt)).atan()
                sizes = (b * abs((h + acb(tilt, last) / 2).gamma()) for h, b in weights)
                layer = (sum(sizes, arb(0)) / at_tilt) ** self.depth
                rest = layer * 2 / (self.depth * angle * acb(tilt, last).abs_lower())
                if rest < goal:
                    return last, rest.upper()
                last *= _STRETCH
