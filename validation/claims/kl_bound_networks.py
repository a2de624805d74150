"""Claims on networks: output power and losses at initialisation; the optimal variances are in `kl_bound_scales`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import mpmath as mp
import numpy as np
from flint import arb

from theory.activations import leaky_relu, linear, relu
from theory.catalogue_kl_bound import EXTENSION
from validation.checks.ordering import OrderingCheck
from validation.checks.rate import RateCheck
from validation.claim import Claim, Profile
from validation.claims import kl_bound_samples_networks as samples
from validation.claims import kl_bound_scales as scales
from validation.claims.derived import derived
from validation.claims.kl_bound_common import closed, enclosed, oracle
from validation.evidence import Kind
from validation.references_kl_bound import thin
from validation.references_kl_networks import (
    logistic_loss,
    network_mean,
)

__all__ = ["claims"]

_SLOPES = {"relu": (relu(), 0.0), "linear": (linear(), 1.0), "leaky": (leaky_relu(0.3), 0.3)}
_SHAPES: tuple[tuple[tuple[int, ...], tuple[float, ...]], ...] = (
    ((1, 2, 1), (0.5, 3.0)),
    ((1, 1, 1, 1), (0.7, 1.9, 0.4)),
    ((1, 3, 2), (1.1, 0.2)),
)
_INPUT, _TARGET = 1.7, 0.6
_NETWORKS = tuple({"kind": k, "widths": n, "variances": s} for k in _SLOPES for n, s in _SHAPES)


def claims(profile: Profile) -> Iterator[Claim]:
    """Yield the claims.

    Parameters
    ----------
    profile : Profile
        Resolution of the Monte Carlo checks.

    Yields
    ------
    Claim

    Examples
    --------
    >>> from validation.claim import PROFILES
    >>> next(iter(claims(PROFILES["quick"]))).id
    'kl.output-power'
    """
    yield _output_power(profile)
    yield _half_squared(profile)
    yield _cross_entropy(profile)
    yield _cross_entropy_lower(profile)
    yield from scales.claims(profile)


# Initialisation


def _arguments(kind: str, widths: Any, variances: Any) -> dict[str, Any]:
    return {
        "widths": widths,
        "variances": variances,
        "input_power": _INPUT**2,
        "activation": _SLOPES[kind][0],
    }


_ENCLOSED = tuple(
    {"widths": n, "variances": s, "input_power": 2.5, "activation": a}
    for n, s in (((3, 8, 2), (0.4, 0.1)), ((2, 5, 4, 7), (1.0, 0.3, 0.2)))
    for a in ("relu", "linear")
)


def _output_power(profile: Profile) -> Claim:
    def value(**point: Any) -> float:
        return closed("kl.output-power")(**_arguments(**point))

    def summed(kind: str, widths: Any, variances: Any) -> arb:
        def power(outputs: Any) -> Any:
            return (outputs**2).sum(axis=1)

        return arb(network_mean(widths, variances, _SLOPES[kind][1], (_INPUT,), power))

    def activated(kind: str, widths: Any, variances: Any) -> float:
        power = value(kind=kind, widths=widths, variances=variances)
        return power * float(_SLOPES[kind][0].second_moment)

    def unactivated(**point: Any) -> float:
        return float(value(**{**point, "kind": "linear"}))

    def fan_in(kind: str, widths: Any, variances: Any) -> float:
        power = value(kind=kind, widths=widths, variances=variances)
        return power * float(widths[0] / widths[-1])

    return Claim(
        "kl.output-power",
        "E|f(x)|^2 = |x|^2 m1^(L-1) prod_l n_l s_l for independent weights of any variance in each layer, phi "
        "positively homogeneous and none on the output",
        f"He et al. 2015; {EXTENSION}",
        (
            *derived("kl.output-power"),
            *(check for name in _BESIDE["power"] for check in derived(name)),
            enclosed("kl.output-power", _ENCLOSED),
            oracle(
                "E|f|^2 against a product rule over every weight",
                value,
                summed,
                _NETWORKS,
                {"phi on the output": activated, "no phi": unactivated, "n_(l-1) for n_l": fan_in},
            ),
            *samples.power_checks(profile),
        ),
        result="kl.output-power",
    )


_BESIDE = {
    "power": ("kl.layer-power", "kl.hidden-power", "kl.output-layer"),
    "squared": ("kl.half-squared-layer",),
    "entropy": ("kl.classifier-layer",),
}


def _half_squared(profile: Profile) -> Claim:
    def value(**point: Any) -> float:
        arguments = {**_arguments(**point), "target_power": point["widths"][-1] * _TARGET**2}
        return closed("kl.initial-loss.half-squared")(**arguments)

    def summed(kind: str, widths: Any, variances: Any) -> arb:
        def loss(outputs: Any) -> Any:
            return ((outputs - _TARGET) ** 2).sum(axis=1) / 2

        return arb(network_mean(widths, variances, _SLOPES[kind][1], (_INPUT,), loss))

    return Claim(
        "kl.initial-loss.half-squared",
        "E_0[L] = (P_x G + P_y)/2 for the loss |f - y|^2/2: outputs at initialisation are uncorrelated with the "
        "targets",
        EXTENSION,
        (
            *derived("kl.initial-loss.half-squared"),
            *(check for name in _BESIDE["squared"] for check in derived(name)),
            enclosed("kl.initial-loss.half-squared", tuple({**p, "target_power": 0.9} for p in _ENCLOSED)),
            oracle(
                "E_0[L] against a product rule over every weight",
                value,
                summed,
                _NETWORKS,
                {"|f - y|^2": lambda **p: 2 * value(**p), "without the targets": _untargeted},
            ),
            *samples.half_squared_checks(profile),
        ),
        result="kl.initial-loss.half-squared",
    )  # fmt: skip


def _untargeted(**point: Any) -> float:
    return closed("kl.output-power")(**_arguments(**point)) / 2


# Cross-entropy


def _cross_entropy(profile: Profile) -> Claim:
    """Of one layer and two classes the loss is a single quadrature; width stands for 1/variance of a logit."""

    @cache
    def above(reciprocal: float) -> float:
        with mp.workdps(40):
            return float(logistic_loss(1 / mp.mpf(reciprocal)) - mp.log(2))

    def exact(reciprocal: Any) -> Any:
        return np.array([above(float(d)) for d in reciprocal])

    def bound(variance: float) -> float:
        arguments = {
            "widths": (1, 2),
            "variances": variance,
            "input_power": 1.0,
            "activation": "relu",
        }
        return closed("kl.initial-loss.cross-entropy")(**arguments)

    def excess(reciprocal: Any) -> Any:
        """Leading term of the bound, log C apart."""
        return np.array([[4 * (bound(0.25) - np.log(2)) / d for d in reciprocal]])

    def chain(variance: float) -> list[arb]:
        return [arb(bound(variance)), thin(logistic_loss(variance))]

    def halved(variance: float) -> list[arb]:
        between = (arb(bound(variance)) + arb(2).log()) / 2
        return [between, thin(logistic_loss(variance))]

    return Claim(
        "kl.initial-loss.cross-entropy",
        "E_0[L] <= log C + (1 - 1/C) P_x G/(2 C) for the softmax cross-entropy; to first order in G it is equal, "
        "which is judged for two classes and one layer",
        EXTENSION,
        (
            *derived("kl.initial-loss.cross-entropy"),
            *(check for name in _BESIDE["entropy"] for check in derived(name)),
            enclosed("kl.initial-loss.cross-entropy", _ENCLOSED),
            OrderingCheck(
                "the bound above the loss of two classes by quadrature",
                lambda: [chain(v) for v in (0.01, 0.3, 2.0, 20.0)],
                kind=Kind.ORACLE,
                rivals={"half of what is added": lambda: [halved(v) for v in (0.01, 0.3)]},
            ),
            RateCheck(
                "loss of two classes less log C over (1 - 1/C) v/2, v the variance of a logit",
                exact,
                excess,
                1,
                (2**10, 2**11, 2**12),
                variable="reciprocal variances",
            ),
            *samples.cross_entropy_checks(profile, "upper"),
        ),
        result="kl.initial-loss.cross-entropy",
    )


def _cross_entropy_lower(profile: Profile) -> Claim:
    def chain(variance: float) -> list[arb]:
        return [thin(logistic_loss(variance)), arb(2).log()]

    return Claim(
        "kl.initial-loss.cross-entropy.lower",
        "E_0[L] >= log C for the softmax cross-entropy at initialisation, whatever the variances",
        EXTENSION,
        (
            *derived("kl.initial-loss.cross-entropy.lower"),
            OrderingCheck(
                "log C below the loss of two classes by quadrature",
                lambda: [chain(v) for v in (0.01, 0.3, 2.0, 20.0)],
                kind=Kind.ORACLE,
            ),
            *samples.cross_entropy_checks(profile, "lower"),
        ),
    )
