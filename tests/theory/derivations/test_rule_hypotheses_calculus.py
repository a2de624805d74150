"""Attacks on the rules of calculus, sums and lemmas: each is refused, the right step still accepted."""

import pytest
import sympy as sp
from flint import arb

from theory.derivations.domains import Domain, is_nonnegative, is_smooth
from theory.derivations.formal import Equation
from theory.derivations.rays import range_on_ray
from theory.derivations.rules_calculus import Algebra, PullOut, Solve, SplitAtZero
from theory.derivations.rules_inequalities import UpperBoundOnBoxes
from theory.derivations.rules_integrals import Antiderivative, GammaIntegral
from theory.derivations.rules_lemma import Lemma, LemmaAtZero
from theory.derivations.rules_sums import (
    BinomialComplement,
    BinomialTheorem,
    FiniteSwap,
    ShiftIndex,
    SplitEnds,
)
from theory.derivations.rules_variables import MellinByParts
from theory.derivations.steps import Derivation, Step
from theory.derivations.verdicts import Verdict

X, Y, T, C = sp.symbols("x y t c", positive=True)
P = sp.Symbol("p", positive=True)
Q, L = sp.symbols("Q l", nonnegative=True)
Z, W = sp.symbols("z w", real=True)
A = sp.Symbol("a", real=True, nonzero=True)
D, M = sp.symbols("d m", integer=True, positive=True)
N, J = sp.symbols("n j", integer=True, nonnegative=True)
HALF_LINE, LINE, TWICE = (X, 0, sp.oo), (Z, -sp.oo, sp.oo), (Y, 0, 2)
ONE, HALF = sp.Integer(1), sp.Rational(1, 2)
BELOW_ONE = (sp.Lt(P, 1),)


def integral(function, *limits):
    return sp.Integral(function, *limits)


def report(rule, target, result, constraints=()):
    return Step(rule, target, target, sp.sympify(result), "test").verify(Domain(constraints))


def derived(definition, rule, value):
    return Derivation("lemma", definition, "test").then(rule, definition, value, "test")


SQUARED = derived(integral(A**2 * sp.exp(-(A**2) * X), HALF_LINE), GammaIntegral(), ONE)
RECIPROCAL = derived(integral(C * sp.exp(-C * X), HALF_LINE), GammaIntegral(), ONE)
MELLIN = integral((1 - sp.exp(-T * Y)) * T ** (-P - 1), (T, 0, sp.oo))
PARTS = integral(Y * sp.exp(-T * Y) * T**-P / P, (T, 0, sp.oo))
POWER = Derivation("power", MELLIN, "test", constraints=BELOW_ONE)
POWER = POWER.then(MellinByParts(), MELLIN, PARTS, "parts").then(
    GammaIntegral(), PARTS, sp.gamma(1 - P) * Y**P / P, "Gamma"
)
AT_Q = MELLIN.xreplace({Y: Q})
GEOMETRIC = derived(
    sp.Sum(sp.binomial(D, N) * X**N, (N, 0, D)), BinomialTheorem(X, ONE, D, True), (1 + X) ** D
)
WEIGHTS = sp.binomial(D, N) * 2**-D


def choose(first, exponent=M):
    return sp.Sum(sp.binomial(exponent, N) * first**N, (N, 0, exponent))


#: (rule, target, right result, constraints)
RIGHT = {
    "split at zero": (
        SplitAtZero(X),
        integral(sp.exp(-(Z**2)), LINE),
        2 * integral(sp.exp(-(X**2)), HALF_LINE),
        (),
    ),
    "antiderivative": (Antiderivative(X**3 / 3), integral(X**2, (X, 0, 1)), HALF * 2 / 3, ()),
    "antiderivative over either sign": (
        Antiderivative(Z**3 / 3),
        integral(Z**2, (Z, -1, 1)),
        sp.Rational(2, 3),
        (),
    ),
    "antiderivative off a pole": (
        Antiderivative(-1 / (C + X)),
        integral((C + X) ** -2, (X, 0, 1)),
        1 / C - 1 / (1 + C),
        (),
    ),
    "parts": (MellinByParts(), MELLIN, PARTS, BELOW_ONE),
    "gamma": (GammaIntegral(), integral(X**P * sp.exp(-X), HALF_LINE), sp.gamma(P + 1), ()),
    "binomial": (BinomialTheorem(X, ONE, M), (X + 1) ** M, choose(X), ()),
    "binomial sum": (BinomialTheorem(X, ONE, M, True), choose(X), (X + 1) ** M, ()),
    "split both ends": (
        SplitEnds(last=True),
        sp.Sum(X**N, (N, 1, D + 1)),
        X + X ** (D + 1) + sp.Sum(X**N, (N, 2, D)),
        (),
    ),
    "lemma": (Lemma(SQUARED, ((A, C),)), SQUARED.definition.subs(A, C), ONE, ()),
    "lemma with a constraint": (
        Lemma(RECIPROCAL, ((C, 1 - P),)),
        RECIPROCAL.definition.subs(C, 1 - P),
        ONE,
        BELOW_ONE,
    ),
    "lemma at zero": (LemmaAtZero(POWER, Y, Q), sp.gamma(1 - P) * Q**P / P, AT_Q, BELOW_ONE),
    "lemma on a sum": (Lemma(GEOMETRIC, ((D, M),)), choose(X), (1 + X) ** M, ()),
    "solve": (
        Solve(Y),
        Equation(Y, integral(X * sp.exp(-X), HALF_LINE)),
        integral(X * sp.exp(-X), HALF_LINE),
        (),
    ),
    "absolute value": (Algebra(), sp.Abs(Z) * (1 + sp.Abs(Z)), sp.Abs(Z) + Z**2, ()),
    "boxes": (UpperBoundOnBoxes(((D, 1, 8), (X, 1, 2))), D * X, sp.Integer(17), ()),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_steps_are_accepted(name):
    result = report(*RIGHT[name])
    assert result.verdict.passed, result.detail


TWO_RANGES = {
    "split at zero": (
        SplitAtZero(X),
        integral(sp.exp(-(Z**2)), LINE, TWICE),
        2 * integral(sp.exp(-(X**2)), HALF_LINE),
        (),
    ),
    "antiderivative": (Antiderivative(X**3 / 3), integral(X**2, (X, 0, 1), TWICE), ONE / 3, ()),
    "parts": (
        MellinByParts(),
        integral(MELLIN.function.subs(Y, 1), (T, 0, sp.oo), TWICE),
        PARTS.subs(Y, 1),
        BELOW_ONE,
    ),
    "gamma": (GammaIntegral(), integral(sp.exp(-X), HALF_LINE, TWICE), ONE, ()),
    "split ends": (
        SplitEnds(),
        sp.Sum(X**N, (N, 0, D), (J, 0, 1)),
        1 + sp.Sum(X**N, (N, 1, D)),
        (),
    ),
    "shift": (
        ShiftIndex(1),
        sp.Sum(X**N, (N, 1, D), (J, 0, 1)),
        sp.Sum(X ** (N + 1), (N, 0, D - 1)),
        (),
    ),
    "finite swap": (
        FiniteSwap(),
        integral(sp.Sum(X**N, (N, 0, D)), (X, 0, 1), TWICE),
        sp.Sum(integral(X**N, (X, 0, 1)), (N, 0, D)),
        (),
    ),
    "finite swap of a double sum": (
        FiniteSwap(),
        integral(sp.Sum(X**N, (N, 0, D), (J, 0, 1)), (X, 0, 1)),
        sp.Sum(integral(X**N, (X, 0, 1)), (N, 0, D)),
        (),
    ),
    "complement": (
        BinomialComplement(D, HALF),
        1 - sp.Sum(WEIGHTS * X**N, (N, 0, D), (J, 0, 1)),
        sp.Sum(WEIGHTS * (1 - X**N), (N, 0, D)),
        (),
    ),
    "pull out": (PullOut(), sp.Sum(C * N, (N, 0, D), (J, 0, 1)), C * sp.Sum(N, (N, 0, D)), ()),
}
CAPTURES = {
    "binomial": (BinomialTheorem(N, ONE, M), (N + 1) ** M, choose(N), ()),
    "binomial sum": (BinomialTheorem(N, ONE, M, True), choose(N), (N + 1) ** M, ()),
    "split at zero": (
        SplitAtZero(X),
        integral(X * sp.exp(-(Z**2)), LINE),
        2 * integral(X * sp.exp(-(X**2)), HALF_LINE),
        (),
    ),
    "lemma at zero": (
        LemmaAtZero(POWER, Y, Q),
        sp.gamma(1 - P) * (Q * Y) ** (P / 2) / P,
        AT_Q,
        BELOW_ONE,
    ),
    "lemma": (Lemma(GEOMETRIC, ((D, N + 1),)), choose(X, N + 1), (1 + X) ** (N + 1), ()),
    "finite swap": (
        FiniteSwap(),
        integral(N * sp.Sum(X**N, (N, 0, D)), (X, 0, 1)),
        sp.Sum(integral(N * X**N, (X, 0, 1)), (N, 0, D)),
        (),
    ),
    "complement": (
        BinomialComplement(D, HALF),
        1 - sp.Sum(2 ** (-D) * sp.binomial(D, J) * X**N, (J, 0, D)),
        sp.Sum(WEIGHTS * (1 - X**N), (N, 0, D)),
        (),
    ),
    "gamma": (GammaIntegral(), integral(X**X * sp.exp(-X), HALF_LINE), sp.gamma(X + 1), ()),
}
JUMP = sp.sqrt((X - 1) ** 2) / (X - 1)
NEGATIVE = integral(-X * sp.exp(-X), HALF_LINE)
CIRCULAR = integral(Y * X * sp.exp(-X), HALF_LINE)
HYPOTHESES = {
    "a lemma for a != 0": (
        Lemma(SQUARED, ((A, sp.Integer(0)),)),
        integral(0 * X, HALF_LINE),
        1,
        (),
    ),
    "a lemma for c > 0": (Lemma(RECIPROCAL, ((C, L),)), RECIPROCAL.definition.subs(C, L), ONE, ()),
    "an interval closed at 0": (
        GammaIntegral(),
        integral(X ** (L - 1) * sp.exp(-X), HALF_LINE),
        sp.gamma(L),
        (sp.Lt(L, 1),),
    ),
    **{
        f"a pole, {k} / (z - c)^2": (
            Antiderivative(-k / (Z - C)),
            integral(k / (Z - C) ** 2, (Z, 0, 1)),
            -k / (1 - C) - k / C,
            (),
        )
        for k in (1, 2, 7, 13)
    },
    "a pole at a closed end": (Antiderivative(-1 / X), integral(X**-2, (X, 0, 1)), sp.zoo, ()),
    "a jump": (Antiderivative(X**2 / 2 + JUMP), integral(X, (X, 0, 2)), sp.Integer(4), ()),
    "a jump of arctan": (
        Antiderivative(-sp.atan(1 / Z)),
        integral(1 / (1 + Z**2), (Z, -1, 1)),
        -sp.pi / 2,
        (),
    ),
    "an empty range": (UpperBoundOnBoxes(((D, 8, 1), (X, 1, 2))), D + X, sp.Integer(0), ()),
    "a range without whole number": (UpperBoundOnBoxes(((D, HALF * 5, HALF * 4),)), D, 0, ()),
    "first = last": (
        SplitEnds(last=True),
        sp.Sum(sp.gamma(N + 1), (N, 1, D)),
        1 + sp.gamma(D + 1) + sp.Sum(sp.gamma(N + 1), (N, 2, D - 1)),
        (),
    ),
    "a positive root": (Solve(Y), Equation(Y, NEGATIVE), NEGATIVE, ()),
    "a root free of the unknown": (Solve(Y), Equation(Y, CIRCULAR), CIRCULAR, ()),
}
ATTACKS = {
    **{f"two ranges: {name}": case for name, case in TWO_RANGES.items()},
    **{f"capture: {name}": case for name, case in CAPTURES.items()},
    **{f"hypothesis: {name}": case for name, case in HYPOTHESES.items()},
}


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks_are_refused(name):
    result = report(*ATTACKS[name])
    assert result.verdict is Verdict.UNKNOWN
    accidents = ("changes nothing", "does not occur", "AttributeError", "TypeError", "declared")
    assert not any(accident in result.detail for accident in accidents), result.detail


@pytest.mark.parametrize("factor", range(1, 60))
def test_signs_are_no_lottery(factor):
    assert not report(Algebra(), factor * sp.Abs(A), factor * A).verdict.passed
    assert not report(Algebra(), factor * sp.Abs(A * Z), -factor * A * Z).verdict.passed


def test_points_have_every_pattern_of_signs_and_large_whole_numbers():
    points = list(Domain().points({A, Z, W, D}, 4, A))
    assert len({tuple(sp.sign(point[x]) for x in (A, Z, W)) for point in points}) == 8
    assert any(point[D] > 9 for point in points)
    below = list(Domain((sp.Lt(Z, W), sp.Le(1, Z))).points({Z, W}, 4, A))
    assert len(below) == 4
    assert all(1 <= point[Z] < point[W] for point in below)


def test_a_closed_interval_does_not_make_its_end_positive():
    assert Domain((sp.Lt(C, 1),)).positive(1 - C)
    domain = Domain((sp.Lt(L, 1),))
    assert not domain.positive(L)
    assert domain.nonnegative(L)


def test_smoothness_and_signs_are_read_off_the_form():
    assert is_smooth(sp.asinh(sp.sqrt(2 * T) * Z), Z, Domain())
    assert not is_smooth(sp.Abs(Z), Z, Domain())
    assert not is_smooth(sp.log(Z), Z, Domain())
    assert is_nonnegative(sp.hyper((-P, N), (N + D,), 1 - A**2), Domain())
    assert not is_nonnegative(sp.hyper((-P, N + D), (N,), 1 - A**2), Domain())
    assert not is_nonnegative(integral(X, (X, 1, 0)), Domain())


def test_ranges_that_touch_zero_have_no_finite_reciprocal():
    touching = {C: arb(1, 1)}
    low, high = range_on_ray((C - 1 / X) ** -2, X, arb(9), touching)
    assert not (low.is_finite() and high.is_finite())
    low, high = range_on_ray(sp.sqrt(C + X), X, arb(9), touching)
    assert low.contains(3)
    assert not high.is_finite()
    low, high = range_on_ray((C + 1 / X) ** -1, X, arb(9), touching)
    assert not high.is_finite()
