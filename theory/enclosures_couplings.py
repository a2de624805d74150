"""How far a law of log Q moves over a box of activations: for quantities that are not monotone in the parameters.

Q at two sets of slopes can be built from the same normals: its logarithms then differ by a bounded amount, path by
path. A change of keep_prob changes the probabilities of the numbers of kept units by bounded ratios.
"""

from __future__ import annotations

from collections.abc import Callable

from flint import arb, fmpq

from theory.enclosures_activations import ActivationBox
from theory.enclosures_boxes import Box
from theory.enclosures_law import Law

__all__ = ["kept_ratio", "live_slopes", "log_shift", "middle"]


def live_slopes(activation: ActivationBox) -> None:
    """Raise ValueError if the slopes of a box are zero at some points only, where the law given Q > 0 jumps.

    `activation` is the box.

    Examples
    --------
    >>> live_slopes(ActivationBox(arb(0.1, 0.2)))
    Traceback (most recent call last):
    ...
    ValueError: lower must be 0 or bounded away from 0 where it is a fixed slope, got [+/- 0.301]
    """
    top = activation.slopes[1]
    if top.low == 0 < top.high:
        raise ValueError(
            f"lower must be 0 or bounded away from 0 where it is a fixed slope, got {activation.lower}"
        )


def middle(activation: ActivationBox) -> Law:
    """Return the law at the middle of a box, without rescaling.

    `activation` is the box.

    Examples
    --------
    >>> middle(ActivationBox(0.5, keep_prob=0.25))
    Law(lower=1/2, upper=1/2, keep=1/4)
    """
    ends = (*activation.slopes, activation.keep)
    return Law(*((end.low + end.high) / 2 for end in ends))


def log_shift(activation: ActivationBox) -> arb:
    """Return the length of an interval that holds log Q - log Q' for all slopes of a box, Q' at its middle.

    `activation` is the box.

    Raises
    ------
    ValueError
        If the smaller of two random slopes ranges over 0 and more, where there is no such bound.

    Notes
    -----
    With common normals and uniform variables each unit's slope is multiplied by a factor between those of the two ends
    (or by 1, where it is positive), so Q is multiplied by something between the squares of the extreme factors.

    Examples
    --------
    >>> log_shift(ActivationBox(arb(0.5, 0.25))).str(5)  # 2 log 3
    '[2.1972 +/- 2.46e-5]'
    """
    factors = [_factors(end) for end in activation.slopes if end.high > 0]
    low = min(fmpq(1), *(pair[0] for pair in factors), fmpq(1))
    high = max(fmpq(1), *(pair[1] for pair in factors), fmpq(1))
    return 2 * (arb(high).log() - arb(low).log())


def _factors(slope: Box) -> tuple[fmpq, fmpq]:
    if slope.low == 0:
        raise ValueError(f"lower must be exact or bounded away from 0 here, got up to {slope.high}")
    centre = (slope.low + slope.high) / 2
    return slope.low / centre, slope.high / centre


def kept_ratio(width: int, keep: Box, centre: fmpq) -> tuple[arb, arb]:
    """Bound P(n units kept) / P'(n units kept), the latter at keep_prob `centre`, over n and over a box of keep_prob.

    `width` units; `keep` is the box.

    Examples
    --------
    >>> [r.str(5) for r in kept_ratio(2, Box(fmpq(1, 4), fmpq(1, 2)), fmpq(1, 2))]
    ['0.25000', '2.2500']
    """
    if keep.thin:
        return arb(1), arb(1)
    lost: Callable[[fmpq], arb] = lambda k: (arb(1 - k) / (1 - centre)) ** width  # noqa: E731
    kept: Callable[[fmpq], arb] = lambda k: (arb(k) / centre) ** width  # noqa: E731
    low = kept(keep.low).min(lost(keep.high))
    return low, kept(keep.high).max(lost(keep.low))
