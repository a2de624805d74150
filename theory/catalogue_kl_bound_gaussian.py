"""The results on Gaussian stationary laws and on the relaxation towards them, as data."""

from __future__ import annotations

from theory.catalogue_forms import forms
from theory.catalogue_kl_bound import EXTENSION, PAPER, STATIONARY, record
from theory.catalogue_sources import HORII_HAS, JEFFREYS, LIU_ZIYIN_UEDA, MANDT_HOFFMAN_BLEI

__all__ = ["RESULTS"]

_QUADRATIC = "L = W^T A W/2, A positive definite, in the eigenbasis of A"
_NOISE = (
    "gradient noise of one example with constant covariance Sigma, independent from step to step"
)
_GAUSSIAN = ("p_ss = N(0, C), C positive definite with eigenvalues c_i", "p_0 = N(0, s0 I)")
_RATES = "hessian > 0; learning_rate > 0; batch_size a whole number >= 1"
_SPECTRUM = "covariance > 0"
_START = f"{_SPECTRUM}; initial_variance > 0"
_MANDT = "Mandt, Hoffman & Blei 2017 (JMLR 18(134))"


def _cited(*entries: str) -> str:
    return "\n".join((HORII_HAS, *entries))


RESULTS = (
    record(
        "stationary-covariance",
        "The stationary covariance along two eigendirections of the Hessian is alpha Sigma_12/(b (a_1 + a_2)).",
        "alpha B a1 a2 Sigma",
        ("small learning rate: SGD as a diffusion", _QUADRATIC, _NOISE),
        _RATES,
        f"{PAPER}: (24), after {_MANDT}",
        forms("covariance_component", discrete=False),
        _cited(MANDT_HOFFMAN_BLEI),
    ),
    record(
        "stationary-covariance.discrete",
        "For SGD in steps the stationary covariance is alpha Sigma_12/(b (a_1 + a_2 - alpha a_1 a_2)).",
        "alpha B a1 a2 Sigma",
        (_QUADRATIC, _NOISE),
        f"{_RATES}, < 2/max(hessian)",
        f"Liu, Ziyin & Ueda 2021 (ICML, PMLR 139; arXiv 2012.03636v4); as an {EXTENSION}",
        forms("covariance_component", discrete=True),
        _cited(LIU_ZIYIN_UEDA),
    ),
    record(
        "divergence.to-initial",
        "KL(N(0, C) || N(0, s0 I)) is half the sum of c_i/s0 - 1 - log(c_i/s0).",
        "c s0 K",
        _GAUSSIAN,
        _START,
        f"{PAPER}: (25)",
        forms("kl_to_initial"),
    ),
    record(
        "divergence.from-initial",
        "KL(N(0, s0 I) || N(0, C)) is half the sum of s0/c_i - 1 - log(s0/c_i).",
        "c s0 K",
        _GAUSSIAN,
        _START,
        f"{EXTENSION}: the other direction of (25)",
        forms("kl_from_initial"),
    ),
    record(
        "optimal-variance.anisotropic",
        "KL(N(0, C) || N(0, s0 I)) is least at s0 = tr C/K, the arithmetic mean of the eigenvalues.",
        "c K",
        _GAUSSIAN,
        _SPECTRUM,
        f"{PAPER}: (26)",
        forms("mean_variance"),
    ),
    record(
        "minimum-divergence",
        "The least KL(N(0, C) || N(0, s0 I)) is (K/2) log(AM/GM) of the eigenvalues of C.",
        "c K",
        _GAUSSIAN,
        _SPECTRUM,
        EXTENSION,
        forms("minimum_divergence"),
    ),
    record(
        "tightness",
        "The optimal bound is 1 + log(AM/GM) times the stationary loss T/2: tight only for isotropic C.",
        "c K",
        (*STATIONARY, *_GAUSSIAN, "s0 = tr C/K"),
        _SPECTRUM,
        f"{EXTENSION}: (20), corrected, at a quadratic minimum",
        forms("tightness"),
    ),
    record(
        "jeffreys-variance",
        "The sum of both divergences is least at s0 = sqrt(tr C/tr C^-1), the geometric mean of AM and HM.",
        "c K",
        _GAUSSIAN,
        _SPECTRUM,
        f"{EXTENSION}; the sum is Jeffreys' 1946 divergence",
        forms("jeffreys_variance"),
        _cited(JEFFREYS),
    ),
    record(
        "equipartition.anisotropic",
        "For any noise the stationary loss at a quadratic minimum is alpha tr(Sigma)/(4b).",
        "alpha B K Sigma_diag",
        ("small learning rate: SGD as a diffusion", _QUADRATIC, _NOISE),
        "noise_covariance > 0; learning_rate > 0; batch_size a whole number >= 1",
        f"{EXTENSION}: half the trace of (24)",
        forms("stationary_total_loss"),
        _cited(MANDT_HOFFMAN_BLEI),
    ),
    record(
        "relaxation",
        "At a quadratic minimum KL(p_t || p_ss) is a sum over the eigendirections, each relaxing at its own rate.",
        "A T s0 tau K mu",
        (*STATIONARY, _QUADRATIC, "p_0 = N(mu, s0 I)"),
        "initial_mean finite; hessian > 0; initial_variance, temperature > 0; time >= 0",
        EXTENSION,
        forms("relaxation_divergence"),
    ),
)
