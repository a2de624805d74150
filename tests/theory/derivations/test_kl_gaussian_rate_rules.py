"""Rules on decay rates, on the order of means and on named parts refuse wrong steps that look right."""

from dataclasses import replace

import pytest
import sympy as sp

from theory.derivations import kl_bound_gaussian_relaxation_rate as relaxation_rate
from theory.derivations.domains import Domain
from theory.derivations.formal import Expectation, Gaussian
from theory.derivations.formal_limits import AtZero
from theory.derivations.rules_calculus import Algebra
from theory.derivations.rules_cauchy_schwarz import CauchySchwarz
from theory.derivations.rules_independent import (
    NormalPowers,
)
from theory.derivations.rules_naming import WithNamed
from theory.derivations.rules_rates import (
    DecayRate,
    DerivativeNearZero,
    ExponentialForm,
    SlowestDecay,
)
from theory.derivations.steps import Derivation, Step

A, D, T, U, V = sp.symbols("a d t u v", positive=True)
R, X, Z = sp.symbols("r x z", real=True)
I, K, N = sp.symbols("i K n", integer=True, positive=True)  # noqa: E741
C = sp.IndexedBase("c", positive=True)
E, TERMS = Expectation, (I, 1, K)
ONE, ZERO = sp.Integer(1), sp.Integer(0)


def passes(rule, target, result, *constraints):
    step = Step(rule, target, target, sp.sympify(result), "test")
    return step.verify(Domain(constraints)).verdict.passed


class TestCauchySchwarz:
    total, inverse = sp.Sum(C[I], TERMS), sp.Sum(1 / C[I], TERMS)
    first, second = sp.sqrt(C[I]), 1 / sp.sqrt(C[I])

    def rule(self, function, first=None, second=None):
        return CauchySchwarz(
            first or self.first, second or self.second, TERMS, sp.Lambda(U, function)
        )

    def test_it_bounds_the_harmonic_mean(self):
        target, result = K / self.inverse, sp.sqrt(self.total / self.inverse)
        assert passes(self.rule(sp.sqrt(U) / self.inverse), target, result)
        assert self.rule(U).relation == "<="

    def test_the_larger_side_is_not_the_smaller(self):
        target, result = K / self.inverse, sp.sqrt(self.total / self.inverse)
        for function in (sp.sqrt(U) / self.inverse, 1 / sp.sqrt(U), U):
            assert not passes(self.rule(function), result, target)

    @pytest.mark.parametrize("function", [1 / U, -U, R * U, sp.cos(U), U**R, 1 + U])
    def test_the_function_increases(self, function):
        values = [function.subs(U, x) for x in (K**2, self.total * self.inverse)]
        assert not passes(self.rule(function), *values)

    def test_terms_are_real(self):
        imaginary = sp.I * self.first
        sides = -(sp.Sum(C[I], TERMS) ** 2), sp.Sum(-C[I], TERMS) * self.total
        assert not passes(self.rule(U, imaginary, self.first), *sides)

    def test_captured_names(self):
        rule = CauchySchwarz(self.first, self.second, TERMS, sp.Lambda(U, I * U))
        assert not passes(rule, I * K**2, I * self.total * self.inverse)


def limit(function):
    return sp.Limit(-sp.log(function) / T, T, sp.oo)


class TestDecayRate:
    small = sp.exp(-A * T)

    def test_leading_terms(self):
        assert passes(DecayRate(A), limit(3 * self.small + self.small**2), A)
        assert passes(DecayRate(A), limit(self.small - sp.log(1 + self.small)), 2 * A)

    @pytest.mark.parametrize(
        ("rate", "function", "value"),
        [
            (A, small - sp.log(1 + small), A),
            (A, -small, A),  # the logarithm is not real
            (A, R * small, A),  # of either sign
            (A, small * T, A),
            (A, small + sp.exp(-D * T), A),  # another rate
            (A, sp.log(1 + R * small), A),
            (R, sp.exp(-R * T), R),  # may grow
            (A, small - small, A),
        ],
    )
    def test_it_refuses(self, rate, function, value):
        assert not passes(DecayRate(rate), limit(function), value)

    @pytest.mark.parametrize(
        "target",
        [
            sp.Limit(-sp.log(sp.exp(-A * T)) / T, T, 0),
            sp.Limit(sp.log(sp.exp(-A * T) + 1) / T, T, sp.oo),
            sp.Limit(-sp.log(sp.exp(-A * T) + 1) / T**2, T, sp.oo),
        ],
    )
    def test_other_limits(self, target):
        assert not passes(DecayRate(A), target, A)


class TestSlowestDecay:
    lemmas = relaxation_rate.slowest().steps[0].rule.lemmas

    def sides(self):
        derivation = relaxation_rate.slowest()
        return derivation.definition, derivation.conclusion, derivation.constraints

    def test_the_faster_one_is_wrong(self):
        target, result, constraints = self.sides()
        rule = SlowestDecay(self.lemmas)
        assert passes(rule, target, result, *constraints)
        for wrong in (sp.Max(*result.args), result.args[0], 2 * result):
            assert not passes(rule, target, wrong, *constraints)
        assert not passes(rule, target, result)  # rho > -1 is needed

    def test_lemmas_show_the_parts_to_be_positive(self):
        target, result, constraints = self.sides()
        first, second = self.lemmas
        assert not passes(SlowestDecay((first,)), target, first.conclusion, *constraints)
        assert not passes(SlowestDecay(()), target, result, *constraints)
        for step in second.steps:
            assumed = Derivation(second.id, step.left, "test", (), second.constraints)
            assumed = assumed.then(Algebra(), step.left, second.conclusion, "assumed")
            assert not passes(SlowestDecay((first, assumed)), target, result, *constraints)


@pytest.mark.parametrize(
    ("function", "order", "value", "right"),
    [
        (1 / (A - D * U), 1, D / A**2, True),
        (1 / (A - D * U), 1, D / A, False),
        (sp.sqrt(U), 0, ZERO, False),
        (1 / U, 0, ZERO, False),
        (sp.log(R + U), 1, 1 / R, False),  # r may be < 0
        (sp.sin(U) / U, 0, ONE, False),  # not seen from the form
    ],
)
def test_derivative_near_zero(function, order, value, right):
    target = AtZero(sp.Lambda(U, function), sp.Integer(order))
    assert passes(DerivativeNearZero(), target, value) is right


def test_hyperbolic_functions_are_exponentials():
    assert passes(ExponentialForm(), 2 * sp.sinh(X), sp.exp(X) - sp.exp(-X))
    assert not passes(ExponentialForm(), 2 * sp.sinh(X), sp.exp(X) + sp.exp(-X))


class TestWithNamed:
    part = sp.sinh(A)

    def test_the_name_stands_for_any_number(self):
        rule = WithNamed(Algebra(), self.part, U)
        assert passes(rule, self.part * (1 + self.part), self.part + self.part**2)
        assert not passes(rule, self.part, sp.exp(A) / 2 - sp.exp(-A) / 2)

    @pytest.mark.parametrize(
        ("part", "name"),
        [
            (sp.sinh(R), U),  # may be < 0
            (sp.sinh(A), A),  # not new
            (sp.sinh(A), R),  # of either sign
            (sp.sinh(A), N),  # whole
        ],
    )
    def test_names_and_parts(self, part, name):
        assert not passes(WithNamed(Algebra(), part, name), part * (1 + part), part + part**2)

    def test_the_part_is_not_random_or_bound(self):
        sides = E(sp.exp(Z) * Z, (Z, Gaussian(V))), sp.exp(Z) * E(Z, (Z, Gaussian(V)))
        assert not passes(WithNamed(NormalPowers(), sp.exp(Z), U), *sides)
        assert not passes(WithNamed(NormalPowers(), sp.exp(Z), U), sides[0], ZERO)

    def test_a_limited_name_is_not_any_number(self):
        rule = WithNamed(Algebra(), self.part, U)
        sides = self.part * (1 + self.part), self.part + self.part**2
        assert not passes(rule, *sides, sp.Lt(U, 1))

    def test_only_equalities(self):
        inner = CauchySchwarz(sp.sqrt(C[I]), 1 / sp.sqrt(C[I]), TERMS, sp.Lambda(V, V * U))
        total = sp.Sum(C[I], TERMS) * sp.Sum(1 / C[I], TERMS)
        assert passes(replace(inner, function=sp.Lambda(V, 2 * V)), 2 * K**2, 2 * total)
        assert not passes(WithNamed(inner, self.part, U), K**2 * self.part, total * self.part)
