"""Trainability contours from stored shares of nets: crossings, slopes with intervals, and their panels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.figure import Figure
from scipy.stats import t as student

from figures.dl_contours import HALVES, RANK

__all__ = ["contours", "crossings", "plot", "slopes"]

_LOOKS = MappingProxyType({"orthogonal": ("#0072B2", "o"), "gaussian": ("#E69F00", "s")})
_TICKS = (8, 16, 32, 64)  # depths
_DEPTH_COLOURS = ListedColormap(colormaps["viridis"](np.linspace(0, 0.9, 256)))  # no pale yellow


def crossings(width: np.ndarray, share: np.ndarray) -> float:
    """Width at which a share of nets rises above 1/2 for good, interpolated in its logarithm.

    Parameters
    ----------
    width, share : numpy.ndarray, shape (k,)
        Increasing widths, and the shares there.

    Returns
    -------
    float
        NaN if all shares are at least 1/2, or the last is below.

    Examples
    --------
    >>> round(crossings(np.array([4, 16, 64]), np.array([0.0, 0.25, 0.75])), 12)
    32.0
    """
    below = np.flatnonzero(share < 0.5)
    if not below.size or below[-1] == len(share) - 1:
        return float("nan")
    first = below[-1]
    part = (0.5 - share[first]) / (share[first + 1] - share[first])
    low, high = np.log(width[first : first + 2])
    return float(np.exp(low + part * (high - low)))


def contours(data: Mapping[str, np.ndarray], half: str) -> np.ndarray:
    """Contour width of each depth and group of nets.

    Parameters
    ----------
    data : mapping of str to numpy.ndarray
        The arrays of all cells.
    half : {"orthogonal", "gaussian"}
        Which initialisation.

    Returns
    -------
    numpy.ndarray, shape (depths, groups)

    Examples
    --------
    >>> from figures import store
    >>> contours(store.load(store.REFERENCE, "dl-contours-full").arrays, "gaussian").shape
    (7, 8)
    """
    share = data[f"{half}.trained"] / data[f"{half}.nets"][:, None, None]
    rows = zip(data[f"{half}.width"], share, strict=True)
    return np.array([[crossings(width, group) for group in each.T] for width, each in rows])


def slopes(depth: np.ndarray, contour: np.ndarray) -> tuple[float, float]:
    """Slope of log width against log depth, and the half length of its 95 % interval over groups.

    Parameters
    ----------
    depth : numpy.ndarray, shape (n,)
        Depths.
    contour : numpy.ndarray, shape (n, groups)
        As from `contours`.

    Returns
    -------
    tuple of float
        Least squares for each group; Student's interval for their mean.

    Examples
    --------
    >>> slope, half = slopes(np.array([1.0, 2.0, 4.0]), np.array([[3.0, 5.0], [6.0, 10.0], [12.0, 20.0]]))
    >>> round(slope, 12), round(half, 12)
    (1.0, 0.0)
    """
    centred = np.log(depth) - np.log(depth).mean()
    each = centred @ np.log(contour) / (centred @ centred)
    error = each.std(ddof=1) / np.sqrt(each.size)
    return float(each.mean()), float(student.ppf(0.975, each.size - 1) * error)


def plot(data: Mapping[str, np.ndarray]) -> Figure:
    """Draw the figure from stored data alone: the contours, and the shares of nets that trained.

    Parameters
    ----------
    data : mapping of str to numpy.ndarray
        The arrays of all cells.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from figures import store
    >>> len(plot(store.load(store.REFERENCE, "dl-contours-full").arrays).axes)
    4
    """
    figure = Figure(figsize=(7.2, 3.5))
    both, *shares = figure.subplots(1, 3, width_ratios=(1.25, 1, 1))
    for half in HALVES:
        _contour(both, data, half)
    both.set(xscale="log", yscale="log", xlabel="depth $L$", ylabel="width $m$")
    both.plot(
        data["curves.depth"],
        data["curves.stable_width"],
        ":",
        color="0.3",
        label="Stable minimum",
    )
    both.set(title="(a) Contours", ylim=(9, 700))
    _plain_ticks(both.xaxis, _TICKS)
    _plain_ticks(both.yaxis, (10, 20, 50, 100, 200, 500))
    stable, *measured = both.get_legend_handles_labels()[0]
    both.legend(handles=[*measured[::-1], stable], loc="upper left")
    shares[0].set(ylabel="share of nets that trained")
    for axes, half, letter in zip(shares, HALVES, "bc", strict=True):
        mapped = _shares(axes, data, half)
        axes.set_title(f"({letter}) {half.capitalize()}")
    bar = figure.colorbar(mapped, ax=shares, aspect=30, pad=0.02)
    bar.set_label("depth $L$")
    bar.set_ticks(_TICKS, labels=[str(tick) for tick in _TICKS])
    bar.minorticks_off()
    figure.supxlabel(_note(data), fontsize=7.5, color="0.3")
    return figure


def _contour(axes: Axes, data: Mapping[str, np.ndarray], half: str) -> None:
    """Contour with intervals over groups, and its fitted power of the depth."""
    depth, found = data["curves.depth"], contours(data, half)
    colour, marker = _LOOKS[half]
    logs, groups = np.log(found), found.shape[1]
    middle = logs.mean(axis=1)
    spread = student.ppf(0.975, groups - 1) * logs.std(axis=1, ddof=1) / np.sqrt(groups)
    ends = np.exp(middle) - np.exp(middle - spread), np.exp(middle + spread) - np.exp(middle)
    slope, error = slopes(depth, found)
    fitted = np.exp(middle.mean() + slope * (np.log(depth) - np.log(depth).mean()))
    axes.plot(depth, fitted, color=colour, linewidth=1)
    axes.errorbar(
        depth,
        np.exp(middle),
        ends,
        fmt=marker,
        color=colour,
        markerfacecolor="white",
        markeredgewidth=0.9,
        elinewidth=0.9,
        zorder=3,
        label=rf"{half.capitalize()}: slope ${slope:.3f} \pm {error:.3f}$",
    )


def _shares(axes: Axes, data: Mapping[str, np.ndarray], half: str) -> ScalarMappable:
    """Shares of all nets that trained: against the width, or against width over depth."""
    depths = data["curves.depth"]
    colours = ScalarMappable(LogNorm(depths[0], depths[-1]), _DEPTH_COLOURS)
    total = data[f"{half}.nets"][:, None] * data[f"{half}.trained"].shape[2]
    shares = data[f"{half}.trained"].sum(axis=2) / total
    for depth, width, share in zip(depths, data[f"{half}.width"], shares, strict=True):
        x = width / depth if half == "gaussian" else width
        axes.plot(x, share, color=colours.to_rgba(depth), marker=_LOOKS[half][1])
    axes.axhline(0.5, color="0.6", linewidth=0.7, linestyle=":")
    axes.set(xscale="log", ylim=(-0.03, 1.03))
    _plain_ticks(axes.xaxis, (8, 16, 32) if half == "orthogonal" else (1, 2, 4))
    axes.set_xlabel("width $m$" if half == "orthogonal" else "width over depth $m/L$")
    return colours


def _plain_ticks(axis: Axis, ticks: Sequence[int]) -> None:
    """Whole numbers at chosen places of a logarithmic axis, and no minor ticks."""
    axis.set_ticks(ticks, labels=[str(tick) for tick in ticks])
    axis.set_ticks([], minor=True)


def _note(data: Mapping[str, np.ndarray]) -> str:
    depth, groups = data["curves.depth"], data["gaussian.trained"].shape[2]
    orthogonal, gaussian = data["curves.required_width"], data["curves.gaussian_required_width"]
    return (
        rf"Trained: $\ell \leq {float(data['curves.threshold']):g}\,\ell(0)$ after "
        rf"{int(data['curves.steps'])} steps at $\eta = d_y/(2L|X|^2)$; $d_x = r = {RANK}$, $d_y = 1$, $\kappa = 1$, "
        rf"$|W^*| = {float(data['curves.target_norm']):g}$; $m \geq d_x$ throughout."
        "\n"
        rf"Contour: half of the nets trained; bars and $\pm$: 95 % intervals over {groups} groups of "
        f"{int(data['gaussian.nets'][0])} nets, at these depths and by this criterion,\n"
        "a choice: another may give other slopes. Dotted: least width at which the minimum is linearly stable, layers "
        "aligned.\nThe theorems' sufficient widths are "
        rf"$C \cdot {orthogonal[0]:.0f}$ (orthogonal) and $C \cdot {gaussian[0] / depth[0]:.0f}\,L$ (Gaussian), "
        r"$\delta = 1/2$."
    )
