"""The rules on Gamma ratios, layers, contractions, recursions and flows refuse what does not follow."""

import pytest
import sympy as sp

from theory.derivations.contractions import combination, expanded
from theory.derivations.domains import Domain
from theory.derivations.formal import Bernoulli, ByTransform, Equation, Expectation, Gaussian
from theory.derivations.formal_flows import BalancedFlow, EntrySlope, InitialValue
from theory.derivations.formal_matrices import MeanGiven, SystemRecursion
from theory.derivations.formal_tails import GivenPast
from theory.derivations.rules_bounded_factors import (
    ExponentialAboveTangent,
    PowersOfLemmas,
    RootBelowTangent,
    TimesLemma,
)
from theory.derivations.rules_contractions import KnownMeans, MultipliedOut, WickContraction
from theory.derivations.rules_diagonal import DiagonalSum, SlopeAtDiagonal
from theory.derivations.rules_flows import EqualWeights, SolveFlow
from theory.derivations.rules_gamma_ratio import BelowByRecurrence
from theory.derivations.rules_half_normal import HalfNormalIntegral
from theory.derivations.rules_independent import SumOfConstant
from theory.derivations.rules_layer_products import IidFactors, IndependentLayers
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_linear_systems import SolveSystem
from theory.derivations.rules_term_by_term import TermByTerm
from theory.derivations.steps import Derivation, Step

HALF = sp.Rational(1, 2)
a, b = sp.Symbol("a", positive=True), sp.Symbol("b", positive=True)
n = sp.Symbol("n", integer=True, positive=True)
RATIO = sp.gamma(a + HALF) / sp.gamma(a)
ONE = Gaussian(sp.Integer(1))
TWO = sp.Integer(2)


def passes(rule, target, result, *constraints):
    return Step(rule, target, target, result, "").verify(Domain(constraints)).verdict.passed


def below(bound, *constraints, target=RATIO, result=None):
    rule = BelowByRecurrence(sp.Lambda(a, bound))
    return passes(rule, target, bound if result is None else result, *constraints)


@pytest.mark.parametrize("share", ["1/6", "1/10", "0", "-1/3"])
def test_gamma_ratio_is_below_a_root_from_one_half_on(share):
    assert below(sp.sqrt(a - sp.Rational(share)), sp.Le(HALF, a))


def test_gamma_ratio_refuses_bounds_that_do_not_follow():
    tenth = sp.Rational(1, 10)
    good = sp.sqrt(a - tenth)
    assert not below(sp.sqrt(a - sp.Rational(1, 5)), sp.Le(HALF, a))  # false at 1/2
    assert not below(sp.sqrt(a - sp.Rational(1, 4)), sp.Le(HALF, a))  # false everywhere
    assert not below(2 * good, sp.Le(HALF, a))  # true, but the quotient does not tend to 1
    assert not below(good)  # the root is not real below 1/10
    assert not below(good, sp.Le(tenth, a))  # the quotient falls from 1/10 on
    assert not below(good, sp.Le(HALF, a), sp.Lt(a, 5))  # a + 1 is not in the domain
    assert not below(good, sp.Le(HALF, a), result=sp.sqrt(a))  # not the bound checked
    assert not below(good, sp.Le(HALF, a), target=2 * RATIO)
    assert not below(good, sp.Le(HALF, a), target=1 / RATIO)
    assert not below(good, sp.Le(HALF, a), target=RATIO * sp.gamma(b))
    assert not below(sp.sqrt(a - tenth * b), sp.Le(HALF, a))


def tangent_lemma():
    twice = sp.Sum(b**2, (n, 1, 2))
    start = Derivation("root", sp.sqrt(1 + twice), "a root")
    done = start.then(SumOfConstant(), twice, 2 * b**2, "two terms")
    return done.then(RootBelowTangent(), done.conclusion, 1 + b**2, "tangent")


def test_root_is_below_its_tangent_where_it_is_real():
    x = sp.Symbol("x", real=True)
    assert passes(RootBelowTangent(), sp.sqrt(a), (1 + a) / 2)
    assert not passes(RootBelowTangent(), sp.sqrt(x), (1 + x) / 2)
    assert not passes(RootBelowTangent(), a ** sp.Rational(1, 3), (1 + a) / 2)


def test_an_inequality_is_not_multiplied_by_what_may_be_negative():
    lemma, x = Lemma(tangent_lemma(), start=1), sp.Symbol("x", real=True)
    small, large = sp.sqrt(1 + 2 * b**2), 1 + b**2
    assert passes(TimesLemma(lemma, a), a * small, a * large)
    assert not passes(TimesLemma(lemma, x), x * small, x * large)
    assert not passes(TimesLemma(lemma, a), a * small, 2 * a * large)
    powers = PowersOfLemmas(((lemma, small, large, n),))
    assert passes(powers, small**n, large**n)
    inverse = PowersOfLemmas(((lemma, small, large, -n),))
    assert not passes(inverse, small**-n, large**-n)


def test_exponential_is_above_powers_between_zero_and_one():
    rule = ExponentialAboveTangent(((1 / (2 * n), n),))
    assert passes(rule, (1 - 1 / (2 * n)) ** n, sp.exp(-HALF))
    assert not passes(rule, (1 - 1 / (2 * n)) ** n, sp.exp(-1))
    assert not passes(ExponentialAboveTangent(((b, n),)), (1 - b) ** n, sp.exp(-b * n))  # b > 1
    fewer = ExponentialAboveTangent(((1 / (2 * n), -n),))
    assert not passes(fewer, (1 - 1 / (2 * n)) ** -n, sp.exp(HALF))


def test_half_normal_integral_reads_its_rate():
    x = sp.Symbol("x", positive=True)
    limits = (x, 0, sp.oo)
    rule = HalfNormalIntegral()
    good = sp.Integral(x**b * sp.exp(-a * x**2), limits)
    value = sp.gamma((b + 1) / 2) / (2 * a ** ((b + 1) / 2))
    assert passes(rule, good, value)
    assert not passes(rule, sp.Integral(x**b * sp.exp(-a * x), limits), value)
    assert not passes(rule, sp.Integral(x**-b * sp.exp(-a * x**2), limits), value.subs(b, -b))
    assert not passes(rule, sp.Integral(x**b * sp.exp(a * x**2), limits), value.subs(a, -a))
    assert not passes(rule, sp.Integral(x**b * sp.exp(-a * x**2), (x, 0, 1)), value)


w, layer = sp.IndexedBase("w", real=True), sp.Symbol("l", integer=True, positive=True)
one = sp.Symbol("u", real=True)


def product_of(term, count=n):
    return sp.Product(term, (layer, 1, count))


def test_moment_of_iid_factors():
    mean, rule = Expectation(product_of(sp.Abs(w[layer])) ** a, (w, ONE)), IidFactors(one)
    assert passes(rule, mean, Expectation(sp.Abs(one) ** a, (one, ONE)) ** n)
    assert not passes(rule, mean, Expectation(sp.Abs(one) ** a, (one, ONE)) ** (n + 1))
    assert not passes(rule, mean, Expectation(sp.Abs(one) ** a, (one, Gaussian(a))) ** n)


@pytest.mark.parametrize(
    ("body", "power"),
    [
        (product_of(sp.Abs(w[layer] * w[layer + 1])), a),  # neighbours share an entry
        (product_of(sp.Abs(w[layer]) + sp.Abs(w[1])), a),  # one entry in every factor
        (product_of(w[layer]), a),  # not >= 0
        (product_of(sp.Abs(w[layer]) * layer), a),  # the factors are not alike
        (product_of(sp.Abs(w[layer]), n - 2), a),  # perhaps -1 factors
        (product_of(sp.Abs(w[layer])), -a),  # E of the power may be infinite
    ],
)
def test_factors_that_are_not_iid_are_refused(body, power):
    mean = Expectation(body**power, (w, ONE))
    count = body.limits[0][2]
    factor = body.function.xreplace({w[layer]: one})
    result = Expectation(factor**power, (one, ONE)) ** count
    assert not passes(IidFactors(one), mean, result)


def test_layers_whose_law_depends_on_the_state_are_not_independent():
    t, x = sp.Symbol("t", positive=True), sp.IndexedBase("x", real=True)
    ratio = sp.Symbol("R", nonnegative=True)
    free = sp.Lambda(t, (1 + 2 * t) ** -HALF)
    bound = sp.Lambda(t, (1 + 2 * t * x[1] ** 2) ** -HALF)
    for function, expected in ((free, True), (bound, False)):
        mean = Expectation(ratio**2, (ratio, GivenPast(function, x)))
        result = Expectation(ratio**2, (ratio, ByTransform(function)))
        assert passes(IndependentLayers(), mean, result) is expected


W, P = sp.IndexedBase("W", real=True), sp.IndexedBase("P", real=True)
i, j, k, c = sp.symbols("i j k c", integer=True, positive=True)


def total(term, *indices):
    return sp.Sum(term, *((x, 1, n) for x in indices))


def wick(body, result, law=ONE):
    return passes(WickContraction(n), Expectation(body, (W, law)), result)


def test_wick_contracts_every_pairing():
    assert wick(total(W[i, j] * W[i, k] * P[j, k], i, j, k), n * total(P[j, j], j))
    assert wick(total(W[i, j] * W[j, i], i, j), n)
    assert wick(total(W[i, i], i) ** 2, n)
    assert wick(total(W[i, i], i) ** 4, 3 * n**2)
    assert wick(total(W[i, i], i) ** 2, n * a, Gaussian(a))
    assert wick(total(W[i, i], i) ** 3 + 1, sp.Integer(1))
    assert wick(total(W[i, i], i) ** 6, 15 * n**3)
    assert not wick(total(W[i, i], i) ** 4, 2 * n**2)
    assert not wick(total(W[i, j] * W[i, k] * P[j, k], i, j, k), n * total(P[j, k], j, k))


def test_wick_refuses_other_laws_and_open_indices():
    assert not wick(total(W[i, i], i) ** 2, n * HALF, Bernoulli(HALF))
    assert not wick(total(W[i, j] * W[i, k], i, j), n)  # k is not summed over
    assert not wick(sp.Sum(W[i, i], (i, 1, n + 1)) ** 2, n + 1)  # another size
    assert not wick(total(i * W[i, i] ** 2, i), n)  # a weight that depends on an index
    assert not wick(total(sp.Abs(W[i, i]), i) ** 2, n)
    long = total(P[i, i], i) ** 5
    assert not wick(total(W[i, i], i) ** 2 * long, n * long)  # longer than the rule looks


def test_contractions_do_not_mix_rows_and_columns():
    def form(expr):
        return combination(expanded(expr, frozenset({P}), n), n)

    first = total(P[i, j] * P[k, j], i, j, k)
    assert form(first) == form(total(P[c, i] * P[k, i], c, i, k))
    assert form(first) != form(total(P[j, i] * P[j, k], i, j, k))
    assert form(total(P[i, j], i, j, k)) == form(n * total(P[i, j], i, j))


def test_multiplied_out_keeps_the_law():
    body, flat = total(W[i, i], i) ** 2, total(W[i, i] * W[j, j], i, j)
    rule = MultipliedOut(n)
    assert passes(rule, body, flat)
    assert not passes(rule, body, total(W[i, j] * W[j, i], i, j))
    law = Gaussian(a)
    assert passes(rule, Expectation(body, (W, law)), Expectation(flat, (W, law)))
    assert not passes(rule, Expectation(body, (W, law)), Expectation(flat, (W, ONE)))


def test_known_means_are_of_the_functionals_that_occur():
    trace, u = total(P[i, i], i), sp.Symbol("u", real=True)
    mean = MeanGiven(3 * trace + 1, P, (trace, u))
    assert passes(KnownMeans(n), mean, 3 * u + 1)
    assert not passes(KnownMeans(n), mean, 3 * u)
    assert not passes(KnownMeans(n), MeanGiven(trace**2, P, (trace, u)), u**2)
    assert not passes(KnownMeans(n), MeanGiven(trace, P, (2 * trace, u)), u / 2)
    assert not passes(KnownMeans(n), MeanGiven(trace, P, (trace, P[1, 1])), P[1, 1])


x, z = sp.symbols("x z", real=True)


def recursion(first, second, start=(1, 0), place=0):
    step = sp.Lambda((x, z), sp.Tuple(first, second))
    return SystemRecursion(step, sp.Tuple(*start), n, sp.Integer(place))


def test_linear_systems_are_solved():
    fall = recursion(2 * x + z, 3 * z, start=(1, 1))
    assert passes(SolveSystem(), fall, sp.Integer(3) ** n)
    assert not passes(SolveSystem(), fall, sp.Integer(2) ** n)
    assert passes(SolveSystem(), recursion(x, 2 * z, (1, 5), 1), 5 * sp.Integer(2) ** n)


@pytest.mark.parametrize(
    ("first", "second"),
    [(x + z, z), (x**2, z), (x + 1, 2 * z), (x + z, -x + z), (a * x, b * z), (n * x * z, z)],
)
def test_systems_without_different_known_eigenvalues_are_refused(first, second):
    target = recursion(first, second)
    for result in (sp.Integer(1), sp.Integer(0), n, a**n, x + 1):
        assert not passes(SolveSystem(), target, result)


def test_terms_are_matched_one_by_one():
    left, right = (1 + 2 / a) ** n + 3**n, 3**n + (a + 2) ** n / a**n
    assert passes(TermByTerm(), left, right)
    assert not passes(TermByTerm(), left, right + 1)
    assert not passes(TermByTerm(), left, 3**n + (a + 1) ** n / a**n)


strength, time = sp.Symbol("S", positive=True), sp.Symbol("tau", nonnegative=True)


def solved(rate, start, solution, at=time):
    return passes(SolveFlow(), InitialValue(sp.Lambda(strength, rate), start, at), solution)


def test_a_flow_is_solved_by_what_obeys_it():
    assert solved(a * (b - strength), n, b + (n - b) * sp.exp(-a * time))
    assert not solved(a * (b - strength), n, b + (n - b) * sp.exp(-2 * a * time))
    assert not solved(a * (b - strength), n + 1, b + (n - b) * sp.exp(-a * time))


def test_a_solution_with_a_pole_is_refused():
    assert not solved(strength**2, a, a / (1 - a * time))
    assert solved(-(strength**2), a, a / (1 + a * time))
    # s' = -s(y - s) from s0 > y reaches infinity: the formula goes on beyond the pole.
    pole = b / (1 + (b / a - 1) * sp.exp(2 * b * time))
    assert not solved(-2 * strength * (b - strength), a, pole)


def test_a_flow_needs_uniqueness_and_a_time_from_zero():
    assert not solved(2 * sp.sqrt(strength), sp.Integer(0), time**2)  # 0 is a solution as well
    late = sp.Symbol("late", positive=True)
    assert not solved(-strength, a, a * sp.exp(-late), late)
    rule = SolveFlow()
    assert not passes(rule, Equation(strength, a), a)


def test_equal_weights_follow_one_equation():
    p = sp.Symbol("p", real=True)
    loss = (a * p - b) ** 2 / 2

    def follows(rate, function=loss, depth=TWO, start=n):
        flow = BalancedFlow(sp.Lambda(p, function), a, depth, start, time)
        return passes(EqualWeights(), flow, InitialValue(sp.Lambda(strength, rate), start, time))

    assert follows(2 * a * strength * (b - strength))
    assert not follows(a * strength * (b - strength))
    assert not follows(2 * a * strength * (b - strength), depth=sp.Integer(3))
    assert not follows(2 * a * strength * (b - strength), depth=b)
    assert not follows(-2 * strength * sp.sign(strength), sp.Abs(p))
    assert not follows(2 * a * strength * (b - strength), start=n - 1)  # 0 is at rest


v = sp.IndexedBase("v", real=True)


def delta_sum(target, result, *constraints):
    return passes(DiagonalSum(n), target, result, *constraints)


def test_a_sum_over_a_delta_needs_the_place_in_its_range():
    delta = sp.KroneckerDelta
    within = (sp.Le(k, n), sp.Le(c, n))
    target = total(v[i] * delta(i, k) * v[j] * delta(c, j), i, j)
    assert delta_sum(target, v[k] * v[c], *within)
    assert not delta_sum(target, v[k] * v[c], within[0])
    assert not delta_sum(target, v[k] ** 2, *within)
    chain = total(v[i] * delta(i, j) * delta(j, k), i, j)
    assert delta_sum(chain, v[k], *within)
    assert not delta_sum(total(v[i] * delta(i, k), i, j), v[k], *within)  # j counts n times
    assert not delta_sum(total(v[i] + delta(i, k), i), v[k], *within)
    assert not delta_sum(sp.Sum(v[i] * delta(i, k), (i, 2, n)), v[k], *within)
    assert not delta_sum(sp.Sum(v[i] * delta(i, k), (i, 1, n - 1)), v[k], *within)


def test_slope_in_an_entry_is_of_a_sum_over_all_entries():
    within = (sp.Le(k, n), sp.Le(c, n))

    def slope(loss, result, *constraints):
        target = EntrySlope(loss, W, k, c, v)
        return passes(SlopeAtDiagonal(n), target, result, *constraints)

    delta = sp.KroneckerDelta(k, c)
    squares = total(W[i, j] ** 2, i, j)
    assert slope(squares, 2 * v[k] * delta, *within)
    assert slope(squares / 2, v[k] * delta, *within)
    assert not slope(squares, 2 * v[k] * delta, within[0])
    assert not slope(squares, 2 * v[k], *within)
    assert not slope(total(W[i, j] * W[j, i], i, j), 2 * v[k] * delta, *within)
    assert not slope(total(W[i, i] ** 2, i), 2 * v[k] * delta, *within)
    assert not slope(total(sp.Abs(W[i, j]), i, j), sp.sign(v[k]) * delta, *within)
