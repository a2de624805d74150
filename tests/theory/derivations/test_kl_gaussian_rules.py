"""Rules on arrays of independent entries and on covariances refuse wrong steps that look right."""

import pytest
import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import Density, Equation, Expectation, Gaussian
from theory.derivations.formal_arrays import CentredPair, Independent, Root
from theory.derivations.rules_covariance import ProductOfForms, SolveLinear
from theory.derivations.rules_independent import (
    CentreNormal,
    LogOfProduct,
    NormalPowers,
    SumOfConstant,
    SumOverEntries,
    normal_density,
)
from theory.derivations.rules_lemma import Lemma
from theory.derivations.steps import Derivation, Step

A, D, S, T, U, V = sp.symbols("a d s t u v", positive=True)
M, R, W, X, Z = sp.symbols("m r w x z", real=True)
I, K, N = sp.symbols("i K n", integer=True, positive=True)  # noqa: E741
C, RS = sp.IndexedBase("c", positive=True), sp.IndexedBase("r", real=True)
WS, YS = sp.IndexedBase("W", real=True), sp.IndexedBase("y", real=True)
E, TERMS = Expectation, (I, 1, K)
ONE, ZERO = sp.Integer(1), sp.Integer(0)


def passes(rule, target, result, *constraints):
    step = Step(rule, target, target, sp.sympify(result), "test")
    return step.verify(Domain(constraints)).verdict.passed


def spread(body, law=None):
    return E(body, (WS, Independent(sp.Lambda(I, law or Gaussian(C[I])))))


class TestLogOfProduct:
    right = sp.Product(C[I], TERMS), sp.Sum(sp.log(C[I]), TERMS)

    def test_it_splits_and_joins(self):
        product, total = self.right
        assert passes(LogOfProduct(), sp.log(product), total)
        assert passes(LogOfProduct(reverse=True), total / K, sp.log(product ** (1 / K)))
        assert passes(LogOfProduct(), sp.log(S / product), sp.log(S) - total)

    @pytest.mark.parametrize(
        ("target", "result"),
        [
            (sp.log(sp.Product(RS[I], TERMS)), sp.Sum(sp.log(RS[I]), TERMS)),  # may be < 0
            (sp.log(R * right[0]), sp.log(R) + right[1]),
            (sp.log(right[0] ** sp.I), sp.I * right[1]),
            (sp.log(1 + right[0]), right[1]),
            (sp.log(right[0]), sp.Sum(sp.log(C[I]), (I, 1, K + 1))),
            (sp.log(right[0]), sp.Sum(sp.log(C[I]), (I, 2, K))),
            (sp.log(sp.Product(C[I], (I, 1, K - 1))), right[1]),
            (right[0], right[1]),
        ],
    )
    def test_it_refuses(self, target, result):
        assert not passes(LogOfProduct(), target, result)


class TestSumOverEntries:
    one = E(Z**2, (Z, Gaussian(C[I])))

    def test_it_takes_one_entry_at_a_time(self):
        body = spread(sp.Sum(WS[I] ** 2, TERMS))
        assert passes(SumOverEntries(Z), body, sp.Sum(self.one, TERMS))

    @pytest.mark.parametrize(
        "body",
        [
            sp.Sum(WS[I] * WS[1], TERMS),  # two entries in a term
            sp.Sum(WS[I + 1] ** 2, TERMS),  # another entry's law
            sp.Sum(WS[I] ** 2, TERMS) ** 2,
            sp.Sum(WS[I] ** 2 * Z, TERMS),  # z is taken
            WS[1] ** 2,
        ],
    )
    def test_it_refuses_other_bodies(self, body):
        one = E(Z**2, (Z, Gaussian(C[I])))
        for result in (sp.Sum(one, TERMS), sp.Sum(one, TERMS) ** 2, one):
            assert not passes(SumOverEntries(Z), spread(body), result)

    def test_the_law_is_that_of_the_entry(self):
        body = spread(sp.Sum(WS[I] ** 2, TERMS))
        wrong = sp.Sum(E(Z**2, (Z, Gaussian(C[1]))), TERMS)
        assert not passes(SumOverEntries(Z), body, wrong)
        shared = E(sp.Sum(WS[I] ** 2, TERMS), (WS, Gaussian(S)))
        assert not passes(SumOverEntries(Z), shared, sp.Sum(E(Z**2, (Z, Gaussian(C[I]))), TERMS))

    def test_the_entry_may_have_either_sign(self):
        body = spread(sp.Sum(sp.Abs(WS[I]), TERMS))
        wrong = sp.Sum(E(U, (U, Gaussian(C[I]))), TERMS)
        assert not passes(SumOverEntries(U), body, wrong)


@pytest.mark.parametrize(
    ("body", "variance", "value", "right"),
    [
        (Z**2, V, V, True),
        (3 + Z + Z**4, V, 3 + 3 * V**2, True),
        (Z**4, V, V**2, False),
        (Z**2, R, R, False),  # a variance that may be < 0
        (Z**2 + X, V, V + X, True),
        (sp.Abs(Z), V, ZERO, False),
        (1 / Z, V, ZERO, False),
        (Z**N, V, ZERO, False),
    ],
)
def test_powers_of_a_normal_variable(body, variance, value, right):
    assert passes(NormalPowers(), E(body, (Z, Gaussian(variance))), value) is right


@pytest.mark.parametrize(
    ("total", "value", "right"),
    [
        (sp.Sum(S, TERMS), K * S, True),
        (sp.Sum(S, (I, 2, K)), (K - 1) * S, True),
        (sp.Sum(S, TERMS), (K + 1) * S, False),
        (sp.Sum(C[I], TERMS), K * C[I], False),
        (sp.Sum(S, (I, 3, K)), (K - 2) * S, False),  # K - 2 may be -1
    ],
)
def test_sum_of_a_constant(total, value, right):
    assert passes(SumOfConstant(), total, value) is right


class TestCentreNormal:
    law = Density(sp.Lambda(X, normal_density(X, M, V)), -sp.oo, sp.oo)
    target = E(W**2, (W, law))

    def test_it_shifts(self):
        assert passes(CentreNormal(M, V, Z), self.target, E((M + Z) ** 2, (Z, Gaussian(V))))

    @pytest.mark.parametrize(
        ("rule", "result"),
        [
            (CentreNormal(-M, V, Z), E((Z - M) ** 2, (Z, Gaussian(V)))),
            (CentreNormal(M, 2 * V, Z), E((M + Z) ** 2, (Z, Gaussian(2 * V)))),
            (CentreNormal(M, V, Z), E(Z**2, (Z, Gaussian(V)))),
            (CentreNormal(M, V, M), E((2 * M) ** 2, (M, Gaussian(V)))),
            (CentreNormal(M + W, V, Z), E((M + W + Z) ** 2, (Z, Gaussian(V)))),
        ],
    )
    def test_it_refuses(self, rule, result):
        assert not passes(rule, self.target, result)

    def test_it_needs_the_line(self):
        half = Density(sp.Lambda(X, normal_density(X, M, V)), ZERO, sp.oo)
        result = E((M + Z) ** 2, (Z, Gaussian(V)))
        assert not passes(CentreNormal(M, V, Z), E(W**2, (W, half)), result)


PAIRS = (WS, CentredPair(U, R, V)), (YS, CentredPair(S, X, T))


class TestProductOfForms:
    rows = sp.Sum(YS[I, 1], TERMS), sp.Sum(YS[I, 2], TERMS)

    def test_covariances_add_up(self):
        forms = (A * WS[1] - self.rows[0] / K) * (D * WS[2] + self.rows[1])
        assert passes(ProductOfForms(), E(forms, *PAIRS), A * D * R - X)

    @pytest.mark.parametrize(
        ("body", "value"),
        [
            (WS[1] * WS[2], U),
            (WS[1] * WS[1], R),
            (WS[1] * rows[0], R),
            (rows[0] * rows[1], X),  # K rows, not one
            (rows[0] * rows[1], K**2 * X),  # rows are independent
            (rows[0] * sp.Sum(YS[I, 2], (I, 1, K + 1)), (K + 1) * X),
            (sp.Sum(YS[I, 1] ** 2, TERMS) * WS[1], ZERO),
            (sp.Sum(I * YS[I, 1], TERMS) * rows[1], K * X),
            (sp.Sum(YS[I, I], TERMS) * rows[1], K * X),
            (WS[1] ** 2 * WS[2], ZERO),
            ((1 + WS[1]) * WS[2], R),
            (WS[1] * WS[3], ZERO),
        ],
    )
    def test_it_refuses(self, body, value):
        assert not passes(ProductOfForms(), E(body, *PAIRS), value)

    def test_laws_are_constant(self):
        law = CentredPair(U, WS[1], V)
        assert not passes(ProductOfForms(), E(YS[1] * YS[2], (YS, law), PAIRS[0]), WS[1])

    def test_a_square_is_a_product_of_two_forms_only_if_written_so(self):
        assert not passes(ProductOfForms(), E(WS[1] ** 2, *PAIRS), V)


class TestSolveLinear:
    def root(self, left, right):
        return Root(sp.Lambda(X, Equation(left, right)))

    def test_it_solves(self):
        assert passes(SolveLinear(), self.root(A * X, R), R / A)
        kept = (1 - A) * (1 - D)
        stable = SolveLinear((1 - A, 1 - D))
        assert passes(stable, self.root(kept * X + R, X), R / (A + D - A * D))

    @pytest.mark.parametrize(
        ("rule", "left", "right", "value"),
        [
            (SolveLinear(), A * X, R, R * A),
            (SolveLinear(), M * X, R, R / M),  # m may be 0
            (SolveLinear(), A * X**2, R, sp.sqrt(R / A)),
            (SolveLinear(), (1 - A) * X, R, R / (1 - A)),
            (SolveLinear((A,)), (1 - A * D) * X, R, R / (1 - A * D)),  # one factor left out
            (SolveLinear((ONE, A)), (1 - A) * X, R, R / (1 - A)),  # 1 is not smaller than 1
            (SolveLinear((1 + A,)), A * X - 2 * A * X, R, -R / A * 2),
            (SolveLinear(), A * X + E(Z * X, (Z, Gaussian(V))), R, R / A),
        ],
    )
    def test_it_refuses(self, rule, left, right, value):
        assert not passes(rule, self.root(left, right), value)

    def test_the_unknown_is_bound(self):
        assert self.root(A * X, R).free_symbols == {A, R}
        lemma = Derivation("x", self.root(A * X, R), "test")
        lemma = lemma.then(SolveLinear(), lemma.definition, R / A, "a linear equation")
        assert passes(Lemma(lemma, ((R, ONE),)), self.root(A * X, ONE), 1 / A)
        for captured in (((X, ONE),), ((R, X),), ((A, X**2),)):
            sides = (x.subs(dict(captured)) for x in (A * X, R))
            assert not passes(Lemma(lemma, captured), self.root(*sides), R / A)
