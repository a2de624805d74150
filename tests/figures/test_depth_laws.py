"""Laws of the norm: exact curves against chi laws, simulations against exact laws by a finite-sample bound."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy import stats

from figures import depth_laws
from figures import law_panels as panels
from figures.drawing import BARS

ALPHA = 1e-9  # false alarms of one comparison, by the Dvoretzky-Kiefer-Wolfowitz inequality
NETWORKS = 20_000
CRITICAL = np.sqrt(np.log(2 / ALPHA) / (2 * NETWORKS))
GRIDS = {"log-norm": [-3.0, 2.0, 101], "norm": [0.0, 4.0, 101]}


def parameters(schemes, depth, width=6, variable="log-norm", **drawn):
    return {
        "schemes": schemes,
        "width": width,
        "depth": depth,
        "variable": variable,
        "grid": GRIDS[variable],
        **drawn,
    }


def computed(given, seed=0):
    """Arrays by cell key."""
    rng = np.random.default_rng(seed)
    return {
        cell.key: depth_laws.compute(cell.parameters, rng)
        for cell in depth_laws.cells(given, "numpy")
    }


def chi_law(name, width, norm):
    """Density and distribution function of |phi(z)|: chi, or its binomial mixture over the active units."""
    if name == "linear":
        return stats.chi(width).pdf(norm), stats.chi(width).cdf(norm)
    active = range(1, width + 1)
    weights = stats.binom(width, 0.5).pmf([0, *active])
    pdf = sum(w * stats.chi(n).pdf(norm) for w, n in zip(weights[1:], active, strict=True))
    cdf = sum(w * stats.chi(n).cdf(norm) for w, n in zip(weights[1:], active, strict=True))
    return pdf, weights[0] + cdf


@pytest.mark.parametrize(("name", "factor"), [("linear", 1), ("relu", 2)])
def test_one_layer_is_chi_or_its_mixture(name, factor):
    width = 6
    curves = computed(parameters([[name, 2.0]], 1, width, "norm"))["curves"]
    std = np.sqrt(factor / width)  # LeCun's and He's
    pdf, cdf = chi_law(name, width, curves["x"] / std)
    assert curves["variance"] == pytest.approx(std**2, rel=1e-13)
    np.testing.assert_allclose(curves["cdf"][0], cdf, atol=1e-10)
    np.testing.assert_allclose(curves["pdf"][0][1:], (pdf / std)[1:], atol=1e-9)


def test_log_norm_is_the_norm_on_another_axis():
    schemes = [["leaky_relu", 1.0]]
    log = computed(parameters(schemes, 3))["curves"]
    norm = computed({**parameters(schemes, 3, variable="norm"), "grid": [0.25, 2.25, 9]})["curves"]
    fine = computed({**parameters(schemes, 3), "grid": [np.log(0.25), np.log(2.25), 3]})["curves"]
    np.testing.assert_allclose(norm["cdf"][0][[0, -1]], fine["cdf"][0][[0, -1]], atol=1e-12)
    x = np.exp(fine["x"][[0, -1]])
    for density in ("pdf", "normal_pdf"):
        np.testing.assert_allclose(
            norm[density][0][[0, -1]] * x, fine[density][0][[0, -1]], rtol=1e-9
        )
    assert log["slope"] == 0.01


@pytest.mark.parametrize("variable", GRIDS)
def test_normal_density_is_the_derivative(variable):
    curves = computed(parameters([["linear", 2.0]], 5, 16, variable))["curves"]
    middle = (curves["normal_pdf"][0][1:] + curves["normal_pdf"][0][:-1]) / 2
    step = np.diff(curves["x"])
    np.testing.assert_allclose(np.diff(curves["normal_cdf"][0]), middle * step, atol=2e-4)
    assert curves["normal_cdf"][0][0] < 1e-3


SCHEMES = [["linear", 2.0], ["relu", 2.0], ["leaky_relu", 1.0]]


@pytest.mark.parametrize("method", depth_laws.METHODS)
def test_simulated_laws_agree_with_the_exact_ones(method):
    arrays = computed(parameters(SCHEMES, 3, variable="norm", **{method: NETWORKS}))
    for row, (name, order) in enumerate(SCHEMES):
        drawn = arrays[f"{method}/{name}-{order:g}"]
        distance = np.abs(drawn["count"] / drawn["size"] - arrays["curves"]["cdf"][row]).max()
        assert distance < CRITICAL


@pytest.mark.parametrize("wrong", [["relu", 1.0], ["relu", 4.0], ["linear", 2.0]])
def test_wrong_laws_are_told_apart(wrong):
    """Planted errors on both sides of order 2, and the other activation."""
    drawn = computed(parameters([["relu", 2.0]], 3, chi2=NETWORKS))["chi2/relu-2"]
    cdf = computed(parameters([wrong], 3))["curves"]["cdf"][0]
    assert np.abs(drawn["count"] / drawn["size"] - cdf).max() > 2 * CRITICAL


def test_cells_say_what_they_cost():
    small, large = (
        depth_laws.cells(parameters([["relu", 2.0]], 3, matrix=n), "numpy")[1] for n in (10, 1000)
    )
    assert 0 < small.seconds < large.seconds
    assert 0 < small.bytes < large.bytes


def test_dkw_distance_is_exceeded_with_its_probability_at_most():
    assert 2 * np.exp(-2 * 500 * panels.dkw_distance(500) ** 2) == pytest.approx(panels.LEVEL)


@pytest.fixture
def small():
    """Stored data of one scheme, as the figures have them."""
    arrays = computed(parameters([["relu", 2.0]], 3, matrix=300, chi2=3000))
    made = {f"curves.{name}": values for name, values in arrays["curves"].items()}
    for method in ("matrix", "chi2"):
        drawn = arrays[f"{method}/relu-2"]
        made |= {f"{method}.{name}": values[None] for name, values in drawn.items()}
    return made


def test_density_panel_holds_the_counts(small):
    axes, edges = Figure().add_subplot(), (0, 20, 30, 45, 60, 80, 100)
    panels.density(axes, small, 0.0, "matrix", edges)
    points, _, (bars,) = axes.containers[0].lines
    count, length = (
        np.diff(small["matrix.count"][0][list(edges)]),
        np.diff(small["curves.x"][list(edges)]),
    )
    kept = count > 0
    np.testing.assert_allclose(points.get_ydata(), (count / 300 / length)[kept])
    share = (count / 300)[kept]
    half = np.array([np.ptp(bar[:, 1]) / 2 for bar in bars.get_segments()])
    np.testing.assert_allclose(half * length[kept], BARS * np.sqrt(share * (1 - share) / 300))


def test_difference_panel_is_in_thousandths_of_the_right_sign(small):
    axes = Figure().add_subplot()
    panels.difference(axes, small, 0.0, "chi2")
    simulated, normal = (line.get_ydata() for line in axes.lines)
    exact = small["curves.cdf"][0]
    np.testing.assert_allclose(exact + normal / 1e3, small["curves.normal_cdf"][0], atol=1e-14)
    np.testing.assert_allclose(exact + simulated / 1e3, small["chi2.count"][0] / 3000, atol=1e-14)
    assert panels.distances(small, "chi2")[0] == pytest.approx(np.abs(simulated).max() / 1e3)
