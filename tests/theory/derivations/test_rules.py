"""Each rule accepts right steps and refuses wrong results, wrong forms and failed hypotheses."""

import pytest
import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import (
    Bernoulli,
    ByCumulants,
    ByTransform,
    Density,
    Equation,
    Expectation,
    Gaussian,
    Uniform,
)
from theory.derivations.rules_arrays import ExponentialOfIidSum, LawOfIidSum
from theory.derivations.rules_calculus import Algebra, EqualOnSigns, PullOut, Solve, SplitAtZero
from theory.derivations.rules_expectations import Iterate, Linearity, Tonelli, Unfold, UnfoldJoint
from theory.derivations.rules_inequalities import LyapunovInequality, UpperBoundOnBoxes
from theory.derivations.rules_integrals import (
    Antiderivative,
    BetaIntegral,
    EulerIntegral,
    GammaIntegral,
    GaussianIntegral,
    SecondBetaIntegral,
)
from theory.derivations.rules_series import CumulantMoments, SeriesInWidth
from theory.derivations.rules_sums import (
    BinomialComplement,
    BinomialTheorem,
    FiniteSwap,
    ShiftIndex,
    SplitEnds,
    SplitSum,
)
from theory.derivations.rules_transforms import (
    AtomAtZero,
    DensityFromTransform,
    MixtureOfTransforms,
    ReadTransform,
    ScaleLaw,
    SumOfIndependent,
)
from theory.derivations.rules_variables import Factorise, SumThenCone
from theory.derivations.steps import Step

X, Y, T, C = sp.symbols("x y t c", positive=True)
P, R = sp.symbols("p r", positive=True)
B = sp.Symbol("b", positive=True)
Z, W = sp.Symbol("z", real=True), sp.Symbol("w", real=True)
Q = sp.Symbol("Q", nonnegative=True)
D = sp.Symbol("d", integer=True, positive=True)
N = sp.Symbol("n", integer=True, nonnegative=True)
I = sp.Symbol("i", integer=True, positive=True)  # noqa: E741
ZS = sp.IndexedBase("z", real=True)
LINE, HALF_LINE = (Z, -sp.oo, sp.oo), (X, 0, sp.oo)
ONE, HALF = sp.Integer(1), sp.Rational(1, 2)
STANDARD = Gaussian(ONE)
SUM = sp.Sum(ZS[I] ** 2, (I, 1, D))


def law(transform):
    return ByTransform(sp.Lambda(T, transform))


def mean(body, transform, variable=Q):
    return Expectation(body, (variable, law(transform)))


EXPONENTIAL = sp.Lambda(X, sp.exp(-X))
QUADRANT = sp.Integral(sp.exp(-X - Y), (X, 0, sp.oo), (Y, 0, sp.oo))
CONE = sp.Integral(R * sp.exp(-R), (R, 0, sp.oo), (B, 0, 1))
BINOMIAL = sp.Sum(sp.binomial(D, N) * X**N * Y ** (D - N), (N, 0, D))
WEIGHTED = sp.Sum(sp.binomial(D, N) * 2**-D * (1 + T) ** -N, (N, 0, D))

#: name -> (rule, target, right result, wrong results)
CASES = {
    "algebra": (Algebra(), sp.gamma(X + 1), X * sp.gamma(X), [X * sp.gamma(X + 1), sp.gamma(X)]),
    "gaussian": (
        GaussianIntegral(),
        sp.Integral(sp.exp(-C * Z**2), LINE),
        sp.sqrt(sp.pi / C),
        [sp.sqrt(sp.pi / C) / 2],
    ),
    "gamma": (
        GammaIntegral(),
        sp.Integral(X**P * sp.exp(-C * X), HALF_LINE),
        sp.gamma(P + 1) / C ** (P + 1),
        [sp.gamma(P) / C**P, sp.gamma(P + 1) / C**P],
    ),
    "beta": (
        BetaIntegral(),
        sp.Integral(X**P * (1 - X) ** C, (X, 0, 1)),
        sp.beta(P + 1, C + 1).rewrite(sp.gamma),
        [sp.beta(P, C).rewrite(sp.gamma)],
    ),
    "second beta": (
        SecondBetaIntegral(),
        sp.Integral((1 + C * X) ** (-P - 1), HALF_LINE),
        1 / (C * P),
        [1 / P, C / P],
    ),
    "euler": (
        EulerIntegral(),
        sp.Integral(X * (1 - X) ** P * (1 + C * X) ** -R, (X, 0, 1)),
        sp.hyper((R, 2), (P + 3,), -C) / ((P + 1) * (P + 2)),
        [sp.hyper((R, 2), (P + 3,), -C)],
    ),
    "antiderivative": (
        Antiderivative(sp.log(1 + X)),
        sp.Integral(1 / (1 + X), (X, 0, 2)),
        sp.log(3),
        [sp.log(2), -sp.log(3)],
    ),
    "signs": (
        EqualOnSigns(Z),
        sp.Abs(Z),
        sp.Piecewise((Z, Z > 0), (-Z, True)),
        [sp.Piecewise((Z, Z > 0), (Z, True))],
    ),
    "split at zero": (
        SplitAtZero(X),
        sp.Integral(sp.exp(-(Z**2) + Z), LINE),
        sp.Integral(sp.exp(-(X**2) + X), HALF_LINE) + sp.Integral(sp.exp(-(X**2) - X), HALF_LINE),
        [2 * sp.Integral(sp.exp(-(X**2) + X), HALF_LINE)],
    ),
    "pull out": (
        PullOut(),
        sp.Sum(C * N, (N, 0, D)),
        C * sp.Sum(N, (N, 0, D)),
        [sp.Sum(N, (N, 0, D)), C * sp.Sum(N, (N, 1, D))],
    ),
    "solve": (Solve(X), Equation(C * X**P, Y), (Y / C) ** (1 / P), [(Y / C) ** P, Y / C]),
    "unfold gaussian": (
        Unfold(),
        Expectation(Z**2, (Z, STANDARD)),
        sp.Integral(Z**2 * sp.exp(-(Z**2) / 2) / sp.sqrt(2 * sp.pi), LINE),
        [sp.Integral(Z**2 * sp.exp(-(Z**2)) / sp.sqrt(2 * sp.pi), LINE)],
    ),
    "unfold uniform": (
        Unfold(),
        Expectation(X, (X, Uniform(ONE, 1 + C))),
        sp.Integral(X / C, (X, 1, 1 + C)),
        [sp.Integral(X, (X, 1, 1 + C))],
    ),
    "unfold bernoulli": (
        Unfold(),
        Expectation(sp.exp(-Q), (Q, Bernoulli(P))),
        1 - P + P * sp.exp(-1),
        [P + (1 - P) * sp.exp(-1)],
    ),
    "unfold joint": (
        UnfoldJoint(),
        Expectation(X + Y, *((v, Density(EXPONENTIAL, sp.Integer(0), sp.oo)) for v in (X, Y))),
        sp.Integral((X + Y) * sp.exp(-X - Y), (X, 0, sp.oo), (Y, 0, sp.oo)),
        [QUADRANT],
    ),
    "linearity": (
        Linearity(),
        Expectation(2 + C * Z**2 + Z, (Z, STANDARD)),
        2 + C * Expectation(Z**2, (Z, STANDARD)) + Expectation(Z, (Z, STANDARD)),
        [2 + Expectation(Z**2, (Z, STANDARD))],
    ),
    "iterate": (
        Iterate(),
        Expectation(Z**2 * W**2, (Z, STANDARD), (W, STANDARD)),
        Expectation(Expectation(Z**2 * W**2, (Z, STANDARD)), (W, STANDARD)),
        [Expectation(Expectation(Z**2, (Z, STANDARD)), (W, STANDARD))],
    ),
    "tonelli": (
        Tonelli(),
        mean(sp.Integral(1 - sp.exp(-X * Q), (X, 0, 1)), 1 / (1 + T)),
        sp.Integral(mean(1 - sp.exp(-X * Q), 1 / (1 + T)), (X, 0, 1)),
        [sp.Integral(mean(sp.exp(-X * Q), 1 / (1 + T)), (X, 0, 1))],
    ),
    "read transform": (
        ReadTransform(),
        mean(sp.exp(-3 * Q), 1 / (1 + T)),
        sp.Rational(1, 4),
        [sp.Rational(1, 2), sp.Rational(1, 3)],
    ),
    "mixture": (
        MixtureOfTransforms(),
        mean(Q**P, WEIGHTED),
        sp.Sum(sp.binomial(D, N) * 2**-D * mean(Q**P, (1 + T) ** -N), (N, 0, D)),
        [sp.Sum(sp.binomial(D, N) * mean(Q**P, (1 + T) ** -N), (N, 0, D))],
    ),
    "atom": (AtomAtZero(), mean(sp.cos(Q), ONE), ONE, [sp.Integer(0)]),
    "density": (
        DensityFromTransform(Q, EXPONENTIAL),
        mean(Q**P, 1 / (1 + T)),
        Expectation(Q**P, (Q, Density(EXPONENTIAL, sp.Integer(0), sp.oo))),
        [Expectation(Q**P, (Q, Density(sp.Lambda(X, 2 * sp.exp(-2 * X)), sp.Integer(0), sp.oo)))],
    ),
    "independent sum": (
        SumOfIndependent(X, Y, C),
        mean(Q**P, 1 / (1 + T) / (1 + C * T) ** 2),
        Expectation((X + C * Y) ** P, (X, law(1 / (1 + T))), (Y, law((1 + T) ** -2))),
        [
            Expectation((X + C * Y) ** P, (X, law(1 / (1 + T))), (Y, law((1 + T) ** -1))),
            Expectation((X + Y) ** P, (X, law(1 / (1 + T))), (Y, law((1 + T) ** -2))),
        ],
    ),
    "scale": (
        ScaleLaw(C),
        mean(Q**P, 1 / (1 + C * T)),
        mean((C * Q) ** P, 1 / (1 + T)),
        [mean(Q**P, 1 / (1 + T)), mean((C * Q) ** P, 1 / (1 + 2 * T))],
    ),
    "iid sum": (
        LawOfIidSum(Q, T, ((ZS, Z),)),
        Expectation(SUM**P, (ZS, STANDARD)),
        mean(Q**P, Expectation(sp.exp(-T * Z**2), (Z, STANDARD)) ** D),
        [mean(Q**P, Expectation(sp.exp(-T * Z**2), (Z, STANDARD)) ** (D + 1))],
    ),
    "iid exponential": (
        ExponentialOfIidSum(((ZS, Z),)),
        Expectation(sp.exp(-C * SUM), (ZS, STANDARD)),
        Expectation(sp.exp(-C * Z**2), (Z, STANDARD)) ** D,
        [Expectation(sp.exp(-C * Z**2), (Z, STANDARD)) * D],
    ),
    "binomial theorem": (
        BinomialTheorem(X, Y, D),
        (X + Y) ** D,
        BINOMIAL,
        [2 * BINOMIAL, BINOMIAL.subs(X, 2 * X)],
    ),
    "binomial sum": (
        BinomialTheorem(X, Y, D, reverse=True),
        BINOMIAL,
        (X + Y) ** D,
        [(X + Y) ** (D - 1)],
    ),
    "complement": (
        BinomialComplement(D, HALF),
        1 - WEIGHTED,
        sp.Sum(sp.binomial(D, N) * 2**-D * (1 - (1 + T) ** -N), (N, 0, D)),
        [sp.Sum(sp.binomial(D, N) * (1 - (1 + T) ** -N), (N, 0, D))],
    ),
    "split ends": (
        SplitEnds(last=True),
        sp.Sum(X**N, (N, 0, D)),
        1 + X**D + sp.Sum(X**N, (N, 1, D - 1)),
        [1 + sp.Sum(X**N, (N, 1, D - 1)), 1 + X**D + sp.Sum(X**N, (N, 1, D))],
    ),
    "split sum": (
        SplitSum(),
        sp.Sum(X**N + C * N, (N, 0, D)),
        sp.Sum(X**N, (N, 0, D)) + C * sp.Sum(N, (N, 0, D)),
        [sp.Sum(X**N, (N, 0, D)) + sp.Sum(N, (N, 0, D))],
    ),
    "shift": (
        ShiftIndex(1),
        sp.Sum(X**N, (N, 1, D)),
        sp.Sum(X ** (N + 1), (N, 0, D - 1)),
        [sp.Sum(X**N, (N, 0, D - 1))],
    ),
    "finite swap": (
        FiniteSwap(),
        sp.Integral(sp.Sum(C * X**N, (N, 0, D)), (X, 0, 1)),
        sp.Sum(C * sp.Integral(X**N, (X, 0, 1)), (N, 0, D)),
        [sp.Sum(sp.Integral(X**N, (X, 0, 1)), (N, 0, D))],
    ),
    "cone": (SumThenCone(R, B), QUADRANT, CONE, [sp.Integral(sp.exp(-R), *CONE.limits), 2 * CONE]),
    "factorise": (
        Factorise(),
        CONE,
        sp.Integral(R * sp.exp(-R), (R, 0, sp.oo)) * sp.Integral(ONE, (B, 0, 1)),
        [2 * sp.Integral(R * sp.exp(-R), (R, 0, sp.oo)) * sp.Integral(ONE, (B, 0, 1))],
    ),
    "moments": (
        CumulantMoments(),
        Expectation(1 + Z**2 + Z**4, (Z, ByCumulants(sp.Integer(0), C, sp.Integer(0), P))),
        1 + C + 3 * C**2 + P,
        [1 + C + C**2 + P],
    ),
    "series": (
        SeriesInWidth(D, ONE, 2),
        1 / (1 + 1 / D),
        1 - 1 / D + D**-2,
        [1 - 1 / D - D**-2, 1 - 1 / D],
    ),
    "lyapunov": (
        LyapunovInequality(),
        Expectation(SUM ** (P + R), (ZS, STANDARD)) ** (-1 / (P + R)),
        Expectation(SUM**P, (ZS, STANDARD)) ** (-1 / P),
        [Expectation(SUM**P, (ZS, STANDARD)) ** (-2 / P)],
    ),
    "boxes": (
        UpperBoundOnBoxes(((X, 0, 1),)),
        X**2,
        X + sp.Rational(1, 100),
        [X - sp.Rational(1, 3), X**3],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_accepts_the_right_result(name):
    rule, target, right, _ = CASES[name]
    outcome = rule.check(target, right, Domain())
    assert outcome.passed, outcome.detail


WRONG = [(name, number) for name, case in CASES.items() for number in range(len(case[3]))]


@pytest.mark.parametrize(("name", "number"), WRONG)
def test_refuses_wrong_results(name, number):
    rule, target, _, wrong = CASES[name]
    assert not verdict_on(rule, target, wrong[number]).passed


@pytest.mark.parametrize("name", CASES)
def test_refuses_a_scaled_result(name):
    rule, target, right, _ = CASES[name]
    factor = sp.Rational(9, 10) if name == "boxes" else sp.Rational(101, 100)
    slack = sp.Rational(1, 2) if name == "boxes" else 1
    assert not verdict_on(rule, target, slack * factor * right).passed


def verdict_on(rule, target, result, domain=None):
    """Apply the rule as the engine does: a checker that raises has verified nothing."""
    return Step(rule, target, target, result, "test").verify(domain or Domain()).verdict
