"""The results on the drift of the log-norm and on survival, as data."""

from __future__ import annotations

from theory.catalogue_forms import forms
from theory.catalogue_fractional_moments import record
from theory.catalogue_sources import GURBUZBALABAN_HU, SUSSILLO_ABBOTT

__all__ = ["RESULTS"]

_PAPER = "Gurbuzbalaban & Hu 2021 (AISTATS, PMLR 130:2233-2241; arXiv 2005.11878v5)"
_EXTENSION = f"extension of {_PAPER}"
_LIMIT = f"{_PAPER}: almost sure limit of the output's logarithm over depth (linear, ReLU)"
_WALK = "Sussillo & Abbott 2014 (arXiv 1412.6558): initialisation without drift"
_BOTH = f"{GURBUZBALABAN_HU}\n{SUSSILLO_ABBOTT}"

_NORMAL = "z ~ N(0, I)"
_SLOPES = "slopes drawn from U[lower, upper], independently for each unit"
_MASKS = "units kept independently with probability keep_prob, then multiplied by 1/keep_prob (rescale) or 1"
_NETWORK = (
    "x_k = phi(W_k x_(k-1)), entries of W_k iid N(0, variance), biases zero",
    "x_0 not zero, independent of the W_k",
    "equal widths",
)
_WIDTH = "width a whole number >= 1"
_SLOPE = "; slope finite, not 0 (0 is ReLU)"
_RANGE = "; 0 <= lower < upper"
_KEEP = f"{_SLOPE}; 0 < keep_prob <= 1"


RESULTS = (
    record(
        "log-norm-mean.linear",
        "The mean of log|z| is (log 2 + digamma(d/2))/2.",
        "d",
        (_NORMAL,),
        _WIDTH,
        _LIMIT,
        forms("log_norm_mean", "linear"),
    ),
    record(
        "log-norm-mean.relu",
        "The mean of log|relu(z)|, given that it is finite, averages digammas over the number of active units.",
        "d",
        (_NORMAL,),
        _WIDTH,
        _LIMIT,
        forms("log_norm_mean", "relu"),
    ),
    record(
        "log-norm-mean.leaky-relu",
        "The mean of log|phi(z)| for leaky ReLU is a Frullani integral of the Laplace transform.",
        "d a",
        (_NORMAL,),
        f"{_WIDTH}{_SLOPE}",
        _EXTENSION,
        forms("log_norm_mean", "leaky-relu"),
    ),
    record(
        "log-norm-mean.rrelu",
        "The mean of log|phi(z)| for randomised leaky ReLU is a Frullani integral of the Laplace transform.",
        "d l u",
        (_NORMAL, _SLOPES),
        f"{_WIDTH}{_RANGE}",
        _EXTENSION,
        forms("log_norm_mean", "rrelu"),
    ),
    record(
        "log-norm-mean.dropout",
        "With dropout the mean of log|phi(z)| given that a unit is kept is a Frullani integral (leaky ReLU).",
        "d a q g",
        (_NORMAL, _MASKS),
        f"{_WIDTH}{_KEEP}",
        _EXTENSION,
        forms("log_norm_mean", "dropout"),
    ),
    record(
        "log-norm-variance.linear",
        "The variance of log|z| is trigamma(d/2)/4.",
        "d",
        (_NORMAL,),
        _WIDTH,
        _LIMIT,
        forms("log_norm_variance", "linear"),
    ),
    record(
        "log-norm-variance.relu",
        "The variance of log|relu(z)|, given that it is finite, is the total variance over the active units.",
        "d",
        (_NORMAL,),
        _WIDTH,
        _LIMIT,
        forms("log_norm_variance", "relu"),
    ),
    record(
        "log-norm-variance.leaky-relu",
        "The variance of log|phi(z)| for leaky ReLU takes two integrals of the Laplace transform.",
        "d a",
        (_NORMAL,),
        f"{_WIDTH}{_SLOPE}",
        _EXTENSION,
        forms("log_norm_variance", "leaky-relu"),
    ),
    record(
        "log-norm-variance.rrelu",
        "The variance of log|phi(z)| for randomised leaky ReLU takes two integrals of the Laplace transform.",
        "d l u",
        (_NORMAL, _SLOPES),
        f"{_WIDTH}{_RANGE}",
        _EXTENSION,
        forms("log_norm_variance", "rrelu"),
    ),
    record(
        "log-norm-variance.dropout",
        "With dropout the variance of log|phi(z)| given that a unit is kept takes two integrals (leaky ReLU).",
        "d a q g",
        (_NORMAL, _MASKS),
        f"{_WIDTH}{_KEEP}",
        _EXTENSION,
        forms("log_norm_variance", "dropout"),
    ),
    record(
        "lyapunov",
        "The drift per layer of the survivors' log-norm is log(variance)/2 plus the mean of log|relu(z)| (ReLU).",
        "d sigma2",
        _NETWORK,
        f"{_WIDTH}; variance > 0",
        _LIMIT,
        forms("lyapunov_exponent", "relu"),
    ),
    record(
        "zero-drift.linear",
        "The weight variance without drift of the log-norm is exp(-digamma(d/2))/2 for a linear network.",
        "d",
        _NETWORK,
        _WIDTH,
        f"{_WALK}; the exact value: {_EXTENSION}",
        forms("zero_drift_variance", "linear"),
        _BOTH,
    ),
    record(
        "zero-drift.relu",
        "The weight variance without drift of the survivors' log-norm is exp(-E[log Q | Q > 0]) (ReLU).",
        "d",
        _NETWORK,
        _WIDTH,
        f"{_WALK}; the exact value: {_EXTENSION}",
        forms("zero_drift_variance", "relu"),
        _BOTH,
    ),
    record(
        "zero-drift.leaky-relu",
        "The weight variance without drift of the log-norm for leaky ReLU, by a Frullani integral.",
        "d a",
        _NETWORK,
        f"{_WIDTH}{_SLOPE}",
        f"{_WALK}; this activation: {_EXTENSION}",
        forms("zero_drift_variance", "leaky-relu"),
        _BOTH,
    ),
    record(
        "zero-drift.rrelu",
        "The weight variance without drift of the log-norm for randomised leaky ReLU, by a Frullani integral.",
        "d l u",
        (*_NETWORK, _SLOPES),
        f"{_WIDTH}{_RANGE}",
        f"{_WALK}; this activation: {_EXTENSION}",
        forms("zero_drift_variance", "rrelu"),
        _BOTH,
    ),
    record(
        "zero-drift.dropout",
        "The weight variance without drift of the survivors' log-norm for leaky ReLU with dropout.",
        "d a q g",
        (*_NETWORK, _MASKS),
        f"{_WIDTH}{_KEEP}",
        f"{_WALK}; with dropout: {_EXTENSION}",
        forms("zero_drift_variance", "dropout"),
        _BOTH,
    ),
    record(
        "zero-drift.limit",
        "As s -> 0 the variance of order s times P(Q > 0)^(2/s) tends to the zero-drift one; alone it diverges (ReLU).",
        "d",
        _NETWORK,
        _WIDTH,
        _EXTENSION,
        forms("zero_drift_variance", "relu"),
    ),
    record(
        "sussillo-abbott",
        "The std without drift is exp(v/(4 d m1^2))/sqrt(m1 d) up to O(d^-2): exp(1/(2d)), ReLU exp(1.25/d).",
        "d m1 v",
        _NETWORK,
        f"{_WIDTH}; width -> infinity",
        f"{_WALK}: exp(1/(2d))/sqrt(d) (linear); their 1.2/(d - 2.4) for ReLU approximates 1.25/d; {_EXTENSION}",
        forms("zero_drift_std_expansion", "any"),
        _BOTH,
    ),
    record(
        "extinction",
        "A ReLU network of equal widths d is dead by a depth with probability 1 - (1 - 2^-d)^depth.",
        "d depth",
        _NETWORK,
        f"{_WIDTH}; depth a whole number >= 1",
        _EXTENSION,
        forms("extinction_probability", "relu"),
    ),
    record(
        "almost-sure-decay",
        "Preserving a moment of order s forces the survivors' drift below -log(1 - P0)/s, P0 the atom (ReLU).",
        "d s",
        _NETWORK,
        f"order > 0; {_WIDTH}",
        f"{_PAPER}: the output tends to 0 almost surely while its s-th moment is constant; the atom: extension",
        forms("survivor_drift_bound", "relu"),
    ),
    record(
        "survivor-growth-order",
        "The survivors' drift under the scheme of order s is positive below its root, survivor_growth_order (ReLU).",
        "d s",
        _NETWORK,
        f"order > 0; {_WIDTH}",
        _EXTENSION,
        forms("survivor_drift", "relu"),
    ),
)
