"""Activations whose parameters may be balls: the activations in a box."""

from __future__ import annotations

from dataclasses import dataclass

from theory.activations import Activation, resolve
from theory.enclosures_boxes import Box, Real, box

__all__ = ["ActivationBox", "activation_box"]


@dataclass(frozen=True)
class ActivationBox:
    """A positively homogeneous activation whose parameters may be balls: all the activations in a box.

    The same parameters as `theory.activations.Activation`, except that one slope alone means a fixed slope: two equal
    balls for `lower` and `upper` would not say whether they hold the same number.

    Parameters
    ----------
    lower : Real
        The fixed slope; or the lower end of the range of slopes.
    upper : Real, optional
        The upper end. Everything in `lower` must be >= 0 and below everything in `upper`.
    keep_prob : Real
        Probability in (0, 1] that dropout keeps a unit.
    rescale : bool
        Whether kept units are divided by keep_prob.

    Raises
    ------
    ValueError
        Outside that domain.

    Examples
    --------
    >>> ActivationBox(0.5).slopes
    (Box(low=1/2, high=1/2), Box(low=1/2, high=1/2))
    """

    lower: Real
    upper: Real | None = None
    keep_prob: Real = 1
    rescale: bool = True

    def __post_init__(self) -> None:
        box("lower", self.lower)
        if self.upper is not None:
            low, high = box("lower", self.lower), box("upper", self.upper)
            if low.low < 0 or low.high >= high.low:
                raise ValueError(
                    f"lower must satisfy 0 <= lower < upper, got lower={self.lower}, upper={self.upper}"
                )
        if self.keep.low <= 0 or self.keep.high > 1:
            raise ValueError(f"keep_prob must be in (0, 1], got {self.keep_prob}")
        if not isinstance(self.rescale, bool):
            raise ValueError(f"rescale must be True or False, got {self.rescale!r}")

    @property
    def keep(self) -> Box:
        """The interval of keep_prob.

        Examples
        --------
        >>> ActivationBox(0, keep_prob=0.5).keep
        Box(low=1/2, high=1/2)
        """
        return box("keep_prob", self.keep_prob)

    @property
    def slopes(self) -> tuple[Box, Box]:
        """The intervals of |lower| and |upper|; only squares of slopes enter the law of |phi|.

        Examples
        --------
        >>> ActivationBox(-1).slopes[0]
        Box(low=1, high=1)
        """
        low = box("lower", self.lower).magnitude()
        return low, low if self.upper is None else box("upper", self.upper)


def activation_box(activation: Activation | ActivationBox | str) -> ActivationBox:
    """Return the box of an activation, whose floats count as exact binary numbers.

    Parameters
    ----------
    activation : Activation, ActivationBox or str
        A name is one of "linear", "relu", "leaky_relu", "rrelu".

    Returns
    -------
    ActivationBox

    Raises
    ------
    ValueError
        For an unknown activation.

    Examples
    --------
    >>> activation_box("relu")
    ActivationBox(lower=0.0, upper=None, keep_prob=1.0, rescale=True)
    """
    if isinstance(activation, ActivationBox):
        return activation
    known = resolve(activation)
    upper = None if known.lower == known.upper else known.upper
    return ActivationBox(known.lower, upper, known.keep_prob, bool(known.rescale))
