"""Claims on the weight variances that make a bound least: the optimal scale, weight decay, and none without it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import mpmath as mp
import numpy as np
from flint import arb, ctx

from theory import kl_bound
from theory.catalogue_kl_bound import EXTENSION
from validation.checks.equality import EqualityCheck
from validation.checks.ordering import OrderingCheck
from validation.checks.rate import RateCheck
from validation.claim import Claim, Profile
from validation.claims import kl_bound_samples_networks as samples
from validation.claims.derived import derived
from validation.claims.kl_bound_common import closed, enclosed, oracle
from validation.evidence import Kind
from validation.references_kl_bound import minimiser, thin
from validation.references_kl_networks import (
    gain_by_layers,
    mean_square,
    minimised_in_turn,
)

__all__ = ["claims"]

_SLOPES = {"relu": 0.0, "linear": 1.0}
_OPTIMA = tuple(
    {"widths": n, "temperature": t, "input_power": 2.5, "activation": kind, "loss": loss}
    for n in ((3, 8, 2), (4, 6, 5, 3))
    for t in (0.05, 2.0)
    for kind in ("relu", "linear")
    for loss in ("half_squared", "cross_entropy")
)  # fmt: skip


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
    >>> [claim.id for claim in claims(PROFILES["quick"])][:2]
    ['kl.optimal-scale', 'kl.optimal-scale.depth-limit']
    """
    yield _optimal_scale(profile)
    yield _depth_limit()
    yield _optimal_variances(profile)
    yield _unique()
    yield _unbounded()


# The optimal scale


def _coefficient(loss: str, classes: int) -> Any:
    """beta: of P_x G in the loss; for the cross-entropy the pair average of (1 - delta_cd)/2 over the classes."""
    if loss == "half_squared":
        return mp.mpf(1) / 2
    pairs = [mp.mpf(c != d) for c in range(classes) for d in range(classes)]
    return mp.fsum(pairs) / len(pairs) / (2 * classes)


def _sizes(widths: Any) -> list[int]:
    return [n * m for n, m in pairwise(widths)]


def _searched_scale(
    widths: Any, temperature: float, input_power: float, activation: str, loss: str
) -> arb:
    """Least beta P_x G - (T/2) sum K_l log s_l over a common scale c, G layer by layer."""
    slope = _SLOPES[activation]
    with mp.workdps(40):
        kept, beta = mean_square(slope), _coefficient(loss, widths[-1])

        def bound(scale: Any) -> Any:
            variances = [scale / (kept * n) for n in widths[:-1]]
            entropy = mp.fsum(k * mp.log(s) for k, s in zip(_sizes(widths), variances, strict=True))
            gain = _gain(widths, variances, kept)
            return beta * input_power * gain - temperature / 2 * entropy

        return thin(minimiser(bound, 1e-4, 1e4))


def _gain(widths: Any, variances: Any, kept: Any) -> Any:
    product = mp.mpf(1) / kept
    for units, variance in zip(widths[1:], variances, strict=True):
        product *= units * variance * kept
    return product


def _optimal_scale(profile: Profile) -> Claim:
    result = "kl.optimal-scale"
    value = closed(result)

    def halved(**point: Any) -> float:
        return value(**{**point, "temperature": point["temperature"] / 2})

    def plain(widths: Any, loss: str, **point: Any) -> float:
        """beta = 1/(2C) for the cross-entropy."""
        share = 1.0 if loss == "half_squared" else 1 - 1 / widths[-1]
        return float(value(widths=widths, loss=loss, **point) * share ** (1 / (len(widths) - 1)))

    return Claim(
        result,
        "with s_l = c/(m1 n_(l-1)) the transient bound at fixed E_t|W|^2 is least at "
        "c* = [m1 (n_0/n_L) K T/(2 beta P_x L)]^(1/L), not at He's c = 1: the end-to-end gain is K T/(2 beta L P_x)",
        EXTENSION,
        (
            *derived(result),
            enclosed(result, _OPTIMA),
            oracle(
                "c* against a search for the least bound over the scale",
                value,
                _searched_scale,
                _OPTIMA,
                {"He, c = 1": lambda **p: 1.0, "T/2 for T": halved, "no (1 - 1/C)": plain},
            ),
            *samples.scale_checks(profile),
        ),
        result=result,
    )  # fmt: skip


def _depth_limit() -> Claim:
    """At fixed width and temperature; K/L = n^2, so B = c*^L is the same at every depth."""
    width, temperature, power = 8, 0.05, 8.0

    def scale(depths: Any) -> Any:
        arguments = {"temperature": temperature, "input_power": power, "activation": "relu"}
        return np.array(
            [
                closed("kl.optimal-scale")(widths=(width,) * (int(d) + 1), **arguments)
                for d in depths
            ]
        )

    logarithm = np.log(0.5 * width**2 * temperature / power)  # of B, by hand: m1 n^2 T/P_x
    checks = tuple(
        RateCheck(f"c* over {name}", scale, terms, exponent, (256, 512, 1024), variable="depths")
        for name, terms, exponent in (
            ("1, He's", lambda d: np.ones((1, len(d))), 1),
            ("1 + log(B)/L", lambda d: np.array([np.ones_like(d), logarithm / d]), 2),
        )
    )
    return Claim(
        "kl.optimal-scale.depth-limit",
        "c* = 1 + log(B)/L + O(1/L^2) with B = c*^L bounded: layer by layer the condition tends to He's, but the "
        "end-to-end gain does not",
        EXTENSION,
        (*derived("kl.optimal-scale.depth-limit"), *checks),
    )  # fmt: skip


# Weight decay


def _decayed(layer: int | None = None) -> tuple[dict[str, Any], ...]:
    points = (
        {"widths": (3, 8, 2), "temperature": 0.3, "weight_decay": 0.1, "input_power": 2.5},
        {"widths": (2, 3, 4, 2), "temperature": 0.8, "weight_decay": 0.7, "input_power": 1.0},
    )
    return tuple(
        {**p, "layer": k, "activation": "relu", "loss": loss}
        for p in points
        for k in range(1, len(p["widths"]))  # type: ignore[arg-type]
        for loss in ("half_squared", "cross_entropy")
        if layer in (None, k)
    )


def _searched_variances(point: dict[str, Any]) -> list[Any]:
    """Least beta P_x G + sum K_l (lambda s_l - T log s_l)/2, one layer in turn."""
    widths, temperature, decay = point["widths"], point["temperature"], point["weight_decay"]
    with mp.workdps(40):
        kept, beta = mean_square(0.0), _coefficient(point["loss"], widths[-1])

        def bound(variances: Any) -> Any:
            each = zip(_sizes(widths), variances, strict=True)
            parts = mp.fsum(k * (decay * s - temperature * mp.log(s)) / 2 for k, s in each)
            return beta * point["input_power"] * _gain(widths, variances, kept) + parts

        return minimised_in_turn(bound, [temperature / decay / 2] * (len(widths) - 1))


_FOUND: dict[tuple[Any, ...], list[Any]] = {}


def _searched_variance(**point: Any) -> arb:
    layer = point.pop("layer")
    key = tuple(sorted(point.items()))
    if key not in _FOUND:
        _FOUND[key] = _searched_variances(point)
    return thin(_FOUND[key][layer - 1])


def _optimal_variances(profile: Profile) -> Claim:
    result = "kl.optimal-variances"
    value = closed(result)

    def halved(**point: Any) -> float:
        return value(**{**point, "temperature": point["temperature"] / 2})

    def gainless(**point: Any) -> float:
        return float(point["temperature"] / point["weight_decay"])

    return Claim(
        result,
        "with weight decay lambda the forward bound is least at s_l = (T - 2 beta P_x G/K_l)/lambda, G "
        "self-consistent: layers of more weights get the greater variance",
        EXTENSION,
        (
            *derived(result),
            enclosed(result, _decayed()),
            oracle(
                "s_l against a search for the least bound over all layers",
                value,
                _searched_variance,
                _decayed(),
                {"T/lambda, no loss": gainless, "T/2 for T": halved},
                accuracy=1e-11,
            ),
            *samples.decay_checks(profile),
        ),
        result=result,
    )


def _unique() -> Claim:
    """h(G) = G - gain of s_l(G) on a grid of the bracket: increasing."""

    def chain(point: dict[str, Any]) -> list[arb]:
        widths, decay = point["widths"], arb(point["weight_decay"])
        with ctx.workprec(128):
            twice = arb(point["input_power"])  # 2 beta P_x at beta = 1/2
            top = min(_sizes(widths)) * arb(point["temperature"]) / twice
            gains = [top * k / 16 for k in range(1, 16)]
            return [self_gain(g, widths, point["temperature"], decay, twice) for g in gains][::-1]

    def self_gain(gain: arb, widths: Any, temperature: float, decay: arb, twice: arb) -> arb:
        variances = [(arb(temperature) - twice * gain / k) / decay for k in _sizes(widths)]
        product = arb(2)  # 1/m1
        for units, variance in zip(widths[1:], variances, strict=True):
            product *= units * variance / 2
        return gain - product

    points = [p for p in _decayed(1) if p["loss"] == "half_squared"]
    return Claim(
        "kl.optimal-variances.unique",
        "the equation for G is monotone in 0 < G < min_l K_l T/(2 beta P_x), where all s_l > 0: its root is unique "
        "there",
        EXTENSION,
        (
            *derived("kl.optimal-variances.unique"),
            OrderingCheck(
                "G less the gain of s_l(G) decreases as G does, at 15 places of the bracket",
                lambda: [chain(point) for point in points],
            ),
        ),
    )


# No weight decay


def _refusals(*decays: float) -> list[int]:
    """1 where the variances are refused with a reason, 0 where they are given."""
    return [_refused(decay) for decay in decays]


def _refused(decay: float) -> int:
    try:
        kl_bound.optimal_variances((3, 8, 2), 0.3, decay, 2.5)
    except ValueError as error:
        return int("unbounded" in str(error) and "weight_decay" in str(error))
    return 0


def _unbounded() -> Claim:
    points = tuple(
        {"widths": n, "temperature": t, "reach": r}
        for n in ((3, 8, 2), (2, 5, 7))
        for t in (0.05, 2.0)
        for r in (1.0, 30.0)
    )

    def slope(widths: Any, temperature: float, **_: Any) -> float:
        first, second = _sizes(widths)
        return temperature / 2 * (second - first)

    def difference(widths: Any, temperature: float, reach: float) -> arb:
        """Quotient of the bound's parts along (log s_1, log s_2) = (reach, -reach), G layer by layer."""
        with mp.workdps(40):
            values = []
            for at in (mp.mpf(reach), mp.mpf(0)):
                variances = [mp.exp(at), mp.exp(-at)]
                entropy = mp.fsum(
                    k * mp.log(s) for k, s in zip(_sizes(widths), variances, strict=True)
                )
                gain = gain_by_layers(widths, variances, 0.0)
                values.append(gain / 2 - mp.mpf(temperature) / 2 * entropy)
            return thin((values[0] - values[1]) / reach)

    return Claim(
        "kl.unbounded-without-decay",
        "without weight decay the bound falls linearly along log s_l with the product of the variances fixed, "
        "without end unless all layers have as many weights: no optimum exists, and none is returned",
        EXTENSION,
        (
            *derived("kl.unbounded-without-decay"),
            oracle(
                "slope (T/2)(K_2 - K_1) against the bound's difference quotient",
                slope,
                difference,
                points,
                {"flat": lambda **p: 0.0, "T for T/2": lambda **p: 2 * slope(**p)},
            ),
            EqualityCheck(
                Kind.EXPERIMENT,
                "weight decay 0 and less is refused, with the reason",
                lambda: [1, 1, 1],
                lambda: _refusals(0.0, -0.1, -1e300),
                {
                    "a positive one refused": lambda: _refusals(0.0, 0.1, -1e300),
                    "all accepted": lambda: _refusals(0.1, 1.0, 10.0),
                },
            ),
        ),
    )  # fmt: skip
