"""Closed forms and enclosures with the same keyword arguments, and the values of the symbols they stand for."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from theory.activations import leaky_relu, linear, randomized_leaky_relu, relu, resolve
from theory.catalogue_deep_linear_quantities import QUANTITIES as DEEP_LINEAR
from theory.catalogue_kl_bound_quantities import QUANTITIES as KL_BOUND
from theory.catalogue_quantities import QUANTITIES as FRACTIONAL_MOMENTS

__all__ = ["ARGUMENTS", "FAMILIES", "Family", "Form", "Keywords", "forms"]

Keywords = Mapping[str, Any]
"""Keyword arguments of a closed form, by name."""

_QUANTITIES = {**FRACTIONAL_MOMENTS, **KL_BOUND, **DEEP_LINEAR}


@dataclass(frozen=True)
class Family:
    """A family of activations: its keyword arguments, and how to build a member with numbers or with balls.

    Examples
    --------
    >>> FAMILIES["leaky-relu"].exact(slope=0.5).second_moment
    0.625
    """

    keywords: tuple[str, ...]
    exact: Callable[..., Any]
    box: Callable[..., Any]


@dataclass(frozen=True)
class Form:
    """A function as one of keyword arguments; of an activation, of those of one family of activations.

    Parameters
    ----------
    function : callable
        Takes keyword arguments; `activation` is among them if there is `build`.
    keywords : tuple of str
        The arguments that describe the activation.
    build : callable, optional
        Makes the activation from them.
    fixed : Mapping[str, object]
        Arguments that are the same at every call.

    Examples
    --------
    >>> from theory.fractional_moments import weight_variance
    >>> form = Form(weight_variance, ("slope",), leaky_relu, {"order": 2})
    >>> float(form(fan_in=8, slope=1.0))
    0.125
    """

    function: Callable[..., Any]
    keywords: tuple[str, ...] = ()
    build: Callable[..., Any] | None = None
    fixed: Keywords = field(default_factory=dict)

    def __call__(self, **arguments: Any) -> Any:
        """Call the function, with the activation that the arguments describe if it takes one."""
        mine = {name: arguments.pop(name) for name in self.keywords if name in arguments}
        activation = {} if self.build is None else {"activation": self.build(**mine)}
        return self.function(**arguments, **self.fixed, **activation)


def forms(quantity: str, family: str | None = None, **fixed: Any) -> dict[str, Form]:
    """Return `closed_form` and `enclosure` of a quantity, of an activation or not.

    Parameters
    ----------
    quantity : str
        Key of a subject's QUANTITIES.
    family : str, optional
        Key of FAMILIES; left out, the quantity takes no activation.
    **fixed
        Arguments to hold.

    Examples
    --------
    >>> float(forms("norm_moment", "relu", order=2)["closed_form"](width=6))
    3.0
    """
    closed_form, enclosure = _QUANTITIES[quantity]
    if family is None:
        return {
            "closed_form": Form(closed_form, fixed=fixed),
            "enclosure": Form(enclosure, fixed=fixed),
        }
    chosen = FAMILIES[family]
    return {
        "closed_form": Form(closed_form, chosen.keywords, chosen.exact, fixed),
        "enclosure": Form(enclosure, chosen.keywords, chosen.box, fixed),
    }


def _box(*slopes: Any, **dropout: Any) -> Any:
    return importlib.import_module("theory.enclosures_activations").ActivationBox(
        *slopes, **dropout
    )


FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        "linear": Family((), linear, lambda: _box(1)),
        "relu": Family((), relu, lambda: _box(0)),
        "leaky-relu": Family(("slope",), leaky_relu, lambda slope=0.01: _box(slope)),
        "rrelu": Family(
            ("lower", "upper"),
            randomized_leaky_relu,
            lambda lower=1 / 8, upper=1 / 3: _box(lower, upper),
        ),
        "dropout": Family(
            ("slope", "keep_prob", "rescale"),
            lambda slope=0.01, keep_prob=1.0, rescale=True: leaky_relu(slope).with_dropout(
                keep_prob, rescale
            ),
            lambda slope=0.01, keep_prob=1, rescale=True: _box(
                slope, keep_prob=keep_prob, rescale=rescale
            ),
        ),
        "any": Family(("activation",), resolve, lambda activation="relu": activation),
    }
)
"""Families of activations; defaults as in PyTorch."""


def _cumulant(k: int, keywords: Keywords) -> Fraction:
    """The k-th cumulant of phi(z)^2, exactly, from E phi^(2j) = gain^(2j) keep (2j-1)!! (1 + E a^(2j))/2."""
    law = resolve(keywords["activation"])
    low, high, keep = Fraction(law.lower), Fraction(law.upper), Fraction(law.keep_prob)
    gain = 1 / keep if law.rescale else Fraction(1)

    def moment(j: int, odd: int) -> Fraction:
        powers = [low**i * high ** (2 * j - i) for i in range(2 * j + 1)]
        slope = sum(powers, Fraction(0)) / len(powers)
        return gain ** (2 * j) * keep * odd * (1 + slope) / 2

    one, two, three = moment(1, 1), moment(2, 3), moment(3, 15)
    return (one, two - one**2, three - 3 * one * two + 2 * one**3)[k - 1]


def _gain(keywords: Keywords) -> Fraction:
    return 1 / Fraction(keywords["keep_prob"]) if keywords.get("rescale", True) else Fraction(1)


ARGUMENTS: Mapping[str, tuple[str, Callable[[Keywords], Any]]] = MappingProxyType(
    {
        "p": ("half the order of the moment", lambda k: Fraction(k["order"]) / 2),
        "s": ("order of the moment", lambda k: Fraction(k["order"])),
        "t": ("argument of the Laplace transform", lambda k: Fraction(k["t"])),
        "a": ("slope on the negative side", lambda k: Fraction(k["slope"])),
        "l": ("smallest slope on the negative side", lambda k: Fraction(k["lower"])),
        "u": ("largest slope on the negative side", lambda k: Fraction(k["upper"])),
        "q": ("probability that dropout keeps a unit", lambda k: Fraction(k["keep_prob"])),
        "g": ("factor on kept units: 1/q if dropout rescales, else 1", _gain),
        "d": ("width", lambda k: Fraction(k["width"])),
        "d_in": ("fan_in, number of inputs", lambda k: Fraction(k["fan_in"])),
        "d_out": ("fan_out, number of units", lambda k: Fraction(k["fan_out"])),
        "sigma2": ("variance of a weight", lambda k: Fraction(k["variance"])),
        "m1": ("E phi(z)^2, z ~ N(0, 1)", lambda k: _cumulant(1, k)),
        "v": ("variance of phi(z)^2", lambda k: _cumulant(2, k)),
        "depth": ("number of layers", lambda k: Fraction(k["depth"])),
        "depth_first": ("number of layers of the first part", lambda k: Fraction(k["depth_first"])),
        "depth_second": (
            "number of layers of the second part",
            lambda k: Fraction(k["depth_second"]),
        ),
        "w": ("frequency of the characteristic function", lambda k: Fraction(k["frequency"])),
        "x": ("logarithm of the ratio of norms", lambda k: Fraction(k["point"])),
        "rho": ("norm of the layer's input", lambda k: Fraction(k["input_norm"])),
        "sigma_b2": ("variance of a bias", lambda k: Fraction(k["bias_variance"])),
        "k3": ("third cumulant of phi(z)^2", lambda k: _cumulant(3, k)),
    }
)
"""Symbol -> its meaning, and its exact value from the keyword arguments of a closed form."""
