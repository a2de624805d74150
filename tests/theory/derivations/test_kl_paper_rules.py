"""The rules behind the paper's derivations refuse wrong steps that look right, and keep the right ones."""

from dataclasses import replace

import pytest
import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import Equation, Expectation, Gaussian
from theory.derivations.formal_densities import (
    Block,
    Blocks,
    Coordinate,
    Gibbs,
    IsotropicGaussian,
    LogDensity,
    SeparableGibbs,
    SquaredNorm,
    Unspecified,
    dimension,
)
from theory.derivations.formal_fields import Partial
from theory.derivations.formal_minimisers import LogSlope, Minimiser, Minimum
from theory.derivations.kl_bound_paper import gibbs_inequality, loss_bound
from theory.derivations.rules_arrays import ExponentialOfIidSum
from theory.derivations.rules_densities import (
    CoordinateMeans,
    LogDensityByDefinition,
    MeanOfDensityRatio,
    SecondMoment,
)
from theory.derivations.rules_gaussian_parts import ConstantSum, GaussianByParts
from theory.derivations.rules_means import AddInequality, ExponentialTangent, JoinMeans
from theory.derivations.rules_minimisers import ConvexMinimiser, ConvexMinimum, EvaluateLogSlope
from theory.derivations.rules_power_limits import LogPowerLimit
from theory.derivations.rules_stationary_density import StationaryTemperature
from theory.derivations.steps import Step
from theory.derivations.symbols_kl_bound import A, K, M, T, i, log_C, s0

W, V, P = sp.Symbol("W"), sp.Symbol("w"), sp.Symbol("p")
LOSS = sp.Function("Loss", real=True)
C, D = sp.symbols("c d", positive=True)
REAL, X, Y = sp.Symbol("real", real=True), sp.Symbol("x", real=True), sp.Symbol("y", positive=True)
WHOLE = sp.Symbol("n", integer=True, positive=True)
RATIONAL = sp.Symbol("q", rational=True, positive=True)
ZERO, ONE, HALF = sp.Integer(0), sp.Integer(1), sp.Rational(1, 2)
LINE = (X, -sp.oo, sp.oo)
E = Expectation


def gibbs(loss=None, temperature=T, constant=log_C, blocks=((K, M),)):
    function = sp.Lambda(V, LOSS(V) if loss is None else loss)
    return Gibbs(function, temperature, constant, *(sp.Tuple(*x) for x in blocks))


STATIONARY, NORMAL = gibbs(), IsotropicGaussian(s0, K)


def passes(rule, target, result, *constraints, left=None):
    step = Step(rule, target if left is None else left, target, sp.sympify(result), "test")
    return step.verify(Domain(constraints)).verdict.passed


def log_of(law, at=W):
    return LogDensity(law, at)


NORMAL_LOG = -K * sp.log(2 * sp.pi * s0) / 2 - SquaredNorm(W) / (2 * s0)


@pytest.mark.parametrize(
    ("law", "written", "right"),
    [
        (NORMAL, NORMAL_LOG, True),
        (NORMAL, NORMAL_LOG + sp.log(2), False),
        (NORMAL, -sp.log(2 * sp.pi * s0) / 2 - SquaredNorm(W) / (2 * s0), False),
        (NORMAL, NORMAL_LOG.xreplace({SquaredNorm(W): SquaredNorm(P)}), False),
        (IsotropicGaussian(REAL, K), NORMAL_LOG.subs(s0, REAL), False),
        (IsotropicGaussian(-s0, K), NORMAL_LOG.subs(s0, -s0), False),
        (IsotropicGaussian(s0, C), NORMAL_LOG.subs(K, C), False),
        (STATIONARY, log_C - LOSS(W) / T, True),
        (STATIONARY, log_C + LOSS(W) / T, False),
        (STATIONARY, -LOSS(W) / T, False),
        (gibbs(temperature=REAL), log_C - LOSS(W) / REAL, False),
        (gibbs(loss=SquaredNorm(V)), log_C - SquaredNorm(W) / T, False),
        (gibbs(loss=sp.Function("f")(V)), log_C - sp.Function("f")(W) / T, False),
        (gibbs(constant=sp.Symbol("z")), sp.Symbol("z") - LOSS(W) / T, False),
        (Blocks(NORMAL, NORMAL), 2 * log_of(NORMAL, Block(W, ONE)), False),
        (Unspecified(P, K), log_of(NORMAL), False),
    ],
)
def test_a_log_density_is_that_of_its_law(law, written, right):
    assert passes(LogDensityByDefinition(law), log_of(law), written) is right


def test_blocks_are_independent_each_with_its_own_law():
    other = IsotropicGaussian(C, K)
    blocks = Blocks(NORMAL, other)
    first, second = (Block(W, sp.Integer(j)) for j in (1, 2))
    rule = LogDensityByDefinition(blocks)
    assert passes(rule, log_of(blocks), log_of(NORMAL, first) + log_of(other, second))
    assert not passes(rule, log_of(blocks), log_of(NORMAL, second) + log_of(other, first))
    assert not passes(rule, log_of(blocks), log_of(NORMAL) + log_of(other))
    assert dimension(blocks) == 2 * K
    with pytest.raises(ValueError, match="law must be that of a vector"):
        dimension(Gaussian(ONE))


def test_a_log_density_of_another_law_is_left_alone():
    other = gibbs(blocks=((K, 2 * M),))
    energy = T * log_C - T * log_of(other)
    assert passes(LogDensityByDefinition(STATIONARY), LOSS(W), T * log_C - T * log_of(STATIONARY))
    assert not passes(LogDensityByDefinition(STATIONARY), LOSS(W), energy)


@pytest.mark.parametrize(
    ("body", "law", "value", "right"),
    [
        (SquaredNorm(W), STATIONARY, M, True),
        (SquaredNorm(W), STATIONARY, 2 * M, False),
        (SquaredNorm(W), STATIONARY, K * M, False),
        (2 * SquaredNorm(W), STATIONARY, 2 * M, False),
        (SquaredNorm(W) ** 2, STATIONARY, M**2, False),
        (SquaredNorm(P), STATIONARY, M, False),
        (SquaredNorm(W), NORMAL, K * s0, False),
        (SquaredNorm(W), gibbs(loss=SquaredNorm(V)), M, False),
        (SquaredNorm(W), gibbs(blocks=((K, REAL),)), REAL, False),
        (SquaredNorm(W), gibbs(blocks=()), M, False),
        (SquaredNorm(W), gibbs(blocks=((K, M), (K, C))), M, False),
        (SquaredNorm(Block(W, ONE)), gibbs(blocks=((K, M), (K, C))), M, True),
        (SquaredNorm(Block(W, sp.Integer(2))), gibbs(blocks=((K, M), (K, C))), C, True),
        (SquaredNorm(Block(W, ONE)), gibbs(blocks=((K, M), (K, C))), C, False),
        (SquaredNorm(Block(W, ONE)), STATIONARY, M, False),
    ],
)
def test_a_second_moment_has_the_name_that_the_law_gives_it(body, law, value, right):
    assert passes(SecondMoment(), E(body, (W, law)), value) is right


def ratio(upper, lower):
    return sp.exp(log_of(upper) - log_of(lower))


@pytest.mark.parametrize(
    ("body", "law", "right"),
    [
        (ratio(NORMAL, STATIONARY), STATIONARY, True),
        (ratio(NORMAL, IsotropicGaussian(C, K)), IsotropicGaussian(C, K), True),
        (ratio(STATIONARY, NORMAL), STATIONARY, False),
        (ratio(STATIONARY, NORMAL), NORMAL, False),
        (ratio(NORMAL, STATIONARY) ** 2, STATIONARY, False),
        (2 * ratio(NORMAL, STATIONARY), STATIONARY, False),
        (ratio(NORMAL, STATIONARY), gibbs(constant=log_C + 1), False),
        (ratio(IsotropicGaussian(s0, 2 * K), STATIONARY), STATIONARY, False),
        (ratio(IsotropicGaussian(REAL, K), STATIONARY), STATIONARY, False),
        (ratio(NORMAL, gibbs(temperature=-T)), gibbs(temperature=-T), False),
        (ratio(NORMAL, Unspecified(P, K)), Unspecified(P, K), False),
        (ratio(gibbs(constant=log_C + 1), STATIONARY), STATIONARY, False),
        (ratio(STATIONARY, STATIONARY), STATIONARY, False),
    ],
)
def test_a_ratio_of_densities_has_mean_one_under_the_lower_one(body, law, right):
    assert passes(MeanOfDensityRatio(), E(body, (W, law)), ONE) is right


def directions(body, loss=None, size=K, temperature=T):
    h = sp.Lambda((X, i), A[i] * X**2 / 2) if loss is None else loss
    return E(body, (W, SeparableGibbs(h, temperature, size)))


def one_direction(g, h=None, temperature=T, variable=X):
    weight = sp.exp(-(A[i] * variable**2 / 2 if h is None else h) / temperature)
    limits = (variable, -sp.oo, sp.oo)
    mean = sp.Integral(g * weight, limits) / sp.Integral(weight, limits)
    return sp.Sum(mean, (i, 1, K))


ENTRY = Coordinate(W, i)


@pytest.mark.parametrize(
    ("target", "result", "right"),
    [
        (directions(sp.Sum(ENTRY**2, (i, 1, K))), one_direction(X**2), True),
        (directions(sp.Sum(i * ENTRY**4, (i, 1, K))), one_direction(i * X**4), True),
        (directions(sp.Sum(ENTRY**2, (i, 1, K))), one_direction(X**4), False),
        (directions(sp.Sum(ENTRY**2, (i, 1, K))), one_direction(X**2, temperature=2 * T), False),
        (directions(sp.Sum(ENTRY**2, (i, 1, K)) ** 2), one_direction(X**2) ** 2, False),
        (
            directions(sp.Sum(ENTRY * Coordinate(W, i + 1), (i, 1, K))),
            one_direction(X * Coordinate(W, i + 1)),
            False,
        ),
        (directions(sp.Sum(ENTRY**2, (i, 1, K)), size=2 * K), one_direction(X**2), False),
        (
            directions(sp.Sum(ENTRY**2, (i, 1, K)), temperature=-T),
            one_direction(X**2, temperature=-T),
            False,
        ),
        (E(sp.Sum(ENTRY**2, (i, 1, K)), (W, STATIONARY)), one_direction(X**2), False),
    ],
)
def test_a_sum_over_coordinates_is_taken_one_by_one(target, result, right):
    assert passes(CoordinateMeans(X), target, result) is right


def test_a_coordinate_runs_through_the_whole_line():
    target = directions(sp.Sum(ENTRY**2, (i, 1, K)))
    for variable in (Y, sp.Symbol("q", rational=True), sp.Symbol("z")):
        assert not passes(
            CoordinateMeans(variable), target, one_direction(variable**2, variable=variable)
        )
    own = directions(sp.Sum(X * ENTRY, (i, 1, K)), sp.Lambda((V, i), V**2 / 2))
    assert not passes(CoordinateMeans(X), own, one_direction(X * X, X**2 / 2))


def test_the_rules_on_iid_arrays_leave_vectors_alone():
    array, one = sp.IndexedBase("u", real=True), sp.Symbol("z", real=True)
    for vector, total in ((W, sp.Sum(ENTRY, (i, 1, K))), (array, sp.Sum(array[i], (i, 1, K)))):
        target = E(sp.exp(-total), (vector, STATIONARY))
        power = E(sp.exp(-ENTRY), (W, STATIONARY)) ** K
        assert not passes(ExponentialOfIidSum(((vector, one),)), target, power)


MEANS = E(log_of(NORMAL), (W, STATIONARY)), E(log_of(STATIONARY), (W, STATIONARY))


def test_means_are_joined_over_one_law():
    joined = E(log_of(NORMAL) - log_of(STATIONARY), (W, STATIONARY))
    target = MEANS[0] - MEANS[1]
    assert passes(JoinMeans(), target, joined)
    assert passes(JoinMeans(), C * target, C * joined)
    assert not passes(JoinMeans(), target, -joined)
    assert not passes(JoinMeans(), target, 2 * joined)
    assert not passes(JoinMeans(), REAL * target, REAL * joined)
    assert not passes(JoinMeans(), MEANS[0] + MEANS[1], joined)
    assert not passes(JoinMeans(), MEANS[0] - E(log_of(STATIONARY), (W, NORMAL)), joined)


@pytest.mark.parametrize(
    ("result", "right"),
    [
        (lambda u: sp.exp(u) - 1, True),
        (lambda u: sp.exp(u), False),
        (lambda u: sp.exp(u) - 2, False),
        (lambda u: sp.exp(-u) - 1, False),
        (lambda u: 2 * (sp.exp(u) - 1), False),
    ],
)
def test_the_tangent_lies_below(result, right):
    u = log_of(NORMAL)
    target = E(u, (W, STATIONARY))
    assert passes(ExponentialTangent(), target, E(result(u), (W, STATIONARY))) is right


def test_the_tangent_is_of_something_real_under_one_law():
    z = sp.Symbol("z")
    assert not passes(
        ExponentialTangent(), E(z, (W, STATIONARY)), E(sp.exp(z) - 1, (W, STATIONARY))
    )
    u = log_of(NORMAL)
    assert not passes(ExponentialTangent(), E(u, (W, STATIONARY)), E(sp.exp(u) - 1, (W, NORMAL)))


def test_an_inequality_is_added_with_a_factor_that_is_not_negative():
    lemma, start = gibbs_inequality(), sp.Integer(3)
    gap = lemma.conclusion - lemma.definition
    for factor, right in ((C, True), (C**2, True), (-C, False), (REAL, False)):
        assert passes(AddInequality(lemma, factor), start, start + factor * gap) is right
    rule = AddInequality(lemma, C)
    assert not passes(rule, start, start - C * gap)
    assert not passes(rule, start, start + 2 * C * gap)
    assert not passes(rule, sp.Integer(3), sp.Integer(4))
    assert not passes(AddInequality(lemma, W), start, start + W * gap)
    assert not passes(rule, start, start + C * gap, left=sp.exp(-start) + start)


def test_an_inequality_that_does_not_verify_is_refused():
    lemma = gibbs_inequality()
    wrong = replace(lemma, steps=(*lemma.steps[:-1], replace(lemma.steps[-1], result=ZERO)))
    gap = wrong.conclusion - wrong.definition
    assert not passes(AddInequality(wrong, C), ONE, ONE + C * gap)
    tied = replace(lemma, constraints=(sp.Lt(C, 1),))
    gap = tied.conclusion - tied.definition
    assert not passes(AddInequality(tied, D), ONE, ONE + D * gap)
    assert passes(AddInequality(tied, D), ONE, ONE + D * gap, sp.Lt(C, 1))


def argmin(function, variable=Y):
    return Minimiser(sp.Lambda(variable, function))


MEAN = E(log_of(STATIONARY), (W, STATIONARY))
TRACE = sp.Sum(A[i], (i, 1, K))


@pytest.mark.parametrize(
    ("target", "point", "right"),
    [
        (argmin(Y + 1 / Y), 1, True),
        (argmin(sp.log(Y) / 2 + M / (2 * K * Y)), M / K, True),
        (argmin(MEAN + sp.log(Y) + C / Y), C, True),
        (argmin(TRACE * Y - C * sp.log(Y)), C / TRACE, True),
        (argmin(Y + 1 / Y), 2, False),
        (argmin(Y + 1 / Y), -1, False),
        (argmin(-Y - 1 / Y), 1, False),
        (argmin(Y - 1 / Y), 1, False),
        (argmin(sp.log(Y)), 1, False),
        (argmin(C + 0 * Y), 1, False),
        (argmin((sp.log(Y) ** 2 - 1) ** 2), 1, False),
        (argmin(REAL * (Y + 1 / Y)), 1, False),
        (argmin((Y - REAL) ** 2), REAL, False),
        (argmin(sp.Abs(sp.log(Y))), 1, False),
        (argmin(Y**2 + (1 - Y) ** -2), 2, False),
        (argmin(Y + Y**2 / C), Y, False),
        (argmin(E(log_of(IsotropicGaussian(Y, K)), (W, STATIONARY)) + Y + 1 / Y), 1, False),
        (argmin(WHOLE + 2 / WHOLE, WHOLE), sp.sqrt(2), False),
        (argmin(RATIONAL + 2 / RATIONAL, RATIONAL), sp.sqrt(2), False),
        (argmin(X**2, X), 0, False),
        (argmin(sp.Sum(REAL * i, (i, 1, K)) * (Y + 1 / Y)), 1, False),
    ],
)
def test_a_minimiser_is_where_a_strictly_convex_function_is_flat(target, point, right):
    assert passes(ConvexMinimiser(), target, point) is right


def test_a_minimiser_runs_through_all_that_is_positive():
    """A constraint on a free name of the same spelling says nothing of the bound one."""
    assert passes(ConvexMinimiser(), argmin(Y + 1 / Y), 1, sp.Lt(Y, 1))
    bent = argmin(Y + (Y - 2) ** 3 + 1 / Y)  # convex only beyond 2
    assert not passes(ConvexMinimiser(), bent, 1, sp.Lt(2, Y))


@pytest.mark.parametrize(
    ("function", "point", "value", "right"),
    [
        (Y + 1 / Y, 1, 2, True),
        (sp.log(Y) + C / Y, C, sp.log(C) + 1, True),
        (Y + 1 / Y, 1, 3, False),
        (Y + 1 / Y, 2, sp.Rational(5, 2), False),
        (-Y - 1 / Y, 1, -2, False),
        (Y + 1 / Y, 1, Y + 1, False),
    ],
)
def test_a_minimum_is_the_value_at_the_minimiser(function, point, value, right):
    rule = ConvexMinimum(sp.sympify(point))
    assert passes(rule, Minimum(sp.Lambda(Y, function)), value) is right
    assert not passes(rule, argmin(function), value)


@pytest.mark.parametrize(
    ("function", "point", "value", "right"),
    [
        (sp.log(Y), C, 1, True),
        (Y**2, C, 2 * C**2, True),
        (Y**2, C, 2 * C, False),
        (Y**2, REAL, 2 * REAL**2, False),
        (sp.Abs(Y - 1), C, C, False),
        (E(Y * SquaredNorm(W), (W, STATIONARY)), C, 0, False),
        (MEAN, C, 0, True),
    ],
)
def test_a_slope_in_the_logarithm(function, point, value, right):
    target = LogSlope(sp.Lambda(Y, function), sp.sympify(point))
    assert passes(EvaluateLogSlope(), target, value) is right


@pytest.mark.parametrize(
    ("function", "at", "value", "right"),
    [
        (C + Y * sp.log(Y) ** 3 + sp.sqrt(Y), 0, C, True),
        (C + sp.log(2 * Y) / sp.log(Y) + 1 / Y, sp.oo, C + 1, True),
        (sp.log(Y) ** 5 / sp.sqrt(Y), sp.oo, 0, True),
        (C + Y, 0, C + 1, False),
        (C + 1 / Y, 0, C, False),
        (C + sp.log(Y), 0, C, False),
        (C + Y, sp.oo, C, False),
        (C + sp.log(Y) ** HALF, sp.oo, C, False),
        (sp.exp(-Y), sp.oo, 0, False),
        (Y**REAL, 0, 0, False),
        (sp.log(1 + Y), 0, 0, False),
        (sp.sin(Y) / Y, 0, 0, False),
        (E(Y * SquaredNorm(W), (W, STATIONARY)), 0, 0, False),
    ],
)
def test_a_limit_of_powers_and_logarithms(function, at, value, right):
    assert passes(LogPowerLimit(), sp.Limit(function, Y, at), value) is right


def test_a_limit_is_from_the_right_or_at_infinity():
    assert passes(LogPowerLimit(), sp.Limit(C + Y, Y, 0), C)
    assert not passes(LogPowerLimit(), sp.Limit(C + Y, Y, 0, "-"), C)
    assert not passes(LogPowerLimit(), sp.Limit(C + Y, Y, 1), C + 1)
    assert not passes(LogPowerLimit(), sp.Limit(C + X, X, 0), C)
    assert not passes(LogPowerLimit(), sp.Limit(C + 1 / WHOLE, WHOLE, sp.oo), C)


@pytest.mark.parametrize(
    ("integrand", "result", "right"),
    [
        (X**2 * sp.exp(-C * X**2), sp.Integral(sp.exp(-C * X**2), LINE) / (2 * C), True),
        (X**4 * sp.exp(-(X**2)), 3 * sp.Integral(X**2 * sp.exp(-(X**2)), LINE) / 2, True),
        (X**2 * sp.exp(-C * X**2), sp.Integral(sp.exp(-C * X**2), LINE) / C, False),
        (X**2 * sp.exp(C * X**2), -sp.Integral(sp.exp(C * X**2), LINE) / (2 * C), False),
        (X**2 * sp.exp(-REAL * X**2), sp.Integral(sp.exp(-REAL * X**2), LINE) / (2 * REAL), False),
        (X**2 * sp.exp(-C * X**4), sp.Integral(sp.exp(-C * X**4), LINE) / (2 * C), False),
        (sp.exp(-C * X**2), -sp.Integral(sp.exp(-C * X**2) / X**2, LINE) / (2 * C), False),
    ],
)
def test_parts_against_a_gaussian(integrand, result, right):
    assert passes(GaussianByParts(), sp.Integral(integrand, LINE), result) is right


def test_parts_need_the_whole_line():
    half = (X, 0, sp.oo)
    target = sp.Integral(X**2 * sp.exp(-C * X**2), half)
    assert not passes(GaussianByParts(), target, sp.Integral(sp.exp(-C * X**2), half) / (2 * C))


@pytest.mark.parametrize(
    ("total", "value", "right"),
    [
        (sp.Sum(C, (i, 1, K)), C * K, True),
        (sp.Sum(C, (i, 2, K)), C * (K - 1), True),
        (sp.Sum(C, (i, 1, K)), C * (K - 1), False),
        (sp.Sum(i, (i, 1, K)), i * K, False),
        (sp.Sum(C, (i, 3, K)), C * (K - 2), False),
        (sp.Integral(C, (X, 1, K)), C * K, False),
    ],
)
def test_a_constant_is_summed_by_counting(total, value, right):
    assert passes(ConstantSum(), total, value) is right


DENSITY = sp.exp(log_C - LOSS(X) / T)


def stationary(factor, density=DENSITY, variable=X):
    force = Partial(LOSS(variable), variable)
    return Equation(factor * Partial(density * force, variable), ZERO)


@pytest.mark.parametrize(
    ("equation", "root", "right"),
    [
        (stationary(1 - C / T), C, True),
        (stationary(1 - C / T), 2 * C, False),
        (stationary(1 - C / T), T, False),
        (stationary(C - T), C, False),
        (stationary((1 - C / T) * (2 - C / T)), C, False),
        (stationary(1 - C / T, sp.exp(log_C - 2 * LOSS(X) / T)), C, False),
        (stationary(1 - C / T, sp.exp(log_C - X * LOSS(X) / T)), C, False),
        (stationary(1 - C / T, sp.Function("p")(X)), C, False),
        (stationary(X - C / T), C / X, False),
        (stationary(1 - C / T, DENSITY.subs(X, Y), Y), C, False),
        (Equation((1 - C / T) * Partial(LOSS(X), X), ZERO), C, False),
        (Equation(1 - C / T, ZERO), C, False),
        (Equation(stationary(1 - C / T).args[0], ONE), C, False),
    ],
)
def test_a_temperature_at_which_the_flux_vanishes(equation, root, right):
    assert passes(StationaryTemperature(T), equation, root) is right


def test_the_bound_is_not_used_from_right_to_left():
    derivation = loss_bound()
    last = next(step for step in derivation.steps if step.rule.relation == "<=")
    assert last.verify().verdict.passed
    turned = replace(last, left=last.result, target=last.result, result=last.target)
    assert not turned.verify().verdict.passed
    assert not replace(last, left=2 * last.left).verify().verdict.passed
