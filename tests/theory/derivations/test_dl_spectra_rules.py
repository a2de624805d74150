"""Rules on words of matrices refuse what does not follow; every hypothesis is needed, and spaces must fit."""

from dataclasses import replace

import pytest
import sympy as sp

from theory.derivations import deep_linear_reduction as reduction
from theory.derivations import deep_linear_spectra as spectra
from theory.derivations import deep_linear_spectra_loss as loss
from theory.derivations.deep_linear_reduction_subspaces import (
    HIDDEN,
    LAYER,
    PROJECTION,
    named,
    projector,
    spanning,
)
from theory.derivations.deep_linear_spectra_setting import COLUMNS, ORTHOGONAL, ROWS, W, X
from theory.derivations.domains import Domain
from theory.derivations.formal import Equation, Expectation
from theory.derivations.formal_layers import Chain, Kron, Trace, Transposed, transpose
from theory.derivations.rules_gaps import FiniteGeometricSum, LargestFactor, Raise
from theory.derivations.rules_maxima import NamedInMaximum
from theory.derivations.rules_slopes import SlopeAtZero
from theory.derivations.rules_subspaces import InvariantSubspaces, OnSubspace
from theory.derivations.rules_weight_means import HaarLayers, MeanOfLayers, NormalLayers, Traces
from theory.derivations.rules_words import Eigenvalue, EqualTerms, GramByInduction, Words
from theory.derivations.symbols_deep_linear import L, d_y, eta, m
from theory.derivations.word_hypotheses import Equal, Isometry, Proved

ONE, TWO = sp.Integer(1), sp.Integer(2)
LOW, TOP, NEW = (sp.Symbol(name, integer=True, positive=True) for name in "ijk")
X_, POSITIVE = sp.Symbol("x", real=True), sp.Symbol("b", positive=True)
DEPTH = Domain((sp.Le(TWO, L),))
INNER = Domain((sp.Le(TWO, LAYER), sp.Le(LAYER, L - 1)))


def passes(rule, target, result, domain=DEPTH):
    try:
        return rule.check(target, result, domain).verdict.passed
    except (ValueError, TypeError, AttributeError):
        return False


def steps_with_hypotheses():
    """Every step of every derivation whose rule states hypotheses, with each of them left out in turn."""
    modules = (spectra, loss, reduction)
    for module in modules:
        for name, build in {**module.DERIVATIONS, **module.SUPPLEMENTS}.items():
            for number, step in enumerate(build().steps):
                for left_out in getattr(step.rule, "hypotheses", ()):
                    yield pytest.param(
                        name, build, number, left_out, id=f"{name}-{number}-{left_out.statement}"
                    )


@pytest.mark.parametrize(("name", "build", "number", "left_out"), list(steps_with_hypotheses()))
def test_no_step_verifies_without_one_of_its_hypotheses(name, build, number, left_out):
    derivation = build()
    step = derivation.steps[number]
    kept = tuple(x for x in step.rule.hypotheses if x != left_out)
    weaker = replace(step, rule=replace(step.rule, hypotheses=kept))
    assert not weaker.verify(Domain(derivation.constraints)).verdict.passed, name


@pytest.mark.parametrize("columns", [True, False])
def test_the_whole_product_is_not_an_isometry(columns):
    derivation = spectra.partial_products(columns)
    loose = replace(derivation, constraints=(sp.Le(LOW, TOP), sp.Le(TOP, L)))
    assert not loose.verify().verdict.passed
    whole = W[L, 1]
    gram = transpose(whole) * whole if columns else whole * transpose(whole)
    assert not passes(Words(ORTHOGONAL), gram, m**L)
    assert not passes(GramByInduction(ORTHOGONAL, NEW), gram, m**L)


def test_products_of_layers_are_peeled_only_as_far_as_they_are_isometries():
    one = W[L - 1, 2]
    assert passes(Words((ROWS,)), one * transpose(one), m ** (L - 2))
    assert not passes(Words((ROWS,)), W[L - 1, 1] * transpose(W[L - 1, 1]), m ** (L - 1))
    assert passes(Words((COLUMNS,)), transpose(one) * W[L - 1, 1], m ** (L - 2) * W[1])
    late = Isometry(W.name, "columns", sp.Integer(2), L - 1, m)
    first = transpose(W[1]) * W[1]
    assert passes(Words((late,)), transpose(W[L - 1, 1]) * W[L - 1, 1], m ** (L - 2) * first)
    assert not passes(Words((late,)), first, m)


def test_induction_needs_the_first_case_and_the_step():
    gram, domain = (
        transpose(W[TOP, LOW]) * W[TOP, LOW],
        Domain((sp.Le(LOW, TOP), sp.Le(TOP, L - 1))),
    )
    rule = GramByInduction((COLUMNS,), NEW)
    count = TOP - LOW + 1
    assert passes(rule, gram, m**count, domain)
    for wrong in (2 * m**count, m**TOP, m ** (2 * count), (2 * m) ** count):
        assert not passes(rule, gram, wrong, domain)
    assert not passes(GramByInduction((COLUMNS,), LOW), gram, m**count, domain)
    assert not passes(GramByInduction((ROWS,), NEW), gram, m**count, domain)


def test_spaces_must_fit():
    assert not passes(Words(), W[2] * W[2], W[2] * W[2] + 0 * X)
    assert not passes(Words(ORTHOGONAL), W[3] * W[1], W[3] * W[1] * 1)
    assert not passes(Words((COLUMNS, ROWS)), transpose(W[2]) * W[2], W[2] * transpose(W[2]), INNER)
    assert not passes(Words(), W[1] * X, X)


def test_products_of_a_negative_number_of_layers_mean_nothing():
    chain = W[TOP, LOW]
    assert not passes(Words(), chain * transpose(chain), 2 * chain * transpose(chain) / 2, Domain())
    assert not passes(Words(), W[2, 5] * W[4], W[2])


def test_factors_do_not_commute():
    one, two = (named(name, 0, 0) for name in "AB")
    assert not passes(Words(), one * two, two * one)
    assert passes(Words(), transpose(one * two), transpose(two) * transpose(one))
    assert not passes(Words(), transpose(one * two), transpose(one) * transpose(two))
    assert passes(Words(), Kron(one, two) * Kron(two, one), Kron(one * two, two * one))
    assert not passes(Words(), Kron(one, two), Kron(two, one))


def test_traces_are_cyclic_and_no_more():
    one, two, three = (named(name, 0, 0) for name in "ABC")
    whole = Trace(one * two * three)
    assert passes(Traces(), whole, Trace(three * one * two))
    assert passes(Traces(), whole, Trace(transpose(one) * transpose(three) * transpose(two)))
    assert not passes(Traces(), whole, Trace(two * one * three))
    assert not passes(Traces(), Trace(one), Trace(one) + 1)
    assert not passes(Traces(), Trace(X), Trace(X) * 2 / 2 + 0 * Trace(one), Domain())


def test_means_need_the_law_of_every_layer():
    square = Trace(transpose(W[L, 1] * X) * W[L, 1] * X)
    power = Trace(transpose(X) * X)
    whole = loss.LAWS["gaussian"]
    assert passes(MeanOfLayers(), Expectation(square, (W.name, whole)), m ** (L - 1) * d_y * power)
    partial = NormalLayers(*whole.args[1:])
    assert not passes(
        MeanOfLayers(), Expectation(square, (W.name, partial)), m ** (L - 1) * d_y * power
    )
    tall = HaarLayers.of((Isometry(W.name, "rows", ONE, L, m), m, 2 * m))
    assert passes(MeanOfLayers(), Expectation(square, (W.name, tall)), (m / 2) ** L * power)
    assert not passes(MeanOfLayers(), Expectation(square, (W.name, tall)), m**L * power)


def test_means_of_more_than_one_square_are_refused():
    law = (W.name, loss.LAWS["orthogonal"])
    square = Trace(transpose(W[L, 1] * X) * W[L, 1] * X)
    power = m ** (L - 1) * d_y * Trace(transpose(X) * X)
    assert not passes(MeanOfLayers(), Expectation(square**2, law), power**2)
    assert not passes(
        MeanOfLayers(), Expectation(square * square.func(W[1] * named("A", 0, 1)), law), 0 * power
    )
    assert not passes(MeanOfLayers(), Expectation(sp.exp(square), law), sp.exp(power))


def test_equal_terms_are_counted():
    term = m ** (LOW - 1) * m ** (L - LOW) * X
    total = sp.Sum(term, (LOW, 1, L))
    assert passes(EqualTerms(), total, L * m ** (L - 1) * X)
    assert not passes(EqualTerms(), total, (L - 1) * m ** (L - 1) * X)
    assert not passes(EqualTerms(), sp.Sum(m**LOW * X, (LOW, 1, L)), L * m**L * X)
    assert not passes(EqualTerms(), sp.Sum(X, (LOW, 1, L - 5)), (L - 5) * X, Domain())


def test_an_eigenvalue_needs_one_vector():
    x = sp.Symbol("lambda", positive=True)
    v, w = named("v", 0, "one"), named("w", 0, "one")
    assert passes(Eigenvalue(unknown=x), Equation(m * v, x * v), m)
    assert not passes(Eigenvalue(unknown=x), Equation(m * v, x * w), m)
    assert not passes(Eigenvalue(unknown=x), Equation(m * v + w, x * v), m)
    assert not passes(Eigenvalue(unknown=x), Equation(-m * v, x * v), -m)
    assert not passes(Eigenvalue(unknown=x, power=2), Equation(m * v, x**2 * v), -sp.sqrt(m))


def test_subspaces_are_not_kept_without_either_kind_of_orthogonality():
    target, result = projector(LAYER) * W[LAYER], W[LAYER] * projector(LAYER - 1)
    rule = InvariantSubspaces(PROJECTION, spanning, "S_l", HIDDEN)
    assert passes(rule, target, result, INNER)
    for kept in (HIDDEN[:1], HIDDEN[1:], ()):
        assert not passes(replace(rule, hypotheses=kept), target, result, INNER)
    for level in (ONE, L):
        wrong = projector(level) * W[level], W[level] * projector(level - 1)
        assert not passes(rule, *wrong, DEPTH)


def test_subspaces_need_both_kinds_of_columns():
    target, result = projector(LAYER) * W[LAYER], W[LAYER] * projector(LAYER - 1)
    rotated = lambda level: (W[level, 1] * X, transpose(W[L, level]))  # noqa: E731
    for span in (lambda level: spanning(level)[:1], lambda level: spanning(level)[1:]):
        assert passes(InvariantSubspaces(PROJECTION, span, "", HIDDEN), target, result, INNER)
    assert not passes(InvariantSubspaces(PROJECTION, rotated, "", HIDDEN), target, result, INNER)
    only_data = lambda level: spanning(level)[:1]  # noqa: E731
    last = transpose(W[L])
    assert not passes(OnSubspace(PROJECTION, only_data, ""), projector(L - 1) * last, last)


def test_a_lemma_on_matrices_is_verified_and_kept_to_its_range():
    lemma = spectra.narrow_projection()
    one = transpose(W[1]) * W[1]
    broken = replace(lemma, steps=(replace(lemma.steps[0], result=lemma.steps[0].result * 2),))
    left, right = one * one, sp.Symbol("d_x", integer=True, positive=True) * one
    assert passes(Words((Proved(lemma),)), left, right)
    assert not passes(Words((Proved(broken),)), left, right)
    ranged = replace(lemma, constraints=(sp.Le(sp.Integer(3), L),))
    assert not passes(Words((Proved(ranged),)), left, right)


def test_a_named_product_is_no_other_product():
    one, two = named("A", 0, 1), named("B", 0, 1)
    known = Equal(one * transpose(two), ONE)
    assert passes(Words((known,)), one * transpose(two), ONE)
    assert passes(Words((known,)), two * transpose(one), ONE)
    assert not passes(Words((known,)), transpose(two) * one, ONE)
    assert not passes(Words((Equal(0 * one, ONE),)), one, 2 * one)


def test_slopes_are_of_polynomials():
    one, two = named("A", 0, 0), named("B", 0, 0)
    moved = one + X_ * two
    rise = (Trace(transpose(moved) * moved) - Trace(transpose(one) * one)) / X_
    assert passes(SlopeAtZero(), sp.Limit(rise, X_, 0), 2 * Trace(transpose(one) * two))
    assert not passes(SlopeAtZero(), sp.Limit(rise, X_, 0), Trace(transpose(one) * two))
    without = Trace(transpose(moved) * moved) / X_
    assert not passes(SlopeAtZero(), sp.Limit(without, X_, 0), 2 * Trace(transpose(one) * two))
    assert not passes(SlopeAtZero(), sp.Limit(sp.sqrt(X_**2) / X_, X_, 0), ONE)
    assert not passes(SlopeAtZero(), sp.Limit(rise, X_, sp.oo), 2 * Trace(transpose(one) * two))


def test_a_gap_must_be_at_least_0():
    x = sp.Symbol("y", positive=True)
    assert passes(Raise(x), x, 2 * x)
    assert not passes(Raise(-x), 2 * x, x)
    assert not passes(Raise(1 - x), x, ONE)
    assert passes(Raise(1 - x), x, ONE, Domain((x < 1,)))


def test_geometric_sums():
    r, n = sp.Symbol("theta", positive=True), sp.Symbol("n", integer=True, nonnegative=True)
    k, below = sp.Symbol("l", integer=True, nonnegative=True), Domain((r < 1,))
    total, value = sp.Sum(r**k, (k, 0, n - 1)), (1 - r**n) / (1 - r)
    assert passes(FiniteGeometricSum(), total, value, below)
    assert not passes(FiniteGeometricSum(), total, value, Domain())
    assert not passes(FiniteGeometricSum(), sp.Sum(r**k, (k, 1, n)), value, below)
    assert not passes(FiniteGeometricSum(), sp.Sum(r ** (k**2), (k, 0, n - 1)), value, below)
    assert not passes(FiniteGeometricSum(), total, 1 / (1 - r), below)


def test_the_largest_factor_is_that_of_the_smallest_eigenvalue():
    p, c = (sp.IndexedBase(name, real=True) for name in "pc")
    n = sp.Symbol("N", integer=True, positive=True)
    root = sp.sqrt(sp.Sum((1 - eta * p[NEW]) ** 2 * c[NEW] ** 2, (NEW, 1, n)))
    rule = LargestFactor(p, c, eta, POSITIVE)
    assert passes(rule, root, 1 - eta * POSITIVE)
    assert not passes(rule, root, 1 - 2 * eta * POSITIVE)
    assert not passes(rule, root**2, (1 - eta * POSITIVE) ** 2)
    assert not passes(rule, root.xreplace({c: p}), 1 - eta * POSITIVE)
    assert not passes(LargestFactor(p, c, eta, p[1]), root, 1 - eta * p[1])
    assert not passes(LargestFactor(p, c, -eta, POSITIVE), root, 1 + eta * POSITIVE)


def test_a_chain_has_a_name():
    assert not passes(Words(), Chain(2 * W.name, ONE, ONE), W[1])
    assert passes(Words(), Transposed(2 * W[1]), 2 * transpose(W[1]))


def test_a_maximum_is_named_in_every_argument():
    k, b = sp.Symbol("kappa", positive=True), POSITIVE
    rule = NamedInMaximum(k, b**2)
    target = sp.Max(b**4, 3 * b**2 * eta, sp.log(m))
    assert passes(rule, target, sp.Max(k**2, 3 * k * eta, sp.log(m)))
    for wrong in (
        sp.Max(k**2, 3 * k * eta, 2 * sp.log(m)),
        sp.Max(k**2, 3 * k * eta),
        sp.Max(k**2, 3 * k * eta, sp.log(m), eta),
        sp.Max(k**3, 3 * k * eta, sp.log(m)),
    ):
        assert not passes(rule, target, wrong)
