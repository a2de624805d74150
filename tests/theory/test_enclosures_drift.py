"""Enclosures of drift and survival against mpmath values of the definition: they must contain them and be narrow."""

from __future__ import annotations

from fractions import Fraction

import pytest
from flint import arb, ctx, fmpq
from mpmath.ctx_mp import MPContext

from theory import enclosures_drift as drift
from theory import enclosures_rates as rates
from theory import enclosures_survival as survival
from theory.enclosures import weight_variance
from theory.enclosures_activations import ActivationBox

MP = MPContext()
MP.dps = 40
TIGHT = 1e-25

# (lower, upper, keep_prob, rescale), upper None for a fixed slope
LAWS = {
    "linear": (1, None, 1, True),
    "relu": (0, None, 1, True),
    "leaky": (Fraction(3, 10), None, 1, True),
    "steep": (-3, None, 1, True),
    "random": (Fraction(1, 8), Fraction(1, 3), 1, True),
    "from zero": (0, 1, 1, True),
    "linear dropout": (1, None, Fraction(9, 10), True),
    "relu dropout": (0, None, 0.5, False),
    "leaky dropout": (0.25, None, Fraction(1, 3), True),
    "random dropout": (0, 1, 0.75, True),
}
SUMS = ("linear", "relu", "linear dropout", "relu dropout")


def mpf(x):
    exact = Fraction(x)
    return MP.mpf(exact.numerator) / exact.denominator


def ball(x, slack="1e-30"):
    """A ball around an mpmath value, wider than its error of 1e-32 or so."""
    with ctx.workprec(160):
        return arb(MP.nstr(x, 40)) + arb(0, slack) * arb(MP.nstr(1 + abs(x), 5))


def box_of(name):
    return ActivationBox(*LAWS[name])


def assert_encloses(enclosure, value):
    assert enclosure.overlaps(ball(value)), (enclosure, value)
    assert enclosure.rad() <= abs(enclosure.mid()) * TIGHT


def normal_logs():
    """E log^k |z| for k = 0, 1, 2, 3, by quadrature over the density."""
    parts = [0, 1e-12, 1e-6, 1e-3, 0.05, 0.5, 1, 2, 5, 14]
    return [
        2 * MP.quad(lambda z, k=k: MP.log(z) ** k * MP.npdf(z), [MP.mpf(x) for x in parts])
        for k in range(4)
    ]


LOGS = normal_logs()


def slope_logs(law):
    """E log^k |a| for k = 0, 1, 2, 3."""
    lower, upper = law[:2]
    if upper is None:
        return [MP.log(abs(mpf(lower))) ** k for k in range(4)]
    low, high = mpf(lower), mpf(upper)
    cuts = [low, *(high * MP.mpf(10) ** -k for k in (20, 10, 5, 2, 1) if low < 1e-30), high]
    return [MP.quad(lambda a, k=k: MP.log(a) ** k, cuts) / (high - low) for k in range(4)]


def one_unit(law):
    """Mean, variance and third cumulant of log|phi(z)| given phi /= 0, one unit: a slope times a normal variable."""
    sides = [LOGS]
    if law[0] != 0 or law[1] is not None:
        slopes = slope_logs(law)
        sides.append(
            [
                MP.fsum(MP.binomial(k, j) * slopes[j] * LOGS[k - j] for j in range(k + 1))
                for k in range(4)
            ]
        )
    one, two, three = (MP.fsum(side[k] for side in sides) / len(sides) for k in (1, 2, 3))
    return one, two - one**2, three - 3 * one * two + 2 * one**3


def gain(law):
    return 1 / mpf(law[2]) if law[3] else MP.one


@pytest.mark.parametrize("name", LAWS)
def test_one_unit(name):
    mean, variance, third = one_unit(LAWS[name])
    law, box = LAWS[name], box_of(name)
    shifted = mean + MP.log(gain(law))
    assert_encloses(drift.log_norm_mean(1, box), shifted)
    assert_encloses(drift.log_norm_variance(1, box), variance)
    assert_encloses(drift.zero_drift_variance(1, box), MP.exp(-2 * shifted))
    assert_encloses(drift.lyapunov_exponent(0.75, 1, box), MP.log(MP.mpf(3) / 4) / 2 + shifted)
    constant = abs(third) / (6 * MP.sqrt(2 * MP.pi) * variance**1.5)
    assert_encloses(rates.clt_constant(1, box), constant)


def chi_cumulants(n):
    """Mean and mean square of log chi^2_n, by quadrature over the density (t = log chi^2)."""
    half = MP.mpf(n) / 2

    def moment(k):
        def density(t):
            return t**k * MP.exp(half * (t - MP.log(2)) - MP.exp(t) / 2)

        centre = MP.log(n)
        cuts = [centre + x for x in (-170, -80, -40, -20, -8, -3, -1, 0, 1, 2, 3, 5)]
        return MP.quad(density, cuts) / MP.gamma(half)

    return moment(1), moment(2)


def counted(law, width):
    """Mean and variance of (1/2) log Q given Q > 0, averaged over the number of live units."""
    chance = mpf(law[2]) * (1 if law[0] else MP.mpf(1) / 2)
    weights = {
        n: MP.binomial(width, n) * chance**n * (1 - chance) ** (width - n)
        for n in range(1, width + 1)
    }
    total = MP.fsum(weights.values())
    logs = {n: chi_cumulants(n) for n, weight in weights.items() if weight}
    one, two = (MP.fsum(weights[n] * pair[k] for n, pair in logs.items()) / total for k in (0, 1))
    return one / 2, (two - one**2) / 4


@pytest.mark.parametrize("name", SUMS)
def test_the_number_of_live_units_averaged_over(name):
    mean, variance = counted(LAWS[name], 5)
    for route in ("sum", "mellin"):
        box = box_of(name)
        assert_encloses(drift.log_norm_mean(5, box, route=route), mean + MP.log(gain(LAWS[name])))
        assert_encloses(drift.log_norm_variance(5, box, route=route), variance)


def angle_logs(a, b):
    """Mean and mean square of log(a^2 cos^2 + b^2 sin^2) over a quarter turn."""
    cuts = MP.linspace(0, MP.pi / 2, 9)

    def mean(k):
        body = lambda x: MP.log(a**2 * MP.cos(x) ** 2 + b**2 * MP.sin(x) ** 2) ** k  # noqa: E731
        return MP.quad(body, cuts) * 2 / MP.pi

    return mean(1), mean(2)


@pytest.mark.parametrize("name", ["leaky", "steep"])
def test_two_units_by_the_angle_and_the_radius(name):
    a = abs(mpf(LAWS[name][0]))
    radial = chi_cumulants(2)
    pairs = [
        angle_logs(MP.one, MP.one),
        angle_logs(MP.one, a),
        angle_logs(a, MP.one),
        angle_logs(a, a),
    ]
    angle = [MP.fsum(pair[k] for pair in pairs) / 4 for k in (0, 1)]
    one, two = radial[0] + angle[0], radial[1] + 2 * radial[0] * angle[0] + angle[1]
    assert_encloses(drift.log_norm_mean(2, box_of(name)), one / 2)
    assert_encloses(drift.log_norm_variance(2, box_of(name)), (two - one**2) / 4)


@pytest.mark.parametrize("width", [2, 7, 64, 10**4, 2**40])
def test_linear_layers_are_polygamma_functions(width):
    half = MP.mpf(width) / 2
    assert_encloses(drift.log_norm_mean(width, "linear"), (MP.log(2) + MP.digamma(half)) / 2)
    assert_encloses(drift.log_norm_variance(width, "linear"), MP.polygamma(1, half) / 4)


@pytest.mark.parametrize("name", [n for n in LAWS if "dropout" not in n or n in SUMS])
@pytest.mark.parametrize("width", [6, 3000])
def test_a_scheme_of_small_order_has_no_drift_in_the_limit(name, width):
    """(E Q^p)^(1/p) P(Q > 0)^(-1/p) tends to the geometric mean with relative error p Var(log Q)/2."""
    low, keep = LAWS[name][0], Fraction(LAWS[name][2])
    upper = LAWS[name][1]
    atom = 1 - keep * (Fraction(1, 2) if low == 0 and upper is None else 1)
    order = Fraction(1, 1000)
    box = box_of(name)
    with ctx.workprec(200):
        alive = 1 - arb(fmpq(atom.numerator, atom.denominator)) ** width
        near = weight_variance(order, width, activation=box) * alive ** (arb(2) / fmpq(1, 1000))
        ratio = near / drift.zero_drift_variance(width, box)
        expected = -drift.log_norm_variance(width, box) * fmpq(1, 1000)
        assert abs(ratio.log() - expected) < abs(expected) * arb("0.02")


@pytest.mark.parametrize(
    ("name", "width"),
    [("relu", 1), ("relu", 10), ("relu", 50), ("relu dropout", 3), ("random dropout", 1)],
)
def test_survivors_keep_their_size_at_the_growth_order(name, width):
    box = box_of(name)
    order = survival.survivor_growth_order(width, box)
    assert order.rad() <= order * TIGHT
    with ctx.workprec(400):
        low, high = (order.mid() * (1 + sign * arb(2) ** -60) for sign in (-1, 1))
    assert survival.survivor_drift(low.mid(), width, box) > 0
    assert survival.survivor_drift(high.mid(), width, box) < 0


def test_the_growth_order_of_one_unit_solves_the_equation_of_the_definition():
    def drift_of(s):
        moment = MP.mpf(2) ** (s / 2) * MP.gamma((1 + s) / 2) / (2 * MP.sqrt(MP.pi))
        return LOGS[1] - MP.log(moment) / s

    root = MP.findroot(drift_of, (1.3, 1.4), solver="anderson", tol=1e-70)
    assert_encloses(survival.survivor_growth_order(1), root)


def test_nothing_grows_without_an_atom():
    for name in ("linear", "leaky", "random"):
        assert survival.survivor_growth_order(4, box_of(name)) == 0
        assert survival.extinction_probability(4, 10, box_of(name)) == 0


@pytest.mark.parametrize("name", [n for n in LAWS if Fraction(LAWS[n][2]) < 1 or n == "relu"])
def test_extinction_and_the_bound_of_the_drift(name):
    law, box = LAWS[name], box_of(name)
    dead = 1 - mpf(law[2]) * (MP.mpf(1) / 2 if law[0] == 0 and law[1] is None else 1)
    for width, depth in ((1, 1), (5, 3), (40, 1000)):
        value = -MP.expm1(depth * MP.log1p(-(dead**width)))
        assert_encloses(survival.extinction_probability(width, depth, box), value)
    bound = survival.survivor_drift_bound(0.75, 3, box)
    assert_encloses(bound, -MP.log1p(-(dead**3)) / MP.mpf("0.75"))
    assert survival.survivor_drift(0.75, 3, box) < bound


@pytest.mark.parametrize(
    ("slope", "upper", "keep"),
    [
        (arb(0.5, 2**-5), None, 1),
        (0, None, arb(0.5, 2**-5)),
        (arb(0.5, 2**-5), None, arb(0.75, 2**-5)),
    ],
)
def test_boxes_contain_the_values_at_their_points(slope, upper, keep):
    wide = ActivationBox(slope, upper, keep)

    def end(x, sign):
        """A point of the box near one of its ends."""
        return x if not isinstance(x, arb) else float(x.mid()) + sign * 2**-6

    for sign in (-1, 1):
        thin = ActivationBox(*(x if x is None else end(x, sign) for x in (slope, upper, keep)))
        for function in (
            drift.log_norm_mean,
            drift.log_norm_variance,
            drift.zero_drift_variance,
            rates.zero_drift_std_expansion,
            lambda width, law: survival.extinction_probability(width, 2, law),
            lambda width, law: drift.lyapunov_exponent(arb(0.5, 0.1), width, law),
            lambda width, law: survival.survivor_drift(arb(0.5, 0.1), width, law),
            lambda width, law: survival.survivor_drift_bound(arb(0.5, 0.1), width, law),
        ):
            assert function(4, wide).overlaps(function(4, thin))
        if slope == 0:
            order = survival.survivor_growth_order
            assert order(4, wide).overlaps(order(4, thin))


def test_boxes_are_not_too_wide():
    box = ActivationBox(arb(0.5, 2**-20), None, arb(0.75, 2**-20))
    assert drift.log_norm_mean(4, box).rad() < 1e-5
    assert drift.log_norm_variance(4, box).rad() < 1e-5


def test_a_mean_near_zero_keeps_its_relative_radius():
    variance = drift.zero_drift_variance(5, "relu")
    nearly = drift.lyapunov_exponent(float(variance), 5, "relu")
    assert nearly.rad() <= abs(nearly.mid()) * TIGHT
    assert drift.lyapunov_exponent(variance, 5, "relu").contains(0)


def test_the_expansion_approaches_the_root_of_the_variance():
    for name in LAWS:
        gaps = []
        for width in (10**3, 10**4):
            exact = drift.zero_drift_variance(width, box_of(name)).sqrt()
            gaps.append(float(abs(rates.zero_drift_std_expansion(width, box_of(name)) / exact - 1)))
        assert gaps[1] < 0.011 * gaps[0], name


BAD = [
    (lambda: drift.log_norm_mean(0), r"width must be a whole number from 1 to 2\*\*53, got 0"),
    (lambda: drift.log_norm_mean(2, "gelu"), "activation must be .* got 'gelu'"),
    (lambda: drift.log_norm_mean(2, route="guess"), "route must be one of .* got 'guess'"),
    (lambda: drift.log_norm_mean(2, "rrelu", route="sum"), "route must be 'mellin'"),
    (lambda: drift.log_norm_mean(2, rel_radius=0), r"rel_radius must be in .* got 0"),
    (lambda: drift.log_norm_mean(2, ActivationBox(arb(0.1, 0.2))), "lower must be 0 or bounded"),
    (lambda: drift.lyapunov_exponent(0, 2), "variance must be finite and > 0, got 0"),
    (lambda: rates.clt_constant(2, ActivationBox(arb(0.5, 0.1))), "activation must have exact"),
    (lambda: survival.extinction_probability(2, 0), "depth must be a whole number .* got 0"),
    (lambda: survival.survivor_drift(-1, 2), "order must be finite and > 0, got -1"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input_names_argument_value_and_domain(call, message):
    with pytest.raises(ValueError, match=message):
        call()
