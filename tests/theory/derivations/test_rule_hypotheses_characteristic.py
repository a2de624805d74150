"""Rules on characteristic functions and random walks refuse wrong steps that look right."""

import pytest
import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import ByTransform, Expectation, Gaussian
from theory.derivations.formal_tails import (
    Cumulant,
    GivenPast,
    ImaginaryPart,
    Indicator,
    PositivePower,
    Supremum,
    Survives,
)
from theory.derivations.fractional_moments_law import ANY_ORDER, NAMED, real_order
from theory.derivations.rules_central_limit import (
    CumulantOfLogarithm,
    EsseenLimit,
    GaussianPolynomialSupremum,
    standardised,
)
from theory.derivations.rules_characteristic import (
    ComplexGammaIntegral,
    DerivativeOfTransform,
    EqualOnHalfLine,
    Fubini,
    GilPelaez,
    LimitOfTransform,
    OnInterior,
    PositiveTogether,
)
from theory.derivations.rules_random_walk import (
    IidProduct,
    IndependentSteps,
    IndicatorBound,
    JoinProducts,
    ProductOfConstant,
    ScaleSteps,
)
from theory.derivations.steps import Step

C, T, Y, P, S = sp.symbols("c t y p s", positive=True)
W, X = sp.symbols("w x", real=True)
Q = sp.Symbol("Q", nonnegative=True)
K, L, M = (sp.Symbol(name, integer=True, positive=True) for name in ("k", "l", "m"))
YS, RS = (sp.IndexedBase(name, nonnegative=True) for name in "yr")
XS = sp.IndexedBase("x", real=True)
ONE, I, OO = sp.Integer(1), sp.I, sp.oo  # noqa: E741
E = Expectation


def passes(rule, target, result, *constraints):
    step = Step(rule, target, target, sp.sympify(result), "test")
    return step.verify(Domain(constraints)).verdict.passed


def law(transform):
    return ByTransform(sp.Lambda(T, transform))


CHI = law((1 + 2 * T) ** -ONE)
PRODUCT = sp.Product(YS[M], (M, 1, K))


@pytest.mark.parametrize(
    ("order", "rate", "right"),
    [
        (C + I * W, 1, True),
        (I * W, 1, False),  # real part 0
        (-C + I * W, 1, False),
        (C + I * W, -1, False),
        (C + I * W, I, False),
    ],
)
def test_a_gamma_integral_needs_a_positive_real_part(order, rate, right):
    target = sp.Integral(Y ** (order - 1) * sp.exp(-rate * Y), (Y, 0, OO))
    assert passes(ComplexGammaIntegral(), target, sp.gamma(order) / rate**order) is right


@pytest.mark.parametrize(
    ("target", "result", "right"),
    [
        (PositivePower(C * Q, I * W), C ** (I * W) * PositivePower(Q, I * W), True),
        (PositivePower(C * Q, I * W), C ** (2 * I * W) * PositivePower(Q, I * W), False),
        (PositivePower(C * Q, I * W), (C * Q) ** (I * W), False),  # 0^(iw) is not 0
        (Q / Q**2, 1 / Q, False),
    ],
)
def test_equality_on_the_half_line_includes_the_atom(target, result, right):
    assert passes(EqualOnHalfLine(Q), target, result) is right


def test_equality_on_the_half_line_is_about_atoms_of_known_sign():
    real = sp.Symbol("z", real=True)
    assert not passes(EqualOnHalfLine(real), sp.Abs(real), real)


@pytest.mark.parametrize(
    ("inside", "right"), [(C * Q**2, True), (Q + C, False), (sp.sqrt(Q), True), (-Q, False)]
)
def test_indicators_agree_only_where_both_are_positive(inside, right):
    assert passes(PositiveTogether(Q), Survives(inside), Survives(Q)) is right


def test_a_null_set_is_one_point():
    whole = sp.Integral(Q * sp.exp(-Q), (Q, 0, OO))
    assert passes(OnInterior(Y), whole, sp.Integral(Y * sp.exp(-Y), (Y, 0, OO)))
    assert not passes(OnInterior(Y), whole, sp.Integral(Y * sp.exp(-Y), (Y, 0, 1)))
    captured = sp.Integral(Q * Y, (Q, 0, 1))
    assert not passes(OnInterior(Y), captured, sp.Integral(Y**2, (Y, 0, 1)))


@pytest.mark.parametrize(
    ("kernel", "right"),
    [
        (T ** (-I * W) * Q * sp.exp(-T * Q), True),
        (T ** (-1 - I * W) * Q * sp.exp(-T * Q), False),  # not integrable at 0
        (T ** (-I * W) * sp.exp(-T * Q), False),  # the integral is 1/Q
        (T ** (-I * W) * Q**2 * sp.exp(-T * Q), False),
        (-(T ** (-I * W)) * Q * sp.exp(-T * Q), False),
    ],
)
def test_fubini_needs_a_bounded_integral(kernel, right):
    inner, pair = sp.Integral(kernel, (T, 0, OO)), (Q, ByTransform(sp.Lambda(S, 1 / (1 + S))))
    result = sp.Integral(E(kernel, pair), (T, 0, OO))
    assert passes(Fubini(), E(inner, pair), result) is right


@pytest.mark.parametrize(
    ("body", "result", "right"),
    [
        (Q * sp.exp(-C * Q), 2 / (1 + 2 * C) ** 2, True),
        (Q * sp.exp(-C * Q), -2 / (1 + 2 * C) ** 2, False),
        (Q**2 * sp.exp(-C * Q), 2 / (1 + 2 * C) ** 2, False),
        (Q * sp.exp(C * Q), 2 / (1 - 2 * C) ** 2, False),
        (sp.exp(-C * Q), 2 / (1 + 2 * C) ** 2, False),
    ],
)
def test_a_transform_is_differentiated_once_on_the_half_line(body, result, right):
    assert passes(DerivativeOfTransform(), E(body, (Q, CHI)), result) is right


@pytest.mark.parametrize(
    ("transform", "value", "right"),
    [
        (((1 + (1 + 2 * T) ** (-ONE / 2)) / 2) ** K, 1 - 2**-K, True),
        (((1 + (1 + 2 * T) ** (-ONE / 2)) / 2) ** K, 2**-K, False),
        ((1 + 2 * T) ** -C, 1, True),
        (sp.exp(-T) * (1 + T), 1, True),
        (1 / (1 + sp.Symbol("c", real=True) ** 2 * T), 1, False),  # c may be 0
        (1 / (1 + (sp.Symbol("c", positive=True) - 1) * T), 1, False),
        (sp.exp(-T) * sp.Symbol("c") ** T, 1, False),
    ],
)
def test_survival_is_what_the_transform_leaves(transform, value, right):
    target = E(Survives(Q), (Q, law(transform)))
    assert passes(LimitOfTransform(), target, value) is right
    assert not passes(LimitOfTransform(), E(Q, (Q, law(transform))), value)


def gil_pelaez(level, pair, w=W):
    wave = ImaginaryPart(level ** (-I * w) * E(PositivePower(Q, I * w), pair)) / w
    return 1 - E(Survives(Q), pair) / 2 - sp.Integral(wave, (w, 0, OO)) / sp.pi


def test_gil_pelaez_needs_a_constant_level_and_a_new_frequency():
    pair, rule = (Q, CHI), GilPelaez(W)
    assert passes(rule, E(Indicator(Q, C), pair), gil_pelaez(C, pair))
    assert not passes(rule, E(Indicator(C, Q), pair), gil_pelaez(C, pair))
    assert not passes(rule, E(Indicator(Q, X), pair), gil_pelaez(X, pair))
    assert not passes(rule, E(Indicator(Q, 1 + Q), pair), gil_pelaez(1 + Q, pair))
    moving = sp.exp(W)
    assert not passes(rule, E(Indicator(Q, moving), pair), gil_pelaez(moving, pair))
    half = 1 - gil_pelaez(C, pair)
    assert not passes(rule, E(Indicator(Q, C), pair), half)


def test_steps_are_independent_only_if_their_law_ignores_the_state():
    free, bound = 1 / (1 + T), 1 / (1 + T * XS[1] ** 2)
    for transform, right in ((free, True), (bound, False)):
        function = sp.Lambda(T, transform)
        target = E(PRODUCT**S, (YS, GivenPast(function, XS)))
        assert passes(IndependentSteps(), target, E(PRODUCT**S, (YS, law(transform)))) is right


@pytest.mark.parametrize(
    ("pair", "right"),
    [((YS, CHI), True), ((YS, GivenPast(sp.Lambda(T, 1 / (1 + T)), XS)), False)],
)
def test_factors_must_be_iid(pair, right):
    result = E(Q**S, (Q, pair[1])) ** K
    assert passes(IidProduct(Q), E(PRODUCT**S, pair), result) is right


@pytest.mark.parametrize(
    ("body", "one", "right"),
    [
        (PRODUCT**S, Q**S, True),
        (PositivePower(PRODUCT, I * W), PositivePower(Q, I * W), True),
        (Survives(PRODUCT), Survives(Q), True),
        (1 + PRODUCT, 1 + Q, False),
        (PRODUCT * YS[1], Q * YS[1], False),
        (PRODUCT ** (I * W), Q ** (I * W), False),
        (PositivePower(PRODUCT, 1 - C + I * W), PositivePower(Q, 1 - C + I * W), False),
        (sp.Product(YS[M], (M, 2, K)) ** S, Q**S, False),
        (sp.Product(YS[M] * M, (M, 1, K)) ** S, Q**S, False),
        (PRODUCT**Q, Q**Q, False),
    ],
)
def test_a_power_of_iid_factors_is_multiplicative(body, one, right):
    assert passes(IidProduct(Q), E(body, (YS, CHI)), E(one, (Q, CHI)) ** K) is right


def test_joined_products_have_one_law_and_one_function():
    other = sp.Product(YS[M], (M, 1, L))
    joint = sp.Product(YS[M], (M, 1, K + L))
    pair, exponential = (YS, CHI), (YS, law(1 / (1 + T)))
    first = E(PRODUCT**S, pair)
    assert passes(JoinProducts(), first * E(other**S, pair), E(joint**S, pair))
    assert not passes(JoinProducts(), first * E(other**S, exponential), E(joint**S, pair))
    assert not passes(JoinProducts(), first * E(other**C, pair), E(joint**S, pair))
    assert not passes(JoinProducts(), first + E(other**S, pair), E(joint**S, pair))


@pytest.mark.parametrize(
    ("scale", "transform", "right"),
    [(C, 1 / (1 + T), True), (C**2, 1 / (1 + T), False), (-C, 1 / (1 + T), False)],
)
def test_scaled_steps_have_the_scaled_transform(scale, transform, right):
    target = E(sp.Product(RS[M], (M, 1, K)) ** S, (RS, law(1 / (1 + C * T))))
    gained = sp.Product(scale * YS[M], (M, 1, K)) ** S
    assert passes(ScaleSteps(scale, YS), target, E(gained, (YS, law(transform)))) is right


def test_a_constant_leaves_a_product_once_for_each_factor():
    product = sp.Product(C * YS[M], (M, 1, K))
    assert passes(ProductOfConstant(), product, C**K * PRODUCT)
    assert not passes(ProductOfConstant(), product, C * PRODUCT)
    assert not passes(ProductOfConstant(), sp.Product(M * YS[M], (M, 1, K)), M**K * PRODUCT)


@pytest.mark.parametrize(
    ("order", "constraints", "right"),
    [(2, (sp.Lt(S, 2),), True), (2, (), False), (1, (sp.Lt(S, 2),), False)],
)
def test_smaller_outputs_need_the_larger_variance(order, constraints, right):
    z = sp.Symbol("v", nonnegative=True)

    def mean(power):
        return E(z ** (power / 2), (z, CHI)) ** (-2 / power)

    def norm(variance, level):
        root = sp.sqrt(sp.Product(variance * YS[M], (M, 1, K)))
        return E(Indicator(root, level), (YS, CHI))

    large, small = mean(S), mean(sp.Integer(order))
    rule = IndicatorBound(large, small)
    assert passes(rule, norm(large, C), norm(small, C), *constraints) is right
    assert not passes(IndicatorBound(small, large), norm(small, C), norm(large, C), *constraints)


@pytest.mark.parametrize(
    ("function", "value", "right"),
    [
        (C * sp.Abs(1 - X**2) * sp.exp(-(X**2) / 2), C, True),
        (C * sp.Abs(1 - X**2) * sp.exp(-(X**2) / 2), 2 * C * sp.exp(-sp.Rational(3, 2)), False),
        (sp.Abs(X) * sp.exp(-(X**2) / 2), sp.exp(-ONE / 2), True),
        (sp.Abs(X) * sp.exp(-(X**2) / 2), 0, False),
        (-C * sp.Abs(X) * sp.exp(-(X**2) / 2), -C * sp.exp(-ONE / 2), False),
        (sp.Abs(1 - X**2) * sp.exp(-(X**2)), 1, False),
        (sp.Abs(1 - C * X**2) * sp.exp(-(X**2) / 2), 1, False),
    ],
)
def test_a_supremum_is_at_the_largest_critical_value(function, value, right):
    assert passes(GaussianPolynomialSupremum(), Supremum(function, X), value) is right


PAIR = (Q, law((1 + 2 * T) ** (-sp.Symbol("d", integer=True, positive=True) / 2)))


@pytest.mark.parametrize(
    ("body", "pair", "value", "right"),
    [
        (sp.log(C * Q) / 2, PAIR, sp.Rational(1, 4), True),
        (sp.log(C * Q) / 2, PAIR, sp.Rational(1, 2), False),
        (sp.log(Q) * Q, PAIR, sp.Rational(1, 4), False),
        (sp.log(C * Q) / 2, (Q, CHI), sp.Rational(1, 4), False),
    ],
)
def test_cumulants_of_a_logarithm_are_those_of_its_law(body, pair, value, right):
    d = sp.Symbol("d", integer=True, positive=True)
    rule = CumulantOfLogarithm(real_order(), ANY_ORDER, NAMED)
    result = value * sp.polygamma(1, d / 2)
    assert passes(rule, Cumulant(body, sp.Integer(2), *pair), result) is right


@pytest.mark.parametrize(
    ("scaling", "skew", "right"), [(K, 1, True), (K**2, 1, False), (K, 2, False)]
)
def test_esseens_expansion_has_its_form(scaling, skew, right):
    z = sp.Symbol("z", real=True)
    total, pair = sp.Sum(sp.log(YS[M]), (M, 1, K)), (Q, CHI)
    value = standardised(total, sp.log(Q), pair, K)
    normal = E(Indicator(z, X), (z, Gaussian(ONE)))
    gap = sp.Abs(E(Indicator(value, X), (YS, CHI)) - normal)
    target = sp.Limit(sp.sqrt(scaling) * Supremum(gap, X), K, OO)
    variance, third = (Cumulant(sp.log(Q), sp.Integer(j), *pair) for j in (2, 3))
    shape = sp.Abs(1 - X**2) * sp.exp(-(X**2) / 2) / sp.sqrt(2 * sp.pi)
    result = Supremum(skew * sp.Abs(third) / (6 * variance ** sp.Rational(3, 2)) * shape, X)
    assert passes(EsseenLimit(Q), target, result) is right
