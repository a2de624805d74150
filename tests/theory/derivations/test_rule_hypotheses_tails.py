"""Rules on the recursion with biases, its stationary law and its tail refuse wrong steps that look right."""

from dataclasses import replace

import pytest
import sympy as sp

from theory.derivations import fractional_moments_sums as sums
from theory.derivations import fractional_moments_tails as tails
from theory.derivations import fractional_moments_tails_index as tails_index
from theory.derivations import symbols as sym
from theory.derivations.domains import Domain
from theory.derivations.formal import (
    Bernoulli,
    ByCumulants,
    ByTransform,
    Equation,
    Expectation,
    Gaussian,
)
from theory.derivations.formal_tails import Indicator, PositiveRoot, Stationary
from theory.derivations.rules_expectations import Linearity
from theory.derivations.rules_inequalities import UpperBoundOnBoxes
from theory.derivations.rules_moments import LogMoment, MomentFromTransform
from theory.derivations.rules_perpetuity import (
    FixedPoint,
    GaussianSum,
    Independence,
    Stationarity,
    SumOfCumulants,
)
from theory.derivations.rules_tails import GoldieConstant, KestenIndex, UniqueRoot, UnitMoment
from theory.derivations.steps import Derivation, Step

B, C, T, U, P, Z, KAPPA = sp.symbols("b c t u p z kappa", positive=True)
R, Q = sp.symbols("R Q", nonnegative=True)
D, I = sp.symbols("d i", integer=True, positive=True)  # noqa: E741
ZS, BS, NS = (sp.IndexedBase(name, real=True) for name in "zbn")
YS = sp.IndexedBase("y", nonnegative=True)
ONE = sp.Integer(1)
E = Expectation
LAW = ByTransform(sp.Lambda(T, (1 + 2 * T) ** (-D / 2)))
PAIR = (Q, LAW)


def stationary(step, *pairs):
    return R, Stationary(sp.Lambda(R, step), *pairs)


STEP = (C * R + B) * Q
AT_REST = stationary(STEP, PAIR)


def passes(rule, target, result, *constraints):
    step = Step(rule, target, target, sp.sympify(result), "test")
    return step.verify(Domain(constraints)).verdict.passed


@pytest.mark.parametrize(
    ("form", "variance", "right"),
    [
        (C * ZS[I] + BS[I], C**2 + B, True),
        (C * ZS[I] + BS[I], C + B, False),
        (C * ZS[I] + BS[1], C**2 + B, False),  # one bias for all rows
        (I * ZS[I] + BS[I], I**2 + B, False),
        (C * ZS[I] ** 2 + BS[I], C**2 + B, False),
    ],
)
def test_independent_normals_add_their_variances(form, variance, right):
    pairs = (ZS, Gaussian(ONE)), (BS, Gaussian(B))
    target = E(sp.Sum(form**2, (I, 1, D)), *pairs)
    result = E(sp.Sum((sp.sqrt(variance) * NS[I]) ** 2, (I, 1, D)), (NS, Gaussian(ONE)))
    assert passes(GaussianSum(ZS, BS, NS), target, result) is right


def test_independent_normals_occur_in_one_form_only():
    pairs = (ZS, Gaussian(ONE)), (BS, Gaussian(B))
    body = sp.Sum((C * ZS[I] + BS[I]) ** 2, (I, 1, D))
    fresh = sp.Sum((C**2 + B) * NS[I] ** 2, (I, 1, D))
    stray = E(body * ZS[1] ** 2, *pairs)
    assert not passes(GaussianSum(ZS, BS, NS), stray, E(fresh * ZS[1] ** 2, (NS, Gaussian(ONE))))
    chance = E(body, (ZS, Gaussian(ONE)), (BS, Bernoulli(B)))
    assert not passes(GaussianSum(ZS, BS, NS), chance, E(fresh, (NS, Gaussian(ONE))))


def test_stationarity_is_one_step_with_a_fresh_factor():
    assert passes(Stationarity(), E(R**2, AT_REST), E(STEP**2, AT_REST, PAIR))
    assert not passes(Stationarity(), E(R**2, AT_REST), E(STEP, AT_REST, PAIR))
    assert not passes(Stationarity(), E(R**2, AT_REST), E(C**2 * R**2 * Q**2, AT_REST, PAIR))
    assert not passes(Stationarity(), E(R, (R, LAW)), E(STEP, AT_REST, PAIR))


def test_a_stationary_law_lives_on_the_half_line_if_its_step_does():
    negative = stationary((C * R - B) * Q, PAIR)
    assert not passes(Stationarity(), E(R, negative), E((C * R - B) * Q, negative, PAIR))


@pytest.mark.parametrize(
    ("body", "result", "right"),
    [
        (C * R * Q**2, C * E(R, AT_REST) * E(Q**2, PAIR), True),
        (R * Q, E(R, AT_REST) * E(Q**2, PAIR), False),
        (R + Q, E(R, AT_REST) * E(Q, PAIR), False),
        (R * (R + Q), E(R, AT_REST) * E(R + Q, AT_REST, PAIR), False),
    ],
)
def test_only_factors_without_a_common_variable_separate(body, result, right):
    assert passes(Independence(), E(body, AT_REST, PAIR), result) is right


@pytest.mark.parametrize(
    ("law", "low", "right"),
    [
        (ByCumulants(C, B), 1, True),
        (ByCumulants(C, B), 2, False),
        (Gaussian(C), 1, False),
    ],
)
def test_cumulants_add_up_over_all_iid_terms(law, low, right):
    target = E(sp.Sum(YS[I], (I, low, D)) ** 2, (YS, law))
    result = E(Q**2, (Q, ByCumulants(D * C, D * B)))
    assert passes(SumOfCumulants(Q), target, result) is right


def test_a_fixed_point_is_that_of_the_lemma():
    derived = tails.stationary_first()
    *_, last = derived.steps
    equation = replace(derived, steps=derived.steps[:-1])
    assert passes(FixedPoint(equation), last.target, last.result)
    assert not passes(FixedPoint(equation), last.target, 2 * last.result)
    assert not passes(FixedPoint(equation), derived.definition, last.result)
    wrong = replace(equation, steps=(*equation.steps[:-1], replace(equation.steps[-1], result=ONE)))
    assert not passes(FixedPoint(wrong), wrong.conclusion, last.result)


TAIL = E(1 - Indicator(sp.sqrt(R), Z), AT_REST)
LIMIT = sp.Limit(-sp.log(TAIL) / sp.log(Z), Z, sp.oo)


def root(order):
    return PositiveRoot(Equation(E((C * Q) ** order, PAIR), ONE), KAPPA)


@pytest.mark.parametrize(
    ("target", "result", "right"),
    [
        (LIMIT, root(KAPPA / 2), True),
        (LIMIT, root(KAPPA), False),
        (sp.Limit(sp.log(TAIL) / sp.log(Z), Z, sp.oo), root(KAPPA / 2), False),
        (sp.Limit(-sp.log(TAIL) / sp.log(Z), Z, 0), root(KAPPA / 2), False),
    ],
)
def test_kestens_index_is_the_root_for_the_power_of_the_tail(target, result, right):
    assert passes(KestenIndex(KAPPA), target, result) is right


@pytest.mark.parametrize("step", [C * R**2 * Q + B * Q, B * Q + 0 * R, C * R * Q])
def test_kestens_recursion_is_affine_with_a_shift(step):
    tail = E(1 - Indicator(sp.sqrt(R), Z), stationary(step, PAIR))
    limit = sp.Limit(-sp.log(tail) / sp.log(Z), Z, sp.oo)
    assert not passes(KestenIndex(KAPPA), limit, root(KAPPA / 2))


def test_a_root_is_the_one_that_the_lemma_finds():
    step = tails_index.tail_index_linear().steps[-1]
    assert passes(step.rule, step.target, sym.s)
    assert not passes(step.rule, step.target, 2 * sym.s)
    (equation, unknown) = step.target.args
    shifted = PositiveRoot(Equation(equation.args[0], sp.Integer(2)), unknown)
    assert not passes(step.rule, shifted, sym.s)
    ((variable, _),) = equation.args[0].pairs
    other = Expectation(equation.args[0].body * variable, *equation.args[0].pairs)
    assert not passes(step.rule, PositiveRoot(Equation(other, ONE), unknown), sym.s)
    lemma = step.rule.lemma
    wrong = replace(lemma, steps=(replace(lemma.steps[-1], result=2 * lemma.steps[-1].result),))
    assert not passes(UniqueRoot(wrong), step.target, sym.s)


GAIN, SHIFT = C * Q, B * Q
GAP = E((GAIN * R + SHIFT) ** P - (GAIN * R) ** P, AT_REST, PAIR)
SPREAD = E(GAIN**P * sp.log(GAIN), PAIR)


@pytest.mark.parametrize(
    ("power", "result", "right"),
    [
        (P, GAP / (P * SPREAD), True),
        (P, GAP / SPREAD, False),
        (P, 2 * GAP / (P * SPREAD), False),
        (2 * P, GAP / (P * SPREAD), False),
        (-P, GAP / (P * SPREAD), False),
    ],
)
def test_goldies_constant_has_its_form(power, result, right):
    tail = E(1 - Indicator(R, Z), AT_REST)
    target = sp.Limit(Z**power * tail, Z, sp.oo)
    assert passes(GoldieConstant(), target, result) is right
    assert "E A^p = 1" in GoldieConstant().citations()


def test_a_unit_moment_is_an_assumption_that_is_named():
    rule = UnitMoment(C, P, "the equation that defines p")
    assert passes(rule, E(Q**P, PAIR), C**-P)
    assert not passes(rule, E(Q**P, PAIR), C**P)
    assert not passes(rule, E(1 + Q, PAIR), 1 / C)
    assert not passes(rule, E(Q ** (2 * P), PAIR), C ** (-2 * P))  # another order than it names
    assert rule.citations() == ("E (c*Q)^(p) = 1: the equation that defines p",)


@pytest.mark.parametrize(
    ("body", "law", "right"),
    [
        (C * Q * sp.log(C * Q), LAW, True),
        (Q * sp.log(C * Q), LAW, False),
        (C * Q * sp.log(Q), LAW, False),
        (C * Q * sp.log(C * Q), ByTransform(sp.Lambda(T, 1 / (1 + T))), False),
    ],
)
def test_a_logarithmic_moment_is_a_derivative_in_the_order(body, law, right):
    rule = LogMoment(sums.linear(), sym.p, sums.NAMED)
    value = C * D * (sp.log(2 * C) + sp.polygamma(0, D / 2 + 1))
    assert passes(rule, E(body, (Q, law)), value) is right


@pytest.mark.parametrize(
    ("body", "transform", "value", "right"),
    [
        (Q, (1 + 2 * T) ** (-D / 2), D, True),
        (Q**2, (1 + 2 * T) ** (-D / 2), D * (D + 2), True),
        (Q**2, (1 + 2 * T) ** (-D / 2), D**2, False),
        (Q**P, (1 + 2 * T) ** (-D / 2), D, False),
        (Q, sp.exp(-sp.sqrt(T)), sp.oo, False),
    ],
)
def test_a_moment_is_a_derivative_of_the_transform(body, transform, value, right):
    pair = (Q, ByTransform(sp.Lambda(T, transform)))
    assert passes(MomentFromTransform(), E(body, pair), value) is right


@pytest.mark.parametrize("power", [Z, 1 + R, 1 + Q])
def test_the_power_of_a_tail_is_a_constant(power):
    tail = E(1 - Indicator(R**power, Z), AT_REST)
    limit = sp.Limit(-sp.log(tail) / sp.log(Z), Z, sp.oo)
    assert not passes(KestenIndex(KAPPA), limit, root(power * KAPPA))
    scaled = sp.Limit(Z**power * E(1 - Indicator(R, Z), AT_REST), Z, sp.oo)
    gap = E((GAIN * R + SHIFT) ** power - (GAIN * R) ** power, AT_REST, PAIR)
    assert not passes(GoldieConstant(), scaled, gap / (power * E(GAIN**power * sp.log(GAIN), PAIR)))


def test_kestens_factor_is_random():
    tail = E(1 - Indicator(R, Z), stationary(C * R + B * Q, PAIR))
    limit = sp.Limit(-sp.log(tail) / sp.log(Z), Z, sp.oo)
    constant = PositiveRoot(Equation(E(C**KAPPA, PAIR), ONE), KAPPA)
    assert not passes(KestenIndex(KAPPA), limit, constant)


@pytest.mark.parametrize(
    ("scale", "right"), [(sp.Rational(1, 2), True), (sp.Rational(1, 4), False)]
)
def test_goldies_root_is_an_equality(scale, right):
    pair = (Q, ByTransform(sp.Lambda(T, 1 / (1 + 2 * T))))
    definition, mean = E(scale * Q, pair), E(Q, pair)
    lemma = Derivation("demo", definition, "E A").then(Linearity(), definition, scale * mean, "c")
    lemma = lemma.then(MomentFromTransform(), mean, sp.Integer(2), "E Q")
    if lemma.conclusion != 1:
        lemma = lemma.then(UpperBoundOnBoxes(()), lemma.conclusion, ONE, "E A <= 1")
    at_rest = stationary((scale * R + B) * Q, pair)
    limit = sp.Limit(Z * E(1 - Indicator(R, Z), at_rest), Z, sp.oo)
    gap = E((scale * Q * R + B * Q) - scale * Q * R, at_rest, pair)
    assert lemma.verify().verdict.passed
    value = gap / E(scale * Q * sp.log(scale * Q), pair)
    assert passes(GoldieConstant(lemma), limit, value) is right


@pytest.mark.parametrize(
    ("gain", "right"), [(sp.Rational(1, 2), True), (ONE, False), (2 * ONE, False)]
)
def test_a_fixed_point_needs_a_factor_below_one(gain, right):
    at_rest = stationary((gain / D * R + B) * Q, PAIR)
    mean, inner, of_q = E(R, at_rest), E(gain / D * R + B, at_rest), E(Q, PAIR)
    stepped = E((gain / D * R + B) * Q, at_rest, PAIR)
    lemma = (
        Derivation("demo", mean, "E R")
        .then(Stationarity(), mean, stepped, "stationary")
        .then(Independence(), stepped, inner * of_q, "independent")
        .then(Linearity(), inner, gain / D * mean + B, "linear")
        .then(MomentFromTransform(), of_q, D, "mean of Q")
    )
    assert lemma.verify().verdict.passed
    value = B * D / (1 - gain) if gain != 1 else ONE
    assert passes(FixedPoint(lemma), lemma.conclusion, value) is right


def test_what_a_lemma_assumes_is_named():
    rule = LogMoment(sums.linear(), sym.p, sums.NAMED)
    assert any("determined by its Laplace transform" in x for x in rule.citations())
