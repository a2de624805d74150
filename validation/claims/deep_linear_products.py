"""Claims on Gaussian deep linear nets at initialisation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import mpmath as mp
import numpy as np
from flint import arb
from numpy.typing import NDArray
from scipy.special import loggamma

from theory import deep_linear
from theory.activations import linear
from theory.norm_law import NormLaw
from validation.checks import kolmogorov
from validation.checks.exact_law import ExactLawCheck
from validation.checks.log_moment import LogMomentCheck
from validation.checks.mean import min_replicates
from validation.checks.mean_bound import MeanBoundCheck
from validation.checks.observable_mean import ObservableMeanCheck
from validation.checks.ordering import OrderingCheck
from validation.checks.rate import RateCheck
from validation.claim import Claim, Profile
from validation.claims.deep_linear_common import EXTENSION, PAPER
from validation.claims.derived import derived
from validation.claims.kl_bound_common import enclosed, resolution, sized
from validation.deep_linear_starts import MatrixProducts, MeanSquares
from validation.experiment import Experiment

__all__ = ["claims"]

_Array = NDArray[np.float64]
_WIDTHS = (5, 3, 3, 3, 2)  # d_x, three hidden layers, d_y


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
    ['dl.log-norm-mean', 'dl.log-norm-variance']
    """
    yield _log_norm(profile, "mean")
    yield _log_norm(profile, "variance")
    yield _moment(profile, 1)
    yield _moment(profile, 2)
    yield _gamma_inequality()
    yield _root_chi_mean(profile)
    yield _chi_moment(profile)
    yield _scalar_law(profile)


# The end-to-end map on one input

_SIZES = tuple(
    {"width": m, "depth": L, "out_dim": d}
    for m in (1, 8, 1000)
    for L in (1, 30, 700)
    for d in (1, 10)
)


def _net(replicates: int, **kept: Any) -> Experiment:
    """Every weight drawn; |f(x)|^2/|x|^2 has its 1/m and 1/d_y as weight variances."""
    variances = tuple(1 / fan_out for fan_out in _WIDTHS[1:])
    return Experiment(_WIDTHS, variances, linear(), replicates, **kept)


def _end_to_end() -> dict[str, int]:
    return {"width": _WIDTHS[1], "depth": len(_WIDTHS) - 1, "out_dim": _WIDTHS[-1]}


def _log_norm(profile: Profile, judged: str) -> Claim:
    name = f"dl.log-norm-{judged}"
    mean, variance = (
        float(f(**_end_to_end()))
        for f in (deep_linear.log_norm_mean, deep_linear.log_norm_variance)
    )
    formula = {
        "mean": "E log(|f(x)|/|x|) = (L-1)(psi(m/2) - log(m/2))/2 + (psi(d_y/2) - log(d_y/2))/2",
        "variance": "Var log(|f(x)|/|x|) = (L-1) psi'(m/2)/4 + psi'(d_y/2)/4; the whole law is that of a product of "
        "independent chi^2_m/m and one chi^2_{d_y}/d_y",
    }
    checks: list[Any] = [_moment_of_log(profile, judged, mean, variance)]
    if judged == "variance":
        checks.append(_law_check(profile))
    return Claim(
        name,
        f"Gaussian nets: {formula[judged]}",
        f"{PAPER}: section 5 (the product); the logarithm: extension",
        (*derived(name, "dl.norm-moment"), enclosed(name, _SIZES), *checks),
        result=name,
    )


def _moment_of_log(profile: Profile, judged: str, mean: float, variance: float) -> LogMomentCheck:
    depth, first = len(_WIDTHS) - 1, judged == "mean"
    if first:
        shift = depth / 2 * np.log1p(profile.resolution)
        size = min_replicates(float(variance**0.5), 0.9, float(shift))
        layer = float(deep_linear.log_norm_mean(_WIDTHS[1], 2, _WIDTHS[-1])) - float(
            deep_linear.log_norm_mean(_WIDTHS[1], 1, _WIDTHS[-1])
        )
        rivals = {
            "no drift": 0.0,
            "L for L - 1": mean + layer,
            "-L/(2m)": -depth / (2 * _WIDTHS[1]),
        }
        return LogMomentCheck(_net(size, logs=True), mean, None, profile.resolution, rivals)
    seen = 4 * profile.resolution
    size = min_replicates(1.8, 5.0, seen)
    return LogMomentCheck(_net(size, logs=True), mean, variance, seen)


def _law_check(profile: Profile) -> ExactLawCheck:
    mean, variance = (
        float(f(**_end_to_end()))
        for f in (deep_linear.log_norm_mean, deep_linear.log_norm_variance)
    )
    grid = mean + variance**0.5 * np.linspace(-5, 3.5, 161)
    cdf = _product_cdf(_WIDTHS[1], len(_WIDTHS) - 1, _WIDTHS[-1])
    rivals = {"chi^2_m for every layer": _product_cdf(_WIDTHS[1], len(_WIDTHS) - 1, _WIDTHS[1])}

    def check(replicates: int) -> ExactLawCheck:
        sample = _net(replicates, thresholds=tuple(float(t) for t in grid))
        law = "that of the product of chi-squares"
        return ExactLawCheck(sample, cdf, law, profile.resolution, rivals)

    return check(kolmogorov.min_size(check(1).distance_of_resolution()))


def _product_cdf(width: int, depth: int, out_dim: int) -> Callable[[_Array], _Array]:
    """Distribution function of the log-norm, by inverting its characteristic function on a fine grid.

    The trapezoidal rule converges geometrically: the function is analytic and decays like exp(-pi |w| L/4).
    """
    w = (np.arange(60_000) + 0.5) * 0.01

    def factor(degrees: int) -> Any:
        half = degrees / 2
        return loggamma(half + 0.5j * w) - loggamma(half) - 0.5j * w * np.log(half)

    weights = np.exp((depth - 1) * factor(width) + factor(out_dim)) / w
    kept = np.abs(weights) > 1e-18
    frequency, weights = w[kept], weights[kept]

    def cdf(points: _Array) -> _Array:
        waves = np.exp(-1j * np.multiply.outer(np.asarray(points), frequency))
        return np.asarray(0.5 - 0.01 / np.pi * np.imag(waves @ weights))

    return cdf


# Spectral moments of products


def _moment(profile: Profile, power: int) -> Claim:
    width, depth, word = 8, 2, ("first", "second")[power - 1]
    name = f"dl.product-moment.{word}"
    points = tuple({"width": m, "depth": L} for m in (1, 6, 1000) for L in (1, 5, 300))
    size = sized(*((0.5, 1.8), (0.8, 3.1))[power - 1], resolution(profile))
    products = MatrixProducts(width, depth, size)
    exact = float(deep_linear.product_spectral_moment(width, depth, power))
    tau = depth / width
    rivals = (
        {"m/(m-1)": width / (width - 1)}
        if power == 1
        else {
            "1 + L, large m": 1.0 + depth,
            "(m/3)(e^(2 tau) - e^-tau)": width / 3 * float(np.exp(2 * tau) - np.exp(-tau)),
            "1, orthogonal": 1.0,
        }
    )
    check = ObservableMeanCheck(
        products,
        {word: 1.0},
        exact,
        f"tr((W W^T)^{power})/m^({power} L + 1)",
        resolution(profile),
        rivals,
    )
    statement = {
        1: "E tr(W W^T)/m^(L+1) = 1 for a product of L Gaussian m x m matrices",
        2: "E tr((W W^T)^2)/m^(2L+1) = [(m+2)(1+2/m)^L - (m-1)(1-1/m)^L]/3 for a product of L Gaussian m x m matrices; "
        "for orthogonal ones it is 1",
    }
    return Claim(
        name,
        statement[power],
        EXTENSION,
        (*derived(name, "dl.product-moment"), enclosed(name, points), check),
        result=name,
    )


# Means of squares


def _gamma_inequality() -> Claim:
    points = tuple({"argument": a} for a in (0.5, 1.0, 7.3, 1e6))

    def chains() -> list[list[arb]]:
        found = []
        for a in (0.5, 0.6, 0.75, 1.0, 1.5, 3.0, 10.0, 100.0):
            half, x = arb(1) / 2, arb(a)
            ratio = (x + half).gamma() / x.gamma()
            found.append([(x - arb(1) / 10).sqrt(), ratio, (x - arb(1) / 4).sqrt()])
        return found

    def squared(a: _Array) -> _Array:
        return np.asarray(deep_linear.gamma_ratio(a)) ** 2 / a

    return Claim(
        "dl.gamma-inequality",
        "Gamma(a + 1/2)/Gamma(a) <= sqrt(a - 1/10) for a >= 1/2; it exceeds sqrt(a - 1/4), to which it tends",
        f"{PAPER}: proof of Lemma 5.3",
        (
            *derived("dl.gamma-inequality"),
            enclosed("dl.gamma-inequality", points),
            OrderingCheck("sqrt(a - 1/10) > Gamma ratio > sqrt(a - 1/4)", chains),
            RateCheck(
                "(Gamma(a + 1/2)/Gamma(a))^2/a less 1 - 1/(4a)",
                squared,
                lambda a: np.stack([np.ones_like(a), -1 / (4 * a)]),
                exponent=2,
                widths=(64, 128, 256),
                variable="a",
            ),
        ),
        result="dl.gamma-inequality",
    )


_ORDERS = (0.5, 1.5)


@cache
def _squares(degrees: int, profile: Profile) -> MeanSquares:
    """Z^(3/2) has skewness 3.8 at d = 2; at d = 9 the bound on E sqrt(Z) needs more."""
    shapes = {2: (1.2, 3.9), 9: (1.2, 3.6)}
    return MeanSquares(degrees, _ORDERS, sized(*shapes[degrees], resolution(profile)))


def _root_chi_mean(profile: Profile) -> Claim:
    points = tuple({"degrees": d} for d in (1, 2, 50, 10**6))

    def check(degrees: int) -> MeanBoundCheck:
        return MeanBoundCheck(
            _squares(degrees, profile),
            {"Z^0.5": 1.0},
            1 - 0.1 / degrees,
            f"sqrt(Z) below 1 - 1/(10 d), d = {degrees}",
            scale=1.0 / degrees,
            resolution=resolution(profile),
            rivals={"1 - 3/(10 d)": 1 - 0.3 / degrees},
        )

    return Claim(
        "dl.root-chi-mean",
        "d Z ~ chi^2_d: E sqrt(Z) <= 1 - 1/(10 d), so that every Gaussian layer shrinks the norm; with 3/10 for "
        "1/10 it "
        "fails",
        f"{PAPER}: proof of Lemma 5.3",
        (
            *derived("dl.root-chi-mean"),
            enclosed("dl.root-chi-mean", points),
            *(check(d) for d in (2, 9)),
        ),
        result="dl.root-chi-mean",
    )


def _chi_moment(profile: Profile) -> Claim:
    points = tuple({"order": q, "degrees": d} for q in (0.25, 0.5, 3.0) for d in (1, 10, 1000))

    def check(degrees: int, q: float) -> ObservableMeanCheck:
        exact = float(deep_linear.chi_moment(q, degrees))
        rivals = {
            "Gamma((d+q)/2) for Gamma(d/2+q)": float(
                mp.mpf(2) ** q
                * mp.gamma((degrees + q) / 2)
                / (mp.mpf(degrees) ** q * mp.gamma(degrees / 2))
            )
        }
        return ObservableMeanCheck(
            _squares(degrees, profile),
            {f"Z^{q:g}": 1.0},
            exact,
            f"Z^{q:g}",
            resolution(profile),
            rivals,
        )

    return Claim(
        "dl.chi-moment",
        "d Z ~ chi^2_d: E Z^q = 2^q Gamma(d/2 + q)/(d^q Gamma(d/2))",
        f"{PAPER}: proof of Lemma 5.3",
        (
            *derived("dl.chi-moment"),
            enclosed("dl.chi-moment", points),
            *(check(d, q) for d in (2, 9) for q in (0.5, 1.5)),
        ),
        result="dl.chi-moment",
    )


def _scalar_law(profile: Profile) -> Claim:
    points = tuple({"order": q, "depth": L} for q in (0.5, 2.0) for L in (1, 40))
    depth = 4
    law = NormLaw(1, depth, 1.0, "linear")
    grid = law.log.mean() + law.log.std() * np.linspace(-6, 3, 161)
    cdf = partial(_log_cdf, law)
    rivals = {"one layer more": partial(_log_cdf, NormLaw(1, depth + 1, 1.0, "linear"))}

    def check(replicates: int) -> ExactLawCheck:
        sizes, thresholds = (1,) * (depth + 1), tuple(float(t) for t in grid)
        sample = Experiment(sizes, (1.0,) * depth, linear(), replicates, thresholds=thresholds)
        return ExactLawCheck(sample, cdf, "that of a product", profile.resolution, rivals)

    return Claim(
        "dl.scalar-law",
        "width 1: E|w_1 ... w_L|^q = (2^(q/2) Gamma((q+1)/2)/sqrt(pi))^L, and log|w_1 ... w_L| is a random walk "
        "of known "
        "law, by which the product is exponentially small in depth",
        f"{EXTENSION}; the setting: Shamir 2018 (arXiv 1809.08587)",
        (
            *derived("dl.scalar-law"),
            enclosed("dl.scalar-law", points),
            check(kolmogorov.min_size(check(1).distance_of_resolution())),
        ),
        result="dl.scalar-law",
    )


def _log_cdf(law: NormLaw, points: _Array) -> _Array:
    return np.asarray(law.log.cdf(points))
