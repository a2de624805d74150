"""The results on networks: expected loss at initialisation, and the weight variances that make a bound least."""

from __future__ import annotations

from theory.catalogue_forms import forms
from theory.catalogue_kl_bound import EXTENSION, record
from theory.catalogue_sources import HE, HORII_HAS

__all__ = ["RESULTS"]

_NETWORK = (
    "x_l = phi(W_l x_(l-1)) for l < L, f(x) = W_L x_(L-1); no biases",
    "phi positively homogeneous, m1 = E phi(z)^2, z ~ N(0, 1)",
    "entries of W_l iid N(0, s_l), layers independent of each other and of the data",
)
_LAYERS = "widths two whole numbers >= 1 at least; variances > 0; input_power > 0"
_OPTIMUM = "widths two whole numbers >= 1 at least; temperature, input_power > 0"
_BOTH = f"{HORII_HAS}\n{HE}"
_HE = f"He et al. 2015 (arXiv 1502.01852): forward variance; {EXTENSION}"

RESULTS = (
    record(
        "output-power",
        "The expected squared norm of the output is |x|^2 m1^(L-1) prod_l n_l s_l.",
        "P_x m1 L n V",
        _NETWORK,
        _LAYERS,
        _HE,
        forms("expected_output_power", "any"),
        _BOTH,
    ),
    record(
        "initial-loss.half-squared",
        "The expected loss at initialisation is (P_x G + P_y)/2 for the loss |f - y|^2/2.",
        "P_x P_y m1 L n V",
        (*_NETWORK, "loss |f - y|^2/2"),
        f"{_LAYERS}; target_power >= 0",
        EXTENSION,
        forms("expected_initial_loss", "any", loss="half_squared"),
    ),
    record(
        "initial-loss.cross-entropy",
        "The expected cross-entropy at initialisation is at most log C + (1 - 1/C) P_x G/(2 C).",
        "P_x m1 L n V",
        (*_NETWORK, "softmax cross-entropy with C = n_L classes"),
        f"{_LAYERS}; widths[-1] >= 2",
        EXTENSION,
        forms("expected_initial_loss", "any", loss="cross_entropy", target_power=0),
    ),
    record(
        "optimal-scale",
        "With s_l = c/(m1 n_(l-1)) the transient bound is least at c = (m1 n_0 K T/(2 beta P_x L n_L))^(1/L).",
        "m1 n_0 n_L K T beta P_x L",
        (*_NETWORK, "E_t|W|^2 does not change with c"),
        _OPTIMUM,
        EXTENSION,
        forms("optimal_scale", "any"),
    ),
    record(
        "optimal-variances",
        "With weight decay the forward bound is least at s_l = (T - 2 beta P_x G/K_l)/lambda, G their end-to-end gain.",
        "T beta P_x G n l lam",
        (*_NETWORK, "loss + weight_decay |W|^2/2", "p_ss = exp(-L/T)/Z"),
        f"{_OPTIMUM}; weight_decay > 0; layer from 1 to the number of layers",
        EXTENSION,
        forms("optimal_variance", "any"),
    ),
)
