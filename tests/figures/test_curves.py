"""What is drawn equals the definition: each plotted curve against an mpmath oracle, the erratum in numbers."""

import mpmath as mp
import numpy as np
import pytest

from figures import drawing
from figures.drawing import ORDER_MARKS
from figures.weight_scale_curves import excess_curves


@pytest.fixture(scope="module")
def drawn(small_records, small_data):
    """The axes of each figure."""
    with drawing.styled():
        return {name: record.plot(small_data[name]).axes for name, record in small_records.items()}


def solid(axes, order):
    """The curve of an order: the solid line in its colour."""
    colour = ORDER_MARKS[order][0]
    (line,) = (
        each for each in axes.lines if (each.get_linestyle(), each.get_color()) == ("-", colour)
    )
    return line.get_xdata(), line.get_ydata()


@pytest.mark.parametrize("order", [0.5, 1.0, 1.5, 2.0])
@pytest.mark.parametrize("width", [1, 2, 7, 30])
def test_fig4a_is_log_sigma(drawn, exact_variance, order, width):
    x, y = solid(drawn["gh-fig4"][0], order)
    assert x.tolist() == list(range(1, 31))
    assert y[width - 1] == pytest.approx(float(mp.log(exact_variance(order, width)) / 2), abs=1e-13)


def wrong_lines(drawn, style):
    lines = drawn["gh-fig4"][0].lines
    return [
        each
        for each in lines
        if (each.get_color(), each.get_linestyle()) == (drawing.ERRATUM, style)
    ]


def published(drawn):
    (line,) = wrong_lines(drawn, "--")
    return line.get_xdata(), line.get_ydata()


@pytest.mark.parametrize("width", [1, 2, 7, 30])
def test_published_curve_is_order_one_tenth_one_to_the_left(drawn, exact_variance, width):
    """Erratum B-E3, in numbers: true order and abscissa, and how far from what the label says."""
    x, y = published(drawn)
    assert x[width - 1] == width - 1
    assert y[width - 1] == pytest.approx(float(mp.log(exact_variance(0.1, width)) / 2), abs=1e-12)
    label = float(mp.log(exact_variance(2, width)) / 2)
    assert label == pytest.approx(np.log(2 / width) / 2, abs=1e-13)
    assert y[width - 1] - label > 0.03


def test_the_other_published_curves_are_right_but_one_to_the_left(drawn):
    """Erratum B-E3: all four curves of the panel are drawn at d - 1."""
    lines = wrong_lines(drawn, ":")
    for line, order in zip(lines, (0.5, 1.0, 1.5), strict=True):
        x, y = solid(drawn["gh-fig4"][0], order)
        np.testing.assert_array_equal(line.get_xdata(), x - 1)
        np.testing.assert_array_equal(line.get_ydata(), y)


def test_erratum_is_marked(drawn):
    axes = drawn["gh-fig4"][0]
    (text,) = (each.get_text() for each in axes.texts if each.get_color() == drawing.ERRATUM)
    for part in ("published", "$s = 2$", "wrong", "$s = 0.1$", "All four", "$d - 1$"):
        assert part in text


@pytest.mark.parametrize("order", [0.01, 1.3])
def test_fig4b_is_sigma(drawn, exact_variance, order):
    for line, width in zip(drawn["gh-fig4"][1].lines[:3], (30, 40, 50), strict=True):
        index = int(np.argmin(np.abs(line.get_xdata() - order)))
        assert line.get_xdata()[index] == order
        expected = float(mp.sqrt(exact_variance(order, width)))
        assert line.get_ydata()[index] == pytest.approx(expected, rel=1e-12)


EXCESSES = {
    ("gh-fig4", 2): lambda variance, width: mp.sqrt(variance) - mp.sqrt(mp.mpf(2) / width),
    ("gh-fig1b", 0): lambda variance, width: variance - mp.mpf(2) / width,
}


@pytest.mark.parametrize(("figure", "panel"), EXCESSES)
@pytest.mark.parametrize("order", [0.5, 1.5])
@pytest.mark.parametrize("width", [30, 89])
def test_excesses_survive_cancellation(drawn, exact_variance, figure, panel, order, width):
    x, y = solid(drawn[figure][panel], order)
    np.testing.assert_array_equal(x, np.log(np.arange(30, 90)))
    expected = mp.log(EXCESSES[figure, panel](exact_variance(order, width), width))
    assert y[width - 30] == pytest.approx(float(expected), abs=3e-12)


def test_error_bound_of_the_excess_holds(exact_variance):
    """The bound that the figure states covers the error that is made, and is not idle."""
    order, width = np.array([0.5, 1.5]), np.array([30, 89])
    curves = excess_curves(order, width.astype(float))
    for i, s in enumerate(order):
        for j, d in enumerate(width.tolist()):
            expected = exact_variance(float(s), d) - mp.mpf(2) / d
            assert abs(curves["excess"][i, j] / expected - 1) < curves["excess_error"][i, j] < 1e-11


def test_excess_needs_orders_below_two():
    with pytest.raises(ValueError, match="order must be < 2"):
        excess_curves(np.array([1.0, 2.0]), np.array([3.0]))


@pytest.mark.parametrize("order", [0.5, 1.0, 1.5])
def test_fig1b_expansion_and_slope(drawn, small_data, order):
    axes, data = drawn["gh-fig1b"][0], small_data["gh-fig1b"]
    dashed = [line for line in axes.lines if line.get_linestyle() == "--" and len(line.get_xdata())]
    line = dashed[data["curves.order"].tolist().index(order)]
    np.testing.assert_allclose(
        line.get_ydata(), np.log(5 * (2 - order) / 2) - 2 * line.get_xdata(), atol=1e-12
    )
    x, y = solid(axes, order)
    assert np.all(y > line.get_ydata())
    slope = np.cov(x, y)[0, 1] / np.var(x, ddof=1)
    assert -2.05 < slope < -2
    assert (
        f"slope ${slope:.2f}$" in axes.get_legend_handles_labels()[1][[0.5, 1.0, 1.5].index(order)]
    )


def test_simulated_points_are_drawn_where_they_were_stored(drawn, small_data):
    data, axes = small_data["gh-fig1b"], drawn["gh-fig1b"][0]
    for index, bars in enumerate(axes.containers[:3]):
        np.testing.assert_array_equal(bars.lines[0].get_xdata(), np.log(data["simulation.width"]))
        np.testing.assert_array_equal(
            bars.lines[0].get_ydata(), np.log(data["simulation.excess"][:, index])
        )
    counts = [
        len(bars.lines[0].get_xdata()) for bars in drawn["gh-fig4"][0].containers if bars.lines[0]
    ]
    assert counts[:4] == [9, 9, 9, 9]
