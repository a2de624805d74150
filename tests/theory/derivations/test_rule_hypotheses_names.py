"""No step uses one name both bound and free, and none lets a name out of its binder or into one."""

import pytest
import sympy as sp

from theory.derivations import fractional_moments_drift_frullani as frullani
from theory.derivations import fractional_moments_sums as sums
from theory.derivations import symbols as sym
from theory.derivations.atoms import limit_at_infinity
from theory.derivations.domains import Domain
from theory.derivations.formal import ByCumulants, ByTransform, Density, Expectation, Gaussian
from theory.derivations.formal_limits import WherePositive, given_positive
from theory.derivations.formal_minimisers import LogSlope, Minimiser
from theory.derivations.formal_tails import (
    Cumulant,
    Indicator,
    PositiveRoot,
    Stationary,
    Supremum,
    Survives,
)
from theory.derivations.names import bound_names, free_names
from theory.derivations.rules_calculus import Algebra
from theory.derivations.rules_characteristic import DerivativeOfTransform
from theory.derivations.rules_inequalities import LyapunovInequality
from theory.derivations.rules_jensen import LyapunovLogarithm
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_logarithm_series import LogarithmTaylor, StandardiseLogarithm
from theory.derivations.rules_moments import LogMoment, MomentFromTransform
from theory.derivations.rules_named import Named
from theory.derivations.rules_perpetuity import GaussianSum, Independence, Stationarity
from theory.derivations.rules_random_walk import ScaleSteps
from theory.derivations.rules_series import PowerTaylor
from theory.derivations.rules_survival import ConditionOnSurvival
from theory.derivations.rules_transforms import ReadTransform, ScaleLaw
from theory.derivations.rules_within import LemmaWithin
from theory.derivations.steps import Derivation, Rule, Step
from theory.derivations.verdicts import Outcome

A, B, C, P, T, U, Y, Z = sp.symbols("a b c p t u Y z", positive=True)
Q, R = sp.symbols("Q R", nonnegative=True)
V, X, REAL = sp.symbols("V X real", real=True)
D, I, K, M = sp.symbols("d i k m", integer=True, positive=True)  # noqa: E741
ZS, BS, NS, YR = (sp.IndexedBase(name, real=True) for name in ("z", "b", "n", "Y"))
YS, RS = (sp.IndexedBase(name, nonnegative=True) for name in ("y", "r"))
ZERO, ONE, HALF = sp.Integer(0), sp.Integer(1), sp.Rational(1, 2)
E, STANDARD = Expectation, Gaussian(ONE)


def law(transform):
    return ByTransform(sp.Lambda(T, transform))


CHI, RELU = law((1 + 2 * T) ** (-D / 2)), law((1 + (1 + 2 * T) ** -HALF) / 2)
PAIR = (Q, CHI)


def passes(rule, target, result, *constraints, left=None):
    step = Step(rule, target if left is None else left, target, sp.sympify(result), "test")
    return step.verify(Domain(constraints)).verdict.passed


def test_names_are_free_outside_their_binders_only():
    stationary = Stationary(sp.Lambda(R, C * R * Q), PAIR)
    for expr, free, bound in [
        (sp.Sum(I * A, (I, 1, D)), {A, D}, {I}),
        (sp.Limit(A * Z, Z, U), {A, U}, {Z}),
        (E(R * A, (R, stationary)), {A, C, D}, {R, Q}),
        (E(sp.exp(-T * Q), PAIR), {T, D}, {Q}),
        (Cumulant(A * Q, ONE, *PAIR), {A, D}, {Q}),
        (Supremum(A * X, X) + PositiveRoot(A * P, P), {A}, {X, P}),
        (E(ZS[I] ** 2, (ZS, STANDARD)), {I}, {ZS}),
    ]:
        assert (free_names(expr), bound_names(expr)) == (free, bound)


NORMAL, SCALED_NORMAL = (X, STANDARD), (V, Gaussian(X**2))
MIXED = sp.Sum((1 + 2 * T) ** (-I / 2) / D, (I, 1, D))
SQUARES = sp.Sum(ZS[I] ** 2, (I, 1, D))
EXPONENTIAL = (Y, Density(sp.Lambda(U, sp.exp(-U)), ZERO, sp.oo))
RANDOM_ORDER = E(SQUARES**Y, (ZS, STANDARD), EXPONENTIAL)
MEAN = E(SQUARES, (ZS, STANDARD), EXPONENTIAL)
STEP = (R, Stationary(sp.Lambda(R, I * R / 9 + Q), PAIR))
RATIOS = sp.Product(RS[M], (M, 1, K))
BIASED = sp.Sum((ZS[I] + BS[I]) ** 2, (I, 1, D))


@pytest.mark.parametrize(
    ("rule", "target", "result"),
    [
        # the law of one variable depends on the other
        (
            Independence(),
            E(X**2 * V**2, NORMAL, SCALED_NORMAL),
            E(X**2, NORMAL) * E(V**2, SCALED_NORMAL),
        ),
        # a parameter of a law or a rule comes under a sum or product over the same name
        (
            GaussianSum(ZS, BS, NS),
            E(BIASED, (ZS, STANDARD), (BS, Gaussian(I))),
            E(sp.Sum((1 + I) * NS[I] ** 2, (I, 1, D)), (NS, STANDARD)),
        ),
        (
            ScaleSteps(M, YS),
            E(RATIOS, (RS, law(1 / (1 + M * T)))),
            E(sp.Product(M * YS[M], (M, 1, K)), (YS, law(1 / (1 + T)))),
        ),
        (
            ScaleSteps(M, YS),
            E(RATIOS, (RS, law(1 / (1 + T)))),
            E(sp.Product(M * YS[M], (M, 1, K)), (YS, law(1 / (1 + T / M)))),
        ),
        (
            Stationarity(),
            E(sp.Sum(R * I, (I, 1, 3)), STEP),
            E(sp.Sum((I * R / 9 + Q) * I, (I, 1, 3)), STEP, PAIR),
        ),
        # a transform that is a sum, at its own index
        (
            DerivativeOfTransform(),
            E(Q * sp.exp(-I * Q), (Q, law(MIXED))),
            -sp.diff(MIXED, T).subs(T, I),
        ),
        (ReadTransform(), E(sp.exp(-I * Q), (Q, law(MIXED))), MIXED.subs(T, I)),
    ],
)
def test_no_name_is_both_bound_and_free(rule, target, result):
    assert not passes(rule, target, result)


def test_orders_of_moments_are_not_random():
    bound = sp.Lt(1, Y)
    logs = -sp.log(RANDOM_ORDER) / Y, -sp.log(MEAN)
    assert not passes(LyapunovLogarithm(ONE), *logs, bound)
    assert not passes(LyapunovInequality(), RANDOM_ORDER ** (-1 / Y), 1 / MEAN, sp.Le(1, Y))


@pytest.mark.parametrize(("scale", "order"), [(sym.n + 1, ONE), (sp.Integer(2), sym.n + 1)])
def test_no_name_comes_under_the_sum_of_a_lemma(scale, order):
    lemma = sums.relu()
    (pair,) = lemma.expressions[sums.NAMED].pairs
    body = (scale * pair[0]) ** order * sp.log(scale * pair[0])
    term = sp.diff(scale**sym.p * lemma.conclusion.function, sym.p).subs(sym.p, order)
    captured = sp.Sum(term, *lemma.conclusion.limits)
    assert not passes(LogMoment(lemma, sym.p, sums.NAMED), E(body, pair), captured)


@pytest.mark.parametrize(
    "definition",
    [
        sp.Integral(sp.sqrt((1 - P) ** 2) * sp.exp(-P), (P, 0, sp.oo)),
        sp.Limit(sp.sqrt((1 - P) ** 2) + E(X, NORMAL), P, sp.oo),
        E(sp.sqrt((1 - P) ** 2), (P, Density(sp.Lambda(U, sp.exp(-U)), ZERO, sp.oo))),
    ],
)
def test_a_constraint_is_not_about_a_bound_name(definition):
    begun = Derivation("demo", definition, "test", constraints=(sp.Lt(P, 1),))
    assert not begun.then(Algebra(), sp.sqrt((1 - P) ** 2), 1 - P, "test").verify().verdict.passed


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (sp.Product(sp.log(A * M) * RS[M], (M, -2, K)), True),
        (sp.Limit(sp.log(A * M) * E(Q, PAIR), M, -sp.oo), True),
        (Supremum(sp.log(A * M), M), True),
        (sp.Product(sp.log(A * M) * RS[M], (M, 2, K)), False),
        (sp.Limit(sp.log(A * M) * E(Q, PAIR), M, sp.oo), False),
    ],
)
def test_a_declared_sign_is_that_of_the_range(left, right):
    logs = sp.log(A * M), sp.log(A) + sp.log(M)
    assert passes(Algebra(), *logs, left=left) is not right


def test_an_expectation_is_no_constant():
    assert not passes(Algebra(), sp.Limit(E(Z * Q, PAIR) / Z, Z, sp.oo), ZERO)
    unknown = law(E(sp.exp(-T * X**2), NORMAL))
    assert not passes(MomentFromTransform(), E(Q, (Q, unknown)), ZERO)


def test_a_variable_greater_than_zero_has_no_atom_there():
    dead, none = (E(Survives(Q), (Q, x)) for x in (RELU, CHI))
    assert not passes(ScaleLaw(ONE), dead, E(Survives(Y), (Y, RELU)))
    assert passes(ScaleLaw(ONE), none, E(Survives(Y), (Y, CHI)))


@pytest.mark.parametrize(
    ("transform", "constraints"),
    [
        (((1 + 2 * T) ** -HALF + (1 + 2 * REAL**2 * T) ** -HALF) / 2, ()),  # the slope may be 0
        (1 / (1 + abs(REAL) * T), ()),
        (((1 + 2 * (B - C) * T) ** -HALF + 1 / (1 + T)) / 2, (sp.Le(C, B),)),
        (sp.exp(-(REAL**2) * T), ()),
        ((1 + T) ** (-(REAL**2)), ()),
    ],
)
def test_an_atom_is_looked_for_at_all_values_of_the_parameters(transform, constraints):
    assert limit_at_infinity(transform, T, Domain(constraints)) is None
    target = E(WherePositive(ONE, Q), (Q, law(transform)))
    assert not passes(ConditionOnSurvival(Y), target, ONE, *constraints)


@pytest.mark.parametrize("cumulants", [(B, C), (B / D, C), (B / D, C / D)])
def test_an_expansion_in_the_width_is_of_a_mean_over_the_width(cumulants):
    pair = (X, ByCumulants(ZERO, *cumulants))
    given, cubic = given_positive(sp.log(1 + X), 1 + X, pair), E(X - X**2 / 2 + X**3 / 3, pair)
    assert not passes(LogarithmTaylor(X, 3, 5), sp.exp(-given / 2), sp.exp(-cubic / 2))
    terms = [sp.ff(HALF, j) / sp.factorial(j) * X**j for j in range(4)]
    assert not passes(PowerTaylor(X, 3, 5), E(sp.sqrt(1 + X), pair), E(sum(terms), pair))


@pytest.mark.parametrize(("array", "mean", "width"), [(YR, -B, -D), (YS, B, C)])
def test_a_mean_is_over_a_whole_number_of_terms(array, mean, width):
    total, centre = sp.Sum(array[I], (I, 1, width)), mean * width
    pair = (X, ByCumulants(ZERO, width * C / centre**2))
    whole = given_positive(sp.log(total), total, (array, ByCumulants(mean, C)))
    standard = sp.log(centre) + given_positive(sp.log(1 + X), 1 + X, pair)
    assert not passes(StandardiseLogarithm(X), sp.exp(whole), sp.exp(standard))


def test_a_lemma_is_not_used_under_a_supremum():
    lemma = Lemma(frullani.log_as_integral(1))
    outer = sp.Lambda(X, Supremum(X, frullani.RATE))
    sides = (outer(x) for x in (lemma.derivation.definition, lemma.derivation.conclusion))
    assert not passes(LemmaWithin(lemma, outer), *sides)


def test_an_indicator_keeps_its_name_inside():
    level = E(Indicator(Q, Z), PAIR)
    assert not passes(Algebra(), sp.Limit(level / Z, Z, sp.oo), level)


class Credulous(Rule):
    """Believes everything: what is refused, the form of the step refuses."""

    def check(self, target, result, domain):
        return Outcome.proved()


@pytest.mark.parametrize(
    ("left", "name"),
    [
        (sp.Sum(A * I, (I, 1, D)), I),
        (sp.Integral(A * X, (X, 0, 1)), X),
        (Minimiser(sp.Lambda(T, A * T + 1 / T)), T),
        (LogSlope(sp.Lambda(T, A * T), B), T),
        (Expectation(A * X, (X, Gaussian(B))), X),
    ],
)
def test_a_name_brought_in_under_its_binder_is_refused(left, name):
    report = Step(Credulous(), left, A, B * name, "captured").verify()
    assert "captured" in report.detail
    assert not report.verdict.passed
    assert Step(Credulous(), left, A, B * C, "free").verify().verdict.passed


def test_a_name_is_not_given_to_what_varies_where_it_stands():
    """A sum of n^2 is not the sum of one number called C."""
    left = sp.Sum(A * I**2, (I, 1, D))
    report = Step(Named(C, I**2), left, I**2, C, "named").verify()
    assert "not one number" in report.detail
    assert (
        Step(Named(C, A**2), sp.Sum(A**2 * I, (I, 1, D)), A**2, C, "named").verify().verdict.passed
    )
