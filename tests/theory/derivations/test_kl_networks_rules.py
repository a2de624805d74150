"""The rules for networks refuse wrong steps that look right, and keep the right ones."""

import pytest
import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import Bernoulli, Equation, Expectation, Gaussian, Uniform
from theory.derivations.formal_networks import MeanOver, Recursion
from theory.derivations.kl_bound_networks_losses import classifier_layer, half_squared_layer
from theory.derivations.kl_bound_networks_scale import depth_limit
from theory.derivations.rules_depth import SeriesInDepth
from theory.derivations.rules_layers import BoundUnderMean, GeometricRecursion, MeanOfSquares
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_linear_sums import DeltaSum, LinearSums, TermsAtMostZero
from theory.derivations.rules_log_sums import (
    CentredForm,
    ExponentialOfForm,
    JensenOfLogSum,
    LogOfProduct,
    MeanOfExponents,
    ShiftLogSum,
)
from theory.derivations.rules_named import Named
from theory.derivations.rules_normal_rows import (
    HomogeneousMean,
    MeanOfSum,
    NormalPolynomial,
    NormalRows,
)
from theory.derivations.rules_products import AppendFactor, ExponentialFactors, TelescopingProduct
from theory.derivations.rules_solve import SolveLinear
from theory.derivations.steps import Step

A, B, C, S, V = sp.symbols("a b c s v", positive=True)
R, U, Y, Z = (sp.Symbol(name, real=True) for name in ("r", "u", "y", "z"))
N, M, L = sp.symbols("n m L", integer=True, positive=True)
I, J, K = sp.symbols("i j k", integer=True, positive=True)  # noqa: E741
FREE = sp.Symbol("free", integer=True)
W, X, T = (sp.IndexedBase(name, real=True) for name in ("W", "x", "t"))
GS, HS = sp.IndexedBase("g", real=True), sp.IndexedBase("h", real=True)
WS, VS = sp.IndexedBase("w", positive=True), sp.IndexedBase("V", positive=True)
ZERO, ONE, HALF = sp.Integer(0), sp.Integer(1), sp.Rational(1, 2)
E = Expectation
STANDARD = Gaussian(ONE)


def passes(rule, target, result, *constraints, left=None):
    step = Step(rule, target if left is None else left, target, sp.sympify(result), "test")
    return step.verify(Domain(constraints)).verdict.passed


def row(inputs=X, weights=W, size=M, low=1, index=K):
    return sp.Sum(weights[index, J] * inputs[J], (J, low, size))


def total(term, index=K, size=N):
    return sp.Sum(term, (index, 1, size))


NORM = sp.Sum(X[J] ** 2, (J, 1, M))
ROWS = NormalRows(W, GS)
ROWS_OF = (W, Gaussian(V))
NORMALS = (GS, Gaussian(V * NORM))


XC = sp.IndexedBase("xc")


@pytest.mark.parametrize(
    ("body", "law", "variance"),
    [
        (total(row(XC) ** 2), Gaussian(V), V * sp.Sum(XC[J] ** 2, (J, 1, M))),  # complex
        (total(row(size=FREE) ** 2), Gaussian(V), V * sp.Sum(X[J] ** 2, (J, 1, FREE))),
        (total(row(size=S) ** 2), Gaussian(V), V * sp.Sum(X[J] ** 2, (J, 1, S))),
        (total(sp.Sum(W[K, I] * X[J], (J, 1, M)) ** 2), Gaussian(V), V * NORM),  # one weight
        (total(row() ** 2), Gaussian(R), R * NORM),
        (total(row() ** 2), Uniform(V, C), V * NORM),
    ],
)
def test_what_would_pass_but_for_one_hypothesis(body, law, variance):
    forms = {x: GS[K] for x in body.atoms(sp.Sum) if x.function.has(W) and x.limits[0][0] == J}
    target, result = (
        E(body, (W, law)),
        E(body.xreplace(forms), (GS, Gaussian(variance))),
    )
    assert not passes(ROWS, target, result)


def test_rows_are_normal():
    beside = E(NORM + row() ** 2 + total(T[I], I), ROWS_OF)
    assert passes(ROWS, beside, E(NORM + GS[K] ** 2 + total(T[I], I), NORMALS))
    assert passes(ROWS, E(total(row() ** 2), ROWS_OF), E(total(GS[K] ** 2), NORMALS))
    two = row() * row(index=I) + sp.cos(row())
    assert passes(ROWS, E(two, ROWS_OF), E(GS[K] * GS[I] + sp.cos(GS[K]), NORMALS))


@pytest.mark.parametrize(
    ("body", "law"),
    [
        (total(row() ** 2), Uniform(-V, V)),
        (total(row() ** 2), Gaussian(R)),  # may be negative
        (total(row() ** 2), Gaussian(VS[K])),  # the row's own variance: not iid
        (total(row() * row(T)), Gaussian(V)),  # two vectors
        (total(row() + W[K, 1]), Gaussian(V)),  # a stray weight
        (total(sp.Sum(W[K, J] ** 2 * X[J], (J, 1, M))), Gaussian(V)),
        (
            total(sp.Sum(W[J, K] * X[J], (J, 1, M))),
            Gaussian(V),
        ),  # a column of W
        (
            total(sp.Sum(W[K, J] * X[J] * X[K], (J, 1, M))),
            Gaussian(V),
        ),  # another vector in each row
        (total(sp.Sum(W[J, J] * X[J], (J, 1, M))), Gaussian(V)),
        (total(sp.Sum(W[K, J] * W[K, J], (J, 1, M))), Gaussian(V)),
        (total(row(size=K)), Gaussian(V)),  # rows of different length
        (total(row(size=FREE)), Gaussian(V)),
        (total(GS[K] * row()), Gaussian(V)),
        (row() + E(row(), (W, STANDARD)), Gaussian(V)),
    ],
)
def test_other_forms_are_not_rows(body, law):
    forms = {x: GS[K] for x in body.atoms(sp.Sum) if x.function.has(W) and x.limits[0][0] == J}
    variance = law.args[0] if isinstance(law, Gaussian) else V
    result = E(body.xreplace(forms), (GS, Gaussian(variance * NORM)))
    assert not passes(ROWS, E(body, (W, law)), result)


@pytest.mark.parametrize(
    "result",
    [
        E(total(GS[K] ** 2), (GS, Gaussian(V))),
        E(total(GS[K] ** 2), (GS, Gaussian(V * sp.Sum(X[J], (J, 1, M))))),
        E(total(GS[K] ** 2), (GS, Gaussian(V**2 * NORM))),
        E(total(GS[K] ** 2), (HS, Gaussian(V * NORM))),
        E(total(GS[1] ** 2), NORMALS),
    ],
)
def test_wrong_laws_of_rows_are_refused(result):
    assert not passes(ROWS, E(total(row() ** 2), ROWS_OF), result)


def test_mean_of_a_sum():
    array, one = (GS, STANDARD), (Y, STANDARD)
    good = E(total(GS[K] ** 2 * A**K), array)
    assert passes(MeanOfSum(Y), good, total(E(Y**2 * A**K, one)))
    assert not passes(MeanOfSum(Y), good, N * E(Y**2 * A**K, one))
    assert not passes(MeanOfSum(Y), E(total(GS[K]), array), total(E(Y, one)))  # of either sign
    stray = E(total(GS[K] ** 2 * GS[1] ** 2), array)
    assert not passes(MeanOfSum(Y), stray, total(E(Y**2 * GS[1] ** 2, one)))
    named = E(total(GS[K] ** 2 * Y**2), array)
    assert not passes(MeanOfSum(Y), named, total(E(Y**4, one)))
    coins = E(total(GS[K] ** 2), (GS, Bernoulli(HALF)))
    assert not passes(MeanOfSum(Y), coins, total(E(Y**2, (Y, Bernoulli(HALF)))))
    positive = E(total(sp.Abs(GS[K])), array)
    assert not passes(MeanOfSum(S), positive, total(E(S, (S, STANDARD))))


@pytest.mark.parametrize(
    ("body", "right"),
    [
        (Y**2, True),
        ((R * sp.Abs(Y) + U * Y) ** 2, True),
        (Y * sp.Abs(Y), True),
        (Y, False),
        (sp.Abs(Y), False),
        (Y**4, False),
        (Y**2 + 1, False),
        (sp.exp(Y), False),
        ((sp.Abs(Y) + A) ** 2, False),
        (sp.Integral(Y**2, (Y, 0, 1)), False),
    ],
)
def test_homogeneous_mean(body, right):
    result = V * E(body.xreplace({Y: Z}), (Z, STANDARD))
    assert passes(HomogeneousMean(Z), E(body, (Y, Gaussian(V))), result) is right


def test_homogeneous_mean_needs_the_law_and_a_new_name():
    uniform = E(Y**2, (Y, Uniform(V, C)))
    assert not passes(HomogeneousMean(Z), uniform, V * E(Z**2, (Z, STANDARD)))
    target = E(Y**2 * Z**2, (Y, Gaussian(V)))
    assert not passes(HomogeneousMean(Z), target, V * E(Z**4, (Z, STANDARD)))
    plain = E(Y**2, (Y, Gaussian(R)))
    assert not passes(HomogeneousMean(Z), plain, R * E(Z**2, (Z, STANDARD)))
    spread = E(Y**2, (Y, Gaussian(V)))
    assert not passes(HomogeneousMean(Z), spread, V**2 * E(Z**2, (Z, STANDARD)))
    assert not passes(HomogeneousMean(Z), spread, V * E(Z**2, (Z, Gaussian(V))))


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (Y**2, V),
        (Y**4, 3 * V**2),
        (Y**3 + R, R),
        (Y * sp.Abs(Y), 0),
        (sp.Abs(Y), sp.sqrt(2 * V / sp.pi)),
        ((Y - R) ** 2, V + R**2),
        (sp.Abs(Y) ** 3, 2 * sp.sqrt(2 / sp.pi) * V ** sp.Rational(3, 2)),
    ],
)
def test_moments_of_a_normal_variable(body, value):
    target = E(body, (Y, Gaussian(V)))
    assert passes(NormalPolynomial(), target, value)
    assert not passes(NormalPolynomial(), target, value + V)


def test_moments_need_a_normal_variable():
    assert not passes(NormalPolynomial(), E(Y**2, (Y, Uniform(V, C))), V)
    assert not passes(NormalPolynomial(), E(Y**2, (Y, Gaussian(R))), R)


@pytest.mark.parametrize("body", [sp.exp(Y), 1 / Y, sp.sqrt(sp.Abs(Y)), sp.Abs(Y - 1)])
def test_what_is_no_polynomial_is_refused(body):
    assert not passes(NormalPolynomial(), E(body, (Y, STANDARD)), sp.Integer(1))


SIGNAL = (X, M, A)


def test_mean_of_squares():
    body = 2 * NORM + R + B * sp.Sum(T[I] ** 2, (I, 1, N))
    assert passes(MeanOfSquares(), MeanOver(body, SIGNAL, (T, N, C)), 2 * A + R + B * C)
    assert passes(MeanOfSquares(), MeanOver(R, SIGNAL), R)


@pytest.mark.parametrize(
    "body",
    [
        NORM**2,
        sp.sqrt(NORM),
        sp.Sum(X[J], (J, 1, M)),
        sp.Sum(X[J] ** 2, (J, 1, N)),  # not all of it
        sp.Sum(X[J] ** 2, (J, 2, M)),
        sp.Sum(X[J] ** 4, (J, 1, M)),
        NORM + X[1],
        NORM * X[1] ** 2,
        sp.Sum(J * X[J] ** 2, (J, 1, M)),
    ],
)
def test_other_bodies_have_no_such_mean(body):
    result = body.xreplace(dict.fromkeys(body.atoms(sp.Sum), A))
    assert not passes(MeanOfSquares(), MeanOver(body, SIGNAL), result)


def test_a_product_of_two_powers_is_no_mean_of_a_product():
    other = sp.Sum(T[I] ** 2, (I, 1, N))
    target = MeanOver(NORM * other, SIGNAL, (T, N, C))
    assert not passes(MeanOfSquares(), target, A * C)
    assert not passes(MeanOfSquares(), MeanOver(NORM, SIGNAL, (X, M, C)), A)


def recursion(step, start=A, first=1, last=N):
    return Recursion(sp.Lambda((K, U), step), start, sp.sympify(first), sp.sympify(last))


def test_geometric_recursion():
    product = sp.Product(VS[K], (K, 1, N))
    assert passes(GeometricRecursion(), recursion(VS[K] * U), A * product)
    assert not passes(GeometricRecursion(), recursion(VS[K] * U), product)
    short = recursion(VS[K] * U, last=N - 1)
    assert not passes(GeometricRecursion(), short, A * product)
    assert passes(GeometricRecursion(), short, A * sp.Product(VS[K], (K, 1, N - 1)))


@pytest.mark.parametrize(
    "target",
    [
        recursion(VS[K] * U + 1),
        recursion(VS[K] * U**2),
        recursion(VS[K] * sp.Abs(U)),
        recursion(VS[K] * U, last=N - 2),  # -1 factors
        recursion(VS[K] * U, first=0),
        recursion(VS[K] * U, start=VS[K]),
        recursion(VS[K] * U, last=K),
        recursion(VS[K] * MeanOver(U, SIGNAL)),
    ],
)
def test_other_recursions_are_refused(target):
    _, start, first, last = target.args
    result = start * sp.Product(VS[K], (K, first, last))
    assert not passes(GeometricRecursion(), target, result)


def test_a_recursion_needs_a_ratio_and_whole_numbers():
    squared = A * sp.Product(2 * VS[K] * U, (K, 1, N))
    assert not passes(GeometricRecursion(), recursion(VS[K] * U**2), squared)
    broken = A * sp.Product(VS[K], (K, 1, S))
    assert not passes(GeometricRecursion(), recursion(VS[K] * U, last=S), broken)


def test_an_equality_up_to_an_order_does_not_go_under_the_mean():
    lemma = depth_limit()
    target, result = (MeanOver(x, SIGNAL) for x in (lemma.definition, lemma.conclusion))
    assert not passes(BoundUnderMean(Lemma(lemma)), target, result)


def test_a_bound_goes_under_the_mean_in_its_direction_only():
    lemma = classifier_layer()
    signals = tuple(sp.Tuple(*x) for x in (SIGNAL, (T, N, C)))
    below, above = (MeanOver(x, *signals) for x in (lemma.definition, lemma.conclusion))
    rule = BoundUnderMean(Lemma(lemma))
    assert rule.relation == "<="
    assert passes(rule, below, above)
    assert not passes(rule, above, below)
    assert not passes(rule, below, MeanOver(lemma.conclusion, SIGNAL))
    assert not passes(rule, below + 1, above + 1)
    assert not passes(rule, below, above, left=2 * below)
    equal = BoundUnderMean(Lemma(half_squared_layer()))
    assert equal.relation == "="


def test_a_name_stands_for_one_expression():
    value = E(Z**2, (Z, STANDARD))
    assert passes(Named(S, value), A * value, A * S)
    assert not passes(Named(S, value), A * value, A * S**2)
    assert not passes(Named(S, value), S * value, S**2)  # not new
    assert not passes(Named(S, A + S), A + S, S)
    assert not passes(Named(S, -A), -A * B, S * B)  # declared > 0
    assert not passes(Named(N, HALF), HALF * A, N * A)  # declared whole
    assert not passes(Named(S, VS[K]), sp.Sum(VS[K], (K, 1, N)), sp.Sum(S, (K, 1, N)))
    assert not passes(Named(VS[1], value), A * value, A * VS[1])
    assert not passes(Named(S, NORM), MeanOver(NORM**2, SIGNAL), MeanOver(S**2, SIGNAL))
    assert not passes(Named(S, Y**2), E(Y**4, (Y, STANDARD)), E(S**2, (Y, STANDARD)))
    assert Named(S, value).citations() == (f"s = {value}", "s > 0")


def test_linear_sums():
    many = sp.Sum(A * VS[K] + B + sp.log(C * VS[K]), (K, 1, N))
    plain = A * total(VS[K]) + N * B + N * sp.log(C) + total(sp.log(VS[K]))
    assert passes(LinearSums(), many, plain)
    for wrong in (plain - B, plain + total(VS[K]), plain.xreplace({N: N + 1})):
        assert not passes(LinearSums(), many, wrong)
    assert not passes(LinearSums(), total(VS[K]) ** 2, total(VS[K] ** 2))
    assert not passes(LinearSums(), total(VS[K] * WS[K]), total(VS[K]) * total(WS[K]) / N)
    assert not passes(LinearSums(), total(sp.log(R * X[K])), N * sp.log(R) + total(sp.log(X[K])))
    assert not passes(LinearSums(), sp.Sum(A, (K, 1, S)), S * A)
    empty = sp.Sum(A, (K, 1, FREE))  # may have fewer than no terms
    assert not passes(LinearSums(), empty, FREE * A)


DELTA = sp.KroneckerDelta(K, I)


def test_delta_sum():
    target = total(VS[K] * DELTA)
    assert passes(DeltaSum(), target, VS[I], sp.Le(I, N))
    assert not passes(DeltaSum(), target, VS[I])  # i may lie outside
    assert not passes(DeltaSum(), target, VS[K], sp.Le(I, N))
    assert not passes(DeltaSum(), sp.Sum(VS[K] * DELTA, (K, 2, N)), VS[I], sp.Le(I, N))
    assert not passes(DeltaSum(), total(sp.exp(DELTA)), sp.exp(1), sp.Le(I, N))
    assert not passes(DeltaSum(), total(DELTA + 1), sp.Integer(2), sp.Le(I, N))
    assert not passes(DeltaSum(), total(DELTA * sp.KroneckerDelta(K, J)), 1, sp.Le(I, N))
    between = total(VS[K] * sp.KroneckerDelta(K, 1 + S))
    assert not passes(DeltaSum(), between, VS[1 + S], sp.Le(S, N - 1))


def test_signs_of_terms():
    falls = sp.log(A / (A + B))
    assert passes(TermsAtMostZero(True), falls - A, 0)
    assert passes(TermsAtMostZero(), total(sp.log(VS[K] / (VS[K] + A))) - total(VS[K]), 0)
    strict = [total(sp.log(VS[K] / (VS[K] + A))), -(R**2)]  # not shown to be < 0
    assert not any(passes(TermsAtMostZero(True), x, 0) for x in strict)
    wrong = [
        A - B,
        sp.log(A / B),
        sp.log((A + B) / A),
        total(VS[K]),
        -R,
        sp.log(A),
        sp.log(R / (R + A)),
    ]
    assert not any(passes(TermsAtMostZero(), x, 0) for x in wrong)
    assert not passes(TermsAtMostZero(), -A, -1)
    assert not passes(TermsAtMostZero(), -sp.Sum(VS[K], (K, 1, FREE)), 0)


def test_append_factor():
    short, long = (sp.Product(VS[K], (K, 1, last)) for last in (N - 1, N))
    assert passes(AppendFactor(), A * VS[N] * short, A * long)
    assert passes(AppendFactor(), A * short, A / VS[N] * long)
    assert not passes(AppendFactor(), A * VS[N] * short, A * VS[N] * long)
    assert not passes(AppendFactor(), A * VS[N - 1] * short, A * long)
    shorter, two = (sp.Product(VS[K], (K, 1, last)) for last in (N - 3, N - 2))
    assert not passes(AppendFactor(), A * shorter, A / VS[N - 2] * two)  # -1 factors for N = 1
    other = sp.Product(WS[K], (K, 1, N))
    assert not passes(AppendFactor(), A * VS[N] * short, A * other)
    real = sp.Product(X[K], (K, 1, N - 1))  # the next factor may be 0
    assert not passes(AppendFactor(), A * real, A / X[N] * sp.Product(X[K], (K, 1, N)))


def test_exponential_factors():
    target = sp.Product(VS[K] * sp.exp(R * X[K]), (K, 1, N))
    plain = sp.Product(VS[K], (K, 1, N))
    assert passes(ExponentialFactors(), target, sp.exp(R * total(X[K])) * plain)
    for wrong in (sp.exp(R * N * total(X[K])), sp.exp(total(X[K])), sp.exp(R)):
        assert not passes(ExponentialFactors(), target, wrong * plain)
    assert not passes(ExponentialFactors(), target, sp.exp(R * total(X[K])) * plain**2)
    other = sp.Product(WS[K], (K, 1, N))
    assert not passes(ExponentialFactors(), target, sp.exp(R * total(X[K])) * other)
    added = sp.Product(VS[K] * sp.exp(R + X[K]), (K, 1, N))
    assert passes(ExponentialFactors(), added, sp.exp(total(R + X[K])) * plain)
    broken = sp.Product(VS[K] * sp.exp(X[K]), (K, 1, FREE))
    result = sp.exp(sp.Sum(X[K], (K, 1, FREE))) * sp.Product(VS[K], (K, 1, FREE))
    assert not passes(ExponentialFactors(), broken, result)


def test_telescoping_product():
    target = sp.Product(A * VS[K] / VS[K - 1], (K, 1, N))
    rule = TelescopingProduct(sp.Lambda(K, VS[K]))
    assert passes(rule, target, A**N * VS[N] / VS[0])
    for wrong in (A * VS[N] / VS[0], A**N * VS[0] / VS[N], A**N * VS[N], A**N * VS[N] / VS[1]):
        assert not passes(rule, target, wrong)
    whole = TelescopingProduct(sp.Lambda(K, K))  # g(0) = 0
    for value in (N, sp.zoo):
        assert not passes(whole, sp.Product(K / (K - 1), (K, 1, N)), value)
    shifted = TelescopingProduct(sp.Lambda(K, K + 1))
    assert passes(shifted, sp.Product((K + 1) / K, (K, 1, N)), N + 1)
    assert not passes(shifted, sp.Product((K + 1) / K, (K, 1, FREE)), FREE + 1)
    signed = TelescopingProduct(sp.Lambda(K, 1 + K * R))  # may be 0 on the way
    ratio = (1 + K * R) / (1 + (K - 1) * R)
    assert not passes(signed, sp.Product(ratio, (K, 1, N)), 1 + N * R)
    real = TelescopingProduct(sp.Lambda(K, X[K]))
    assert not passes(real, sp.Product(X[K] / X[K - 1], (K, 1, N)), X[N] / X[0])
    mixed = sp.Product(VS[K] ** 2 / VS[K - 1], (K, 1, N))
    assert not passes(rule, mixed, VS[N] * VS[N] / VS[0])


SCORES = (GS, Gaussian(V))
LOG_SUM = sp.log(total(sp.exp(GS[K])))


def log_sum(exponent):
    return sp.log(total(sp.exp(exponent)))


def test_shift_of_a_log_sum():
    assert passes(ShiftLogSum(R), LOG_SUM, R + log_sum(GS[K] - R))
    assert not passes(ShiftLogSum(R), LOG_SUM, log_sum(GS[K] - R) - R)
    assert not passes(ShiftLogSum(GS[K]), LOG_SUM, GS[K] + log_sum(ZERO))
    assert not passes(ShiftLogSum(sp.I), LOG_SUM, sp.I + log_sum(GS[K] - sp.I))
    plain = sp.log(total(GS[K]))
    assert not passes(ShiftLogSum(R), plain, R + sp.log(total(GS[K] * sp.exp(-R))))
    empty = sp.log(sp.Sum(sp.exp(GS[K]), (K, 1, N - 1)))
    shifted = R + sp.log(sp.Sum(sp.exp(GS[K] - R), (K, 1, N - 1)))
    assert not passes(ShiftLogSum(R), empty, shifted)


def test_a_log_sum_needs_a_whole_number_of_terms():
    broken, shifted = (sp.log(sp.Sum(sp.exp(x), (K, 1, 1 + S))) for x in (GS[K], GS[K] - R))
    assert not passes(ShiftLogSum(R), broken, R + shifted)


def test_jensen_for_a_log_sum():
    turning = total(sp.exp(sp.I * GS[K]))
    assert not passes(JensenOfLogSum(), E(sp.log(turning), SCORES), sp.log(E(turning, SCORES)))
    target, bound = E(LOG_SUM, SCORES), sp.log(E(total(sp.exp(GS[K])), SCORES))
    assert passes(JensenOfLogSum(), target, bound)
    assert not passes(JensenOfLogSum(), bound, target)
    assert not passes(JensenOfLogSum(), -target, -bound)
    assert not passes(JensenOfLogSum(), target, bound, left=1 - target)
    assert not passes(JensenOfLogSum(), target, total(sp.log(E(sp.exp(GS[K]), SCORES))))
    squares = E(total(GS[K] ** 2), SCORES)
    assert not passes(JensenOfLogSum(), E(sp.log(total(GS[K] ** 2)), SCORES), sp.log(squares))


def test_log_sum_lies_above_the_mean_exponent():
    rest = total(X[K] * GS[K])
    target = -E(LOG_SUM - rest, SCORES)
    below = -E(sp.log(N) + total(GS[K]) / N - rest, SCORES)
    assert passes(MeanOfExponents(), target, below)
    assert not passes(MeanOfExponents(), -target, -below)  # the other direction
    assert not passes(MeanOfExponents(), -E(rest - LOG_SUM, SCORES), -E(rest, SCORES))
    assert not passes(MeanOfExponents(), target, -E(total(GS[K]) / N - rest, SCORES))
    assert not passes(MeanOfExponents(), target, -E(sp.log(N) + total(GS[K]) - rest, SCORES))


def test_centred_forms():
    assert passes(CentredForm(), E(total(X[K] * GS[K]), SCORES), 0)
    wrong = [total(GS[K] ** 2), total(GS[K] + 1), total(GS[K] * GS[1]), total(sp.Abs(GS[K]))]
    assert not any(passes(CentredForm(), E(x, SCORES), 0) for x in wrong)
    assert not passes(CentredForm(), E(total(GS[K]), (GS, Uniform(ZERO, ONE))), 0)
    assert not passes(CentredForm(), E(total(GS[K]), SCORES), 1)


def form(a, b, last=N, low=1, entry=K):
    inner = sp.Sum(GS[J], (J, low, last))
    return E(total(sp.exp(a * GS[entry] + b * inner)), SCORES)


def test_exponential_of_a_form():
    rule = ExponentialOfForm()
    variance = A**2 + 2 * A * R + N * R**2
    assert passes(rule, form(A, R), total(sp.exp(V * variance / 2)))
    assert passes(rule, form(ONE, -1 / N), total(sp.exp(V * (1 - 1 / N) / 2)))
    assert not passes(rule, form(ONE, -1 / N), total(sp.exp(V / 2)))
    assert not passes(rule, form(A, R), total(sp.exp(V * (A**2 + N * R**2) / 2)))
    assert not passes(rule, form(A, R, last=N + 1), total(sp.exp(V * variance / 2)))
    assert not passes(rule, form(A, R, entry=1), total(sp.exp(V * variance / 2)))
    assert not passes(rule, form(X[K], R), total(sp.exp(V * variance / 2)).xreplace({A: X[K]}))
    assert not passes(rule, form(A, GS[1]), total(sp.exp(V * variance / 2)).xreplace({R: GS[1]}))
    inner = sp.Sum(GS[J], (J, 1, N))
    value = total(sp.exp(V * variance / 2))
    bent = E(total(sp.exp(A * GS[K] + R * inner + GS[K] ** 2)), SCORES)
    assert not passes(rule, bent, value)
    tilted = E(total(sp.exp(A * GS[K] + R * sp.Sum(X[J] * GS[J], (J, 1, N)))), SCORES)
    assert not passes(rule, tilted, value)
    tail = sp.Sum(sp.exp(A * GS[K] + R * sp.Sum(GS[J], (J, 2, N))), (K, 2, N))
    assert not passes(rule, E(tail, SCORES), sp.Sum(value.function, (K, 2, N)))


def test_logarithm_of_a_product():
    assert passes(LogOfProduct(), sp.log(N * sp.exp(R)), sp.log(N) + R)
    assert not passes(LogOfProduct(), sp.log(R * U), sp.log(R) + sp.log(U))
    assert not passes(LogOfProduct(), sp.log(N * sp.exp(R)), sp.log(N) * R)


def test_linear_equations():
    rule = SolveLinear(VS[I])
    assert passes(rule, Equation(A * VS[I] - B, ZERO), B / A)
    assert not passes(rule, Equation(A * VS[I] - B, ZERO), -B / A)
    assert not passes(rule, Equation(R * VS[I] - B, ZERO), B / R)  # the slope may be 0
    assert not passes(rule, Equation(A * VS[I] ** 2, B), B / A)
    assert not passes(rule, Equation(A * VS[I], VS[I + 1]), VS[I + 1] / A)  # may be the same entry
    assert not passes(rule, Equation(A * VS[I], total(VS[K])), total(VS[K]) / A)


def test_series_in_depth_needs_a_base_free_of_the_depth():
    rule = SeriesInDepth(L, ONE, 1)
    assert passes(rule, A ** (1 / L), 1 + sp.log(A) / L)
    assert not passes(rule, A ** (1 / L), 1 + sp.log(A) / (2 * L))
    assert not passes(rule, A ** (1 / L), 1 + sp.log(A) / L + 1 / L**2)
    assert not passes(rule, (A * L) ** (1 / L), 1 + sp.log(A * L) / L)
    assert rule.error_order == 2


def test_formal_objects_print_and_refuse_what_has_no_meaning():
    mean, path = MeanOver(NORM, SIGNAL), recursion(VS[K] * U)
    assert str(mean) == "mean[Sum(x[j]**2, (j, 1, m))]"
    assert "langle" in sp.latex(mean)
    assert str(path) == "recursion[u -> u*V[k], k = 1..n, from a]"
    for formal in (mean, path):
        with pytest.raises(NotImplementedError):
            sp.diff(formal, A)
    with pytest.raises(ValueError, match="signals"):
        MeanOver(NORM)


SECOND = (I, 1, M)
TWICE = (
    (
        ROWS,
        E(sp.Sum(W[K, J] * X[J], (J, 1, M), (I, 1, N)) ** 2, ROWS_OF),
        E(GS[K] ** 2, NORMALS),
    ),
    (
        MeanOfSum(Y),
        E(sp.Sum(GS[K] ** 2, (K, 1, N), SECOND), (GS, STANDARD)),
        total(E(Y**2, (Y, STANDARD))),
    ),
    (LinearSums(), sp.Sum(A, (K, 1, N), SECOND), N * A),
    (
        AppendFactor(),
        A * sp.Product(VS[K], (K, 1, N - 1), SECOND),
        A / VS[N] * sp.Product(VS[K], (K, 1, N)),
    ),
    (
        ExponentialFactors(),
        sp.Product(VS[K] * sp.exp(X[K]), (K, 1, N), SECOND),
        sp.exp(total(X[K])) * sp.Product(VS[K], (K, 1, N)),
    ),
    (
        TelescopingProduct(sp.Lambda(K, VS[K])),
        sp.Product(VS[K] / VS[K - 1], (K, 1, N), SECOND),
        VS[N] / VS[0],
    ),
    (
        ShiftLogSum(R),
        sp.log(sp.Sum(sp.exp(GS[K]), (K, 1, N), SECOND)),
        R + log_sum(GS[K] - R),
    ),
    (
        ExponentialOfForm(),
        E(sp.Sum(sp.exp(GS[K] + total(GS[J], J)), (K, 1, N), SECOND), SCORES),
        total(sp.exp(V * (3 + N) / 2)),
    ),
)


@pytest.mark.parametrize(("rule", "target", "result"), TWICE)
def test_double_sums_and_products_are_refused(rule, target, result):
    assert not passes(rule, target, result)


def test_a_double_sum_of_deltas_is_refused():
    target = sp.Sum(VS[K] * sp.KroneckerDelta(K, J), (K, 1, N), SECOND)
    assert not passes(DeltaSum(), target, VS[J], sp.Le(J, N))
