"""The neural tangent kernel at orthogonal initialisation, and training in the limit of infinite width."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theory.domain import Array, Floats, broadcast, count, nonnegative, positive, scalar
from theory.ratios import ratio

__all__ = ["expected_initial_loss", "kernel_loss", "ntk_eigenvalues"]


def ntk_eigenvalues(singular_values: ArrayLike, depth: ArrayLike, out_dim: ArrayLike) -> Floats:
    """Distinct eigenvalues of P(0) = (L/d_y) X^T X kron I, which drives training from orthogonal initialisation.

    Parameters
    ----------
    singular_values : array_like
        Singular values s_i of the inputs X, finite and > 0.
    depth : array_like
        L, number of weight matrices, a whole number >= 1.
    out_dim : array_like
        d_y, number of outputs, a whole number >= 1: the multiplicity of each.

    Returns
    -------
    float64 or ndarray
        L s_i^2/d_y; exact for every draw if width >= d_x, whatever the width. inf or 0 beyond float64.

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    A few roundings.

    References
    ----------
    Hu, Xiao & Pennington 2020, (7) and Lemma 4.2.

    Examples
    --------
    >>> ntk_eigenvalues([2.0, 1.0], depth=10, out_dim=5)
    array([8., 2.])
    """
    s, layers, outputs = broadcast(
        singular_values=positive("singular_values", singular_values),
        depth=count("depth", depth),
        out_dim=count("out_dim", out_dim),
    )
    return ratio((layers, s, s), (outputs,))[()]


def expected_initial_loss(data_power: ArrayLike, target_power: ArrayLike) -> Floats:
    """E l(0) = (|X|_F^2 + |Y|_F^2)/2, of Gaussian and of orthogonal initialisation alike.

    Parameters
    ----------
    data_power : array_like
        |X|_F^2, finite and >= 0.
    target_power : array_like
        |Y|_F^2, finite and >= 0.

    Returns
    -------
    float64 or ndarray

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    One rounding.

    References
    ----------
    Hu, Xiao & Pennington 2020, section 4: E|f(x)|^2 = |x|^2, and E f(x) = 0.

    Examples
    --------
    >>> float(expected_initial_loss(3.0, 5.0))
    4.0
    """
    x, y = broadcast(
        data_power=nonnegative("data_power", data_power),
        target_power=nonnegative("target_power", target_power),
    )
    return np.asarray(x / 2 + y / 2)[()]


def kernel_loss(
    steps: ArrayLike,
    singular_values: ArrayLike,
    target_powers: ArrayLike,
    learning_rate: float,
    depth: float,
    out_dim: float,
) -> Floats:
    """Expected excess loss l(t) - l* of infinitely wide orthogonal nets after t steps of gradient descent.

    Parameters
    ----------
    steps : array_like
        t, finite and >= 0; any shape.
    singular_values : array_like, shape (r,)
        Singular values s_i of the inputs X, finite and > 0.
    target_powers : array_like, shape (r,)
        |Y v_i|^2 along the right singular vectors v_i of X, finite and >= 0.
    learning_rate : float
        eta, finite and > 0.
    depth : float
        L, number of weight matrices, a whole number >= 1.
    out_dim : float
        d_y, number of outputs, a whole number >= 1.

    Returns
    -------
    float64 or ndarray
        (1/2) sum_i (1 - eta L s_i^2/d_y)^(2t) (s_i^2 + |Y v_i|^2), of steps' shape; inf where it diverges.

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    The error E of the linear recursion E <- E (I - (eta L/d_y) X^T X) starts at G U^T X/sqrt(d_y) - Y, with G iid
    N(0, 1): the limit of sqrt(m) C, not C = 0. Relative error of a mode below 1e-15 (4 + 2 t c) against mpmath, with
    c = a/|1 - a| + |log|1 - a|| and a = eta L s_i^2/d_y: what the rounding of a costs.

    References
    ----------
    Extension of Hu, Xiao & Pennington 2020 (D1, limit of large width).

    Examples
    --------
    >>> kernel_loss([0, 1], [1.0], [3.0], learning_rate=0.05, depth=10, out_dim=1)
    array([2. , 0.5])
    """
    t = nonnegative("steps", steps)
    s, power = broadcast(
        singular_values=positive("singular_values", singular_values),
        target_powers=nonnegative("target_powers", target_powers),
    )
    if s.ndim != 1 or s.size == 0:
        raise ValueError(
            "singular_values and target_powers must be one-dimensional, not empty, got shapes "
            f"{np.shape(singular_values)} and {np.shape(target_powers)}"
        )
    eta = scalar("learning_rate", positive("learning_rate", learning_rate))
    layers, outputs = (
        scalar(name, count(name, x)) for name, x in (("depth", depth), ("out_dim", out_dim))
    )
    rates = ratio((eta, layers, s, s), (outputs,))
    drawn, wanted = _decayed(t, rates, s), _decayed(t, rates, np.sqrt(power))
    with np.errstate(over="ignore"):
        return np.asarray(np.sum(drawn + wanted, axis=-1))[()]


def _decayed(t: Array, rates: Array, amplitudes: Array) -> Array:
    """(amplitude |1 - rate|^t)^2/2, from logarithms accurate for small rates; 0 for amplitude 0."""
    with np.errstate(divide="ignore", over="ignore", under="ignore", invalid="ignore"):
        logarithm = np.where(rates < 1, np.log1p(-rates), np.log(rates - 1))
        exponent = np.where(t[..., None] == 0, 0.0, t[..., None] * logarithm)
        root = np.exp(exponent / 2)  # twice: its square may overflow where the product does not
        left = np.where(amplitudes == 0, 0.0, amplitudes * root * root)
        return left * (left / 2)
