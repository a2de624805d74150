"""The figures on deep linear nets: curves against definitions written out here, committed data against the theorems."""

import itertools

import numpy as np
import pytest

from figures import dl_contours, dl_contours_panels, dl_convergence, hxp_heat_maps, store
from numerics.experiments.hxp_nets import problem

DEPTHS = (8, 64)


def curves(module, profile="quick"):
    return module.compute(module.cells(module.PARAMETERS[profile], "numpy")[0].parameters, None)


def full(name):
    return store.load(store.REFERENCE, f"{name}-full").arrays


def condition(module):
    """kappa and r~ of the inputs, from their singular values."""
    values = problem(module.PARAMETERS["full"]).singular_values
    return (values[0] / values[-1]) ** 2, np.sum(values**2) / values[0] ** 2


def sufficient_width(kappa, stable_rank, norm, out_dim, rank):
    """Theorem 4.1 with C = 1 and delta = 1/2."""
    return stable_rank * kappa**2 * (out_dim * (1 + norm**2) + np.log(2 * rank))


def test_theorem_in_the_maps():
    made, (kappa, stable_rank) = curves(hxp_heat_maps, "full"), condition(hxp_heat_maps)
    times = np.array([1258, 10_000])
    np.testing.assert_allclose(made["bound"], times * np.log10(1 - 0.1 / (4 * kappa)), rtol=1e-10)
    norm = np.linalg.norm(problem(hxp_heat_maps.PARAMETERS["full"]).minimiser, 2)
    expected = sufficient_width(kappa, stable_rank, norm, 10, 16)
    assert made["required_width"] == pytest.approx(expected, rel=1e-10)
    assert made["width"].max() < made["input_dim"]  # the published experiment never has m >= d_x


@pytest.mark.parametrize("half", hxp_heat_maps.HALVES)
def test_maps_are_the_stored_losses(half):
    data = full("hxp-heat-maps")
    found, expected = hxp_heat_maps.outcomes(data, half), {}
    parts = (data[f"{half}.{name}"] for name in ("widths", "depths", "losses", "steps"))
    for widths, depths, losses, steps in zip(*parts, strict=True):
        for width, depth, curve in zip(widths, depths, losses.T, strict=True):
            for time in data["curves.time"]:
                kept = np.maximum(curve[steps == time][0], np.finfo(float).tiny)
                expected[time, depth, width] = np.log10(kept) - np.log10(curve[0])
    axes = (data[f"curves.{name}"] for name in ("time", "depth", "width"))
    listed = [expected.get(place, np.nan) for place in itertools.product(*axes)]
    np.testing.assert_allclose(found["log_ratio"].ravel(), listed, rtol=1e-12)


@pytest.mark.parametrize("half", hxp_heat_maps.HALVES)
def test_classes_exclude_each_other(half):
    found = hxp_heat_maps.outcomes(full("hxp-heat-maps"), half)
    number = sum(found[name].astype(int) for name in ("missing", "diverged", "stuck"))
    assert number.max() <= 1
    assert np.all(found["log_ratio"][number == 0] <= np.log10(hxp_heat_maps.STUCK))


def test_orthogonal_half_is_whole_and_trains_at_every_depth():
    data = full("hxp-heat-maps")
    found = hxp_heat_maps.outcomes(data, "orthogonal")
    assert not np.any(found["missing"] | found["diverged"])
    assert np.all(found["log_ratio"][1][:, data["curves.width"] > 30] < -15)


def test_gaussian_half_is_computed_up_to_its_limit_and_stuck_when_deep():
    data = full("hxp-heat-maps")
    found = hxp_heat_maps.outcomes(data, "gaussian")
    depth, width = np.meshgrid(data["curves.depth"], data["curves.width"], indexing="ij")
    beyond = width**2 * depth > data["curves.gaussian_weights"]
    np.testing.assert_array_equal(found["missing"], np.broadcast_to(beyond, (2, *beyond.shape)))
    assert np.all(found["stuck"][:, ~beyond & (depth > 5 * width)])
    assert np.all(found["log_ratio"][1][~beyond & (depth * 10 < width)] < -15)


def small_maps(**change):
    """Stored data of a grid of depths 1 and 9 and two widths; the first net of each depth diverged at the start."""
    grid = {"widths": [10, 50], "depths": [1, 9], "times": [3, 6], "gaussian_weights": 9999}
    parameters = hxp_heat_maps.PARAMETERS["full"] | grid | change
    cell = hxp_heat_maps.cells(parameters, "numpy")[0]
    data = {
        f"curves.{name}": each
        for name, each in hxp_heat_maps.compute(cell.parameters, None).items()
    }
    nets = np.repeat(parameters["widths"], parameters["seeds"])
    for half in hxp_heat_maps.HALVES:
        losses = np.tile([[1.0], [0.1], [0.01]], (2, 1, nets.size))
        losses[:, :, 0] = np.inf
        data |= {
            f"{half}.steps": np.tile([0, 3, 6], (2, 1)),
            f"{half}.losses": losses,
            f"{half}.widths": np.tile(nets, (2, 1)),
            f"{half}.depths": np.repeat([[1], [9]], nets.size, axis=1),
            f"{half}.diverged_at": np.tile([0] + [-1] * (nets.size - 1), (2, 1)),
        }
    return data


def note(module, data) -> str:
    return " ".join(module.plot(data).get_supxlabel().split())


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ["One seed;", "above 9,999", "$d_x = 1024$ exceeds every width", "after 3 steps"]),
        ({"seeds": 3}, ["Median over 3 seeds;"]),
        ({"fraction": 0.25}, ["= 0.25\\,d_y"]),
        ({"in_dim": 20}, ["$d_x = 20$: only widths from 50 on meet the theorem's $m \\geq d_x$"]),
    ],
)
def test_note_of_the_maps_quotes_the_data(change, expected):
    found = note(hxp_heat_maps, small_maps(**change))
    for words in expected:
        assert words in found


def test_a_net_that_diverged_at_the_start_is_drawn_so():
    found = hxp_heat_maps.outcomes(small_maps(), "orthogonal")
    assert found["diverged"].tolist() == [[[True, False]] * 2] * 2
    assert not (found["missing"] | found["stuck"]).any()


def test_notes_of_the_committed_data_name_their_sizes():
    """The sizes are not among the arrays, but in the record of how they were made."""
    given = store.load(store.REFERENCE, "dl-convergence-full").provenance["parameters"]
    found = note(dl_convergence, full("dl-convergence"))
    sizes = (
        rf"$d_x = {given['in_dim']} \leq m$, $r = {given['examples']}$, $d_y = {given['out_dim']}$"
    )
    assert sizes in found
    given = store.load(store.REFERENCE, "dl-contours-full").provenance["parameters"]
    data = full("dl-contours")
    assert f"$d_x = r = {given['rank']}$, $d_y = 1$" in note(dl_contours_panels, data)
    assert all(data[f"{half}.width"].min() >= given["rank"] for half in dl_contours.HALVES)


@pytest.mark.parametrize("module", [dl_convergence, dl_contours])
def test_both_profiles_have_the_sizes_of_the_notes(module):
    quick, whole = (module.PARAMETERS[name] for name in ("quick", "full"))
    for name in {"in_dim", "out_dim", "examples", "rank"} & set(whole):
        assert quick[name] == whole[name]


def test_theorems_in_the_convergence_curves():
    made, (kappa, stable_rank) = curves(dl_convergence), condition(dl_convergence)
    step = made["step"]
    np.testing.assert_allclose(made["bound"], (1 - 1 / (6 * kappa)) ** step, rtol=1e-10)
    np.testing.assert_allclose(made["gaussian_bound"], (1 - 1 / (12 * kappa)) ** step, rtol=1e-10)
    norm = np.linalg.norm(problem(dl_convergence.PARAMETERS["full"]).minimiser, 2)
    expected = sufficient_width(kappa, stable_rank, norm, 2, 4)
    assert made["required_width"] == pytest.approx(expected, rel=1e-10)


def test_limit_of_infinite_width_by_recursion():
    made, data = curves(dl_convergence), problem(dl_convergence.PARAMETERS["full"])
    power = data.singular_values**2 + np.sum(data.targets**2, axis=0)  # E of the squared error
    factor = 1 - data.singular_values**2 / (3 * data.norm**2)
    for step, ratio in zip(made["step"], made["kernel_limit"], strict=True):
        left = power.copy()
        for _ in range(step):
            left *= factor**2
        assert ratio == pytest.approx(left.sum() / power.sum(), rel=1e-10)


def test_every_orthogonal_net_obeys_the_bound():
    data = full("dl-convergence")
    assert np.all(data["curves.width"] >= 16)  # m >= d_x
    assert np.all(data["orthogonal.ratio"][:, 3] <= data["curves.bound"] * (1 + 1e-12))
    assert not data["orthogonal.diverged"].any()


def test_gaussian_nets_need_width_in_proportion_to_depth():
    data = full("dl-convergence")
    last = {
        (depth, width): ratio[1, -1]
        for depth, width, ratio in zip(
            *(data[f"gaussian.{name}"] for name in ("depth", "width", "ratio")), strict=True
        )
    }
    assert last[128, 16] > data["curves.gaussian_bound"][-1]  # stays behind both bounds
    assert last[8, 256] < data["curves.bound"][-1]
    for width in data["curves.width"]:
        assert last[8, width] < last[32, width] < last[128, width]


def test_sufficient_widths_of_the_contours():
    made = curves(dl_contours)
    expected = sufficient_width(1.0, 2.0, 8.0, 1, 2)
    np.testing.assert_allclose(made["required_width"], expected, rtol=1e-12)
    np.testing.assert_allclose(made["gaussian_required_width"], made["depth"] * 2 * 65, rtol=1e-12)


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize(("factor", "returns"), [(0.9, False), (1.1, True)])
def test_minimum_is_stable_above_the_stable_width_alone(depth, factor, returns):
    """Scalar weights, the direction that matters, a little off the minimum."""
    made = curves(dl_contours)
    width = factor * made["stable_width"][made["depth"].tolist().index(depth)]
    scale, target, rate = width ** (-(depth - 1) / 2), 8.0, 1 / (2 * depth)
    weights = np.full(depth, (target / scale) ** (1 / depth)) * (1 + 1e-6 / depth)
    first = abs(scale * np.prod(weights) - target)
    for _ in range(300):
        product = scale * np.prod(weights)
        weights = weights - rate * (product - target) * product / weights
    last = abs(scale * np.prod(weights) - target)
    assert (last < first / 10) == returns


def test_crossing_is_where_half_train_for_good():
    width = np.array([4, 8, 16, 32])
    assert dl_contours_panels.crossings(width, np.array([0.0, 1.0, 0.4, 0.6])) == pytest.approx(
        512**0.5
    )
    for share in ([0.5, 0.6, 0.7, 1.0], [0.0, 0.0, 0.9, 0.4]):
        assert np.isnan(dl_contours_panels.crossings(width, np.array(share)))


def test_slopes_recover_a_power():
    depth, rng = np.array([8, 16, 32, 64]), np.random.default_rng(0)
    contour = 3 * depth[:, None] ** 0.7 * np.exp(0.1 * rng.standard_normal((4, 12)))
    slope, half = dl_contours_panels.slopes(depth, contour)
    fitted = np.polyfit(np.log(depth), np.log(contour), 1)[0]
    assert slope == pytest.approx(fitted.mean(), rel=1e-12)
    assert half == pytest.approx(2.200985 * fitted.std(ddof=1) / 12**0.5, rel=1e-6)  # t, 11 dof
    assert abs(slope - 0.7) < 2 * half


@pytest.mark.parametrize(("half", "band"), [("orthogonal", (-0.2, 0.2)), ("gaussian", (0.8, 1.2))])
def test_measured_slopes_lie_in_their_bands(half, band):
    data = full("dl-contours")
    slope, error = dl_contours_panels.slopes(
        data["curves.depth"], dl_contours_panels.contours(data, half)
    )
    assert band[0] < slope - error < slope + error < band[1]


def test_orthogonal_contour_is_where_the_minimum_becomes_stable():
    data = full("dl-contours")
    found = dl_contours_panels.contours(data, "orthogonal")
    ratio = found.mean(axis=1) / data["curves.stable_width"]
    assert np.all((ratio > 0.95) & (ratio < 1.3))
