"""The rules on drift and survival refuse wrong steps that look right, and keep the right ones."""

import pytest
import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import (
    Bernoulli,
    ByCumulants,
    ByTransform,
    Equation,
    Expectation,
    Gaussian,
)
from theory.derivations.formal_limits import (
    AtZero,
    ProductOver,
    WherePositive,
    given_positive,
    split_where_positive,
)
from theory.derivations.fractional_moments_drift import log_norm_mean
from theory.derivations.rules_frullani import FrullaniIntegral, FrullaniSwap
from theory.derivations.rules_jensen import JensenLogarithm, LogOfMean, LyapunovLogarithm
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_logarithm_series import LogarithmTaylor, StandardiseLogarithm
from theory.derivations.rules_logarithms import (
    EvaluateAtZero,
    LimitOfMeans,
    LogMoment,
    SolveLogarithm,
)
from theory.derivations.rules_survival import ConditionOnSurvival, SurvivalOfProduct
from theory.derivations.rules_terms import ExtendSum, LogOfPower
from theory.derivations.rules_within import LemmaWithin
from theory.derivations.steps import Step

A, B, C, H, P, Q0, R, S, T, U = sp.symbols("a b c h p q r s t u", positive=True)
X, Y = sp.Symbol("X", real=True), sp.Symbol("Y", positive=True)
REAL = sp.Symbol("real", real=True)
Q = sp.Symbol("Q", nonnegative=True)
D, L = sp.symbols("d L", integer=True, positive=True)
N = sp.Symbol("n", integer=True, nonnegative=True)
I, K = sp.symbols("i k", integer=True, positive=True)  # noqa: E741
ZS, ZL, MS = sp.IndexedBase("z", real=True), sp.IndexedBase("zeta", real=True), sp.IndexedBase("m")
YS = sp.IndexedBase("Y", nonnegative=True)
ZERO, ONE, HALF = sp.Integer(0), sp.Integer(1), sp.Rational(1, 2)
STANDARD = Gaussian(ONE)
E = Expectation
SQUARES, PLAIN = sp.Sum(ZS[I] ** 2, (I, 1, D)), sp.Sum(ZS[I], (I, 1, D))
PAIR = (ZS, STANDARD)


def passes(rule, target, result, *constraints, left=None):
    step = Step(rule, target if left is None else left, target, sp.sympify(result), "test")
    return step.verify(Domain(constraints)).verdict.passed


def law(transform):
    return ByTransform(sp.Lambda(T, transform))


def where(value, size):
    return WherePositive(sp.sympify(value), size)


def at_zero(function, order=0, variable=P):
    return AtZero(sp.Lambda(variable, function), sp.sympify(order))


def over_half_line(integrand):
    return sp.Integral(integrand, (T, 0, sp.oo))


def test_where_positive_drops_what_is_positive_and_nothing_else():
    assert where(1, 3 * A * X) == where(1, X)
    assert where(1, 2 * X + 2) == where(1, X + 1)
    assert where(1, -X) != where(1, X)
    assert where(1, REAL * X) != where(1, X)
    assert where(X, sp.Integer(-1)).doit() == 0
    assert where(Q, Q).doit() == where(Q, Q)
    with pytest.raises(ValueError, match="not a value where"):
        split_where_positive(sp.log(X))


@pytest.mark.parametrize(
    ("value", "size", "order", "right"),
    [
        (sp.log(SQUARES), SQUARES, 1, True),
        (sp.log(SQUARES) ** 2, SQUARES, 2, True),
        (ONE, SQUARES, 0, True),
        (sp.log(SQUARES), SQUARES, 2, False),
        (sp.log(SQUARES), SQUARES, 0, False),
        (2 * sp.log(SQUARES), SQUARES, 1, False),
        (sp.log(2 * SQUARES), SQUARES, 1, False),
        (sp.log(SQUARES) ** HALF, SQUARES, HALF, False),
        (1 / sp.log(SQUARES), SQUARES, -1, False),
        (sp.log(PLAIN), PLAIN, 1, False),
        (ONE, PLAIN, 0, False),
    ],
)
def test_a_log_moment_is_of_a_power_of_the_log_of_a_size(value, size, order, right):
    target = E(where(value, size), PAIR)
    assert passes(LogMoment(P), target, at_zero(E(size**P, PAIR), order)) is right


def test_a_log_moment_has_a_positive_order_of_its_own():
    target = E(where(sp.log(SQUARES), SQUARES), PAIR)
    scaled = E(where(ONE, Q), (Q, law((1 + P * T) ** -ONE)))
    assert not passes(LogMoment(REAL), target, at_zero(E(SQUARES**REAL, PAIR), 1, REAL))
    assert not passes(LogMoment(P), scaled, at_zero(E(Q**P, (Q, law((1 + P * T) ** -ONE)))))
    assert not passes(LogMoment(P), target, at_zero(E(SQUARES ** (2 * P), PAIR), 1))


@pytest.mark.parametrize(
    ("function", "order", "value", "right"),
    [
        (sp.exp(2 * P), 1, 2, True),
        (sp.gamma(D / 2 + P), 1, sp.gamma(D / 2) * sp.digamma(D / 2), True),
        (sp.Sum(A**P * N, (N, 1, D)), 1, sp.Sum(N * sp.log(A), (N, 1, D)), True),
        (sp.exp(2 * P), 1, 3, False),
        (sp.exp(2 * P), HALF, sp.sqrt(2), False),
        (sp.gamma(P) * P, 0, 0, False),
        (sp.sqrt(P), 0, 0, False),
        (P**P, 0, 1, False),
        (P * sp.log(P), 0, 0, False),
        (sp.Sum(P * N / 2**N, (N, 1, sp.oo)), 0, 0, False),
        (sp.Sum(P * sp.gamma(N + P), (N, 0, D)), 0, 0, False),
        (sp.log(sp.Sum(N - 3 + P, (N, 1, D))), 0, sp.log(sp.Sum(N - 3, (N, 1, D))), False),
    ],
)
def test_a_limit_is_evaluated_where_the_function_is_smooth(function, order, value, right):
    assert passes(EvaluateAtZero(), at_zero(function, order), value) is right


def means(size, c, outer, pair=PAIR, chance=True):
    power = E(where(ONE, size), pair) ** (1 / outer) if chance else ONE
    return at_zero(E(size ** (c * S), pair) ** (-1 / outer) * power, 0, S)


LIMIT = sp.exp(-given_positive(sp.log(SQUARES), SQUARES, PAIR))


@pytest.mark.parametrize(
    ("target", "result", "right"),
    [
        (means(SQUARES, HALF, S / 2), LIMIT, True),
        (means(SQUARES, C, C * S), LIMIT, True),
        (means(SQUARES, HALF, S / 2), LIMIT**2, False),
        (means(SQUARES, HALF, S), LIMIT, False),
        (means(SQUARES, -HALF, -S / 2), LIMIT, False),
        (means(SQUARES, HALF, S / 2, chance=False), LIMIT, False),
        (means(PLAIN, ONE, S), sp.exp(-given_positive(sp.log(PLAIN), PLAIN, PAIR)), False),
        (means(SQUARES, HALF, S / 2, (ZS, Gaussian(S))), LIMIT, False),
    ],
)
def test_the_limit_of_means_needs_its_form(target, result, right):
    assert passes(LimitOfMeans(), target, result) is right


@pytest.mark.parametrize(
    ("left", "root", "right"),
    [
        (sp.log(A) / 2 + B, sp.exp(-2 * B), True),
        (sp.log(A) / 2 + B, sp.exp(2 * B), False),
        (-sp.log(A) + B, sp.exp(B), False),
        (sp.log(A) + A, sp.exp(-A), False),
        (REAL * sp.log(A) + B, sp.exp(-B / REAL), False),
        (sp.log(A) ** 2 - 1, sp.E, False),
    ],
)
def test_an_equation_for_a_logarithm_is_linear_and_increasing(left, root, right):
    assert passes(SolveLogarithm(A), Equation(left, ZERO), root) is right


HALVES = ((1 + (1 + 2 * T) ** -HALF) / 2) ** D
DEAD = HALF**D


LOG = sp.log(Y)


def conditioned(transform, atom, body=LOG):
    return (1 - atom) * E(body, (Y, law((transform - atom) / (1 - atom))))


@pytest.mark.parametrize(
    ("transform", "atom", "constraints", "right"),
    [
        (HALVES, DEAD, (), True),
        ((1 + 2 * T) ** (-D / 2), ZERO, (), True),
        ((1 - Q0 + Q0 / (1 + T)) ** D, (1 - Q0) ** D, (sp.Le(Q0, 1),), True),
        ((1 - Q0 + Q0 / (1 + T)) ** D, (1 - Q0) ** D, (), False),
        (HALVES, ZERO, (), False),
        (HALVES, DEAD / 2, (), False),
        (ONE + 0 * T, ONE, (), False),
    ],
)
def test_the_law_given_survival_has_the_right_atom_taken_off(transform, atom, constraints, right):
    result = ZERO if atom == 1 else conditioned(transform, atom)
    target = E(where(sp.log(Q), Q), (Q, law(transform)))
    assert passes(ConditionOnSurvival(Y), target, result, *constraints) is right


def test_the_law_given_survival_is_of_a_new_positive_variable():
    target = E(where(sp.log(Q), Q), (Q, law(HALVES)))
    real = (1 - DEAD) * E(sp.log(X), (X, law((HALVES - DEAD) / (1 - DEAD))))
    assert not passes(ConditionOnSurvival(X), target, real)
    twin = E(where(sp.log(Q) + Y, Q), (Q, law(HALVES)))
    assert not passes(ConditionOnSurvival(Y), twin, conditioned(HALVES, DEAD, sp.log(Y) + Y))
    shifted = E(where(sp.log(Q), Q - 1), (Q, law(HALVES)))
    assert not passes(ConditionOnSurvival(Y), shifted, conditioned(HALVES, DEAD))


def layers(factor, count=L, *pairs):
    product = ProductOver(sp.Lambda(K, factor), count)
    return E(where(ONE, product), *(pairs or [(ZL, STANDARD)]))


LAYER = sp.Sum(ZL[K, I] ** 2, (I, 1, D))
ALIVE = E(where(ONE, SQUARES), PAIR)


@pytest.mark.parametrize(
    ("target", "result", "right"),
    [
        (layers(LAYER), ALIVE**L, True),
        (layers(LAYER), ALIVE ** (2 * L), False),
        (layers(LAYER, C), ALIVE**C, False),
        (layers(LAYER - K), E(where(ONE, SQUARES - K), PAIR) ** L, False),
        (layers(sp.Sum(ZL[1, I] ** 2, (I, 1, D))), ALIVE**L, False),
        (layers(sp.Sum(ZL[I, K] ** 2, (I, 1, D))), ALIVE**L, False),
        (layers(sp.Sum(ZL[K, I], (I, 1, D))), E(where(ONE, PLAIN), PAIR) ** L, False),
        (
            layers(LAYER, L, (ZL, Gaussian(K))),
            E(where(ONE, SQUARES), (ZS, Gaussian(K))) ** L,
            False,
        ),
    ],
)
def test_a_product_of_iid_layers_survives_if_every_layer_does(target, result, right):
    assert passes(SurvivalOfProduct(((ZL, ZS),)), target, result) is right


@pytest.mark.parametrize(
    ("integrand", "value", "right"),
    [
        ((sp.exp(-A * T) - sp.exp(-B * T)) / T, sp.log(B / A), True),
        ((sp.exp(-T) - sp.exp(-3 * T)) / T, sp.log(3), True),
        ((sp.exp(-A * T) - sp.exp(-B * T)) / T, sp.log(A / B), False),
        ((sp.exp(-A * T) + sp.exp(-B * T)) / T, sp.log(A * B), False),
        ((sp.exp(-A * T) - 2 * sp.exp(-B * T)) / T, sp.log(B / A), False),
        ((sp.exp(-A * T) - sp.exp(B * T)) / T, sp.log(B / A), False),
        ((sp.exp(-A * T) - sp.exp(-B * T)), sp.log(B / A), False),
        (sp.log(T) ** 2 * (sp.exp(-A * T) - sp.exp(-B * T)) / T, sp.log(B / A), False),
        (
            sp.log(T) * (sp.exp(-T) - sp.exp(-B * T)) / T,
            -(sp.log(B) ** 2) / 2 - sp.EulerGamma * sp.log(B),
            True,
        ),
        (sp.log(T) * (sp.exp(-T) - sp.exp(-B * T)) / T, -(sp.log(B) ** 2) / 2, False),
    ],
)
def test_frullanis_integral_needs_two_rates_and_one_weight(integrand, value, right):
    assert passes(FrullaniIntegral(), over_half_line(integrand), value) is right


def swap(size, integrand, pair_law=None, factor=ONE):
    pair = (size, pair_law or law((1 + T) ** -ONE))
    return (
        E(factor * over_half_line(integrand), pair),
        factor * over_half_line(E(integrand, pair)),
    )


KERNEL = (sp.exp(-T) - sp.exp(-T * Y)) / T


@pytest.mark.parametrize(
    ("sides", "right"),
    [
        (swap(Y, KERNEL), True),
        (swap(Y, sp.log(T) * KERNEL, factor=C), True),
        (swap(Y, Y * KERNEL), False),
        (swap(Y, KERNEL, factor=Y), False),
        (swap(Y, (sp.exp(-2 * T) - sp.exp(-T * Y)) / T), False),
        (swap(Y, sp.exp(-T * Y)), False),
        (swap(Q, (sp.exp(-T) - sp.exp(-T * Q)) / T), False),
        (swap(Y, KERNEL, ByTransform(sp.Lambda(U, (1 + U * T) ** -ONE))), False),
        (swap(Y, KERNEL, Gaussian(ONE)), False),
    ],
)
def test_fubini_is_for_frullanis_integral_of_one_positive_rate(sides, right):
    assert passes(FrullaniSwap(), *sides) is right


def jensen_bound(size, power, factor, *pairs):
    chance = E(where(ONE, size), *pairs)
    return factor * (sp.log(E(size**power, *pairs)) - sp.log(chance)) / power


def jensen(size, factor, *pairs):
    return factor * given_positive(sp.log(size), size, *pairs)


MASKED = sp.Sum(MS[I] * ZS[I] ** 2, (I, 1, D))
MASKS = ((MS, Bernoulli(HALF)), PAIR)
COIN = sp.Sum(YS[I], (I, 1, D))


@pytest.mark.parametrize(
    ("size", "power", "factor", "pairs", "right"),
    [
        (SQUARES, S / 2, HALF, (PAIR,), True),
        (SQUARES, S / 2, -HALF, (PAIR,), False),
        (SQUARES, -S / 2, HALF, (PAIR,), False),
        (SQUARES, REAL, HALF, (PAIR,), False),
        (PLAIN, S, HALF, (PAIR,), False),
        (COIN, S, HALF, ((YS, Bernoulli(ONE)),), False),
        (sp.Sum(1 + 0 * ZS[I], (I, 1, D)), S, HALF, (PAIR,), False),
        (SQUARES, S, HALF, ((ZS, Gaussian(ZERO)),), False),
    ],
)
def test_jensen_is_strict_for_a_varying_size_and_a_positive_factor(
    size, power, factor, pairs, right
):
    target = 1 + jensen(size, factor, *pairs)
    assert (
        passes(JensenLogarithm(power), target, 1 + jensen_bound(size, power, factor, *pairs))
        is right
    )


def test_jensen_is_not_used_backwards_or_inside():
    target, bound = jensen(SQUARES, ONE, PAIR), jensen_bound(SQUARES, S, ONE, PAIR)
    rule = JensenLogarithm(S)
    assert rule.relation == "<"
    assert passes(rule, target, bound)
    assert not passes(rule, bound, target)
    assert not passes(rule, target, bound, left=sp.exp(-target))
    assert not passes(rule, target, 2 * bound)


@pytest.mark.parametrize(
    ("upper", "lower", "factor", "right"),
    [
        (S + H, S, ONE, True),
        (S, S + H, ONE, False),
        (S, S, ONE, False),
        (S + H, S, -ONE, False),
        (S + H, -S, ONE, False),
        (S + REAL, S, ONE, False),
    ],
)
def test_lyapunov_is_strict_between_ordered_orders(upper, lower, factor, right):
    def side(order):
        return -factor * sp.log(E(SQUARES**order, PAIR)) / order

    assert passes(LyapunovLogarithm(lower), 1 + side(upper), 1 + side(lower)) is right


@pytest.mark.parametrize(
    ("size", "order", "power", "right"),
    [
        (SQUARES, S, -1 / S, True),
        (PLAIN, S, -1 / S, False),
        (SQUARES, -S, 1 / S, False),
        (SQUARES, S, sp.I, False),
        (sp.Sum(0 * ZS[I], (I, 1, D)), S, -1 / S, False),
    ],
)
def test_the_log_of_a_power_of_a_mean_needs_a_positive_mean(size, order, power, right):
    mean = E(size**order, PAIR)
    assert passes(LogOfMean(), sp.log(mean**power), power * sp.log(mean)) is right


M1, V, K3 = sp.symbols("m1 v k3", positive=True)
TERMS = sp.Sum(YS[I], (I, 1, D))
CENTRED = (X, ByCumulants(ZERO, V / (D * M1**2), K3 / (D**2 * M1**3)))
GIVEN = given_positive(sp.log(1 + X), 1 + X, CENTRED)


@pytest.mark.parametrize(
    ("target", "result", "right"),
    [
        (sp.exp(-jensen(TERMS, HALF, (YS, ByCumulants(M1, V, K3)))), (M1 * D) ** -HALF * sp.exp(-GIVEN / 2), True),
        (sp.exp(-jensen(TERMS, HALF, (YS, ByCumulants(M1, V, K3)))), D**-HALF * sp.exp(-GIVEN / 2), False),
        (sp.exp(-jensen(TERMS, HALF, (YS, ByCumulants(M1, V)))), (M1 * D) ** -HALF * sp.exp(-GIVEN / 2), False),
        (E(where(sp.log(TERMS), TERMS), (YS, ByCumulants(M1, V, K3))), sp.log(M1 * D) + GIVEN, False),
    ],
)  # fmt: skip
def test_a_mean_logarithm_is_standardised_as_a_whole(target, result, right):
    assert passes(StandardiseLogarithm(X), target, result) is right


CUBIC = E(X - X**2 / 2 + X**3 / 3, CENTRED)


@pytest.mark.parametrize(
    ("rule", "target", "result", "right"),
    [
        (LogarithmTaylor(X, 3, 5), C * sp.exp(-GIVEN / 2), C * sp.exp(-CUBIC / 2), True),
        (LogarithmTaylor(X, 3, 1), C * sp.exp(-GIVEN / 2), C * sp.exp(-CUBIC / 2), False),
        (LogarithmTaylor(X, 2, 99), sp.exp(GIVEN), sp.exp(E(X - X**2 / 2, CENTRED)), False),
        (LogarithmTaylor(X, 3, 5), sp.exp(D * GIVEN), sp.exp(D * CUBIC), False),
        (LogarithmTaylor(X, 3, 5), sp.exp(GIVEN) - 1, sp.exp(CUBIC) - 1, False),
        (LogarithmTaylor(X, 3, 5), sp.exp(GIVEN), sp.exp(E(X + X**2 / 2, CENTRED)), False),
    ],
)
def test_a_taylor_polynomial_of_the_logarithm_keeps_relative_errors(rule, target, result, right):
    assert passes(rule, target, result) is right
    assert rule.error_order == (rule.degree + 1) // 2


@pytest.mark.parametrize(
    ("term", "low", "result", "right"),
    [
        (N**2 + 1, 1, sp.Sum(N**2 + 1, (N, 0, D)) - 1, True),
        (N**2 + 1, 1, sp.Sum(N**2 + 1, (N, 0, D)), False),
        (N**2 + 1, 0, sp.Sum(N**2 + 1, (N, -1, D)) - 2, False),
        (1 / N, 1, sp.Sum(1 / N, (N, 0, D)) - sp.zoo, False),
    ],
)
def test_a_sum_is_extended_by_a_finite_term(term, low, result, right):
    assert passes(ExtendSum(), sp.Sum(term, (N, low, D)), result) is right


@pytest.mark.parametrize(
    ("term", "high", "power", "right"),
    [
        (sp.binomial(D, N), D, R, True),
        (sp.gamma(N / 2), D, -2 / S, True),
        (N - 2, D, R, False),
        (sp.binomial(D, N), D - 1, R, False),
        (sp.binomial(D, N), D, sp.I, False),
        (1 / sp.Integer(2) ** N, sp.oo, R, False),
    ],
)
def test_the_log_of_a_power_needs_a_sum_of_positive_terms(term, high, power, right):
    total = sp.Sum(term, (N, 1, high))
    assert passes(LogOfPower(), C * sp.log(total**power), C * power * sp.log(total)) is right


def test_a_lemma_is_used_inside_a_function_without_bound_variables():
    lemma = Lemma(log_norm_mean("linear"))
    old, new = lemma.derivation.definition, lemma.derivation.conclusion
    outer = sp.Lambda(X, sp.exp(-2 * X))
    assert passes(LemmaWithin(lemma, outer), outer(old), outer(new))
    assert not passes(LemmaWithin(lemma, outer), outer(old), outer(new) ** 2)
    assert not passes(LemmaWithin(lemma, outer), old, new)
    bound = sp.Lambda(X, sp.Sum(X * D, (D, 1, 3)))
    assert not passes(LemmaWithin(lemma, bound), bound(old), bound(new))
    instance = Lemma(lemma.derivation, start=1)
    assert not passes(LemmaWithin(instance, outer), outer(old), outer(new))
