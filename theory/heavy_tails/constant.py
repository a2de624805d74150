"""Goldie's constant of the power tail of |x| in a network with biases."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theory.activations import Activation, resolve
from theory.domain import Array, Floats, broadcast, count, positive
from theory.heavy_tails.growth import over_pairs
from theory.heavy_tails.law import StationaryLaw

__all__ = ["tail_constant"]


def tail_constant(
    variance: ArrayLike,
    bias_variance: ArrayLike,
    width: ArrayLike,
    activation: Activation | str = "relu",
) -> Floats:
    """C in P(|x| > r) ~ C r^-kappa for the stationary |x| of a network with biases.

    Parameters
    ----------
    variance, bias_variance : array_like
        Variances of the weights and of the biases, finite and > 0.
    width : array_like
        Number of units of every layer, a whole number >= 1. All three are broadcast together.
    activation : Activation or str
        An Activation or one of "linear", "relu", "leaky_relu", "rrelu"; with dropout through Activation.with_dropout.

    Returns
    -------
    float64 or ndarray
        Proportional to bias_variance^(kappa/2); inf or 0 beyond the range of float64.

    Raises
    ------
    ValueError
        As `StationaryLaw`: outside the domain, no stationary law, or none that can be solved to 1e-6.

    Notes
    -----
    C = E[(R + c)^p - R^p]/(p E[A^p log A]), R = |x|^2 stationary, A = variance Q, c = bias_variance/variance and
    p = kappa/2: Goldie's formula after E A^p = 1. R's law is solved as an integral equation (`StationaryLaw`) for
    every different pair of variance and width, in 0.1 to 0.5 s. The limit of the solved density is a second value;
    their disagreement, `StationaryLaw.tail_constant_error`, is the stated error: 1e-9 at most at widths to 512, and
    never above 1e-6, which raises. Measured against the closed forms at kappa = 2, 4, 6 and 8, where the expectation
    is a polynomial in moments: 1e-12.

    References
    ----------
    Goldie 1991 (general recursions); the simplified constant and its solution are extensions.

    Examples
    --------
    >>> print(tail_constant(2 / 8, [1.0, 3.0], 8).round(8))  # He: kappa = 2, C = 4/E[Q log(Q/4)/4]
    [13.63368265 40.90104795]
    """
    variance, bias_variance, width = broadcast(
        variance=positive("variance", variance),
        bias_variance=positive("bias_variance", bias_variance),
        width=count("width", width),
    )
    activation = resolve(activation)

    def parts(variances: Array, widths: Array) -> Array:
        """log of C at bias_variance 1, and kappa/2, as the real and imaginary part of one number."""
        laws = [
            StationaryLaw(v, 1.0, int(w), activation)
            for v, w in zip(variances, widths, strict=True)
        ]
        return np.array([complex(law.log_tail_constant, law.tail_index / 2) for law in laws])

    values = over_pairs(parts, np.asarray(variance), np.asarray(width))
    with np.errstate(over="ignore", under="ignore"):
        result: Floats = np.exp(values.real + values.imag * np.log(bias_variance))[()]
    return result
