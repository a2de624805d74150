"""The results on the end-to-end map of Gaussian deep linear nets at initialisation, as data."""

from __future__ import annotations

from theory.catalogue_deep_linear import EXTENSION, GAUSSIAN, NET, PAPER, record
from theory.catalogue_forms import forms
from theory.catalogue_sources import HU_XIAO_PENNINGTON, QI_LUO, SHAMIR

__all__ = ["RESULTS"]

_NET = (NET, GAUSSIAN)
_SIZES = "width, depth, out_dim whole numbers >= 1"
_PRODUCT = ("W a product of L independent m x m matrices", "entries iid N(0, 1)")
_MEAN_SQUARE = ("d Z ~ chi^2_d",)
_GAMMA = f"{PAPER}: proof of Lemma 5.3, from Qi & Luo 2012"
_BOTH = f"{HU_XIAO_PENNINGTON}\n{QI_LUO}"

RESULTS = (
    record(
        "log-norm-mean",
        "The log-norm log(|f(x)|/|x|) drifts by (psi(m/2) - log(m/2))/2 a hidden layer, about -1/(2m).",
        "m L d_y",
        _NET,
        _SIZES,
        EXTENSION,
        forms("output_log_norm_mean"),
    ),
    record(
        "log-norm-variance",
        "The variance of log(|f(x)|/|x|) grows by psi'(m/2)/4 a hidden layer, about 1/(2m).",
        "m L d_y",
        _NET,
        _SIZES,
        EXTENSION,
        forms("output_log_norm_variance"),
    ),
    record(
        "product-moment.first",
        "The mean square of the singular values of W/m^(L/2) is 1 in expectation, for every width and depth.",
        "",
        _PRODUCT,
        "width, depth whole numbers >= 1",
        EXTENSION,
        forms("product_spectral_moment", power=1),
    ),
    record(
        "product-moment.second",
        "The mean fourth power of the singular values is [(m+2)(1+2/m)^L - (m-1)(1-1/m)^L]/3: L/m is what counts.",
        "m L",
        (*_PRODUCT, "singular values in units of m^(L/2)"),
        "width, depth whole numbers >= 1",
        EXTENSION,
        forms("product_spectral_moment", power=2),
    ),
    record(
        "gamma-inequality",
        "For a >= 1/2 the ratio Gamma(a + 1/2)/Gamma(a) is at most sqrt(a - 1/10).",
        "a",
        ("a >= 1/2",),
        "argument >= 1/2",
        _GAMMA,
        forms("gamma_ratio_bound"),
        _BOTH,
    ),
    record(
        "root-chi-mean",
        "The mean of sqrt(Z) is at most 1 - 1/(10 d): every Gaussian layer shrinks the norm.",
        "d",
        _MEAN_SQUARE,
        "degrees a whole number >= 1",
        _GAMMA,
        forms("root_chi_bound"),
        _BOTH,
    ),
    record(
        "chi-moment",
        "The moment E Z^q of a mean of d squared normal variables is 2^q Gamma(d/2 + q)/(d^q Gamma(d/2)).",
        "q d",
        _MEAN_SQUARE,
        "order > 0; degrees a whole number >= 1",
        f"{PAPER}: proof of Lemma 5.3",
        forms("chi_moment"),
    ),
    record(
        "scalar-law",
        "At width 1 the product of the weights has E|w_1 ... w_L|^q = (2^(q/2) Gamma((q+1)/2)/sqrt(pi))^L.",
        "q L",
        ("w_l iid N(0, 1)",),
        "order > 0; depth a whole number >= 1",
        f"{EXTENSION}; the setting: Shamir 2018 (arXiv 1809.08587)",
        forms("scalar_product_moment"),
        f"{HU_XIAO_PENNINGTON}\n{SHAMIR}",
    ),
)
