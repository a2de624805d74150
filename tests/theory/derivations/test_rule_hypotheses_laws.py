"""Rules on laws, expansions and `given` refuse wrong steps that look right, and keep the right ones."""

from dataclasses import replace

import pytest
import sympy as sp

from theory.derivations import fractional_moments_expansions as expansions
from theory.derivations.domains import Domain
from theory.derivations.formal import (
    Bernoulli,
    ByCumulants,
    ByTransform,
    Expectation,
    Gaussian,
    Uniform,
)
from theory.derivations.rules_arrays import ExponentialOfIidSum, GaussianLinearForm, LawOfIidSum
from theory.derivations.rules_calculus import Algebra
from theory.derivations.rules_series import (
    CumulantMoments,
    CumulantsOfSquare,
    PowerTaylor,
    Standardise,
)
from theory.derivations.rules_transforms import (
    MixtureOfTransforms,
    ReadTransform,
    SumOfIndependent,
)
from theory.derivations.steps import Step

X, Y, T, C, P, RHO = sp.symbols("x y t c p rho", positive=True)
M1, V = sp.symbols("m1 v", positive=True)
XI, Z = sp.Symbol("X", real=True), sp.Symbol("z", real=True)
Q = sp.Symbol("Q", nonnegative=True)
D = sp.Symbol("d", integer=True, positive=True)
N = sp.Symbol("n", integer=True, nonnegative=True)
I, J = sp.symbols("i j", integer=True, positive=True)  # noqa: E741
ZS, WS, XS = (sp.IndexedBase(name, real=True) for name in "zWx")
YS = sp.IndexedBase("Y", nonnegative=True)
ZERO, ONE, TWO = sp.Integer(0), sp.Integer(1), sp.Integer(2)
STANDARD = Gaussian(ONE)
E = Expectation
SQUARES = sp.Sum(ZS[I] ** 2, (I, 1, D))


def passes(rule, target, result, *constraints, given=(), left=None):
    step = Step(rule, target if left is None else left, target, sp.sympify(result), "test", given)
    return step.verify(Domain(constraints)).verdict.passed


def law(transform):
    return ByTransform(sp.Lambda(T, transform))


def test_an_expansion_needs_the_degree_of_its_order(monkeypatch):
    assert expansions.expansion(2).verify().verdict.passed
    monkeypatch.setattr(expansions, "_TAYLOR", {3: (3, 2)})
    report = expansions.expansion(3).verify()
    assert not report.verdict.passed
    assert "errors of order ['2', '3'], declared is 3" in report.steps[-1].detail


def test_an_expansion_declares_its_order():
    wrong = replace(expansions.expansion(2), order=3)
    assert "declared is 3" in wrong.verify().steps[-1].detail
    special = expansions.special_expansion("relu", 2)
    assert special.error_orders == {2}
    assert not replace(special, order=None).verify().verdict.passed


@pytest.mark.parametrize(
    ("power", "degree", "domain", "right"),
    [
        (P, 1, (sp.Le(P, 2),), True),
        (P, 1, (), False),
        (-3 * P, 1, (sp.Le(P, 2),), False),
        (sp.Integer(100), 1, (), False),
        (P, 2, (sp.Le(P, 2),), False),
    ],
)
def test_a_taylor_polynomial_needs_a_power_up_to_two_and_odd_degree(power, degree, domain, right):
    pair = (XI, ByCumulants(ZERO, V / D))
    terms = [sp.ff(power, j) / sp.factorial(j) * XI**j for j in range(degree + 1)]
    target, result = E((1 + XI) ** power, pair), E(sp.Add(*terms), pair)
    assert passes(PowerTaylor(XI, degree, 99), target, result, *domain) is right


def test_a_taylor_polynomial_keeps_relative_errors():
    pair = (XI, ByCumulants(ZERO, V / D))
    exact, cut = E((1 + XI) ** P, pair), E(1 + P * XI, pair)
    rule, below = PowerTaylor(XI, 1, 99), sp.Le(P, 2)
    assert passes(rule, M1 * exact**-P, M1 * cut**-P, below)
    assert not passes(rule, exact - 1, cut - 1, below)
    assert not passes(rule, exact**D, cut**D, below)


@pytest.mark.parametrize("other", [STANDARD, Uniform(ZERO, ONE), Bernoulli(ONE / 2)])
def test_parameters_of_other_laws_are_not_cumulants(other):
    for body in (XI, XI**2):
        assert not passes(CumulantMoments(), E(body, (XI, other)), ONE)
    assert passes(CumulantMoments(), E(XI**2, (XI, ByCumulants(ZERO, V))), V)


def test_standardise_needs_cumulants():
    body = sp.Sum(YS[I], (I, 1, D)) ** P
    result = (M1 * D) ** P * E((1 + XI) ** P, (XI, ByCumulants(ZERO, V / (M1**2 * D))))
    bare = (M1 * D) ** P * E((1 + XI) ** P, (XI, ByCumulants(ZERO)))
    real = sp.Sum(ZS[I], (I, 1, D)) ** P
    assert passes(Standardise(XI), E(body, (YS, ByCumulants(M1, V))), result)
    assert not passes(Standardise(XI), E(real, (ZS, Gaussian(M1))), bare)


@pytest.mark.parametrize(("variance", "right"), [(ONE, True), (sp.Integer(7), False)])
def test_cumulants_of_a_square_are_those_of_a_standard_normal(variance, right):
    target = E(SQUARES**P, (ZS, Gaussian(variance)))
    result = E(sp.Sum(YS[I], (I, 1, D)) ** P, (YS, ByCumulants(ONE, TWO)))
    assert passes(CumulantsOfSquare(ZS, YS), target, result) is right


@pytest.mark.parametrize(
    ("law_of_weights", "limits", "right"),
    [
        (Gaussian(C), (J, 1, D), True),
        (Bernoulli(C), (J, 1, D), False),
        (Gaussian(C), (J, 2, D), False),
        (Gaussian(C), (I, 1, D), False),
    ],
)
def test_a_gaussian_row_is_summed_over_its_columns(law_of_weights, limits, right):
    rows = (J if limits[0] == I else I, 1, D)
    body = sp.Sum(sp.Sum(WS[I, J] * XS[J], limits) ** 2, rows) ** P
    result = E(sp.Sum((sp.sqrt(C) * RHO * ZS[I]) ** 2, rows) ** P, (ZS, STANDARD))
    rule = GaussianLinearForm(WS, XS, ZS, RHO)
    assert passes(rule, E(body, (WS, law_of_weights)), result) is right


@pytest.mark.parametrize(("more", "right"), [((), True), (((J, 1, 3),), False)])
def test_an_exponential_of_a_sum_has_one_index(more, right):
    body = sp.exp(-C * sp.Sum(ZS[I] ** 2, (I, 1, D), *more))
    one = E(sp.exp(-C * Z**2), (Z, STANDARD)) ** D
    assert passes(ExponentialOfIidSum(((ZS, Z),)), E(body, (ZS, STANDARD)), one) is right


def test_a_sum_of_iid_terms_captures_no_name():
    rule = LawOfIidSum(Q, T, ((ZS, Z),))
    named = (Q, law(E(sp.exp(-T * Z**2), (Z, STANDARD)) ** D))
    assert passes(rule, E(C * SQUARES**P, (ZS, STANDARD)), E(C * Q**P, named))
    assert not passes(rule, E(Q * SQUARES**P, (ZS, STANDARD)), E(Q ** (P + 1), named))
    assert not passes(rule, E(SQUARES**T, (ZS, STANDARD)), E(Q**T, named))


@pytest.mark.parametrize(
    ("other", "constraints", "right"),
    [
        (STANDARD, (), False),
        (Uniform(-ONE, ONE), (), False),
        (Uniform(ZERO, ONE), (), True),
        (Bernoulli(ONE / 2), (), True),
        (ByCumulants(ZERO, ONE), (), False),
    ],
)
def test_a_declared_sign_must_be_that_of_the_law(other, constraints, right):
    target = E(sp.Sum(YS[I], (I, 1, D)) ** P, (YS, other))
    y = sp.Symbol("Y", nonnegative=True)
    result = E(Q**P, (Q, law(E(sp.exp(-T * y), (y, other)) ** D)))
    assert passes(LawOfIidSum(Q, T, ((YS, y),)), target, result, *constraints) is right


def test_independent_variables_are_two_new_ones_with_laws():
    target = E(Q**P, (Q, law(1 / (1 + 2 * T))))
    half = law((1 + 2 * T) ** (-ONE / 2))
    right = E((X + Y) ** P, (X, half), (Y, half))
    assert passes(SumOfIndependent(X, Y, ONE), target, right)
    assert not passes(SumOfIndependent(X, X, ONE), target, E((2 * X) ** P, (X, half), (X, half)))
    signed = E((X + Y) ** P, (X, law((1 + 2 * T) ** 3)), (Y, law((1 + 2 * T) ** -4)))
    assert not passes(SumOfIndependent(X, Y, ONE), target, signed)
    twin = E(Q**X, (Q, law(1 / (1 + 2 * T))))
    captured = E((X + Y) ** X, (X, half), (Y, half))
    assert not passes(SumOfIndependent(X, Y, ONE), twin, captured)


@pytest.mark.parametrize(("sign", "right"), [(-1, True), (1, False)])
def test_a_mixture_is_one_of_laws(sign, right):
    weight, component = sp.binomial(D, N) * 2**-D, (1 + 2 * T) ** (sign * N)
    target = E(Q**P, (Q, law(sp.Sum(weight * component, (N, 0, D)))))
    result = sp.Sum(weight * E(Q**P, (Q, law(component))), (N, 0, D))
    assert passes(MixtureOfTransforms(), target, result) is right


def test_a_transform_is_read_at_a_constant():
    pair = (Q, law(1 / (1 + T)))
    assert passes(ReadTransform(), E(sp.exp(-C * Q), pair), 1 / (1 + C))
    random = E(sp.exp(-Q * sp.exp(Q)), pair)
    assert not passes(ReadTransform(), random, 1 / (1 + sp.exp(Q)))


def test_given_relations_hold_at_every_occurrence():
    root, given = sp.sqrt((N - 1) ** 2), (sp.Le(1, N),)
    inside = sp.Sum(root, (N, 1, D))
    assert passes(Algebra(), root, N - 1, given=given, left=inside)
    assert not passes(Algebra(), root, N - 1, given=given, left=inside + root)
    rebound = sp.Sum(sp.Sum(root, (N, 0, D)), (N, 1, D))
    assert not passes(Algebra(), root, N - 1, given=given, left=rebound)
    both = sp.Sum(root, (N, 1, D)) * sp.Sum(root, (N, 2, D))
    assert passes(Algebra(), root, N - 1, given=given, left=both)
    nested = sp.Sum(root * sp.Sum(root, (N, 2, D)), (N, 1, D))  # n in two roles at once
    assert not passes(Algebra(), root, N - 1, given=given, left=nested)


def test_given_relations_follow_from_the_range_of_an_integral():
    root, given = sp.sqrt((X - 1) ** 2), (sp.Le(1, X),)
    for low, right in ((1, True), (0, False)):
        left = sp.Integral(root, (X, low, 5))
        assert passes(Algebra(), root, X - 1, given=given, left=left) is right
