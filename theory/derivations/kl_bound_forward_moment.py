"""The second moment of the weights at every time, and the transient bound that it closes.

Extension of Horii & Has 2025. The network is homogeneous of degree L in its weights (L layers without biases,
activations homogeneous of degree 1), the loss the mean over the examples of |f - y|^2/2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import sympy as sp

from theory.derivations.ensembles import (
    ENTRIES,
    ENTRY,
    EXAMPLES,
    OUTPUT,
    SAMPLE,
    SAMPLES,
    STATE,
    TARGET,
    mean,
    normal,
    squared_loss,
    squared_norm,
    started,
)
from theory.derivations.formal_fields import Partial
from theory.derivations.kl_bound_forward_time import (
    RATE,
    P,
    divergence,
    flux,
    integral,
    slope,
    transient_bound,
)
from theory.derivations.rules_bounds import BelowStart, DropSquares, IncreaseMean
from theory.derivations.rules_calculus import Algebra
from theory.derivations.rules_ensembles import FokkerPlanck, NormalMoments, NormalStart, StandsFor
from theory.derivations.rules_fields import (
    DifferentiateOverSpace,
    JointLinearity,
    MeanAsIntegral,
    PartsOverSpace,
)
from theory.derivations.rules_homogeneous import RadialDerivative
from theory.derivations.rules_lemma import Lemma
from theory.derivations.steps import Derivation
from theory.derivations.symbols_kl_bound import E0, K, L, M, P_y, T, i, s0, tau

__all__ = [
    "DERIVATIONS",
    "SUPPLEMENTS",
    "closed_transient_bound",
    "second_moment_bound",
    "second_moment_rate",
]


def second_moment_rate() -> Derivation:
    """Derive d/dt E_t|w|^2 <= 2 K T + L P_y/2 for the squared loss, f homogeneous of degree L in w.

    Examples
    --------
    >>> second_moment_rate().conclusion
    2*K*T + L*P_y/2
    """
    loss, one = squared_loss(), sp.Integer(1)
    definition = Partial(mean(squared_norm(), P), tau)
    under = integral(squared_norm() * RATE)
    transported = integral(squared_norm() * divergence(loss))
    parts = -sp.Sum(integral(flux(loss) * 2 * ENTRY), ENTRIES)
    drift = -2 * mean(sp.Sum(ENTRY * slope(loss), ENTRIES), P)
    one_slope = integral(ENTRY * slope(P))
    spread = -2 * T * sp.Sum(one_slope, ENTRIES)
    value = OUTPUT(SAMPLE, STATE)
    radial = sp.Sum((value - TARGET[SAMPLE]) * L * value, SAMPLES) / EXAMPLES
    gap = 2 * L * mean(sp.Sum((value - TARGET[SAMPLE] / 2) ** 2, SAMPLES), P) / EXAMPLES
    ball = sp.Sum(TARGET[SAMPLE] ** 2, SAMPLES) / EXAMPLES
    counted = -2 * T * sp.Sum(-one, ENTRIES)
    meaning = "rate of E_t|w|^2 under dw = -grad loss dt + sqrt(2T) dB, loss = mean over examples of |f - y|^2/2"
    return (
        Derivation("kl.second-moment-rate", definition, meaning)
        .then(DifferentiateOverSpace(), definition, under, "derivative of |w|^2 p")
        .then(FokkerPlanck(loss), RATE, divergence(loss), "Fokker-Planck equation")
        .then(PartsOverSpace(), transported, parts, "parts in every direction")
        .then(MeanAsIntegral(), parts, drift + spread, "drift and diffusion")
        .then(PartsOverSpace(), one_slope, -integral(P), "parts once more", (sp.Le(i, K),))
        .then(MeanAsIntegral(), integral(P), mean(one, P), "p is a density")
        .then(JointLinearity(), mean(one, P), one, "it integrates to 1")
        .then(JointLinearity(), counted, 2 * K * T, "K equal terms")
        .then(
            RadialDerivative(OUTPUT, L, K),
            sp.Sum(ENTRY * slope(loss), ENTRIES),
            radial,
            "Euler: w . grad f = L f",
        )
        .then(
            DropSquares(gap),
            -2 * mean(radial, P) + 2 * K * T,
            2 * K * T + L * ball / 2,
            "-(f - y) f = y^2/4 - (f - y/2)^2",
        )
        .then(StandsFor(P_y), L * ball / 2, L * P_y / 2, "P_y = mean |y|^2")
    )


def second_moment_bound() -> Derivation:
    """Derive E_t|w|^2 <= K s0 + (2 K T + L P_y/2) t.

    Examples
    --------
    >>> second_moment_bound().conclusion
    K*s0 + tau*(2*K*T + L*P_y/2)
    """
    definition = mean(squared_norm(), P)
    rate = second_moment_rate()
    start, gauss = mean(squared_norm(), started()), mean(squared_norm(), normal())
    growth = rate.conclusion * tau
    meaning = "E_t|w|^2, squared loss, f homogeneous of degree L in w ~ N(0, s0 I) at the start"
    return (
        Derivation("kl.second-moment-bound", definition, meaning)
        .then(BelowStart(rate), definition, start + growth, "integrate the rate from 0 to t")
        .then(NormalStart(), start, gauss, "the start is normal")
        .then(NormalMoments(s0), gauss, K * s0, "E w_j^2 = s0")
    )


def closed_transient_bound() -> Derivation:
    """Derive E_t[loss] <= E_0[loss] + (K T/2) log(1 + (2 T + L P_y/(2K)) t/s0), f homogeneous, squared loss.

    Examples
    --------
    >>> closed_transient_bound().conclusion
    E0 + K*T*log(1 + tau*(2*K*T + L*P_y/2)/(K*s0))/2
    """
    lemma, moment = transient_bound(), second_moment_bound()
    grown = lemma.conclusion.xreplace({M: moment.conclusion})
    growth = second_moment_rate().conclusion
    final = E0 + K * T * sp.log(1 + tau * growth / (K * s0)) / 2
    return (
        Derivation(
            "kl.transient-bound.closed", lemma.definition, f"{lemma.meaning}; {moment.meaning}"
        )
        .then(Lemma(lemma), lemma.definition, lemma.conclusion, "transient bound")
        .then(
            IncreaseMean(M, moment),
            lemma.conclusion,
            grown,
            "the second moment grows at most linearly",
        )
        .then(Algebra(), grown, final, "collect")
    )


#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"kl.second-moment-bound": second_moment_bound}
)
#: statements beside the results
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "kl.second-moment-rate": second_moment_rate,
        "kl.transient-bound.closed": closed_transient_bound,
    }
)
