"""Rules on the density of a linear diffusion refuse wrong steps, and processes that they do not cover."""

from dataclasses import replace

import pytest
import sympy as sp

from theory.derivations import kl_bound_gaussian_covariance as covariance
from theory.derivations import kl_bound_gaussian_relaxation as relaxation
from theory.derivations import kl_bound_gaussian_relaxation_rate as relaxation_rate
from theory.derivations.diffusions import Diffusion
from theory.derivations.domains import Domain
from theory.derivations.formal import Equation
from theory.derivations.rules_diffusion import MomentOverTime, OntoDensity, StationaryMoment
from theory.derivations.rules_gaussian_solution import GaussianSolution
from theory.derivations.rules_independent import (
    normal_density,
)
from theory.derivations.steps import Derivation, Step

A, D, T, V = sp.symbols("a d t v", positive=True)
M, R, W, X = sp.symbols("m r w x", real=True)
LINE = (W, -sp.oo, sp.oo)
ONE, ZERO = sp.Integer(1), sp.Integer(0)


def passes(rule, target, result, *constraints):
    step = Step(rule, target, target, sp.sympify(result), "test")
    return step.verify(Domain(constraints)).verdict.passed


P = sp.Function("p", positive=True)(W, A)


class TestOntoDensity:
    target = sp.Integral(W**2 * sp.Derivative(W * P, W), LINE)

    def test_it_moves_derivatives(self):
        assert passes(OntoDensity(P), self.target, sp.Integral(-2 * W**2 * P, LINE))
        second = sp.Integral(W**3 * sp.Derivative(P, W, W), LINE)
        assert passes(OntoDensity(P), second, sp.Integral(6 * W * P, LINE))

    @pytest.mark.parametrize(
        ("target", "result"),
        [
            (target, sp.Integral(2 * W**2 * P, LINE)),
            (target, sp.Integral(-2 * W * P, LINE)),
            (sp.Integral(W * sp.Derivative(P, W), (W, 0, sp.oo)), sp.Integral(-P, (W, 0, sp.oo))),
            (
                sp.Integral(sp.exp(W**2) * sp.Derivative(P, W), LINE),
                sp.Integral(-2 * W * sp.exp(W**2) * P, LINE),
            ),
            (sp.Integral(sp.Derivative(P, W) / W, LINE), sp.Integral(P / W**2, LINE)),
            (sp.Integral(W * sp.Derivative(P, A), LINE), sp.Integral(ZERO, LINE)),
            (sp.Integral(W * sp.Derivative(P, W) * P, LINE), sp.Integral(-(P**2), LINE)),
            (sp.Integral(P.subs(W, W + 1), LINE), sp.Integral(P.subs(W, W + 2), LINE)),
        ],
    )
    def test_it_refuses(self, target, result):
        assert not passes(OntoDensity(P), target, result)

    def test_a_known_density_is_not_one(self):
        known = 1 / (1 + W**2)
        target = sp.Integral(W * sp.Derivative(known, W), LINE)
        assert not passes(OntoDensity(known), target, sp.Integral(-known, LINE))

    def test_a_density_of_one_number_twice_is_not_one(self):
        twice = sp.Function("p")(W, W)
        target = sp.Integral(W * sp.Derivative(twice, W), LINE)
        assert not passes(OntoDensity(twice), target, sp.Integral(-twice, LINE))


REST = Diffusion((W,), (A,), ((D,),))


def by_parts(process, function, weight, right=ZERO):
    tested = process.tested(function)
    start = Derivation("by parts", Equation(tested, right), "test")
    return start.then(OntoDensity(process.density), tested, process.mean(weight), "by parts")


class TestStationaryMoment:
    lemma = by_parts(REST, W**2, 2 * D - 2 * A * W**2)

    def test_the_second_moment(self):
        assert passes(StationaryMoment(REST, self.lemma), REST.mean(W**2), D / A)

    @pytest.mark.parametrize("value", [D / (2 * A), 2 * D / A, -D / A, D * A])
    def test_it_refuses_other_values(self, value):
        assert not passes(StationaryMoment(REST, self.lemma), REST.mean(W**2), value)

    @pytest.mark.parametrize(
        "lemma",
        [
            by_parts(REST, W**2, 2 * D - A * W**2),  # not verified
            by_parts(REST, W**2, 2 * D - 2 * A * W**2, ONE),  # not at rest
            Derivation("assumed", Equation(REST.mean(D - A * W**2), ZERO), "test"),
            by_parts(Diffusion((W,), (2 * A,), ((2 * D,),)), W**2, 4 * D - 4 * A * W**2),
            by_parts(REST, W, -A * W),
        ],
    )
    def test_it_refuses_other_lemmas(self, lemma):
        assert not passes(StationaryMoment(REST, lemma), REST.mean(W**2), D / A)

    def test_it_refuses_processes_that_do_not_come_to_rest(self):
        for rate, noise in ((-A, D), (R, D), (A, R)):
            process = Diffusion((W,), (rate,), ((noise,),))
            lemma = by_parts(process, W**2, 2 * noise - 2 * rate * W**2)
            rule = StationaryMoment(process, lemma)
            assert not passes(rule, process.mean(W**2), noise / rate)

    def test_coefficients_do_not_move(self):
        for rate, noise in ((W**2, D), (A, W**2)):
            process = Diffusion((W,), (rate,), ((noise,),))
            target = process.mean(W**2)
            lemma = Derivation("x", Equation(process.tested(W**2), ZERO), "test")
            assert not passes(StationaryMoment(process, lemma), target, ONE)

    def test_the_matrix_is_symmetric(self):
        process = Diffusion((W, X), (A, A), ((D, R), (-R, D)))
        lemma = by_parts(process, W * X, -2 * A * W * X)
        assert not passes(StationaryMoment(process, lemma), process.mean(W * X), ZERO)

    def test_one_name_is_one_density(self):
        other = Diffusion((W,), (A,), ((2 * D,),))
        assert other.density != REST.density
        assert replace(REST, time=T, start=(M, V)).density.func != REST.density.func


MOVING = Diffusion((W,), (A,), ((D,),), T, (M, V))


class TestOverTime:
    equation = Derivation(
        "mean", Equation(sp.Derivative(MOVING.mean(W), T), MOVING.tested(W)), "test"
    ).then(OntoDensity(MOVING.density), MOVING.tested(W), MOVING.mean(-A * W), "by parts")

    def test_the_mean(self):
        assert passes(MomentOverTime(MOVING, self.equation), MOVING.mean(W), M * sp.exp(-A * T))

    @pytest.mark.parametrize(
        "value", [M, M * sp.exp(A * T), M * sp.exp(-2 * A * T), sp.exp(-A * T), ZERO]
    )
    def test_other_means(self, value):
        assert not passes(MomentOverTime(MOVING, self.equation), MOVING.mean(W), value)

    def test_the_equation_is_that_of_the_process(self):
        faster = replace(MOVING, rates=(2 * A,))
        rule = MomentOverTime(faster, self.equation)
        for process in (MOVING, faster):
            assert not passes(rule, process.mean(W), M * sp.exp(-A * T))
        backwards = Derivation(
            "x", Equation(-sp.Derivative(MOVING.mean(W), T), MOVING.tested(W)), "test"
        ).then(OntoDensity(MOVING.density), MOVING.tested(W), MOVING.mean(-A * W), "by parts")
        rule = MomentOverTime(MOVING, backwards)
        assert not passes(rule, MOVING.mean(W), M * sp.exp(-A * T))

    def test_the_start_is_constant(self):
        moving = replace(MOVING, start=(M * T, V))
        equation = Derivation(
            "x", Equation(sp.Derivative(moving.mean(W), T), moving.tested(W)), "test"
        ).then(OntoDensity(moving.density), moving.tested(W), moving.mean(-A * W), "by parts")
        rule = MomentOverTime(moving, equation)
        assert not passes(rule, moving.mean(W), M * T * sp.exp(-A * T))


class TestGaussianSolution:
    mean = M * sp.exp(-A * T)
    variance = V * sp.exp(-2 * A * T) + 2 * D / A * sp.exp(-A * T) * sp.sinh(A * T)

    def solves(self, mean, variance, process=MOVING):
        rule = GaussianSolution(process, mean, variance)
        return passes(rule, process.density, normal_density(W, mean, variance))

    def test_it_is_normal(self):
        assert self.solves(self.mean, self.variance)

    def test_other_means_and_variances(self):
        assert not self.solves(M, self.variance)  # does not move
        assert not self.solves(2 * self.mean, self.variance)  # starts elsewhere
        assert not self.solves(self.mean, self.variance.subs(D, 2 * D))
        assert not self.solves(self.mean, V * sp.exp(-2 * A * T))  # no noise
        assert not self.solves(self.mean, self.variance + D)
        assert not self.solves(self.mean, D / A)  # at rest from the start
        assert not self.solves(self.mean + W, self.variance)

    def test_other_processes(self):
        assert not self.solves(self.mean, self.variance, replace(MOVING, rates=(2 * A,)))
        assert not self.solves(self.mean, self.variance, replace(MOVING, matrix=((A,),)))
        assert not self.solves(self.mean, self.variance, replace(MOVING, start=(M, D)))
        assert not self.solves(self.mean, self.variance, replace(MOVING, start=(X, V)))
        assert not self.solves(self.mean, self.variance, REST)

    def test_the_result_is_the_density(self):
        rule = GaussianSolution(MOVING, self.mean, self.variance)
        wrong = normal_density(W, self.mean, self.variance) * sp.Rational(101, 100)
        assert not passes(rule, MOVING.density, wrong)


def test_lemmas_carry_what_they_assume():
    lemma = covariance.diffusion()
    (step,) = lemma.steps
    assert set(OntoDensity.cited) < set(step.rule.citations())
    rates = relaxation_rate.slowest().assumptions
    assert set(GaussianSolution.cited) < set(rates)
    assert set(relaxation.one_direction().assumptions) <= set(rates)
