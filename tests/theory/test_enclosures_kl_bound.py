"""Enclosures of the KL bound against mpmath values of the definition: they must contain them and be narrow."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from itertools import pairwise

import pytest
from flint import arb, ctx
from mpmath.ctx_mp import MPContext

from theory import enclosures_kl_bound as bounds
from theory import enclosures_kl_bound_divergence as divergence
from theory import enclosures_kl_bound_forward as forward
from theory import enclosures_kl_bound_networks as networks
from theory import enclosures_kl_bound_optima as optima
from theory import enclosures_kl_bound_scales as scales
from theory import enclosures_kl_bound_stationary as stationary
from theory.enclosures_activations import ActivationBox

MP = MPContext()
MP.dps = 40
TIGHT = 1e-25

SPECTRA = {
    "one": (Fraction(3, 10),),
    "two": (1, 4),
    "near": (1, Fraction(1) + Fraction(1, 2**40)),
    "wide": (1e-6, 0.25, Fraction(1, 3), 1e5),
}
NORM = 14  # standard deviations beyond which a normal density is below 1e-42


def mpf(x):
    exact = Fraction(x)
    return MP.mpf(exact.numerator) / exact.denominator


def ball(x, slack="1e-33"):
    """A ball around an mpmath value, wider than its error."""
    with ctx.workprec(160):
        return arb(MP.nstr(x, 40)) + arb(0, slack) * arb(MP.nstr(abs(x), 5))


def assert_encloses(enclosure, value, slack="1e-33"):
    assert enclosure.overlaps(ball(value, slack)), (enclosure, value)
    assert enclosure.rad() <= abs(enclosure.mid()) * TIGHT


def log_normal_density(x, variance, mean=0):
    return -((x - mean) ** 2) / (2 * variance) - MP.log(2 * MP.pi * variance) / 2


def mean_of(function, variance, mean=0):
    """E f(w), w ~ N(mean, variance), by quadrature."""
    scale = MP.sqrt(variance)

    def integrand(z):
        return function(mean + scale * z) * MP.npdf(z)

    return MP.quad(integrand, [x * NORM / 7 for x in range(-7, 8)])


def one_divergence(first, second, first_mean=0):
    """KL(N(first_mean, first) || N(0, second)) by quadrature of its definition."""

    def log_ratio(x):
        return log_normal_density(x, first, first_mean) - log_normal_density(x, second)

    return mean_of(log_ratio, first, first_mean)


def entropy(variance):
    return -mean_of(lambda x: log_normal_density(x, variance), variance)


@pytest.mark.parametrize("name", SPECTRA)
@pytest.mark.parametrize("start", [0.4, Fraction(7, 3), 2.0**-20])
def test_divergences(name, start):
    values, s0 = [mpf(c) for c in SPECTRA[name]], mpf(start)
    there = MP.fsum(one_divergence(c, s0) for c in values)
    back = MP.fsum(one_divergence(s0, c) for c in values)
    assert_encloses(divergence.kl_to_initial(SPECTRA[name], start), there, "1e-28")
    assert_encloses(divergence.kl_from_initial(SPECTRA[name], start), back, "1e-28")


@pytest.mark.parametrize("name", ["two", "wide"])
def test_minimum_divergence_and_tightness(name):
    """The least of the divergence over s0, searched for."""
    values = [mpf(c) for c in SPECTRA[name]]

    def to_initial(log_start):
        return MP.fsum(c / MP.exp(log_start) - 1 - MP.log(c) + log_start for c in values) / 2

    at = MP.findroot(lambda y: MP.diff(to_initial, y), MP.log(MP.fsum(values) / 2))
    least = to_initial(at)
    assert_encloses(divergence.minimum_divergence(SPECTRA[name]), least)
    assert_encloses(divergence.tightness(SPECTRA[name]), 1 + 2 * least / len(values))


def test_a_divergence_of_equal_laws_is_exactly_zero():
    third = Fraction(1, 3)
    assert divergence.kl_to_initial((third, third), third) == 0
    assert divergence.kl_from_initial((third, third), third) == 0
    assert divergence.minimum_divergence((third,) * 3) == 0
    assert divergence.tightness((third,) * 3) == 1
    assert divergence.relaxation_divergence(1, 2, 3, Fraction(3, 2)) == 0


@pytest.mark.parametrize("exponent", [12, 200, 6000])
def test_a_tiny_divergence_keeps_its_relative_radius(exponent):
    value = divergence.kl_to_initial(1, 1 + Fraction(1, 2**exponent))
    assert value.rad() <= value * TIGHT
    with ctx.workprec(160):
        x = -(arb(2) ** -exponent) / (1 + arb(2) ** -exponent)  # 1/s0 - 1
        leading = x**2 / 4 - x**3 / 6 + x**4 / 8
        assert value.overlaps(
            leading + arb(0, x.abs_upper() ** 5)
        )  # no term is larger from there on


@pytest.mark.parametrize("time", [0, 0.125, 3])
@pytest.mark.parametrize("mean", [0, (0.5, -2)])
def test_relaxation(time, mean):
    rates, heat, start = (Fraction(1, 3), 2), 0.75, 4
    means = mean if isinstance(mean, tuple) else (0, 0)
    value = MP.zero
    for rate, first in zip(rates, means, strict=True):
        a, t, temperature = mpf(rate), mpf(time), mpf(heat)
        heated = MP.quad(lambda s, a=a, t=t: MP.exp(-2 * a * (t - s)), [0, t]) if time else 0
        variance = mpf(start) * MP.exp(-2 * a * t) + 2 * temperature * heated
        value += one_divergence(variance, temperature / a, mpf(first) * MP.exp(-a * t))
    result = divergence.relaxation_divergence(time, rates, heat, start, mean)
    assert_encloses(result, value, "1e-28")


def test_late_relaxation_keeps_its_relative_radius():
    """4 a_min is the rate from a centred start, however small the divergence."""
    late = [divergence.relaxation_divergence(t, (1, 3), 0.5, 2) for t in (400, 401)]
    assert late[0] < arb("1e-690")
    assert all(value.rad() <= value * TIGHT for value in late)
    with ctx.workprec(160):
        assert abs((late[0] / late[1]).log() - 4) < arb("1e-24")  # what the balls leave


@pytest.mark.parametrize("curvatures", [(1, 3), (0.5, 0.5), (Fraction(1, 7), 1.75)])
@pytest.mark.parametrize("noise", [2, -0.375])
def test_stationary_covariance(curvatures, noise):
    """The limit: the integral of exp(-A s) eps Sigma exp(-A s). The steps: iterated until nothing changes."""
    step, size = 0.5, 4
    a, b = (mpf(x) for x in curvatures)
    rate = mpf(step) / size * mpf(noise)
    limit = rate * MP.quad(lambda s: MP.exp(-(a + b) * s), [0, 1, 4, 16, MP.inf])
    assert_encloses(stationary.stationary_covariance(curvatures, noise, step, size), limit)
    covariance, kept = MP.zero, (1 - mpf(step) * a) * (1 - mpf(step) * b)
    for _ in range(1500):
        covariance = kept * covariance + rate * mpf(step)
    result = stationary.stationary_covariance(curvatures, noise, step, size, discrete=True)
    assert_encloses(result, covariance)


def test_temperature_and_stationary_losses():
    """Half the curvature times the variance, summed over the directions, from the covariance."""
    step, size, noise, rates = 0.25, 3, (2, Fraction(1, 3)), (0.5, 5)
    variances = [
        stationary.stationary_covariance((a, a), s, step, size)
        for a, s in zip(rates, noise, strict=True)
    ]
    with ctx.workprec(160):
        loss = sum((a * v / 2 for a, v in zip(rates, variances, strict=True)), arb(0))
    total = stationary.stationary_total_loss(noise, step, size)
    assert total.overlaps(loss)
    assert total.rad() <= total * TIGHT
    heat = stationary.temperature(step, size, 2)
    assert heat.overlaps(rates[0] * variances[0])  # T/a is the variance for isotropic noise
    assert stationary.stationary_loss(0.3).overlaps(arb(0.3) / 2)


def test_loss_bound_is_the_cross_entropy():
    variance, start, heat, size, constant = Fraction(2, 3), 0.375, 0.8, 5, -1.25
    cross = -mean_of(lambda x: log_normal_density(x, mpf(start)), mpf(variance))
    value = mpf(heat) / size * (size * cross + mpf(constant))
    result = bounds.loss_bound(start, size * variance, constant, heat, size)
    assert_encloses(result, value)


def test_optimal_loss_bound_is_the_least():
    moment, constant, heat, size = 3.5, Fraction(-7, 3), 0.3, 4

    def bound(log_start):
        start = MP.exp(log_start)
        logs = size * (MP.log(2 * MP.pi) + log_start) / 2 + mpf(constant)
        return mpf(heat) / size * (logs + mpf(moment) / (2 * start))

    with MP.workdps(100):  # a numerical derivative keeps half of the digits
        at = MP.findroot(lambda y: MP.diff(bound, y), (-5, 5), solver="anderson", tol=1e-80)
    assert_encloses(bounds.optimal_loss_bound(moment, constant, heat, size), bound(at))
    assert_encloses(optima.optimal_initial_variance(moment, size), MP.exp(at))


def test_leading_terms():
    small, large = Fraction(1, 10**40), 10**40
    args = {"second_moment": 3, "temperature": 0.3, "parameters": 4}
    near = bounds.loss_bound(small, log_prefactor=2, **args)
    with ctx.workprec(200):
        assert abs(near / bounds.small_variance_bound(small, **args) - 1) < arb("1e-37")
        far = bounds.loss_bound(large, log_prefactor=2, **args)
        rest = far - bounds.large_variance_bound(large, 0.3)
        constant = arb(0.3) / 2 * (2 * arb.pi()).log() + arb(0.3) * 2 / 4
        assert abs(rest - constant) < arb("1e-24")


def test_forward_and_transient_bounds_by_entropies():
    loss, start, heat, size, last = 2.75, Fraction(1, 3), 0.3, 6, -1.5
    first = size * entropy(mpf(start))
    value = mpf(loss) - mpf(heat) * (first - mpf(last))
    assert_encloses(forward.forward_bound(loss, start, heat, size, last), value)
    gap = 0.125
    identity = forward.free_energy_loss(loss, 2, last, gap, heat)
    assert_encloses(identity, mpf(loss) - mpf(heat) * (2 - mpf(last)) - mpf(heat) * mpf(gap))
    moment = 5.5
    greatest = size * entropy(mpf(moment) / size)
    transient = mpf(loss) + mpf(heat) * (greatest - first)
    assert_encloses(forward.transient_bound(loss, start, moment, heat, size), transient)


def test_second_moment_bound_integrates_its_rate():
    time, start, heat, size, depth, power = 1.5, 0.25, 0.3, 6, 3, 2.5
    rate = 2 * size * mpf(heat) + depth * mpf(power) / 2
    value = size * mpf(start) + MP.quad(lambda _: rate, [0, mpf(time)])
    assert_encloses(forward.second_moment_bound(time, start, heat, size, depth, power), value)


@pytest.mark.parametrize("name", SPECTRA)
def test_optima_at_a_quadratic_minimum(name):
    """Where the derivative of what they minimise vanishes."""
    values, heat = [mpf(c) for c in SPECTRA[name]], 0.75

    def minimum(slope, guess):
        return MP.exp(MP.findroot(slope, MP.log(guess)))

    arithmetic = MP.fsum(values) / len(values)
    to_start = minimum(lambda y: MP.fsum(1 - c / MP.exp(y) for c in values), arithmetic)
    assert_encloses(optima.mean_variance(SPECTRA[name]), to_start)

    def both(y):
        return MP.fsum(MP.exp(y) / c - c / MP.exp(y) for c in values)

    harmonic = len(values) / MP.fsum(1 / c for c in values)
    middle = minimum(both, MP.sqrt(arithmetic * harmonic) * MP.mpf("1.01"))
    assert_encloses(optima.jeffreys_variance(SPECTRA[name]), middle)

    def forward_slope(y):  # of sum_i (a_i s0/2 - (T/2) log s0)
        return MP.fsum(a * MP.exp(y) - mpf(heat) for a in values)

    virial = minimum(forward_slope, mpf(heat) / arithmetic * MP.mpf("1.01"))
    assert_encloses(optima.virial_variance(SPECTRA[name], heat), virial)


def phi_square(slope):
    """E phi(z)^2 of a fixed slope, by quadrature."""

    def integrand(z):
        return (z if z > 0 else mpf(slope) * z) ** 2 * MP.npdf(z)

    return MP.quad(integrand, [-NORM, -7, -3, 0, 3, 7, NORM])


WIDTHS = {"deep": (3, 5, 5, 2), "shallow": (4, 3), "equal": (6, 6, 6)}
SLOPES = {"linear": 1, "relu": 0, "leaky": Fraction(1, 10)}
LOSSES = ("half_squared", "cross_entropy")


def coefficient(loss, widths):
    classes = MP.mpf(widths[-1])
    return MP.mpf(1) / 2 if loss == "half_squared" else (1 - 1 / classes) / (2 * classes)


def output_power(widths, variances, m1, power):
    """Layer by layer: every unit has the mean square s |x|^2, times m1 but on the last layer."""
    square = power
    for layer, (units, variance) in enumerate(zip(widths[1:], variances, strict=True), start=1):
        square *= units * variance * (m1 if layer < len(variances) else 1)
    return square


@pytest.mark.parametrize("name", WIDTHS)
@pytest.mark.parametrize("slope", SLOPES)
def test_output_power_and_initial_loss(name, slope):
    widths, power, target = WIDTHS[name], 2.5, 0.75
    law = ActivationBox(SLOPES[slope])
    variances = tuple(Fraction(1, k + 2) for k in range(len(widths) - 1))
    value = output_power(widths, [mpf(s) for s in variances], phi_square(SLOPES[slope]), mpf(power))
    assert_encloses(networks.expected_output_power(widths, variances, power, law), value)
    squared = networks.expected_initial_loss(widths, variances, power, target, law)
    assert_encloses(squared, (value + mpf(target)) / 2)
    classes = widths[-1]
    bound = MP.log(classes) + coefficient("cross_entropy", widths) * value
    entropy_loss = networks.expected_initial_loss(
        widths, variances, power, target, law, "cross_entropy"
    )
    assert_encloses(entropy_loss, bound)


def test_one_output_has_a_squared_loss():
    assert networks.expected_initial_loss((3, 1), 0.25, 2, 1).contains(0.75)


def test_one_variance_stands_for_every_layer():
    shared = networks.expected_output_power((3, 5, 2), 0.25, 2.5)
    separate = networks.expected_output_power((3, 5, 2), (0.25, 0.25), 2.5)
    assert (shared - separate).contains(0)
    assert shared.overlaps(arb(2.5) * 5 * 2 / 32)


@pytest.mark.parametrize("name", WIDTHS)
@pytest.mark.parametrize("loss", LOSSES)
def test_optimal_scale_is_stationary(name, loss):
    widths, heat, power, slope = WIDTHS[name], 0.3, 2.5, SLOPES["leaky"]
    m1 = phi_square(slope)
    weights = sum(a * b for a, b in pairwise(widths))

    def bound(log_scale):
        variances = [MP.exp(log_scale) / (m1 * n) for n in widths[:-1]]
        loss_part = coefficient(loss, widths) * output_power(widths, variances, m1, mpf(power))
        return loss_part - mpf(heat) / 2 * weights * log_scale

    with MP.workdps(100):  # a numerical derivative keeps half of the digits
        gradient, bracket = partial(MP.diff, bound), (-9, 9)
        at = MP.findroot(gradient, bracket, solver="bisect", tol=1e-45, maxsteps=200)
    result = scales.optimal_scale(widths, heat, power, ActivationBox(slope), loss)
    assert_encloses(result, MP.exp(at))


def stationary_variances(widths, heat, decay, power, m1, beta):
    """The minimum of the bound over all log-variances, by Newton's method on its gradient."""
    sizes = [a * b for a, b in pairwise(widths)]

    def gradient(*logs):
        variances = [MP.exp(y) for y in logs]
        data = beta * output_power(widths, variances, m1, power)
        return [
            data + decay * size * s / 2 - heat * size / 2
            for size, s in zip(sizes, variances, strict=True)
        ]

    # the bound is convex in the logarithms and rises from a point where every layer is alone: damp from below
    start = [MP.log(heat / decay) - 1] * len(sizes)
    logs = (
        MP.findroot(gradient, start, tol=1e-60, maxsteps=200)
        if len(sizes) > 1
        else [MP.findroot(lambda y: gradient(y)[0], start[0], tol=1e-60)]
    )
    return [MP.exp(y) for y in logs]


@pytest.mark.parametrize("name", WIDTHS)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("decay", [0.125, 2, 50])
def test_optimal_variances(name, loss, decay):
    widths, heat, power, slope = WIDTHS[name], 0.3, 2.5, SLOPES["leaky"]
    beta = coefficient(loss, widths)
    m1 = phi_square(slope)
    expected = stationary_variances(widths, mpf(heat), mpf(decay), mpf(power), m1, beta)
    args = (widths, heat, decay, power, ActivationBox(slope), loss)
    result = scales.optimal_variances(*args)
    for enclosure, value in zip(result, expected, strict=True):
        assert_encloses(enclosure, value)
    gain = output_power(widths, expected, m1, MP.one)
    assert_encloses(scales.optimal_gain(*args), gain)
    names = ("widths", "temperature", "weight_decay", "input_power", "activation", "loss")
    for layer, enclosure in enumerate(result, start=1):
        one = scales.optimal_variance(layer, **dict(zip(names, args, strict=True)))
        assert one.mid() == enclosure.mid()


@pytest.mark.parametrize(("decay", "heat"), [(1e-12, 1.0), (1e12, 1.0), (1.0, 1e-9), (1.0, 1e9)])
def test_extreme_optimal_variances_solve_their_equation(decay, heat):
    widths = (3, 7, 2)
    result = scales.optimal_variances(widths, heat, decay, 1.5)
    gain = scales.optimal_gain(widths, heat, decay, 1.5)
    with ctx.workprec(300):
        product = arb(0.5) * 7 * 2 * result[0] * result[1]
        assert product.overlaps(gain)
    for size, s in zip((21, 14), result, strict=True):
        assert s > 0
        assert s.rad() <= s * TIGHT
        with ctx.workprec(300):
            assert ((heat - arb(1.5) * gain / size) / decay).overlaps(s)


BAD = [
    (lambda: bounds.loss_bound(0, 1, 0, 1, 2), "initial_variance must be finite and > 0, got 0"),
    (lambda: bounds.loss_bound(1, 1, 0, 1, 2.5), r"parameters must be a whole number .* got 2.5"),
    (
        lambda: bounds.optimal_loss_bound(1, float("nan"), 1, 2),
        "log_prefactor must be a finite number or ball, got nan",
    ),
    (lambda: forward.free_energy_loss(1, 1, 1, -1, 1), "divergence must be finite and >= 0"),
    (lambda: forward.second_moment_bound(-1, 1, 1, 1, 1, 1), "time must be finite and >= 0"),
    (
        lambda: divergence.kl_to_initial((), 1),
        r"covariance must hold at least one number, got \(\)",
    ),
    (lambda: divergence.kl_to_initial((1, -1), 1), "covariance must be finite and > 0, got -1"),
    (
        lambda: divergence.relaxation_divergence(1, (1, 2), 1, 1, (1,)),
        r"initial_mean must be one number or 2 of them, got \(1,\)",
    ),
    (
        lambda: stationary.stationary_covariance((1, 2, 3), 1, 1, 1),
        r"hessian must be two eigenvalues, got \(1, 2, 3\)",
    ),
    (
        lambda: stationary.stationary_covariance((1, 4), 1, 0.5, 1, discrete=True),
        "learning_rate must be < 2/4 for the steps to converge, got 1/2",
    ),
    (lambda: stationary.temperature(1, 0, 1), "batch_size must be a whole number .* got 0"),
    (
        lambda: networks.expected_output_power((3,), 1, 1),
        r"widths must be a sequence of two at least",
    ),
    (
        lambda: networks.expected_output_power((3, 2), (1, 1), 1),
        r"variances must be one number or 1 of them, got \(1, 1\)",
    ),
    (
        lambda: networks.expected_initial_loss((3, 1), 1, 1, 0, loss="cross_entropy"),
        "widths must end in two classes at least for cross_entropy",
    ),
    (
        lambda: networks.expected_initial_loss((3, 2), 1, 1, 0, loss="hinge"),
        "loss must be one of 'half_squared', 'cross_entropy', got 'hinge'",
    ),
    (lambda: scales.optimal_scale((3, 2), 1, 0), "input_power must be finite and > 0, got 0"),
    (lambda: scales.optimal_variances((3, 2), 1, 0, 1), "weight_decay must be > 0: without it"),
    (
        lambda: scales.optimal_variance(
            2, widths=(3, 2), temperature=1, weight_decay=1, input_power=1
        ),
        "layer must be one of 1 to 1, got 2",
    ),
    (lambda: optima.virial_variance(1, 1, rel_radius=0), "rel_radius must be in .* got 0"),
]


@pytest.mark.parametrize(("call", "message"), BAD, ids=range(len(BAD)))
def test_bad_input_names_argument_value_and_domain(call, message):
    with pytest.raises(ValueError, match=message):
        call()
