"""The conclusions of the paper's derivations have the values that their definitions have, by quadrature."""

import mpmath as mp
import pytest
import sympy as sp

from theory.derivations import symbols_kl_bound as sym
from theory.derivations.arb import enclose
from theory.derivations.kl_bound_paper import loss_bound
from theory.derivations.kl_bound_paper_gibbs import equipartition, gibbs
from theory.derivations.kl_bound_paper_layers import layerwise_variance, proportional_second_moment
from theory.derivations.kl_bound_paper_optimum import (
    large_variance,
    optimal_loss_bound,
    optimal_variance,
    small_variance,
)

#: quadrature at 30 digits over pieces on which the integrands are analytic
DIGITS, TOLERANCE = 30, mp.mpf(10) ** -20
EDGES = [-8, -4, -2, -1, 0, 1, 2, 4, 8]
TEMPERATURE = mp.mpf("0.3")


def double_well(w):
    """A quartic loss, its minima off the origin, of unequal depth; tails below 1e-1000 at the edges."""
    return w**4 / 4 - w**2 / 2 + w / 5


def annulus(r):
    """A loss on the plane that depends on |w| = r only, least on a circle."""
    return (r**2 - 1) ** 2 / 2


def value(conclusion, **values):
    """Evaluate a conclusion in ball arithmetic at exact rationals."""
    ball = enclose(conclusion, {getattr(sym, name): exact(x) for name, x in values.items()})
    return mp.mpf(ball.str(25, radius=False))


def exact(x):
    man, exp = mp.frexp(mp.mpf(x))
    return sp.Rational(int(man * 2**120), 2**120) * sp.Integer(2) ** exp


class Line:
    """The Gibbs law on the line, K = 1: everything by quadrature."""

    parameters = 1

    def __init__(self):
        self.log_constant = mp.mpf(0)
        self.log_constant = -mp.log(self.mean(lambda _: 1))

    def density(self, w):
        return mp.exp(self.log_constant - double_well(w) / TEMPERATURE)

    def mean(self, function):
        return mp.quad(lambda w: function(w) * self.density(w), EDGES)

    def loss(self):
        return self.mean(double_well)

    def second_moment(self):
        return self.mean(lambda w: w**2)

    def divergence(self, variance):
        def log_ratio(w):
            initial = mp.exp(-(w**2) / (2 * variance)) / mp.sqrt(2 * mp.pi * variance)
            return mp.log(self.density(w) / initial)

        return self.mean(log_ratio)


class Plane(Line):
    """The Gibbs law on the plane, K = 2, of a loss of |w|: in polar coordinates."""

    parameters = 2

    def density(self, r):
        return mp.exp(self.log_constant - annulus(r) / TEMPERATURE)

    def mean(self, function):
        return mp.quad(
            lambda r: 2 * mp.pi * r * function(r) * self.density(r), [0, 0.5, 1, 1.5, 2, 4]
        )

    def loss(self):
        return self.mean(annulus)

    def divergence(self, variance):
        def log_ratio(r):
            initial = mp.exp(-(r**2) / (2 * variance)) / (2 * mp.pi * variance)
            return mp.log(self.density(r) / initial)

        return self.mean(log_ratio)


@pytest.fixture(scope="module", params=[Line, Plane])
def law(request):
    with mp.workdps(DIGITS):
        return request.param()


def arguments(law):
    return {
        "M": law.second_moment(),
        "log_C": law.log_constant,
        "T": TEMPERATURE,
        "K": law.parameters,
    }


@pytest.mark.parametrize("variance", ["0.05", "0.7", "3"])
def test_the_bound_exceeds_the_loss_by_the_divergence(law, variance):
    with mp.workdps(DIGITS):
        s0 = mp.mpf(variance)
        bound = value(loss_bound().conclusion, s0=s0, **arguments(law))
        gap = bound - law.loss() / law.parameters
        expected = TEMPERATURE / law.parameters * law.divergence(s0)
        assert gap > 0
        assert abs(gap - expected) < TOLERANCE


def test_the_divergence_is_least_at_the_optimal_variance(law):
    with mp.workdps(DIGITS):
        s0 = value(optimal_variance().conclusion, M=law.second_moment(), K=law.parameters)
        least = law.divergence(s0)
        step = mp.mpf("1e-3")
        above, below = (law.divergence(s0 * mp.exp(x)) for x in (step, -step))
        # A central difference: third derivatives in log s0 below K, so an error below K step^2.
        assert abs(above - below) / (2 * step) < law.parameters * step**2
        assert min(above, below) > least
        bound = value(optimal_loss_bound().conclusion, **arguments(law))
        gap = bound - law.loss() / law.parameters
        assert abs(gap - TEMPERATURE / law.parameters * least) < TOLERANCE


def unevaluated(law, s0):
    """The bound as the loss plus the divergence, both by quadrature."""
    return (law.loss() + TEMPERATURE * law.divergence(s0)) / law.parameters


def test_the_leading_term_for_small_variances(law):
    with mp.workdps(DIGITS):
        s0 = mp.mpf("1e-6")
        leading = value(
            small_variance().conclusion,
            s0=s0,
            M=law.second_moment(),
            T=TEMPERATURE,
            K=law.parameters,
        )
        left_out = abs(mp.log(2 * mp.pi * s0)) / 2 + abs(law.log_constant) / law.parameters
        difference = abs(unevaluated(law, s0) - leading)
        assert difference < TEMPERATURE * left_out * (1 + mp.mpf("1e-9"))
        assert difference < leading / 100


def test_the_leading_term_for_large_variances(law):
    with mp.workdps(DIGITS):
        s0 = mp.mpf(10) ** 400
        ball = enclose(large_variance().conclusion, {sym.s0: 10**400, sym.T: exact(TEMPERATURE)})
        leading = mp.mpf(ball.str(25, radius=False))
        left_out = mp.log(2 * mp.pi) / 2 + abs(law.log_constant) / law.parameters
        difference = abs(unevaluated(law, s0) - leading)
        assert difference < TEMPERATURE * left_out + TOLERANCE
        assert difference < leading / 100


@pytest.mark.parametrize("hessian", [[mp.mpf("0.2"), mp.mpf(7)], [mp.mpf(3)]])
def test_equipartition(hessian):
    with mp.workdps(DIGITS):
        total = mp.mpf(0)
        for a in hessian:
            edges = [x / mp.sqrt(a) for x in EDGES]

            def weight(w, a=a):
                return mp.exp(-a * w**2 / (2 * TEMPERATURE))

            energy = mp.quad(lambda w, a=a: a * w**2 / 2 * weight(w), edges)
            total += energy / mp.quad(weight, edges)
        mean = value(equipartition().conclusion, T=TEMPERATURE)
        # What lies beyond 8/sqrt(a) weighs exp(-64/(2 T)) or less: below 1e-46.
        assert abs(total / len(hessian) - mean) < TOLERANCE


@pytest.mark.parametrize("point", ["-1.3", "0.2", "0.9"])
def test_the_gibbs_density_is_stationary_at_this_temperature_only(point):
    with mp.workdps(40):
        noise = {"alpha": mp.mpf("0.25"), "sigma2_n": mp.mpf("1.75"), "B": 5}
        temperature = value(gibbs().conclusion, **noise)
        diffusion = noise["alpha"] * noise["sigma2_n"] / (2 * noise["B"])

        def rate(t):
            def density(w):
                return mp.exp(-double_well(w) / t)

            def flux(w):
                return density(w) * mp.diff(double_well, w) + diffusion * mp.diff(density, w)

            return mp.diff(flux, mp.mpf(point)) / density(mp.mpf(point))

        # Nested central differences at 40 digits keep at least ten.
        assert abs(rate(temperature)) < mp.mpf(10) ** -10
        assert abs(rate(temperature * mp.mpf("1.01"))) > mp.mpf(10) ** -4


@pytest.mark.parametrize("rescaled", [False, True])
def test_the_slope_when_the_second_moment_follows(rescaled):
    """p_ss = N(0, rho s0 I): with its own log_C the bound is flat, with a fixed one it rises by T/2."""
    with mp.workdps(DIGITS):
        ratio, frozen = mp.mpf("1.7"), mp.mpf("0.8")

        def bound(log_s0):
            s0 = mp.exp(log_s0)
            spread = ratio * (s0 if rescaled else frozen)
            edges = [x * mp.sqrt(ratio * s0) for x in (-14, -4, -1, 0, 1, 4, 14)]

            def density(w):
                return mp.exp(-(w**2) / (2 * ratio * s0)) / mp.sqrt(2 * mp.pi * ratio * s0)

            def log_initial(w):
                return -(w**2) / (2 * s0) - mp.log(2 * mp.pi * s0) / 2

            cross = -mp.quad(lambda w: density(w) * log_initial(w), edges)
            return TEMPERATURE * (-mp.log(2 * mp.pi * spread) / 2 + cross)

        conclusion = proportional_second_moment(rescaled).conclusion
        slope = value(conclusion, T=TEMPERATURE)
        assert abs(mp.diff(bound, mp.log(mp.mpf("0.6"))) - slope) < mp.mpf(10) ** -10


def test_a_layer_has_its_own_optimum_whatever_the_other():
    """p_ss a correlated Gaussian of two layers of 2 and 1 weights: the KL of matrices, minimised over s0."""
    with mp.workdps(DIGITS):
        covariance = mp.matrix(
            [["0.9", "0.2", "0.3"], ["0.2", "0.5", "-0.1"], ["0.3", "-0.1", "2"]]
        )

        def divergence(s0, other):
            initial = mp.diag([s0, s0, other])
            trace = sum((initial**-1 * covariance)[j, j] for j in range(3))
            return (trace - 3 + mp.log(mp.det(initial) / mp.det(covariance))) / 2

        second_moment = covariance[0, 0] + covariance[1, 1]
        optimum = value(layerwise_variance().conclusion, M=second_moment, K=2)
        for other in (mp.mpf("0.4"), mp.mpf(2), mp.mpf(9)):
            found = mp.findroot(lambda s, x=other: mp.diff(lambda r: divergence(r, x), s), 0.6)
            assert abs(found - optimum) < mp.mpf(10) ** -10
