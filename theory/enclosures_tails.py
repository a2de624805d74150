"""Enclosures of the stationary law with biases: tail index, integer moments, and Goldie's constant at even indices.

x_k = phi(W_k x_(k-1) + b_k) has |x_k|^2 = (variance |x_(k-1)|^2 + bias_variance) Q_k, a perpetuity (Kesten 1973).
Conventions as in `theory.enclosures`: exact arguments give balls of relative radius `rel_radius` at most, balls give
results that hold at all their points.
"""

from __future__ import annotations

from math import comb, factorial
from typing import Any

from flint import arb, ctx, fmpq

from theory.enclosures import AnyActivation, Route, layer_laplace, weight_variance
from theory.enclosures_activations import ActivationBox, activation_box
from theory.enclosures_boxes import Real, positive_box, whole
from theory.enclosures_engine import bits_for, mean_at, narrow, share
from theory.enclosures_law import Law
from theory.enclosures_logs import log_moments
from theory.enclosures_roots import increasing_root

__all__ = [
    "biased_laplace",
    "scheme_tail_index",
    "stationary_moment",
    "tail_constant",
    "tail_index",
]

_REL_RADIUS = 1e-25
_LARGEST = 64
_Corner = tuple[fmpq, Law]


def tail_index(
    variance: Real,
    width: int,
    activation: AnyActivation = "relu",
    *,
    route: Route = "auto",
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose the tail index kappa of the stationary |x|: the root of variance^(kappa/2) E Q^(kappa/2) = 1.

    Parameters
    ----------
    variance : Real
        Of each weight; finite, > 0, and so small that there is a stationary law.
    width : int
        1 to 2**53.
    activation : Activation, ActivationBox or str
        With or without dropout.
    route : {"auto", "sum", "mellin"}
        As for `norm_moment`.
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb
        Contains the index at every point of the arguments.

    Raises
    ------
    ValueError
        For an argument outside its domain; if there is no stationary law; if the index is above 128.
    ArithmeticError
        If the index cannot be enclosed with 8192 bits.

    Notes
    -----
    variance (E Q^p)^(1/p) increases in p by Lyapunov's inequality, so there is at most one root. It exists if
    E log(variance Q) < 0, where log 0 = -inf. Source: Kesten 1973; that a scheme of order s has index s: extension of
    Gurbuzbalaban & Hu 2021.

    Examples
    --------
    >>> tail_index(2 / 8, 8, "relu").overlaps(arb(2))  # He initialisation
    True
    """
    units, chosen = whole("width", width), activation_box(activation)
    roots = [
        _index(scale, units, law, route, rel_radius) for scale, law in _spread(variance, chosen)
    ]
    with ctx.workprec(bits_for(rel_radius)):
        return 2 * roots[0].union(roots[-1])


def _spread(variance: Real, activation: ActivationBox) -> set[_Corner]:
    """The corners of a box at which variance Q is smallest and largest, Q without rescaling."""
    size, keep, (a, b) = positive_box("variance", variance), activation.keep, activation.slopes
    gain = (keep.high, keep.low) if activation.rescale else (fmpq(1), fmpq(1))
    low = size.low / gain[0] ** 2, Law(a.low, b.low, keep.low)
    return {low, (size.high / gain[1] ** 2, Law(a.high, b.high, keep.high))}


def _index(variance: fmpq, width: int, law: Law, route: str, radius: float) -> arb:
    """Half the tail index, from the root of log(variance) + log((E Q^p)^(1/p))."""

    def excess(p: fmpq) -> arb:
        return (variance * mean_at(p, law, width, route)).log()

    try:
        return increasing_root(excess, _LARGEST, share(radius))
    except ValueError:
        if excess(fmpq(_LARGEST)) < 0:
            raise ValueError(
                f"variance must give an index <= {2 * _LARGEST}, got {variance}"
            ) from None
    raise ValueError(
        f"variance must be below zero_drift_variance, else there is no stationary law; got {variance}"
    )


def scheme_tail_index(
    order: Real,
    width: int,
    activation: AnyActivation = "relu",
    *,
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose the tail index under the scheme that preserves the moment of an order, with biases: it is the order.

    Parameters
    ----------
    order : Real
        Finite, > 0, at most 128.
    width, activation, rel_radius
        As for `tail_index`.

    Returns
    -------
    flint.arb
        The tail index at the enclosure of the scheme's weight variance, not just `order`.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    Extension of Gurbuzbalaban & Hu 2021.

    Examples
    --------
    >>> scheme_tail_index(0.75, 3, "relu").overlaps(arb(0.75))
    True
    """
    for extra in (1e-3, 1e-20, 1e-60):
        inner = max(rel_radius * extra, 1e-299)
        variance = weight_variance(order, width, activation=activation, rel_radius=inner)
        index = tail_index(variance, width, activation, rel_radius=inner)
        if index.rad() <= index.abs_lower() * rel_radius:
            break
    return index


def biased_laplace(
    t: Real,
    input_norm: Real,
    variance: Real,
    bias_variance: Real,
    fan_out: int,
    activation: AnyActivation = "relu",
    *,
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose E exp(-t |phi(W x + b)|^2), |x| = input_norm: psi of t (variance input_norm^2 + bias_variance), ^fan_out.

    Parameters
    ----------
    t, fan_out, activation, rel_radius
        As for `theory.enclosures.layer_laplace`.
    input_norm, variance, bias_variance : Real
        Norm of x, variance of each weight and of each bias; finite, > 0.

    Returns
    -------
    flint.arb
        Contains the transform at every point of the arguments.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    The law of one step of the recursion, given the norm before it. Extension of Gurbuzbalaban & Hu 2021.

    Examples
    --------
    >>> biased_laplace(0.75, 1, 1, 1, 3, "relu").str(10)
    '0.4218750000'
    """
    norm, size = positive_box("input_norm", input_norm), positive_box("variance", variance)
    bias = positive_box("bias_variance", bias_variance)
    low = size.low * norm.low**2 + bias.low
    high = size.high * norm.high**2 + bias.high
    with ctx.workprec(bits_for(share(rel_radius))):
        spread = low if low == high else arb(low).union(arb(high))
    return layer_laplace(t, spread, fan_out, activation, rel_radius=rel_radius)


def stationary_moment(
    n: int,
    variance: Real,
    bias_variance: Real,
    width: int,
    activation: AnyActivation = "relu",
    *,
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose E|x|^(2n) of the stationary law.

    Parameters
    ----------
    n : int
        At least 1.
    variance, bias_variance : Real
        Of each weight and bias; finite, > 0.
    width : int
        1 to 2**53.
    activation : Activation, ActivationBox or str
        With or without dropout.
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb
        Contains the moment at every point of the arguments.

    Raises
    ------
    ValueError
        For an argument outside its domain, or where the moment is infinite: variance^n E Q^n >= 1.

    Notes
    -----
    E R^n (1 - variance^n E Q^n) = E Q^n sum_(j < n) binom(n, j) variance^j bias_variance^(n-j) E R^j, in exact rational
    arithmetic. Every term increases in the variances and in the moments of phi^2. Extension of Gurbuzbalaban & Hu 2021.

    Examples
    --------
    >>> stationary_moment(1, 0.125, 1, 4, "relu").overlaps(arb(8) / 3)
    True
    """
    order, units, chosen = whole("n", n), whole("width", width), activation_box(activation)
    sizes, biases = positive_box("variance", variance), positive_box("bias_variance", bias_variance)
    (a, b), keep = chosen.slopes, chosen.keep
    far = keep.low if chosen.rescale else keep.high
    near = keep.high if chosen.rescale else keep.low
    ends = {
        (sizes.low, biases.low, Law(a.low, b.low, near)),
        (sizes.high, biases.high, Law(a.high, b.high, far)),
    }
    values = [_moment(order, *end, units, chosen.rescale) for end in ends]
    with ctx.workprec(bits_for(rel_radius)):
        return arb(values[0]).union(arb(values[-1]))


def _moment(n: int, size: fmpq, bias: fmpq, law: Law, width: int, rescale: bool) -> fmpq:
    gain = law.keep**-2 if rescale else fmpq(1)
    powers = [m * gain**k for k, m in enumerate(_whole_moments(n, width, law))]
    if size**n * powers[n] >= 1:
        raise ValueError(
            f"variance must be below {(arb(powers[n]) ** fmpq(-1, n)).str(9)}, got {arb(size).str(9)}"
        )
    moment: fmpq = _recursion(powers, size, bias)[n]
    return moment


def _whole_moments(n: int, width: int, law: Law) -> list[fmpq]:
    """E Q^k for k = 0..n, Q without rescaling: k! times the coefficients of (sum_j E phi^(2j) x^j/j!)^width."""
    unit = [law.moment(k) / factorial(k) for k in range(n + 1)]
    power = [fmpq(1)]
    for k in range(1, n + 1):  # Euler's recurrence
        inner = sum(
            ((i * (width + 1) - k) * unit[i] * power[k - i] for i in range(1, k + 1)), fmpq(0)
        )
        power.append(inner / k)
    return [factorial(k) * c for k, c in enumerate(power)]


def _recursion(powers: list[Any], size: Any, bias: Any) -> list[Any]:
    """E R^k for k = 0, 1, ..., from powers[k] = E Q^k, in the arithmetic of the arguments."""
    moments: list[Any] = [fmpq(1)]
    for n in range(1, len(powers)):
        lower = sum(comb(n, j) * size**j * bias ** (n - j) * moments[j] for j in range(n))
        moments.append(powers[n] * lower / (1 - size**n * powers[n]))
    return moments


def tail_constant(
    order: int,
    bias_variance: Real,
    width: int,
    activation: AnyActivation = "relu",
    *,
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose Goldie's constant C in P(|x| > r) ~ C r^(-order) at the weight variance that has tail index `order`.

    Parameters
    ----------
    order : int
        2, 4, 6, ..., 64: the tail index. It stands for the weight variance (E Q^(order/2))^(-2/order), which is
        irrational from 4 on.
    bias_variance : Real
        Of each bias; finite, > 0.
    width : int
        1 to 2**53.
    activation : Activation, ActivationBox or str
        With or without dropout; its parameters exact.
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb
        Contains the constant at every point of the arguments.

    Raises
    ------
    ValueError
        For an argument outside its domain.
    ArithmeticError
        If the ball is still too wide at 8192 bits.

    Notes
    -----
    With A = variance Q, c = bias_variance/variance and p = order/2: C = E[(R + c)^p - R^p] / (p E[A^p log A]), whose
    numerator is a polynomial in the moments E R^j, j < p; p = 1: c / E[A log A]. Goldie 1991 (implicit renewal theory);
    extension of Gurbuzbalaban & Hu 2021.

    Examples
    --------
    >>> tail_constant(2, 1, 1, "linear").overlaps(1 / (2 - arb.const_euler() - arb(2).log()))
    True
    """
    p, units, chosen = _half(order), whole("width", width), activation_box(activation)
    if not all(box.thin for box in (*chosen.slopes, chosen.keep)):
        raise ValueError(f"activation must have exact parameters here, got {chosen}")
    law = Law(chosen.slopes[0].low, chosen.slopes[1].low, chosen.keep.low)
    unit: arb = narrow(lambda: _goldie(p, units, law), share(rel_radius, p))
    gain = law.keep**-2 if chosen.rescale else fmpq(1)
    with ctx.workprec(bits_for(share(rel_radius, p))):
        return unit * (positive_box("bias_variance", bias_variance).ball() * gain) ** p


def _half(order: int) -> int:
    if whole("order", order) % 2 or order > _LARGEST:
        raise ValueError(f"order must be 2, 4, 6, ..., {_LARGEST}, got {order}")
    return int(order) // 2


def _goldie(p: int, width: int, law: Law) -> arb:
    """The constant for biases of variance 1 and no rescaling: it is homogeneous of degree p in the bias variance."""
    powers = _whole_moments(p, width, law)
    size = arb(powers[p]) ** fmpq(-1, p)
    moments = _recursion(powers[:p], size, fmpq(1))
    top = sum((comb(p, j) * size ** (j - p) * moments[j] for j in range(p)), arb(0))
    weighted = log_moments(p, 1, width, law)[1] / powers[p] + size.log()  # E[A^p log A]
    return top / (p * weighted)
