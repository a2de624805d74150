"""The results on free energy and on the bounds it gives, as data."""

from __future__ import annotations

from theory.catalogue_forms import forms
from theory.catalogue_kl_bound import EXTENSION, STATIONARY, record

__all__ = ["RESULTS"]

_DIFFUSION = "dW = -grad L dt + sqrt(2T) dB"
_START = "p_0 = N(0, s0 I)"
_POSITIVE = "initial_variance, temperature > 0; parameters a whole number >= 1"

RESULTS = (
    record(
        "free-energy",
        "The stationary loss is E_0[L] - T (S_0 - S_ss) - T KL(p_0 || p_ss) for any initial law.",
        "E0 T S_0 S_ss KL_0",
        STATIONARY,
        "temperature > 0; divergence >= 0; initial_loss, initial_entropy, stationary_entropy finite",
        EXTENSION,
        forms("free_energy_loss"),
    ),
    record(
        "forward-bound",
        "The stationary loss is at most E_0[L] - (T K/2) log(2 pi e s0) + T S_ss.",
        "E0 T K s0 S_ss",
        (*STATIONARY, _START),
        f"{_POSITIVE}; initial_loss, stationary_entropy finite",
        EXTENSION,
        forms("forward_bound"),
    ),
    record(
        "virial-variance",
        "At a quadratic minimum the forward bound is least at s0 = K T/tr A, the harmonic mean of the T/a_i.",
        "A T K",
        (*STATIONARY, "L = W^T A W/2, A positive definite", _START),
        "hessian > 0; temperature > 0",
        EXTENSION,
        forms("virial_variance"),
    ),
    record(
        "transient-bound",
        "At every time the loss is at most E_0[L] + (K T/2) log(E_t|W|^2/(K s0)).",
        "E0 T K M s0",
        (_DIFFUSION, _START, "densities smooth and falling fast enough for integration by parts"),
        f"{_POSITIVE}; second_moment > 0; initial_loss finite",
        EXTENSION,
        forms("transient_bound"),
    ),
    record(
        "second-moment-bound",
        "For a network homogeneous of degree L in its weights E_t|W|^2 <= K s0 + (2 K T + L P_y/2) t.",
        "K T s0 L P_y tau",
        (_DIFFUSION, _START, "loss |f - y|^2/2", "f(c W) = c^L f(W) for c > 0"),
        f"{_POSITIVE}; time, target_power >= 0; depth a whole number >= 1",
        EXTENSION,
        forms("second_moment_bound"),
    ),
)
