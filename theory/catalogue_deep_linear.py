"""The results on training deep linear nets from orthogonal and from Gaussian initialisation, as data."""

from __future__ import annotations

from theory.catalogue_deep_linear_arguments import ARGUMENTS
from theory.catalogue_forms import forms
from theory.catalogue_sources import DU_HU, HU_XIAO_PENNINGTON, SAXE_MCCLELLAND_GANGULI
from theory.catalogue_subject import Subject

__all__ = ["EXTENSION", "GAUSSIAN", "NET", "PAPER", "RESULTS", "record"]

PAPER = "Hu, Xiao & Pennington 2020 (ICLR; arXiv 2001.05992)"
"""How records name the paper; numbers of theorems and lemmas are those of its OpenReview submission."""

EXTENSION = f"extension of {PAPER}"
"""The source of what goes beyond it."""

NET = "f(x) = alpha W_L ... W_1 x, hidden layers of width m, alpha = (m^(L-1) d_y)^(-1/2)"
"""The net of every result."""

GAUSSIAN = "entries of W_l iid N(0, 1)"
"""Gaussian initialisation."""

_ORTHOGONAL = "W_l sqrt(m) times independent Haar orthogonal or semi-orthogonal, m >= d_x, m >= d_y"
_TRAINING = (NET, "loss |f(X) - Y|_F^2/2", "gradient descent on the full batch")
_THEOREM = (*_TRAINING, _ORTHOGONAL, "width at least dl.required-width, for an unspecified C")
_UPPER_BOUND = (*_TRAINING, GAUSSIAN, "width at least dl.du-hu.required-width, unspecified C")
_SIZES = "depth, out_dim whole numbers >= 1"
_RATE = f"learning_rate, sigma_min > 0; {_SIZES}"
_WIDTH = (
    "singular_values, one at least, > 0; target_norm >= 0; failure_probability in (0, 1); "
    "constant > 0; out_dim a whole number >= 1"
)
_DU_HU = f"Du & Hu 2019 (arXiv 1901.08572), as quoted by {PAPER}"
_BOTH = f"{HU_XIAO_PENNINGTON}\n{DU_HU}"

record = Subject("dl", "theory.derivations.deep_linear", ARGUMENTS, HU_XIAO_PENNINGTON).record
"""Makes the record of one result of this subject."""

RESULTS = (
    record(
        "ntk",
        "At orthogonal initialisation the kernel that drives training has the eigenvalues L s_i^2/d_y, for every draw.",
        "L d_y s",
        (*_TRAINING, _ORTHOGONAL),
        f"singular_values > 0; {_SIZES}",
        f"{PAPER}: (7), Lemma 4.2",
        forms("ntk_eigenvalues"),
    ),
    record(
        "initial-loss",
        "The expected loss at initialisation is (|X|_F^2 + |Y|_F^2)/2, orthogonal or Gaussian.",
        "X_power Y_power",
        (NET, f"{GAUSSIAN}, or {_ORTHOGONAL}", "loss |f(X) - Y|_F^2/2"),
        "data_power, target_power >= 0",
        f"{PAPER}: section 4, E|f(x)|^2 = |x|^2",
        forms("initial_loss"),
    ),
    record(
        "rate",
        "With high probability (1 - eta L sigma_min^2/(2 d_y))^t bounds an orthogonal net's l(t) - l* over l(0) - l*.",
        "eta L s_min d_y",
        (*_THEOREM, "learning_rate <= d_y/(2 L |X|^2)"),
        _RATE,
        f"{PAPER}: Theorem 4.1",
        forms("contraction_factor"),
    ),
    record(
        "required-width",
        "For orthogonal nets the width C r~ kappa^2 (d_y (1 + |W*|^2) + log(r/delta)) is enough, whatever the depth.",
        "C r_stable kappa d_y w_norm r delta",
        (*_TRAINING, _ORTHOGONAL, "C large enough; the paper does not give it"),
        _WIDTH,
        f"{PAPER}: Theorem 4.1, (5)",
        forms("required_width"),
    ),
    record(
        "du-hu.rate",
        "With high probability (1 - eta L sigma_min^2/(4 d_y))^t bounds a Gaussian net's l(t) - l* over l(0) - l*.",
        "eta L s_min d_y",
        (*_UPPER_BOUND, "learning_rate <= d_y/(3 L |X|^2)"),
        _RATE,
        _DU_HU,
        forms("gaussian_contraction_factor"),
        _BOTH,
    ),
    record(
        "du-hu.required-width",
        "For Gaussian nets a width linear in depth is enough: C L max(r kappa^3 d_y (1 + |W*|^2), ..., log L).",
        "C L r kappa d_y w_norm delta",
        (*_TRAINING, GAUSSIAN, "C large enough; the paper does not give it"),
        f"{_WIDTH}; depth a whole number >= 1",
        _DU_HU,
        forms("gaussian_required_width"),
        _BOTH,
    ),
    record(
        "weight-movement",
        "In training, with high probability, no weight matrix moves by more than 8 sqrt(B d_y) |X|/(L sigma_min^2).",
        "g d_y X_norm L s_min",
        (*_THEOREM, "learning_rate <= d_y/(2 L |X|^2)", "the excess loss starts at B at most"),
        f"initial_loss >= 0; data_norm, sigma_min > 0; {_SIZES}",
        f"{PAPER}: Claim 4.3",
        forms("weight_movement_bound"),
    ),
    record(
        "modes",
        "A balanced mode of a net of two layers has the strength y/(1 + (y/s(0) - 1) exp(-2 rho y t)).",
        "s0 y rho tau",
        (
            "f(x) = alpha W_2 W_1 x, loss |f(X) - Y|_F^2/2",
            "X X^T and Y X^T diagonal in the singular bases of the weights; W_1 W_1^T = W_2^T W_2",
            "gradient flow",
        ),
        "initial, target, rate > 0; time >= 0",
        f"Saxe, McClelland & Ganguli 2014 (arXiv 1312.6120); {EXTENSION}: a further oracle",
        forms("mode_strength", depth=2),
        f"{HU_XIAO_PENNINGTON}\n{SAXE_MCCLELLAND_GANGULI}",
    ),
)
