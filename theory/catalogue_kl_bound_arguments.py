"""The symbols of the KL bound: their meanings, and their exact values from the keyword arguments of a closed form."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from math import prod
from types import MappingProxyType
from typing import Any

from theory.catalogue_forms import ARGUMENTS as SHARED
from theory.catalogue_forms import Keywords

__all__ = ["ARGUMENTS"]


def _number(name: str) -> Callable[[Keywords], Fraction]:
    return lambda keywords: Fraction(keywords[name])


def _numbers(name: str) -> Callable[[Keywords], tuple[Fraction, ...]]:
    """An array whose first index is 1."""
    return lambda keywords: tuple(Fraction(value) for value in keywords[name])


def _entry(name: str, place: int) -> Callable[[Keywords], Fraction]:
    return lambda keywords: Fraction(keywords[name][place])


def _weights(widths: Sequence[int]) -> int:
    return sum(before * after for before, after in pairwise(widths))


_SIZES: Mapping[str, Callable[[Any], int]] = MappingProxyType(
    {
        "parameters": int,
        "covariance": len,
        "hessian": len,
        "noise_covariance": len,
        "widths": _weights,
    }
)


def _size(keywords: Keywords) -> Fraction:
    """K: given, or counted."""
    name = next(name for name in _SIZES if name in keywords)
    return Fraction(_SIZES[name](keywords[name]))


def _depth(keywords: Keywords) -> Fraction:
    return Fraction(keywords["depth"] if "depth" in keywords else len(keywords["widths"]) - 1)


def _beta(keywords: Keywords) -> Fraction:
    classes = Fraction(keywords["widths"][-1])
    squared = keywords.get("loss", "half_squared") == "half_squared"
    return Fraction(1, 2) if squared else (1 - 1 / classes) / (2 * classes)


def _gain(keywords: Keywords) -> Any:
    """G: of given variances exactly; of the optimal ones an enclosure."""
    if "variances" not in keywords:
        names = ("widths", "temperature", "weight_decay", "input_power", "activation", "loss")
        home = importlib.import_module("theory.enclosures_kl_bound_scales")
        return home.optimal_gain(**{name: keywords[name] for name in names if name in keywords})
    units, m1 = keywords["widths"][1:], SHARED["m1"][1](keywords)
    return prod(units) * m1 ** (len(units) - 1) * prod(_numbers("variances")(keywords))


ARGUMENTS: Mapping[str, tuple[str, Callable[[Keywords], Any]]] = MappingProxyType(
    {
        "K": ("number of parameters", _size),
        "s0": ("variance of every parameter at initialisation", _number("initial_variance")),
        "T": ("temperature alpha sigma^2/(2b)", _number("temperature")),
        "M": ("mean of |W|^2: under p_ss, or at the time in question", _number("second_moment")),
        "log_C": ("log C_loc of p_ss = C_loc exp(-L/T)", _number("log_prefactor")),
        "S_ss": ("differential entropy of p_ss in nats", _number("stationary_entropy")),
        "S_0": ("differential entropy of p_0 in nats", _number("initial_entropy")),
        "KL_0": ("KL(p_0 || p_ss) in nats", _number("divergence")),
        "E0": ("expected loss at initialisation, E_0[L]", _number("initial_loss")),
        "tau": ("time", _number("time")),
        "alpha": ("learning rate", _number("learning_rate")),
        "B": ("batch size", _number("batch_size")),
        "a1": ("eigenvalue of the Hessian along the first direction", _entry("hessian", 0)),
        "a2": ("eigenvalue of the Hessian along the second direction", _entry("hessian", 1)),
        "Sigma": ("covariance of the gradient noise between them", _number("noise_covariance")),
        "c": ("eigenvalues of the stationary covariance", _numbers("covariance")),
        "A": ("eigenvalues of the Hessian", _numbers("hessian")),
        "mu": ("mean of p_0 in the eigenbasis of the Hessian", _numbers("initial_mean")),
        "Sigma_diag": (
            "variances of the gradient noise in the eigenbasis of the Hessian",
            _numbers("noise_covariance"),
        ),
        "P_x": ("mean of |x|^2 over the inputs", _number("input_power")),
        "P_y": ("mean of |y|^2 over the targets", _number("target_power")),
        "lam": ("weight decay", _number("weight_decay")),
        "beta": ("factor of P_x G in the expected loss", _beta),
        "G": ("end-to-end gain E|f(x)|^2/|x|^2", _gain),
        "m1": SHARED["m1"],
        "L": ("number of layers of weights", _depth),
        "l": ("number of a layer, from 1", _number("layer")),
        "n": ("widths n_0, ..., n_L", lambda k: dict(enumerate(map(Fraction, k["widths"])))),
        "n_0": ("number of inputs", _entry("widths", 0)),
        "n_L": ("number of outputs", _entry("widths", -1)),
        "V": ("weight variances of the layers", _numbers("variances")),
    }
)
"""Symbol -> its meaning, and its exact value from the keyword arguments of a closed form."""
