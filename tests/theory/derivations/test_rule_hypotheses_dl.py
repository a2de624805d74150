"""Wrong steps that the rules for deep linear nets once took for right; the right ones beside them."""

import pytest
import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import Equation, Expectation
from theory.derivations.formal_flows import BalancedFlow, EntrySlope, InitialValue
from theory.derivations.formal_layers import Kron, Matrix, Projector, Trace, Weights, transpose
from theory.derivations.formal_matrices import MeanGiven, SystemRecursion
from theory.derivations.rules_calculus import Algebra
from theory.derivations.rules_contractions import MultipliedOut
from theory.derivations.rules_diagonal import DiagonalSum, SlopeAtDiagonal
from theory.derivations.rules_equations import Rescale
from theory.derivations.rules_expectations import Linearity
from theory.derivations.rules_flows import EqualWeights
from theory.derivations.rules_gaps import LargestFactor
from theory.derivations.rules_linear_systems import SolveSystem
from theory.derivations.rules_named import Named
from theory.derivations.rules_subspaces import OnSubspace
from theory.derivations.rules_weight_means import MeanOfLayers, NormalLayers, Traces
from theory.derivations.rules_words import (
    Eigenvalue,
    EqualTerms,
    GramByInduction,
    SplitFirstTerm,
    Words,
)
from theory.derivations.steps import Derivation, Step
from theory.derivations.symbols_deep_linear import L, eta, m
from theory.derivations.word_hypotheses import Isometry, Proved

ZERO, ONE, TWO, HALF = sp.Integer(0), sp.Integer(1), sp.Integer(2), sp.Rational(1, 2)
W = Weights("W")
COLUMNS = Isometry(W.name, "columns", ONE, L, m)
Z, J, K, N = (sp.Symbol(name, integer=True, positive=True) for name in "ijkn")
U, Q = sp.symbols("u q", real=True)
P, V = sp.IndexedBase("P", real=True), sp.IndexedBase("v", real=True)
DEEP = (sp.Le(TWO, L),)


def named(name, rows, columns):
    return Matrix(sp.Symbol(name, commutative=False), sp.sympify(rows), sp.sympify(columns))


def gram(layer):
    return transpose(W[layer]) * W[layer]


def total(term, *indices):
    return sp.Sum(term, *((x, 1, N) for x in indices))


def passes(rule, target, result, *constraints, left=None):
    step = Step(rule, target if left is None else left, target, sp.sympify(result), "test")
    return step.verify(Domain(constraints)).verdict.passed


A = named("A", 0, 0)


def test_identities_of_two_levels_are_not_of_one_size():
    one, two = Kron(gram(1), A), Kron(gram(2), A)
    assert passes(Words((COLUMNS,)), one, m * Kron(ONE, A), *DEEP)
    assert not passes(Words((COLUMNS,)), one, two, *DEEP)
    assert not passes(Traces((COLUMNS,)), Trace(one), Trace(two), *DEEP)
    assert not passes(Words(), Kron(A, A) * Kron(W[1], A), 2 * Kron(A, A) * Kron(W[1], A))
    assert passes(Words(), Kron(W[1], A) * Kron(A, A), Kron(W[1] * A, A**2))


def test_terms_of_two_levels_are_not_added():
    rule = EqualTerms((COLUMNS,))
    assert passes(rule, sp.Sum(gram(1), (Z, 1, L)), L * m)
    assert not passes(rule, sp.Sum(gram(Z), (Z, 1, L)), L * m)
    assert not passes(rule, sp.Sum(gram(1), (Z, 1, L)), L * gram(2), *DEEP)
    whole, rest = (sp.Sum(gram(1), (Z, low, L)) for low in (1, 2))
    assert passes(SplitFirstTerm((COLUMNS,)), whole, m + rest, *DEEP)
    assert not passes(SplitFirstTerm((COLUMNS,)), whole, gram(2) + rest, *DEEP)


def layer_mean(body, *groups):
    return Expectation(Trace(body), (W.name, NormalLayers(*(sp.Tuple(*x) for x in groups))))


def test_a_layer_has_one_law():
    linear = W[1] * named("C", 0, 1)
    assert passes(MeanOfLayers(), layer_mean(linear, (ONE, L, m, m)), 0)
    assert not passes(MeanOfLayers(), layer_mean(linear, (TWO, L, m, m)), 0)
    square = A * transpose(W[4, 1]) * W[4, 1]
    value = m**4 * Trace(A)
    one, two, four = (ONE, TWO, m, m), (TWO, sp.Integer(3), m, m), (ONE, sp.Integer(4), m, m)
    assert passes(MeanOfLayers(), layer_mean(square, four), value)
    assert not passes(MeanOfLayers(), layer_mean(square, one, two), value)  # none for layer 4


def test_the_mean_of_a_matrix_is_not_moved_past_others():
    law = (W.name, NormalLayers(sp.Tuple(ONE, L, m, m)))
    mean = Expectation(W[1], law)
    assert not passes(Linearity(), Expectation(A * W[1], law), A * mean)
    assert not passes(Linearity(), Expectation(W[1] * A, law), mean * A)
    number = Expectation(Trace(W[1] * named("C", 0, 1)), law)
    assert passes(Linearity(), Expectation(2 * number.body, law), 2 * number)


def test_a_projection_may_depend_on_the_layers():
    projection = Projector(sp.Symbol("P", commutative=False), ONE)
    for matrix, right in ((named("B", 1, 1), True), (projection, False)):
        mean = layer_mean(matrix * transpose(W[L, 2]) * W[L, 2], (ONE, L, m, m))
        assert passes(MeanOfLayers(), mean, m ** (L - 1) * Trace(matrix), *DEEP) is right


@pytest.mark.parametrize("power", [0, -1, HALF])
def test_an_eigenvalue_is_no_power_zero(power):
    x, v = sp.Symbol("x", positive=True), named("v", 0, 0)
    assert not passes(Eigenvalue(unknown=x, power=power), Equation(v, x**power * v), 7)
    assert not passes(Eigenvalue(unknown=x, power=power), Equation(v, x**power * v), 1)


def test_an_induction_runs_over_the_whole_range():
    low = sp.Symbol("l", integer=True)
    rule = Isometry(W.name, "columns", sp.Integer(-5), L, m)
    target, domain = transpose(W[J, low]) * W[J, low], (sp.Le(-5, low), sp.Le(low, J), sp.Le(J, L))
    right, any_sign = m ** (J - low + 1), sp.Symbol("k", integer=True)
    wrong = right * (1 + sp.Abs(low) - low)  # the same for positive layers
    assert passes(GramByInduction((rule,), any_sign), target, right, *domain)
    assert not passes(GramByInduction((rule,), any_sign), target, wrong, *domain)
    assert not passes(GramByInduction((rule,), K), target, wrong, *domain)


def test_two_matrices_may_print_alike():
    other = sp.IndexedBase("P")
    target = total(P[Z, J] * P[J, Z], Z, J)
    assert passes(MultipliedOut(N), target, total(P[J, K] * P[K, J], J, K))
    assert not passes(MultipliedOut(N), target, total(P[Z, J] * other[J, Z], Z, J))
    assert not passes(MultipliedOut(N), target, total(other[Z, J] * other[J, Z], Z, J))


def test_what_depends_on_a_random_or_varied_matrix_gets_no_name():
    trace, known = total(P[Z, Z], Z), total(P[J, J], J)
    mean = MeanGiven(trace**2, P, (known, U))
    assert not passes(Named(Q, trace), trace, Q, left=mean)
    slope = EntrySlope(trace * total(P[Z, J] ** 2, Z, J), P, K, K, V)
    assert not passes(Named(Q, trace), trace, Q, left=slope)
    assert passes(Named(Q, trace), trace, Q, left=trace + 1)


def test_a_constraint_on_a_name_says_nothing_of_a_bound_one():
    s, time = sp.Symbol("s", positive=True), sp.Symbol("t", nonnegative=True)
    p, below = sp.Symbol("p", real=True), sp.Lt(s, 1)
    gap = sp.Abs(1 - s)
    fall = InitialValue(sp.Lambda(s, gap), TWO, time)
    assert not passes(Algebra(), gap, 1 - s, below, left=fall)
    flow = BalancedFlow(sp.Lambda(p, (p - 1) ** 2 / 2), ONE, ONE, HALF, time)
    results = [InitialValue(sp.Lambda(s, x), HALF, time) for x in (1 - s, gap)]
    assert [passes(EqualWeights(), flow, x, below) for x in results] == [True, False]
    step = sp.Lambda((s, U), sp.Tuple(gap, U))
    system = SystemRecursion(step, sp.Tuple(5, 1), N, ZERO)
    assert not passes(Algebra(), gap, 1 - s, below, left=system)


def test_an_index_is_summed_over_once():
    delta, within = sp.KroneckerDelta(Z, K), sp.Le(K, N)
    assert passes(DiagonalSum(N), total(V[Z] * delta, Z), V[K], within)
    assert not passes(DiagonalSum(N), total(V[Z] * delta, Z, Z), V[K], within)
    for indices, right in (((Z, J), True), ((Z, J, Z), False)):
        slope = EntrySlope(total(P[Z, J] ** 2, *indices), P, K, K, V)
        assert passes(SlopeAtDiagonal(N), slope, 2 * V[K], within) is right


@pytest.mark.parametrize("place", [sp.Integer(-1), sp.Integer(2), sp.Rational(3, 2)])
def test_a_vector_has_no_other_components(place):
    step, value = sp.Lambda((Q, U), sp.Tuple(2 * Q, 3 * U)), 5 * 3**N
    assert passes(SolveSystem(), SystemRecursion(step, sp.Tuple(1, 5), N, ONE), value)
    assert not passes(SolveSystem(), SystemRecursion(step, sp.Tuple(1, 5), N, place), value)


def test_a_unit_vector_is_real():
    low = sp.Symbol("b", positive=True)
    for vector, right in ((V, True), (sp.IndexedBase("v"), False)):
        root = sp.sqrt(total((1 - eta * P[K]) ** 2 * vector[K] ** 2, K))
        assert passes(LargestFactor(P, vector, eta, low), root, 1 - eta * low) is right


def test_what_spans_a_subspace_is_not_zero_and_of_its_level():
    name, factor = sp.Symbol("P", commutative=False), sp.Symbol("c", real=True)
    chain, other = W[2, 1], named("B", 1, 1)
    for scale, right in ((m, True), (factor, False)):
        rule = OnSubspace(name, lambda level, c=scale: (c * W[level, 1],), "test")
        assert passes(rule, Projector(name, TWO) * chain, chain) is right
    rule = OnSubspace(name, lambda _level: (other,), "test")
    assert not passes(rule, Projector(name, TWO) * other, other)
    assert passes(rule, Projector(name, ONE) * other, other)


def test_a_lemma_hands_on_what_it_assumes_and_is_about_a_name():
    name, plain = named("G", 0, 0), gram(1) * A
    start = Derivation("demo", Equation(name, plain), "a name")
    lemma = start.then(Words((COLUMNS,)), start.definition, Equation(name, m * A), "isometry")
    rule = Words((Proved(lemma),))
    assert passes(rule, plain, m * A)
    assert COLUMNS.statement in " ".join(rule.citations())
    # X = A X doubled, less X: both are true of the X in question only
    vague = Equation(A, 2 * A * A), Equation(A, 4 * A * A - A)
    start = Derivation("vague", vague[0], "an equation for A")
    solved = start.then(Rescale(TWO), *vague, "the same solutions")
    assert not passes(Words((Proved(solved),)), 2 * A * A, 4 * A * A - A)
