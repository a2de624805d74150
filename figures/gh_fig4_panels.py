"""The panels of Figure 4: each draws stored data on its axes and computes nothing but logarithms."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from figures.drawing import BARS, ERRATUM, ORDER_MARKS, draw_simulated
from figures.weight_scale_curves import largest_deviation

__all__ = ["against_order", "against_width", "excess", "note"]

_TOP = (
    3.4  # upper limit of panel (a): the published curve leaves it, and an arrow says where it goes
)
_MISLABELLED = 2.0  # what the notebook calls the curve that it computes at another order
_SHADES = ("0.0", "0.4", "0.65")

_Data = Mapping[str, np.ndarray]


def against_width(axes: Axes, data: _Data) -> None:
    """Panel (a): log sigma against d, corrected curves, simulated points and the published curve, marked.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where to draw.
    data : mapping of str to numpy.ndarray
        As stored by `figures.gh_fig4`.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from figures import store
    >>> axes = Figure().add_subplot()
    >>> against_width(axes, store.load(store.REFERENCE, "gh-fig4-full").arrays)
    >>> axes.get_legend_handles_labels()[1][0]
    '$s = 0.5$'
    """
    _published(axes, data)
    for order, log_std in zip(data["curves.order"].tolist(), data["curves.log_std"], strict=True):
        axes.plot(
            data["curves.width"], log_std, color=ORDER_MARKS[order][0], label=f"$s = {order:g}$"
        )
    _simulated_log_std(axes, data)
    label = f"simulated ({data['simulation.replicates'][0]:,} layers)"
    axes.errorbar([], [], [], fmt="o", color="0.35", markerfacecolor="white", label=label)
    axes.set(
        xlabel="width $d$", ylabel=r"$\log\,\sigma(s, d)$", ylim=(-1.6, _TOP), xlim=(-0.6, 30.6)
    )
    axes.set_title(r"(a) $\log\,\sigma$ against $d$, ReLU")
    axes.legend(loc="upper right", bbox_to_anchor=(1.0, 0.74))


def against_order(axes: Axes, data: _Data) -> None:
    """Panel (b): sigma against s, for three widths.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where to draw.
    data : mapping of str to numpy.ndarray
        As stored by `figures.gh_fig4`.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from figures import store
    >>> axes = Figure().add_subplot()
    >>> against_order(axes, store.load(store.REFERENCE, "gh-fig4-full").arrays)
    >>> [text.get_text() for text in axes.texts]
    ['$d = 30$', '$d = 40$', '$d = 50$']
    """
    order = data["curves.section_order"]
    for width, std, shade in zip(
        data["curves.section_width"], data["curves.section_std"], _SHADES, strict=True
    ):
        axes.plot(order, std, color=shade)
        axes.annotate(
            f"$d = {width:g}$",
            (1.0, np.interp(1.0, order, std)),
            (0, 5),
            textcoords="offset points",
        )
    _simulated_std(axes, data)
    axes.set(
        xlabel="order $s$", ylabel=r"$\sigma(s, d)$", xlim=(0, 2.06), xticks=(0, 0.5, 1, 1.5, 2)
    )
    axes.set_title(r"(b) $\sigma$ against $s$")


def excess(axes: Axes, data: _Data) -> None:
    """Panel (c): log(sigma - sqrt(2/d)) against log d, with fitted slopes.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where to draw.
    data : mapping of str to numpy.ndarray
        As stored by `figures.gh_fig4`.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from figures import store
    >>> axes = Figure().add_subplot()
    >>> excess(axes, store.load(store.REFERENCE, "gh-fig4-full").arrays)
    >>> axes.get_legend_handles_labels()[1][2]
    '$s = 1.5$, slope $-1.50$'
    """
    log_width = np.log(data["curves.excess_width"])
    for index, order in enumerate(data["curves.excess_order"].tolist()):
        label = f"$s = {order:g}$, slope ${data['curves.slope'][index]:.2f}$"
        log_excess = np.log(data["curves.std_excess"][index])
        axes.plot(log_width, log_excess, color=ORDER_MARKS[order][0], label=label)
        _simulated_excess(axes, data, order)
    axes.set(xlabel=r"$\log\,d$", ylabel=r"$\log\,(\sigma - \sqrt{2/d})$", ylim=(-8.7, -4.5))
    axes.set_title(r"(c) excess over $\sqrt{2/d}$")
    axes.legend(loc="lower left")


def note(data: _Data) -> str:
    """Say below the panels what the points are and how far they lie from the curves.

    Parameters
    ----------
    data : mapping of str to numpy.ndarray
        As stored by `figures.gh_fig4`.

    Returns
    -------
    str

    Examples
    --------
    >>> from figures import store
    >>> "not affected" in note(store.load(store.REFERENCE, "gh-fig4-full").arrays)
    True
    """
    return (
        f"Open markers: every weight drawn, bars ±{BARS} s.e. (mostly smaller than the marker); largest deviation of "
        f"{data['simulation.variance'].size} variances from the closed form: {largest_deviation(data):.1f} s.e.\n"
        "Dashed: the curve that the public notebook behind the published first panel labels $s = 2$ "
        f"(first point: {data['curves.published_log_std'][0]:.2f} at {data['curves.published_abscissa'][0]:.0f}). "
        "The paper's theorem is not affected."
    )


def _published(axes: Axes, data: _Data) -> None:
    """Draw the mislabelled curve as published, and say plainly what it is."""
    x, y = data["curves.published_abscissa"], data["curves.published_log_std"]
    order = float(data["curves.published_order"])
    axes.plot(
        x, y, "--", color=ERRATUM, linewidth=1.1, marker="x", markersize=3, markeredgewidth=0.8
    )
    for log_std in data["curves.log_std"][data["curves.order"] != _MISLABELLED]:
        axes.plot(x, log_std, ":", color=ERRATUM, linewidth=1.0)
    text = (
        f"published, labelled $s = 2$: wrong.\n"
        f"It is computed at $s = {order:g}$. All four\n"
        f"(dotted: the others) are at $d - 1$."
    )
    axes.annotate(
        text,
        (x[1], y[1]),
        (3.6, _TOP),
        va="top",
        color=ERRATUM,
        fontsize=8.5,
        arrowprops={"arrowstyle": "->", "color": ERRATUM, "linewidth": 0.8, "relpos": (0, 0.85)},
    ).set_in_layout(False)


def _simulated_log_std(axes: Axes, data: _Data) -> None:
    kept = data["simulation.width"] <= data["curves.width"].max()
    for order, width, variance, error in _points(data, kept):
        draw_simulated(axes, width, np.log(variance) / 2, error / variance / 2, order)


def _simulated_std(axes: Axes, data: _Data) -> None:
    kept = np.isin(data["simulation.width"], data["curves.section_width"])
    for order, _, variance, error in _points(data, kept):
        std = np.sqrt(variance)
        draw_simulated(axes, np.full_like(std, order), std, error / std / 2, order)


def _simulated_excess(axes: Axes, data: _Data, order: float) -> None:
    kept = data["simulation.width"] >= data["curves.excess_width"].min()
    column = data["curves.order"].tolist().index(order)
    value, error = (data[f"simulation.std_excess{name}"][kept, column] for name in ("", "_error"))
    draw_simulated(
        axes, np.log(data["simulation.width"][kept]), np.log(value), error / value, order
    )


def _points(
    data: _Data, kept: np.ndarray
) -> list[tuple[float, np.ndarray, np.ndarray, np.ndarray]]:
    """Order, widths, variances and their errors, order by order, at the widths that are kept."""
    width = data["simulation.width"][kept]
    variance, error = (
        data[f"simulation.{name}"][kept].T for name in ("variance", "variance_error")
    )
    return [
        (order, width, *pair)
        for order, *pair in zip(data["curves.order"].tolist(), variance, error, strict=True)
    ]
