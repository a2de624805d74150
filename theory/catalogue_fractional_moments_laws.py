"""The results on the exact law of the output's norm and on the stationary law with biases, as data."""

from __future__ import annotations

from theory.catalogue_forms import forms
from theory.catalogue_fractional_moments import record
from theory.catalogue_sources import ESSEEN, GIL_PELAEZ, GOLDIE, GURBUZBALABAN_HU, KESTEN, NOCI

__all__ = ["RESULTS"]

_PAPER = "Gurbuzbalaban & Hu 2021 (AISTATS, PMLR 130:2233-2241; arXiv 2005.11878v5)"
_EXTENSION = f"extension of {_PAPER}"
_LAW = (
    f"{_EXTENSION}; Noci et al. 2021 (arXiv 2106.06615) have the output's law by Meijer G-functions"
)
_GOLDIE = f"Goldie 1991: implicit renewal theory, the constant of the tail; {_EXTENSION}"

_NORMAL = "z ~ N(0, I)"
_NETWORK = (
    "x_k = phi(W_k x_(k-1)), entries of W_k iid N(0, variance), biases zero",
    "x_0 not zero, independent of the W_k",
    "equal widths",
)
_BIASED = (
    "x_k = phi(W_k x_(k-1) + b_k), entries of W_k iid N(0, variance), of b_k iid N(0, bias_variance)",
    "x_0 independent of the W_k and b_k",
)
_STATIONARY = (*_BIASED, "equal widths", "x_k stationary")
_WIDTH = "width a whole number >= 1"
_DEPTH = "depth a whole number >= 1; variance > 0"
_SLOPE = "; slope finite, not 0 (0 is ReLU)"


def _cited(*entries: str) -> str:
    return "\n".join((GURBUZBALABAN_HU, *entries))


RESULTS = (
    record(
        "norm-law.moment",
        "The moment E(|x_k|/|x_0|)^s of a network is the k-th power of one layer's (leaky ReLU).",
        "s d a depth sigma2",
        _NETWORK,
        f"order > 0; {_WIDTH}; {_DEPTH}{_SLOPE}",
        f"{_PAPER}: s-th moment of the output over depth",
        forms("norm_law_moment", "leaky-relu"),
    ),
    record(
        "norm-law.characteristic.linear",
        "The characteristic function of log|z|^2 is 2^(iw) Gamma(d/2 + iw)/Gamma(d/2).",
        "d w",
        (_NORMAL,),
        f"frequency real; {_WIDTH}",
        _LAW,
        forms("complex_moment", "linear"),
        _cited(NOCI),
    ),
    record(
        "norm-law.characteristic.relu",
        "The characteristic function of log|relu(z)|^2, the atom left out, is a binomial sum of Gamma ratios.",
        "d w",
        (_NORMAL,),
        f"frequency real; {_WIDTH}",
        _LAW,
        forms("complex_moment", "relu"),
        _cited(NOCI),
    ),
    record(
        "norm-law.characteristic.leaky-relu",
        "The characteristic function of log|phi(z)|^2 for leaky ReLU is a Mellin integral of imaginary order.",
        "d a w",
        (_NORMAL,),
        f"frequency real; {_WIDTH}{_SLOPE}",
        _LAW,
        forms("complex_moment", "leaky-relu"),
        _cited(NOCI),
    ),
    record(
        "norm-law.cdf",
        "The cdf of |x_k|/|x_0| is an inversion integral over moments of imaginary order, atom included (ReLU).",
        "d depth sigma2 x",
        _NETWORK,
        f"point real; {_WIDTH}; {_DEPTH}",
        f"Gil-Pelaez 1951: inversion of a characteristic function; {_LAW}",
        forms("norm_ratio_cdf", "relu"),
        _cited(GIL_PELAEZ, NOCI),
    ),
    record(
        "norm-law.convolution",
        "The law of the log-norm at depth a + b is the convolution of those at depths a and b (leaky ReLU).",
        "d a depth_first depth_second sigma2 w",
        _NETWORK,
        f"frequency real; {_WIDTH}; depths whole numbers >= 1; variance > 0{_SLOPE}",
        _EXTENSION,
        forms("joined_characteristic", "leaky-relu"),
    ),
    record(
        "clt-rate",
        "The log-norm's law is |k3|/(6 sqrt(2 pi k) tau^3) from the normal law, to first order in depth k (linear).",
        "d",
        _NETWORK,
        f"{_WIDTH}; depth -> infinity",
        f"Esseen 1945: first term of the error in the central limit theorem; {_EXTENSION}",
        forms("clt_constant", "linear"),
        _cited(ESSEEN),
    ),
    record(
        "kesten",
        "With biases a layer's norm given the one before has transform psi((variance rho^2 + bias_variance) t)^d_out.",
        "t a d_out rho sigma2 sigma_b2",
        _BIASED,
        f"t >= 0; input_norm, variance, bias_variance > 0; fan_out a whole number >= 1{_SLOPE}",
        f"Kesten 1973: random difference equations; {_EXTENSION}",
        forms("biased_laplace", "leaky-relu"),
        _cited(KESTEN),
    ),
    record(
        "tail-index",
        "With biases the scheme that preserves order s has a stationary norm of tail index s (leaky ReLU).",
        "s",
        _STATIONARY,
        f"order > 0; {_WIDTH}{_SLOPE}",
        f"Kesten 1973: tails of random difference equations; {_EXTENSION}",
        forms("scheme_tail_index", "leaky-relu"),
        _cited(KESTEN, GOLDIE),
    ),
    record(
        "tail-constant.two",
        "Goldie's constant of the stationary tail at index 2 is a finite sum of digamma functions (ReLU).",
        "d sigma_b2",
        _STATIONARY,
        f"{_WIDTH}; bias_variance > 0; variance of order 2",
        _GOLDIE,
        forms("scheme_tail_constant", "relu", order=2),
        _cited(KESTEN, GOLDIE),
    ),
    record(
        "tail-constant.four",
        "Goldie's constant of the stationary tail at index 4 takes the stationary mean and digamma functions (ReLU).",
        "d sigma_b2",
        _STATIONARY,
        f"{_WIDTH}; bias_variance > 0; variance of order 4",
        _GOLDIE,
        forms("scheme_tail_constant", "relu", order=4),
        _cited(KESTEN, GOLDIE),
    ),
    record(
        "stationary-moment.first",
        "The stationary mean of |x|^2 with biases is bias_variance m1 d/(1 - variance m1 d).",
        "d m1 sigma2 sigma_b2",
        _STATIONARY,
        f"{_WIDTH}; variance, bias_variance > 0; variance m1 d < 1",
        _EXTENSION,
        forms("stationary_moment", "any", n=1),
    ),
    record(
        "stationary-moment.second",
        "The stationary mean of |x|^4 with biases is rational in the variances, the width and two moments.",
        "d m1 v sigma2 sigma_b2",
        _STATIONARY,
        f"{_WIDTH}; variance, bias_variance > 0; variance^2 (m1^2 d^2 + v d) < 1",
        _EXTENSION,
        forms("stationary_moment", "any", n=2),
    ),
)
