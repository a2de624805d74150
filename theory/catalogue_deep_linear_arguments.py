"""The symbols of deep linear nets: meanings, and exact values from the keyword arguments of a closed form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from theory.catalogue_forms import Keywords

__all__ = ["ARGUMENTS"]


def _number(name: str, default: int | None = None) -> Callable[[Keywords], Fraction]:
    if default is None:
        return lambda keywords: Fraction(keywords[name])
    return lambda keywords: Fraction(keywords.get(name, default))


def _values(keywords: Keywords) -> list[Fraction]:
    return [Fraction(value) for value in keywords["singular_values"]]


def _rank(keywords: Keywords) -> Fraction:
    return Fraction(len(_values(keywords)))


def _condition(keywords: Keywords) -> Fraction:
    s = _values(keywords)
    return (max(s) / min(s)) ** 2


def _stable_rank(keywords: Keywords) -> Fraction:
    s = _values(keywords)
    return sum((x**2 for x in s), Fraction(0)) / max(s) ** 2


ARGUMENTS: Mapping[str, tuple[str, Callable[[Keywords], Any]]] = MappingProxyType(
    {
        "m": ("width of the hidden layers", _number("width")),
        "L": ("number of weight matrices", _number("depth")),
        "d_y": ("number of outputs", _number("out_dim")),
        "eta": ("learning rate", _number("learning_rate")),
        "s": ("a singular value of the inputs", _number("singular_values")),
        "X_norm": ("largest singular value of the inputs", _number("data_norm")),
        "s_min": ("smallest non-zero singular value of the inputs", _number("sigma_min")),
        "X_power": ("|X|_F^2", _number("data_power")),
        "Y_power": ("|Y|_F^2", _number("target_power")),
        "r": ("rank of the inputs", _rank),
        "kappa": ("condition number of X^T X on its range", _condition),
        "r_stable": ("stable rank |X|_F^2/|X|^2 of the inputs", _stable_rank),
        "w_norm": ("spectral norm of a minimiser W*", _number("target_norm")),
        "delta": ("probability of failure", _number("failure_probability")),
        "C": ("constant that the paper does not give", _number("constant", 1)),
        "g": ("bound on the excess loss at initialisation", _number("initial_loss")),
        "q": ("order of the moment", _number("order")),
        "d": ("degrees of freedom", _number("degrees")),
        "a": ("argument of the Gamma function", _number("argument")),
        "s0": ("strength of the mode at the start", _number("initial")),
        "y": ("strength of the mode that fits the targets", _number("target")),
        "rho": ("rate of the mode, lambda alpha^(2/L)", _number("rate", 1)),
        "tau": ("time, steps times learning rate", _number("time")),
    }
)
"""Symbol -> its meaning, and its exact value from the keyword arguments of a closed form."""
