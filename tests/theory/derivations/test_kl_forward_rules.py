"""Attacks on the rules on means and integrals over R^K: each is refused, the right step accepted."""

from dataclasses import replace

import pytest
import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.ensembles import (
    DENSITY,
    ENTRIES,
    ENTRY,
    LOSS,
    MEANINGS,
    OUTPUT,
    SAMPLE,
    SAMPLES,
    STATE,
    TARGET,
    evolved,
    gibbs,
    mean,
    normal,
    squared_norm,
    started,
)
from theory.derivations.field_calculus import differentiate
from theory.derivations.formal import Equation, Expectation
from theory.derivations.formal_densities import Coordinate
from theory.derivations.formal_fields import JointDensity, Partial, over_space
from theory.derivations.kl_bound_forward import divergence_nonnegative, entropy_bound
from theory.derivations.kl_bound_forward_moment import second_moment_bound, second_moment_rate
from theory.derivations.kl_bound_forward_time import free_energy_decreases, transient_bound
from theory.derivations.rules_arrays import ExponentialOfIidSum
from theory.derivations.rules_bounds import (
    BelowStart,
    BoundTerm,
    DropDivergence,
    DropSquares,
    IncreaseMean,
    LogBelowTangent,
)
from theory.derivations.rules_ensembles import FokkerPlanck, NormalMoments, NormalStart, StandsFor
from theory.derivations.rules_equations import Rescale
from theory.derivations.rules_expectations import Linearity
from theory.derivations.rules_fields import (
    DifferentiateOverSpace,
    EvaluatePartials,
    JointLinearity,
    MeanAsIntegral,
    PartsOverSpace,
)
from theory.derivations.rules_homogeneous import RadialDerivative
from theory.derivations.steps import Derivation, Step
from theory.derivations.symbols_kl_bound import E0, K, L, M, S_ss, T, i, log_C, s0, tau
from theory.derivations.verdicts import Verdict

P, G, ZERO, ONE = evolved(), gibbs(), sp.Integer(0), sp.Integer(1)
X = sp.Symbol("x", real=True)
J = sp.Symbol("k", integer=True, positive=True)
OTHER = Coordinate(STATE, J)
FIRST = Coordinate(STATE, ONE)
WITHIN = (sp.Le(J, K),)
F = sp.Function("f", positive=True)(STATE)
H = sp.Function("g", positive=True)(STATE)
VALUE = OUTPUT(SAMPLE, STATE)
FLUX = P * Partial(LOSS, ENTRY) + T * Partial(P, ENTRY)
DIVERGENCE = sp.Sum(Partial(FLUX, ENTRY), ENTRIES)
RADIAL = sp.Sum(ENTRY * Partial(LOSS, ENTRY), ENTRIES)


def space(body):
    return over_space(body, STATE, K)


def report(rule, target, result, constraints=()):
    return Step(rule, target, target, sp.sympify(result), "test").verify(Domain(constraints))


def slope(expr, entry=ENTRY):
    return Partial(expr, entry)


def radial_of(term, limits=ENTRIES):
    return sp.Sum(ENTRY * slope(term), limits)


SQUARES = sp.Sum((VALUE - TARGET[SAMPLE]) ** 2, SAMPLES)
KL = mean(sp.log(P) - sp.log(G), P)
GIBBS_INEQUALITY = divergence_nonnegative()
DROP = DropDivergence(T, P, G, GIBBS_INEQUALITY)
#: (rule, target, right result, constraints)
RIGHT = {
    "linearity": (JointLinearity(), mean(2 * LOSS + T, P), 2 * mean(LOSS, P) + T, ()),
    "a sum comes outside": (
        JointLinearity(),
        mean(squared_norm(), P),
        sp.Sum(mean(OTHER**2, P), (J, 1, K)),
        (),
    ),
    "the definition of a mean": (MeanAsIntegral(), mean(LOSS, P), space(LOSS * P), ()),
    "derivative in time": (
        DifferentiateOverSpace(),
        Partial(mean(sp.log(P), P), tau),
        space((sp.log(P) + 1) * Partial(P, tau)),
        (),
    ),
    "derivative in the variance": (
        DifferentiateOverSpace(),
        Partial(mean(LOSS, normal()) + s0**2, s0),
        space(LOSS * normal() * (squared_norm() / s0 - K) / (2 * s0)) + 2 * s0,
        (),
    ),
    "product rule": (
        EvaluatePartials(K),
        slope(ENTRY**2 * sp.log(P), OTHER).xreplace({ENTRY: OTHER}),
        2 * OTHER * sp.log(P) + OTHER**2 * slope(P, OTHER) / P,
        WITHIN,
    ),
    "parts": (
        PartsOverSpace(),
        space(LOSS * DIVERGENCE),
        -sp.Sum(space(FLUX * slope(LOSS)), ENTRIES),
        (),
    ),
    "parts in one direction": (
        PartsOverSpace(),
        space(OTHER * slope(P, OTHER)),
        -space(P),
        WITHIN,
    ),
    "Fokker-Planck": (FokkerPlanck(), Partial(P, tau), DIVERGENCE, ()),
    "name": (StandsFor(M), mean(squared_norm(), P), M, ()),
    "normal start": (NormalStart(), mean(LOSS, started()), mean(LOSS, normal()), ()),
    "moments": (
        NormalMoments(s0),
        mean(sp.Sum(ENTRY**4 + ENTRY, ENTRIES), normal()),
        3 * K * s0**2,
        (),
    ),
    "Euler": (
        RadialDerivative(OUTPUT, L, K),
        radial_of(SQUARES),
        2 * L * sp.Sum((VALUE - TARGET[SAMPLE]) * VALUE, SAMPLES),
        (),
    ),
    "drop squares": (DropSquares(mean(LOSS**2, P)), ZERO - mean(LOSS**2, P), ZERO, ()),
    "tangent": (LogBelowTangent(H / F), mean(sp.log(H / F), F), mean(H / F - 1, F), ()),
    "drop a divergence": (DROP, E0 - T * KL, E0, ()),
    "below the start": (
        BelowStart(second_moment_rate()),
        mean(squared_norm(), P),
        mean(squared_norm(), started()) + second_moment_rate().conclusion * tau,
        (),
    ),
    "bound a term": (
        BoundTerm(entropy_bound()),
        E0 - T * mean(sp.log(P), P),
        E0 + T * entropy_bound().conclusion,
        (),
    ),
    "increase a mean": (
        IncreaseMean(M, second_moment_bound()),
        sp.log(M),
        sp.log(second_moment_bound().conclusion),
        (),
    ),
    "rescale": (Rescale(T), Equation(X, T), Equation(T * X, T**2), ()),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_steps_are_accepted(name):
    result = report(*RIGHT[name])
    assert result.verdict is Verdict.PROVED, result.detail


UNBOUNDED = Derivation("rate", Partial(mean(LOSS, P), tau), "test")
FALSE_LEMMA = replace(free_energy_decreases(), steps=())
FORGED = UNBOUNDED.then(DropSquares(ONE), UNBOUNDED.definition, ZERO, "not shown")
CONVERSE = Derivation("converse", -GIBBS_INEQUALITY.definition, "test")
#: (rule, target, wrong result, constraints)
ATTACKS = {
    # laws that are no densities: int 2p = E_{2p}[1] = 1
    "a law of mass 2": (MeanAsIntegral(), space(2 * P), mean(ONE, 2 * P), ()),
    "a law of mass 2 integrates to 1": (JointLinearity(), mean(ONE, 2 * P), ONE, ()),
    "a law of either sign": (MeanAsIntegral(), space(LOSS), mean(ONE, LOSS), ()),
    "another dimension": (
        JointLinearity(),
        Expectation(ONE, (STATE, JointDensity(sp.Lambda(STATE, normal()), 2 * K))),
        ONE,
        (),
    ),
    "a normal law of negative variance": (
        MeanAsIntegral(),
        space(normal(-s0)),
        mean(ONE, normal(-s0)),
        (),
    ),
    "a variance that varies": (JointLinearity(), mean(ONE, normal(FIRST**2)), ONE, ()),
    "entries are not independent": (
        ExponentialOfIidSum(((STATE, X),)),
        mean(sp.exp(-squared_norm()), P),
        Expectation(sp.exp(-(X**2)), (X, JointDensity(sp.Lambda(STATE, P), K))) ** K,
        (),
    ),
    "a field is random": (Linearity(), mean(LOSS, P), LOSS, ()),
    "a field is no constant": (JointLinearity(), mean(LOSS * ENTRY, P), LOSS * mean(ENTRY, P), ()),
    "an infinite sum": (
        JointLinearity(),
        mean(sp.Sum(ENTRY**2, (i, 1, sp.oo)), P),
        sp.Sum(mean(ENTRY**2, P), (i, 1, sp.oo)),
        (),
    ),
    "a capture in a law": (
        JointLinearity(),
        mean(sp.Sum(ENTRY, ENTRIES), DENSITY(STATE, i)),
        sp.Sum(mean(ENTRY, DENSITY(STATE, i)), ENTRIES),
        (),
    ),
    # derivatives under the integral
    "a symbol that hides a mean": (
        DifferentiateOverSpace(),
        Partial(E0 + mean(LOSS, normal()), s0),
        Partial(mean(LOSS, normal()), s0),
        (),
    ),
    "a law that hides the start": (
        DifferentiateOverSpace(),
        Partial(mean(LOSS, P), s0),
        ZERO,
        (),
    ),
    "a second moment that varies in time": (DifferentiateOverSpace(), Partial(M, tau), ZERO, ()),
    "log C varies with T": (
        DifferentiateOverSpace(),
        Partial(mean(LOSS, G), T),
        space(LOSS**2 * G / T**2),
        (),
    ),
    "the density is forgotten": (
        DifferentiateOverSpace(),
        Partial(mean(sp.log(P), P), tau),
        mean(Partial(P, tau) / P, P),
        (),
    ),
    # partial derivatives and parts
    "an index out of range": (PartsOverSpace(), space(OTHER * slope(P, OTHER)), -space(P), ()),
    "a derivative out of range": (
        EvaluatePartials(K),
        slope(squared_norm(), OTHER),
        2 * OTHER,
        (),
    ),
    "a sum over fewer": (
        PartsOverSpace(),
        space(LOSS * sp.Sum(slope(P), (i, 1, 2 * K))),
        -sp.Sum(space(P * slope(LOSS)), (i, 1, 2 * K)),
        (),
    ),
    "a divergence of another index": (
        PartsOverSpace(),
        space(LOSS * sp.Sum(slope(P, FIRST), ENTRIES)),
        -sp.Sum(space(P * slope(LOSS)), ENTRIES),
        (),
    ),
    "a weight that varies with the index": (
        PartsOverSpace(),
        space(OTHER * slope(P, OTHER) * slope(LOSS, OTHER)),
        -space(P * slope(LOSS, OTHER)),
        WITHIN,
    ),
    "a pole": (PartsOverSpace(), space(slope(P, OTHER) / OTHER), space(P / OTHER**2), WITHIN),
    "a kink": (
        PartsOverSpace(),
        space(sp.Abs(OTHER) * slope(P, OTHER)),
        -space(P * sp.sign(OTHER)),
        WITHIN,
    ),
    "the sign of parts": (PartsOverSpace(), space(OTHER * slope(P, OTHER)), space(P), WITHIN),
    "another coordinate": (
        EvaluatePartials(K),
        slope(FIRST * OTHER, OTHER),
        FIRST,
        WITHIN,
    ),
    # dynamics, start, names, moments
    "drift uphill": (
        FokkerPlanck(),
        Partial(P, tau),
        sp.Sum(slope(-P * slope(LOSS) + T * slope(P)), ENTRIES),
        (),
    ),
    "half the temperature": (
        FokkerPlanck(),
        Partial(P, tau),
        sp.Sum(slope(P * slope(LOSS) + T / 2 * slope(P)), ENTRIES),
        (),
    ),
    "the rate of another law": (FokkerPlanck(), Partial(F, tau), DIVERGENCE, ()),
    "a loss that moves": (
        FokkerPlanck(tau * LOSS),
        Partial(P, tau),
        sp.Sum(slope(P * slope(tau * LOSS) + T * slope(P)), ENTRIES),
        (),
    ),
    "a start at any time": (NormalStart(), mean(LOSS, P), mean(LOSS, normal()), ()),
    "another start": (NormalStart(), mean(LOSS, started()), mean(LOSS, normal(2 * s0)), ()),
    "the wrong name": (StandsFor(E0), mean(LOSS, P), E0, ()),
    "a name of two things": (StandsFor(S_ss), -mean(sp.log(P), P), S_ss, ()),
    "no name": (StandsFor(X), mean(LOSS, P), X, ()),
    "moments of another law": (NormalMoments(s0), mean(squared_norm(), P), K * s0, ()),
    "moments of another variance": (NormalMoments(s0), mean(squared_norm(), normal(T)), K * s0, ()),
    "moments of more entries": (
        NormalMoments(s0),
        mean(sp.Sum(ENTRY**2, (i, 1, 2 * K)), normal()),
        2 * K * s0,
        (),
    ),
    "dependent entries": (NormalMoments(s0), mean(FIRST * OTHER, normal()), ZERO, WITHIN),
    # Euler
    "an inhomogeneous part": (
        RadialDerivative(OUTPUT, L, K),
        radial_of(VALUE + LOSS),
        L * VALUE,
        (),
    ),
    "a degree that varies": (
        RadialDerivative(OUTPUT, FIRST, K),
        radial_of(VALUE),
        FIRST * VALUE,
        (),
    ),
    "a degree by example": (
        RadialDerivative(OUTPUT, SAMPLE, K),
        radial_of(sp.Sum(VALUE, SAMPLES)),
        sp.Sum(SAMPLE * VALUE, SAMPLES),
        (),
    ),
    "Euler over fewer": (
        RadialDerivative(OUTPUT, L, K),
        radial_of(VALUE, (i, 1, K - 1)),
        L * VALUE,
        (),
    ),
    "Euler with another weight": (
        RadialDerivative(OUTPUT, L, K),
        sp.Sum(FIRST * slope(VALUE), ENTRIES),
        L * VALUE,
        (),
    ),
    # bounds
    "a gap of either sign": (DropSquares(mean(LOSS, P)), -mean(LOSS, P), ZERO, ()),
    "a gap under no law": (DropSquares(mean(LOSS**2, -P)), -mean(LOSS**2, -P), ZERO, ()),
    "a gap over an empty range": (
        DropSquares(sp.Sum(X**2, (i, 1, -K))),
        ZERO - sp.Sum(X**2, (i, 1, -K)),
        ZERO,
        (),
    ),
    "a divergence that is added": (DROP, E0 + T * KL, E0, ()),
    "a divergence of weight < 0": (
        replace(DROP, weight=-T),
        E0,
        E0 - T * KL,
        (),
    ),
    "a divergence from no density": (
        replace(DROP, second=2 * G),
        E0 - T * mean(sp.log(P) - sp.log(2 * G), P),
        E0,
        (),
    ),
    "a divergence by the converse": (replace(DROP, lemma=CONVERSE), E0 - T * KL, E0, ()),
    "a tangent above": (LogBelowTangent(H / F), mean(sp.log(H / F), F), mean(H / F, F), ()),
    "a tangent at < 0": (LogBelowTangent(LOSS), mean(sp.log(LOSS), F), mean(LOSS - 1, F), ()),
    "an unproved rate": (
        BelowStart(UNBOUNDED),
        mean(LOSS, P),
        mean(LOSS, started()) + tau * Partial(mean(LOSS, P), tau),
        (),
    ),
    "a rate without its proof": (
        BelowStart(FALSE_LEMMA),
        mean(LOSS, P) + T * mean(sp.log(P), P),
        mean(LOSS, started()) + T * mean(sp.log(started()), started()),
        (),
    ),
    "a rate with a false proof": (BelowStart(FORGED), mean(LOSS, P), mean(LOSS, started()), ()),
    "a lemma that is no rate": (BelowStart(transient_bound()), mean(LOSS, P), E0, ()),
    "the rate forgotten": (
        BelowStart(second_moment_rate()),
        mean(squared_norm(), P),
        mean(squared_norm(), started()),
        (),
    ),
    "a term of weight < 0": (
        BoundTerm(entropy_bound()),
        E0 + T * mean(sp.log(P), P),
        E0 - T * entropy_bound().conclusion,
        (),
    ),
    "a square of a term": (
        BoundTerm(entropy_bound()),
        mean(sp.log(P), P) ** 2,
        entropy_bound().conclusion ** 2,
        (),
    ),
    "a decreasing function": (
        IncreaseMean(M, second_moment_bound()),
        -sp.log(M),
        -sp.log(second_moment_bound().conclusion),
        (),
    ),
    "another mean": (
        IncreaseMean(E0, second_moment_bound()),
        E0 + T,
        second_moment_bound().conclusion + T,
        (),
    ),
    "an equation times what may be 0": (
        Rescale(log_C),
        Equation(X, T),
        Equation(log_C * X, log_C * T),
        (),
    ),
    "one side only": (Rescale(T), Equation(X, T), Equation(T * X, T), ()),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks_are_refused(name):
    result = report(*ATTACKS[name])
    assert result.verdict is Verdict.UNKNOWN
    accidents = ("changes nothing", "does not occur", "KeyError")
    assert not any(accident in result.detail for accident in accidents), result.detail


def test_an_array_of_a_sum_is_differentiated_at_its_own_index_only():
    with pytest.raises(ValueError, match="bound in"):
        differentiate(sp.Sum(ENTRY**2, ENTRIES), ENTRY, K)
    with pytest.raises(ValueError, match="does not show"):
        differentiate(FIRST * LOSS, OTHER, K)
    with pytest.raises(ValueError, match="not a sum over"):
        differentiate(sp.Sum(ENTRY * LOSS, ENTRIES), OTHER, K)


def test_every_symbol_has_one_meaning():
    assert len(set(MEANINGS.values())) == len(MEANINGS)


def test_a_citation_states_the_loss_of_the_dynamics():
    assert any("loss(w)" in x for x in FokkerPlanck().citations())
    assert any("y[a]" in x for x in FokkerPlanck(SQUARES).citations())
