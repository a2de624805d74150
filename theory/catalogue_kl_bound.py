"""The results on the KL bound for a stationary law of Gibbs form, as data."""

from __future__ import annotations

from theory.catalogue_forms import forms
from theory.catalogue_kl_bound_arguments import ARGUMENTS
from theory.catalogue_sources import HORII_HAS
from theory.catalogue_subject import Subject

__all__ = ["EXTENSION", "PAPER", "RESULTS", "STATIONARY", "record"]

PAPER = "Horii & Has 2026 (IEEE TNNLS, doi 10.1109/TNNLS.2026.3721153; arXiv 2508.12834v1, 2025)"
"""How records name the paper; equation numbers are the journal version's."""

EXTENSION = f"extension of {PAPER}"
"""The source of what goes beyond it."""

STATIONARY = (
    "small learning rate: SGD as the diffusion dW = -grad L dt + sqrt(2T) dB",
    "gradient noise isotropic and constant",
    "p_ss = C_loc exp(-L/T): the minimum is deep, and escape from it slow",
)
"""What every result on the Gibbs law assumes."""

_START = (*STATIONARY, "p_0 = N(0, s0 I)")
_MINIMUM = "initial_variance, second_moment, temperature > 0; parameters a whole number >= 1"

record = Subject("kl", "theory.derivations.kl_bound", ARGUMENTS, HORII_HAS).record
"""Makes the record of one result of this subject."""

RESULTS = (
    record(
        "loss-bound",
        "The stationary loss per parameter is at most (T/K)((K/2) log(2 pi s0) + log C_loc + M/(2 s0)).",
        "T K s0 log_C M",
        _START,
        f"{_MINIMUM}; log_prefactor finite",
        f"{PAPER}: (14)",
        forms("loss_bound"),
    ),
    record(
        "loss-bound.small-variance",
        "As s0 -> 0 the bound grows as T M/(2 K s0).",
        "T K s0 M",
        _START,
        f"{_MINIMUM}; initial_variance -> 0",
        f"{PAPER}: (18), whose constant K_1 = T/(2 s0) is none: it depends on s0",
        forms("small_variance_bound"),
    ),
    record(
        "loss-bound.large-variance",
        "As s0 -> infinity the bound grows as (T/2) log s0.",
        "T s0",
        _START,
        "initial_variance, temperature > 0; initial_variance -> infinity",
        f"{PAPER}: (19)",
        forms("large_variance_bound"),
    ),
    record(
        "optimal-variance",
        "The bound is least at the initial variance M/K, the mean square of the stationary weights.",
        "M K",
        (*_START, "M and C_loc do not change with s0"),
        "second_moment > 0; parameters a whole number >= 1",
        f"{PAPER}: the optimal condition",
        forms("optimal_initial_variance"),
    ),
    record(
        "layerwise-variance",
        "With one initial variance for each layer the bound is least at every layer's own M_l/K_l.",
        "M K",
        (
            *STATIONARY,
            "p_0 a product of the layers' N(0, s_l I)",
            "M_l and C_loc do not change with s_l",
        ),
        "second_moment > 0 and parameters a whole number >= 1, of the layer",
        f"{PAPER}: remark that the condition should hold layer by layer; derived: extension",
        forms("optimal_initial_variance"),
    ),
    record(
        "optimal-loss-bound",
        "At the optimal variance the bound is (T/2)(log(M/K) + log(2 pi e) + (2/K) log C_loc).",
        "T K log_C M",
        (*_START, "s0 = M/K"),
        "second_moment, temperature > 0; log_prefactor finite; parameters a whole number >= 1",
        f"{PAPER}: (20), which is printed without the factor 2/K of log C_loc; corrected",
        forms("optimal_loss_bound"),
    ),
    record(
        "equipartition",
        "At a quadratic minimum the stationary loss per parameter is T/2, whatever the initial variance.",
        "T",
        (*STATIONARY, "L = W^T A W/2, A positive definite"),
        "temperature > 0",
        f"{EXTENSION}, under its own assumptions",
        forms("stationary_loss"),
    ),
)
