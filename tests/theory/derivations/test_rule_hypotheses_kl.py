"""Wrong steps that the rules for the KL subject once took for right; the right ones beside them."""

import pytest
import sympy as sp

from theory.derivations.diffusions import Diffusion
from theory.derivations.domains import Domain
from theory.derivations.ensembles import (
    ENTRIES,
    ENTRY,
    LOSS,
    OUTPUT,
    SAMPLE,
    STATE,
    evolved,
    gibbs,
    mean,
    normal,
    squared_norm,
    started,
)
from theory.derivations.formal import Equation, Expectation, Gaussian
from theory.derivations.formal_arrays import CentredPair, Root
from theory.derivations.formal_densities import Coordinate, Gibbs, SeparableGibbs, SquaredNorm
from theory.derivations.formal_fields import Partial, over_space
from theory.derivations.formal_networks import MeanOver, Recursion
from theory.derivations.rules_bounds import BelowStart, DropSquares, IncreaseMean
from theory.derivations.rules_calculus import Algebra
from theory.derivations.rules_cauchy_schwarz import CauchySchwarz
from theory.derivations.rules_covariance import ProductOfForms
from theory.derivations.rules_covariance import SolveLinear as RootOfLinear
from theory.derivations.rules_densities import CoordinateMeans
from theory.derivations.rules_ensembles import FokkerPlanck, NormalMoments, StandsFor
from theory.derivations.rules_expectations import Linearity
from theory.derivations.rules_fields import EvaluatePartials, JointLinearity, PartsOverSpace
from theory.derivations.rules_homogeneous import RadialDerivative
from theory.derivations.rules_layers import BoundUnderMean, GeometricRecursion, MeanOfSquares
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_log_sums import CentredForm, ExponentialOfForm
from theory.derivations.rules_means import ExponentialTangent
from theory.derivations.rules_named import Named
from theory.derivations.rules_naming import WithNamed
from theory.derivations.rules_rates import DecayRate, SlowestDecay
from theory.derivations.rules_solve import SolveLinear
from theory.derivations.rules_stationary_density import StationaryTemperature
from theory.derivations.steps import Derivation, Step
from theory.derivations.symbols_kl_bound import E0, K, L, M, T, V, c, i, layer, log_C, s0, tau

ZERO, ONE = sp.Integer(0), sp.Integer(1)
Q, P, S, TIME = sp.symbols("q P s t", positive=True)
U, X, Y = (sp.Symbol(name, real=True) for name in ("u", "x", "y"))
J, N, INDEX = sp.symbols("j n k", integer=True, positive=True)
SIGNAL, NOISE = sp.IndexedBase("x", real=True), sp.IndexedBase("z", real=True)
NORM = sp.Sum(SIGNAL[J] ** 2, (J, 1, N))
FIRST = Coordinate(STATE, ONE)
LATER, SPREAD = mean(LOSS, evolved()), mean(squared_norm(), evolved())
STEPPED = sp.Piecewise((0, U < 1), (5, True))
NAMED_SPREAD = Derivation("spread", SPREAD, "named").then(Named(Q, SPREAD), SPREAD, Q, "q")


def passes(rule, target, result, left=None):
    step = Step(rule, target if left is None else left, target, sp.sympify(result), "test")
    return step.verify(Domain()).verdict.passed


def space(body):
    return over_space(body, STATE, K)


def parts(weight, flux):
    """Whether int g dJ/dw_1 = -int J dg/dw_1 is accepted, with dg/dw_1 = 0 or 1."""
    slope = {ONE: ZERO, FIRST: ONE}[weight]
    target = space(weight * Partial(flux, FIRST))
    return passes(PartsOverSpace(), target, -space(flux) if slope else ZERO)


def test_a_name_is_not_given_to_what_varies():
    target, square = NORM**2, sp.Sum(c[i] ** 2, (i, 1, K))
    assert passes(Named(Q, NORM), target, Q**2)
    assert not passes(Named(Q, NORM), target, Q**2, MeanOver(target, (SIGNAL, N, P)))
    assert not passes(Named(Q, c[i] ** 2), c[i] ** 2, Q, square)
    assert not passes(WithNamed(Named(Q, c[i] ** 2), sp.Integer(77), S), c[i] ** 2, Q, square)
    assert not passes(StandsFor(M), SPREAD, M, Partial(SPREAD, tau))
    assert not passes(Named(U, LATER), LATER, U, Partial(LATER, tau))
    assert passes(StandsFor(M), SPREAD, M, SPREAD + s0)


def test_a_name_in_a_lemma_stands_for_one_number():
    inner = sp.Sum(c[i] ** 2, (J, 1, N))
    lemma = Derivation("named", inner, "named").then(Named(Q, inner), inner, Q, "q")
    assert passes(Lemma(lemma), inner, Q)
    assert not passes(Lemma(lemma), inner, Q, sp.Sum(inner, (i, 1, K)))
    assert not passes(Lemma(lemma, ((i, sp.Integer(3)),)), inner.subs(i, 3), Q)
    random = Derivation("norm", NORM, "named").then(Named(Q, NORM), NORM, Q, "q")
    means = [MeanOver(x, (SIGNAL, N, P)) for x in (NORM, Q)]
    assert not passes(BoundUnderMean(Lemma(random)), *means)


def test_a_name_is_only_declared_what_is_shown_or_cited():
    wave = sp.sin(Y)
    for assumptions in ({"integer": True}, {"negative": True}, {"zero": True}):
        name = sp.Symbol("q", **assumptions)
        assert not passes(Named(name, wave), wave, name)
    size = sp.Symbol("q", nonnegative=True)
    assert passes(Named(size, wave), wave, size)
    assert f"{size} >= 0" in Named(size, wave).citations()


def test_a_name_of_a_law_is_not_given_to_anything_else():
    point = sp.Symbol("W")
    loss = sp.Lambda(point, sp.Function("H", real=True)(point))
    law = Gibbs(loss, T, log_C, sp.Tuple(K, M))
    both = Expectation(SquaredNorm(point), (point, law)) - SPREAD
    start = Derivation("both", both, "moments of two laws")
    assert not start.then(StandsFor(M), SPREAD, M, "M").verify().verdict.passed


def test_a_rate_with_a_name_is_no_constant_bound():
    rate = Partial(LATER, tau)
    lemma = Derivation("rate", rate, "named").then(Named(U, rate), rate, U, "u")
    assert not passes(BelowStart(lemma), LATER, mean(LOSS, started()) + U * tau)


@pytest.mark.parametrize(
    ("expr", "variable", "slope"),
    [
        (M, tau, ZERO),
        (E0, s0, ZERO),
        (started(), s0, ZERO),
        (gibbs(), T, gibbs() * LOSS / T**2),
    ],
)
def test_what_a_symbol_stands_for_may_vary(expr, variable, slope):
    assert not passes(EvaluatePartials(K), Partial(expr, variable), slope)


def test_boundary_terms_vanish_only_with_a_density():
    assert parts(FIRST, evolved())
    assert parts(FIRST, normal())
    assert parts(FIRST, gibbs())
    assert not parts(ONE, FIRST)
    assert not parts(ONE, LOSS)
    assert not parts(FIRST, 1 / evolved())
    assert not parts(FIRST, evolved() * sp.exp(FIRST**2))
    assert not parts(FIRST, sp.exp(squared_norm() / s0))


def test_laws_have_variances_and_densities():
    odd = mean(FIRST, normal(sp.exp(FIRST)))
    assert not passes(NormalMoments(sp.exp(FIRST)), s0 + odd, s0)
    assert passes(NormalMoments(s0), s0 + mean(FIRST, normal()), s0)
    pair = (NOISE[1] + NOISE[2]) * (NOISE[1] - 2 * NOISE[2])
    for numbers, value in (((1, 0, 1), -1), ((-1, 0, 1), -3), ((1, 5, 1), -6)):
        target = Expectation(pair, (NOISE, CentredPair(*map(sp.Integer, numbers))))
        assert passes(ProductOfForms(), target, value) is (numbers == (1, 0, 1))
    for minus in (True, False):
        law = Gaussian(-ONE if minus else ONE)
        inner = sp.Sum(NOISE[J], (J, 1, N))
        total = sp.Sum(sp.exp(NOISE[INDEX] + inner), (INDEX, 1, N))
        value = sp.Sum(sp.exp(law.args[0] * (1 + 2 + N) / 2), (INDEX, 1, N))
        assert passes(ExponentialOfForm(), Expectation(total, (NOISE, law)), value) is not minus
        plain = Expectation(3 + Y, (Y, law))
        assert passes(Linearity(), plain, 3 + Expectation(Y, (Y, law))) is not minus
    below = mean(sp.exp(LOSS) - 1, -evolved())
    assert not passes(ExponentialTangent(), mean(LOSS, -evolved()), below)
    double = mean(3 + LOSS, 2 * gibbs())
    assert not passes(Linearity(), double, 3 + mean(LOSS, 2 * gibbs()))


def test_endless_forms_have_no_mean():
    for end in (N, sp.oo):
        target = Expectation(
            sp.Sum(NOISE[INDEX] * V[INDEX], (INDEX, 1, end)), (NOISE, Gaussian(ONE))
        )
        assert passes(CentredForm(), target, ZERO) is (end == N)


@pytest.mark.parametrize(
    ("loss", "accepted"), [(X**2, True), (-(X**2), False), (ZERO, False), (X**3, False)]
)
def test_a_loss_must_confine(loss, accepted):
    vector = sp.Symbol("W")
    law = SeparableGibbs(sp.Lambda((X, i), loss), T, K)
    target = Expectation(sp.Sum(Coordinate(vector, i) ** 2, (i, 1, K)), (vector, law))
    weight, limits = sp.exp(-loss / T), (X, -sp.oo, sp.oo)
    one = sp.Integral(X**2 * weight, limits) / sp.Integral(weight, limits)
    assert passes(CoordinateMeans(X), target, sp.Sum(one, (i, 1, K))) is accepted


def test_the_diffusion_matrix_is_one():
    w, v = sp.symbols("w v", real=True)
    for mixed in (0, 5):
        matrix = ((ONE, sp.Integer(mixed)), (sp.Integer(mixed), ONE))
        assert bool(Diffusion((w, v), (ONE, ONE), matrix).fault(Domain())) is bool(mixed)


def test_finite_sums_have_a_number_of_terms():
    assert passes(JointLinearity(), sp.Sum(Y, (J, 1, K)), Y * K)
    assert not passes(JointLinearity(), sp.Sum(Y, (J, 1, K - 5)), Y * (K - 5))
    assert not passes(JointLinearity(), sp.Sum(Y, (J, 1, K / 2)), Y * K / 2)
    halves = sp.Sum(J * Y, (J, 1, K / 2))
    assert not passes(Algebra(), halves + 0 * Y, Y * sp.Sum(J, (J, 1, K / 2)))


def test_homogeneity_is_that_of_values_at_the_state():
    def radial(g, value):
        return passes(
            RadialDerivative(OUTPUT, L, K), sp.Sum(ENTRY * Partial(g, ENTRY), ENTRIES), value
        )

    here, there = OUTPUT(SAMPLE, STATE), OUTPUT(SAMPLE, sp.Symbol("v"))
    assert radial(here, L * here)
    assert not radial(there * here, 2 * L * there * here)
    assert not radial(OUTPUT(FIRST, STATE), L * OUTPUT(FIRST, STATE))


def test_no_step_down_is_taken_for_an_increase():
    lemma = NAMED_SPREAD.then(DropSquares(s0**2), Q, Q + s0**2, "a square")
    assert passes(IncreaseMean(M, lemma), sp.log(M), sp.log(Q + s0**2))
    down = sp.Piecewise((1, M < 2), (0, True))
    assert not passes(IncreaseMean(M, lemma), down, down.xreplace({M: Q + s0**2}))


def test_a_step_is_not_linear():
    for rest, accepted in ((sp.Integer(5), True), (STEPPED, False)):
        equation = Equation(U + rest, sp.Integer(7))
        root = 2 if accepted else 7
        assert passes(SolveLinear(U), equation, root) is accepted
        assert passes(RootOfLinear(), Root(sp.Lambda(U, equation)), root) is accepted
    for rest, accepted in ((ZERO, True), (STEPPED, False)):
        recursion = Recursion(sp.Lambda((layer, U), V[layer] * U + rest), ONE, ONE, L)
        product = sp.Product(V[layer], (layer, 1, L))
        assert passes(GeometricRecursion(), recursion, product) is accepted
    step = sp.Piecewise((0, NORM < 1), (1, True))
    mean_of_step = MeanOver(step, (SIGNAL, N, P))
    assert not passes(MeanOfSquares(), mean_of_step, step.xreplace({NORM: P}))
    assert passes(MeanOfSquares(), MeanOver(2 * NORM + 1, (SIGNAL, N, P)), 2 * P + 1)


def test_a_factor_that_steps_down_has_two_zeros():
    loss, constant = sp.Function("L", real=True)(X), sp.Symbol("a", real=True)
    rest = Partial(sp.exp(constant - loss / T) * Partial(loss, X), X)
    down = sp.Piecewise((0, T < 2), (5, True))
    for factor, root, accepted in ((T - 6, 6, True), (T - 1 - down, 6, False)):
        equation = Equation(factor * rest, ZERO)
        assert passes(StationaryTemperature(T), equation, root) is accepted


def test_rates_of_a_sum_need_rates_of_positive_terms():
    def limit(g):
        return sp.Limit(-sp.log(g) / TIME, TIME, sp.oo)

    first, second = sp.exp(-2 * TIME) - sp.exp(-TIME), sp.exp(-TIME) + sp.exp(-3 * TIME)
    named = Derivation("first", limit(first), "negative").then(
        Named(Q, limit(first)), limit(first), Q, "q"
    )
    known = Derivation("second", limit(second), "rate").then(
        DecayRate(ONE), limit(second), ONE, "rate"
    )
    outcome = SlowestDecay((named, known)).check(limit(first + second), sp.Min(Q, 1), Domain())
    assert not outcome.passed
    assert "does not end with a rate" in outcome.detail


def test_derivatives_of_formal_parts_are_not_those_of_names():
    integral = sp.Integral(sp.Function("f")(X, TIME), (X, 0, 1))
    wave = Expectation(sp.cos(TIME * Y), (Y, Gaussian(ONE)))
    for part in (integral, wave):
        assert not passes(Algebra(), sp.Derivative(part, TIME), ZERO)


def test_the_loss_of_the_dynamics_is_the_same_at_all_times():
    for loss, accepted in ((LOSS, True), (M * LOSS, False)):
        flux = evolved() * Partial(loss, ENTRY) + T * Partial(evolved(), ENTRY)
        operator = sp.Sum(Partial(flux, ENTRY), ENTRIES)
        assert passes(FokkerPlanck(loss), Partial(evolved(), tau), operator) is accepted


def test_cauchy_schwarz_is_not_for_functions_that_decrease():
    terms = SIGNAL[J], NOISE[J]
    inner, *norms = (
        sp.Sum(x, (J, 1, N)) for x in (terms[0] * terms[1], terms[0] ** 2, terms[1] ** 2)
    )
    sides = inner**2, norms[0] * norms[1]
    for factor, accepted in ((ONE, True), (-ONE, False)):
        rule = CauchySchwarz(*terms, (J, 1, N), sp.Lambda(Q, 2 * factor * Q))
        assert passes(rule, 2 * factor * sides[0], 2 * factor * sides[1]) is accepted
