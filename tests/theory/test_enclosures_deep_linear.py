"""Enclosures of deep linear nets against mpmath values of the definition: they must contain them and be narrow."""

from __future__ import annotations

from fractions import Fraction
from math import factorial, prod

import pytest
from flint import arb, ctx
from mpmath.ctx_mp import MPContext

from theory import enclosures_deep_linear_chi as chi
from theory import enclosures_deep_linear_kernel as kernel
from theory import enclosures_deep_linear_modes as modes
from theory import enclosures_deep_linear_products as products
from theory import enclosures_deep_linear_rates as rates
from theory import enclosures_deep_linear_widths as widths

MP = MPContext()
MP.dps = 40
TIGHT = 1e-25


def mpf(x):
    exact = Fraction(x)
    return MP.mpf(exact.numerator) / exact.denominator


def assert_encloses(enclosure, value, slack="1e-33"):
    with ctx.workprec(160):
        around = arb(MP.nstr(value, 40)) + arb(0, slack) * arb(MP.nstr(abs(value), 5))
    assert enclosure.overlaps(around), (enclosure, value)
    assert enclosure.rad() <= abs(enclosure.mid()) * TIGHT


def rotation(a, b):
    """Exactly orthogonal, from whole numbers with a^2 + b^2 a square."""
    c = MP.sqrt(a * a + b * b)
    return MP.matrix([[a, -b], [b, a]]) / c


def kronecker(first, second):
    rows, columns = second.rows, second.cols
    result = MP.matrix(first.rows * rows, first.cols * columns)
    for i in range(result.rows):
        for j in range(result.cols):
            result[i, j] = first[i // rows, j // columns] * second[i % rows, j % columns]
    return result


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_kernel_eigenvalues_are_those_of_the_sum_over_layers(depth):
    width, inputs = 2, MP.matrix([[2, 1], [MP.mpf(1) / 2, 3]])
    pairs = ((3, 4), (5, 12), (8, 15), (20, 21))[:depth]
    weights = [MP.sqrt(width) * rotation(*pair) for pair in pairs]
    scale = 1 / (MP.mpf(width) ** (depth - 1) * width)
    total = MP.matrix(4, 4)
    for layer in range(depth):
        below, above = inputs, MP.eye(2)
        for matrix in weights[:layer]:
            below = matrix * below
        for matrix in reversed(weights[layer + 1 :]):
            above = above * matrix
        total += scale * kronecker(below.T * below, above * above.T)
    values = sorted(MP.eigsy(total, eigvals_only=True))
    for found, square in zip(values, sorted([*MP.eigsy(inputs.T * inputs)[0]] * 2), strict=True):
        size = Fraction(MP.nstr(MP.sqrt(square), 38))
        assert_encloses(kernel.ntk_eigenvalues(size, depth, 2), found, "1e-30")


# largest rate, factor; the rate in units of 1/lambda_max of the kernel, 1/kappa in units of the loss's fall there
THEOREMS = {
    "orthogonal": (rates.max_learning_rate, rates.contraction_factor, 2, 4),
    "Gaussian": (rates.gaussian_max_learning_rate, rates.gaussian_contraction_factor, 3, 12),
}


@pytest.mark.parametrize("name", THEOREMS)
@pytest.mark.parametrize(("depth", "outputs"), [(1, 1), (7, 10), (700, 3)])
def test_rates_in_units_of_the_kernel(name, depth, outputs):
    limit, factor, share, fall = THEOREMS[name]
    largest, smallest = Fraction(7, 3), 0.375
    top = mpf(depth) / outputs * mpf(largest) ** 2
    assert_encloses(limit(largest, depth, outputs), 1 / (share * top))
    rate = Fraction(outputs, share * depth) / largest**2
    kappa = (mpf(largest) / mpf(smallest)) ** 2
    assert_encloses(factor(rate, depth, smallest, outputs), 1 - 1 / (fall * kappa))


def test_a_vanishing_factor_is_exactly_zero():
    assert rates.contraction_factor(0.5, 1, 2, 1) == 0
    assert rates.gaussian_contraction_factor(0.25, 4, 2, 1) == 0
    assert rates.contraction_factor(1, 1, 2, 1) == -1
    assert rates.weight_movement_bound(0, 1, 1, 1, 1) == 0
    assert kernel.expected_initial_loss(0, 0) == 0


def test_initial_loss_of_one_weight_by_quadrature():
    x, y = mpf(1.5), mpf(Fraction(2, 3))
    value = MP.quad(lambda w: (w * x - y) ** 2 / 2 * MP.npdf(w), [-14, -7, -3, 0, 3, 7, 14])
    assert_encloses(kernel.expected_initial_loss(2.25, Fraction(4, 9)), value)


SPECTRUM = (3, 0.5, Fraction(4, 3))


def test_required_widths_by_their_definitions():
    """r~ = |X|_F^2/|X|^2 and kappa from the eigenvalues of X^T X."""
    squares = sorted(mpf(s) ** 2 for s in SPECTRUM)
    stable, kappa = MP.fsum(squares) / squares[-1], squares[-1] / squares[0]
    norm, outputs, delta = Fraction(7, 5), 10, 0.0625
    size, chance = outputs * (1 + mpf(norm) ** 2), MP.log(3 / mpf(delta))
    value = 2 * stable * kappa**2 * (size + chance)
    assert_encloses(widths.required_width(SPECTRUM, norm, outputs, delta, 2), value)
    for args, most in (
        ((norm, outputs, delta), size * 3 * kappa**3),
        ((0, 1, Fraction(1, 10**9)), MP.log(3 * MP.mpf(10) ** 9) * 3 * kappa**3),
    ):
        deep = widths.gaussian_required_width(SPECTRUM, *args, 700, 0.25)
        assert_encloses(deep, most * 700 / 4)
    very_deep = widths.gaussian_required_width((1,), 0, 1, 0.5, 2**40)
    assert_encloses(very_deep, 2**40 * 40 * MP.log(2))


def test_weight_movement():
    value = 8 * MP.sqrt(mpf(2.5) * 10) * mpf(3) / (7 * mpf(0.5) ** 2)
    assert_encloses(rates.weight_movement_bound(2.5, 3, 0.5, 7, 10), value)


def mean_of(function, degrees):
    """E function(Z), degrees Z ~ chi-square, by quadrature over the logarithm of Z."""
    half = MP.mpf(degrees) / 2

    def integrand(y):
        return function(y) * MP.exp(half * (MP.log(half) + y - MP.exp(y)) - MP.loggamma(half))

    ends = (-1 - MP.mpf(190) / degrees, MP.log(1 + MP.mpf(380) / degrees))  # density e^-95
    places = [ends[0] * k / 12 for k in range(12, 0, -1)]
    return MP.quad(integrand, [*places, 0, ends[1] / 4, ends[1] / 2, ends[1]])


@pytest.mark.parametrize(("width", "depth", "outputs"), [(1, 3, 2), (8, 1, 5), (64, 700, 10)])
def test_log_norm_by_quadrature(width, depth, outputs):
    means = {d: mean_of(lambda y: y, d) for d in (width, outputs)}
    spreads = {d: mean_of(lambda y: y * y, d) - mean**2 for d, mean in means.items()}
    for enclose, values, factor in (
        (products.log_norm_mean, means, 2),
        (products.log_norm_variance, spreads, 4),
    ):
        value = ((depth - 1) * values[width] + values[outputs]) / factor
        assert_encloses(enclose(width, depth, outputs), value, "1e-29")


def test_log_norm_of_wide_nets_keeps_its_relative_radius():
    for enclose, leading in (
        (products.log_norm_mean, -(2.0**-52) * 1000),
        (products.log_norm_variance, 2.0**-52 * 1000),
    ):
        value = enclose(2**51, 1000, 2**51)
        assert value.rad() <= abs(value) * TIGHT
        assert float(value) == pytest.approx(leading, rel=1e-14)


@pytest.mark.parametrize(("width", "depth", "outputs"), [(16, 3, 4), (1000, 700, 10), (3, 1, 1)])
def test_the_output_scale_keeps_the_mean_square(width, depth, outputs):
    alpha = products.output_scale(width, depth, outputs)
    assert alpha.rad() <= alpha * TIGHT
    with ctx.workprec(200):
        assert (alpha**2 * width ** (depth - 1) * outputs).contains(1)
        assert products.log_output_scale(width, depth, outputs).overlaps(alpha.log())


def wishart_recursion(width, depth):
    """E tr S^2 of a product of `depth` matrices, from (E (tr S)^2, E tr S^2) layer by layer."""
    squared_trace, trace_of_square = width**2, width
    for _ in range(depth):
        squared_trace, trace_of_square = (
            width**2 * squared_trace + 2 * width * trace_of_square,
            width * squared_trace + width * (width + 1) * trace_of_square,
        )
    return Fraction(trace_of_square, width ** (2 * depth + 1))


@pytest.mark.parametrize(("width", "depth"), [(1, 5), (2, 1), (6, 5), (10, 700), (1000, 3)])
def test_spectral_moments_by_recursion(width, depth):
    exact = wishart_recursion(width, depth)
    assert_encloses(products.product_spectral_moment(width, depth, 2), mpf(exact))
    assert products.product_spectral_moment(width, depth, 1) == 1


@pytest.mark.parametrize("degrees", [1, 2, 7, 64])
@pytest.mark.parametrize("order", [0.5, Fraction(1, 3), 1, 2.75])
def test_chi_moments_by_quadrature(degrees, order):
    value = mean_of(lambda y: MP.exp(mpf(order) * y), degrees)
    assert_encloses(chi.chi_moment(order, degrees), value, "1e-29")
    if degrees == 1:
        product = chi.scalar_product_moment(2 * order, 9)
        assert_encloses(product, value**9, "1e-28")


def test_whole_chi_moments_are_exact():
    assert chi.chi_moment(3, 4).contains(3)  # 4 6 8/4^3
    assert chi.scalar_product_moment(6, 4).contains(15**4)


@pytest.mark.parametrize("argument", [0.5, 1, 1.5, Fraction(10, 3), 50])
def test_gamma_ratio_and_its_bounds(argument):
    a = mpf(argument)
    value = MP.gamma(a + MP.mpf(1) / 2) / MP.gamma(a)
    assert_encloses(chi.gamma_ratio(argument), value)
    assert_encloses(chi.gamma_ratio_bound(argument), MP.sqrt(a - MP.mpf(1) / 10))
    assert chi.gamma_ratio(argument) < chi.gamma_ratio_bound(argument)


@pytest.mark.parametrize("degrees", [1, 2, 3, 10, 10**6, 2**53])
def test_the_mean_root_is_below_its_bound(degrees):
    bound = chi.root_chi_bound(degrees)
    assert_encloses(bound, mpf(Fraction(10 * degrees - 1, 10 * degrees)))
    assert chi.chi_moment(0.5, degrees) < bound


@pytest.mark.parametrize("steps", [0, 1, 5, 300])
@pytest.mark.parametrize("rate", [0.0625, 0.25, 2])
def test_kernel_loss_by_its_recursion(steps, rate):
    values, powers, ratio = (1.5, Fraction(2, 3), 2), (0, 3, 0.5), Fraction(3, 4)
    total = MP.zero
    for s, power in zip(values, powers, strict=True):
        error = mpf(s) ** 2 + mpf(power)  # mean square of G s - Y v at the start
        for _ in range(steps):
            error *= (1 - mpf(rate) * mpf(ratio) * mpf(s) ** 2) ** 2
        total += error / 2
    assert_encloses(kernel.kernel_loss(steps, values, powers, rate, 3, 4), total, "1e-30")


def test_kernel_loss_after_very_many_steps():
    """A first precision holds neither 2^(2 t) nor the small rate."""
    grown, left = (
        kernel.kernel_loss(1e300, 1, 0, 1, 3, 1),
        kernel.kernel_loss(1e300, 1, 0, 1e-300, 3, 1),
    )
    for value, logarithm in ((grown, 2 * arb(2).log() * arb(1e300)), (left, arb(-6))):
        assert value.rad() <= value * TIGHT
        with ctx.workprec(160):
            assert abs((2 * value).log() / logarithm - 1) < arb("1e-14")  # 1e300 1e-300 is not 1


def test_kernel_loss_between_steps_and_at_an_exact_fit():
    value = kernel.kernel_loss(0.75, 1, 1, 0.25, 3, 1)
    assert_encloses(value, mpf(0.25) ** mpf(1.5))
    fits = {"singular_values": 1, "target_powers": 3, "learning_rate": 0.25}
    assert kernel.kernel_loss(2, **fits, depth=4, out_dim=1) == 0
    assert kernel.kernel_loss(0, **fits, depth=4, out_dim=1) == 2


@pytest.mark.parametrize(("start", "goal"), [(0.125, 2), (3, 0.5), (1, 1)])
@pytest.mark.parametrize("depth", [1, 2])
def test_mode_strength_by_the_inverse_of_its_equation(start, goal, depth):
    """The time to a strength is the integral of ds/(L rho s^(2 - 2/L) (y - s))."""
    time, rate = 0.375, Fraction(4, 3)
    value = modes.mode_strength(time, start, goal, rate, depth)
    assert value.rad() <= value * TIGHT
    if start == goal:
        assert value.contains(goal)
        return
    s = MP.mpf(value.mid().str(40, radius=False))

    def speed(x):
        return depth * mpf(rate) * x ** (2 - MP.mpf(2) / depth) * (mpf(goal) - x)

    elapsed = MP.quad(lambda x: 1 / speed(x), [mpf(start), s])
    assert abs(elapsed - mpf(time)) * abs(speed(s)) < MP.mpf("1e-24") * s


def test_late_and_early_modes():
    assert modes.mode_strength(0, 0.3, 5).contains(0.3)
    assert modes.mode_strength(2**70, 0.3, 5).overlaps(arb(5))
    tiny = modes.mode_strength(1, Fraction(1, 10**80), 1)
    with ctx.workprec(160):
        assert (tiny * 10**80 / arb(2).exp() - 1).abs_upper() < arb("1e-24")


@pytest.mark.parametrize("order", [2, 4, 6])
def test_even_moments_of_a_product_of_normals(order):
    """(order - 1)!! for each factor."""
    odd = factorial(order) // (2 ** (order // 2) * factorial(order // 2))
    assert chi.scalar_product_moment(order, 3).contains(prod([odd] * 3))


BAD = [
    (lambda: rates.max_learning_rate(0, 1, 1), "data_norm must be finite and > 0, got 0"),
    (lambda: rates.max_learning_rate(1, 0, 1), "depth must be a whole number .* got 0"),
    (lambda: rates.contraction_factor(1, 1, -1, 1), "sigma_min must be finite and > 0, got -1"),
    (
        lambda: rates.weight_movement_bound(-1, 1, 1, 1, 1),
        "initial_loss must be finite and >= 0, got -1",
    ),
    (
        lambda: widths.required_width((), 1, 1, 0.5),
        r"singular_values must hold at least one number, got \(\)",
    ),
    (lambda: widths.required_width(1, 1, 1, 1), r"failure_probability must be in \(0, 1\), got 1"),
    (
        lambda: widths.gaussian_required_width(1, 1, 1, 0.5, 2, 0),
        "constant must be finite and > 0, got 0",
    ),
    (lambda: products.product_spectral_moment(2, 2, 3), "power must be one of 1, 2, got 3"),
    (lambda: products.log_norm_mean(2.5, 1, 1), "width must be a whole number .* got 2.5"),
    (lambda: chi.chi_moment(0, 1), "order must be finite and > 0, got 0"),
    (lambda: chi.gamma_ratio(0.25), "argument must be finite and >= 1/2, got 0.25"),
    (
        lambda: kernel.kernel_loss(1, (1, 2), (1,), 1, 1, 1),
        r"target_powers must be 2 numbers, got \(1,\)",
    ),
    (lambda: kernel.kernel_loss(-1, 1, 1, 1, 1, 1), "steps must be finite and >= 0, got -1"),
    (lambda: modes.mode_strength(1, 1, 1, depth=3), "depth must be one of 1, 2, got 3"),
    (lambda: modes.mode_strength(1, 1, 1, rel_radius=0), "rel_radius must be in .* got 0"),
]


@pytest.mark.parametrize(("call", "message"), BAD, ids=range(len(BAD)))
def test_bad_input_names_argument_value_and_domain(call, message):
    with pytest.raises(ValueError, match=message):
        call()
