"""The figures: one record each, in one table. To add a figure, write its file and add an entry here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from figures import (
    depth_laws,
    dl_contours,
    dl_contours_panels,
    dl_convergence,
    fm_layer_quantiles,
    gh_fig1a,
    gh_fig1b,
    gh_fig2,
    gh_fig4,
    gh_fig5,
    gh_fig6,
    hxp_heat_maps,
    kl_bound_variance,
    kl_optimal_scale,
    kl_tightness,
    kl_transient,
    kl_variance_map,
)
from numerics.sweep import Cell

__all__ = ["FIGURES", "PROFILES", "FigureRecord"]

PROFILES = ("quick", "full")
"""Sizes of computation: seconds to look at, minutes for the committed reference data."""


@dataclass(frozen=True)
class FigureRecord:
    """A figure of a paper: what it shows, from which parameters, and how it is computed and drawn.

    Parameters
    ----------
    id : str
        Permanent name; the files are called after it.
    source : str
        Paper and figure.
    title, caption : str
        One line, and what a reader needs beside the figure.
    parameters : mapping
        By profile: the JSON value that `cells` is called with.
    cells : callable
        ``cells(parameters, backend)`` lists the pieces to compute, keys ``name`` or ``group/name``.
    compute : callable
        ``compute(cell_parameters, rng)`` returns a dict of arrays; top-level, so that workers find it.
    plot : callable
        ``plot(data)`` draws the stored arrays and nothing else.
    """

    id: str
    source: str
    title: str
    caption: str
    parameters: Mapping[str, Mapping[str, Any]]
    cells: Callable[[Mapping[str, Any], str], list[Cell]]
    compute: Callable[[Mapping[str, Any], np.random.Generator], Mapping[str, np.ndarray]]
    plot: Callable[[Mapping[str, np.ndarray]], Figure]

    def seconds(self, profile: str) -> float:
        """Estimate the time on one core, in seconds, from the cells' own estimates.

        Parameters
        ----------
        profile : {"quick", "full"}
            Which parameters.

        Returns
        -------
        float

        Examples
        --------
        >>> FIGURES["gh-fig4"].seconds("quick") < FIGURES["gh-fig4"].seconds("full")
        True
        """
        return sum(cell.seconds for cell in self.cells(self.parameters[profile], "numpy"))


_RECORDS = (
    FigureRecord(
        id="gh-fig1a",
        source="Gurbuzbalaban & Hu 2021, Fig. 1(a)",
        title="Moments of a unit at depth 500, exact and sampled",
        caption=(
            "(mean |x_i|^alpha)^(1/alpha) over the units x_i of the last layer against alpha; ReLU, width 64, "
            "depth 500, x_0 ~ N(0, I), weights that preserve s = 2, 1.5, 1. Coloured: exact, x_0 included. "
            "Markers: one sample of 500 networks as published, every weight of 499 layers drawn and the units of "
            "the last given its norm. Shaded: 5 to 95 % of repetitions of that sample (layers drawn by counts of "
            "positive units), with their median. Sample moments are far below the true ones, which rare networks "
            f"carry ({gh_fig1a.PUBLISHED_SOURCE}). A limit of that experiment, not of the paper's theorem."
        ),
        parameters=gh_fig1a.PARAMETERS,
        cells=gh_fig1a.cells,
        compute=gh_fig1a.compute,
        plot=gh_fig1a.plot,
    ),
    FigureRecord(
        id="gh-fig1b",
        source="Gurbuzbalaban & Hu 2021, Fig. 1(b)",
        title="Excess of the order-s variance over He's, ReLU",
        caption=(
            "log(sigma^2 - 2/d) against log d for ReLU, d = 30 to 89, s = 0.5, 1, 1.5. Lines: closed form, with "
            "least-squares slopes. Dashed: the two-term expansion 5(2-s)/(2 d^2), slope -2. Markers: single "
            "layers with every weight drawn, sigma^2 and 2/d estimated from the same draws. The difference is not "
            "lost to cancellation: sigma^2 is accurate to 1e-14 and the excess is more than 0.5 % of it."
        ),
        parameters=gh_fig1b.PARAMETERS,
        cells=gh_fig1b.cells,
        compute=gh_fig1b.compute,
        plot=gh_fig1b.plot,
    ),
    FigureRecord(
        id="gh-fig2",
        source="Gurbuzbalaban & Hu 2021, Fig. 2",
        title="Law of log|x_100|, ReLU, exact and Gaussian",
        caption=(
            "Density and distribution function of log(|x_100|/|x_0|), ReLU, width 64, weights that preserve s = 2 "
            "and 1 (exact variance, not its expansion). Solid: exact law. Dashed: Gaussian limit. Markers: "
            "networks with every weight drawn. Right: the Gaussian limit and a larger simulation minus the exact "
            "law. The notebook also draws x_0, which shifts everything by about log 8."
        ),
        parameters=gh_fig2.PARAMETERS,
        cells=depth_laws.cells,
        compute=depth_laws.compute,
        plot=gh_fig2.plot,
    ),
    FigureRecord(
        id="gh-fig4",
        source="Gurbuzbalaban & Hu 2021, Fig. 4",
        title="The standard deviation sigma(s, d), ReLU, corrected",
        caption=(
            "(a) log sigma against d, (b) sigma against s, (c) log(sigma - sqrt(2/d)) against log d. Lines: "
            "closed form. Markers: single layers with every weight drawn. Dashed: the curve published as s = 2 in "
            "the first panel, computed at s = 0.1; dotted: the other three, of the right order; all four "
            f"published curves are drawn at d - 1 ({gh_fig4.PUBLISHED_SOURCE}). An error of that notebook, not of "
            "the paper's theorem."
        ),
        parameters=gh_fig4.PARAMETERS,
        cells=gh_fig4.cells,
        compute=gh_fig4.compute,
        plot=gh_fig4.plot,
    ),
    FigureRecord(
        id="gh-fig5",
        source="Gurbuzbalaban & Hu 2021, Fig. 5",
        title="Law of log|x_100|, linear and leaky ReLU",
        caption=(
            "As Fig. 2 for linear networks (top) and leaky ReLU of slope 0.01 (bottom). Solid: exact law. Dashed: "
            "Gaussian limit. Markers: networks with every weight drawn. Right: the Gaussian limit and a larger "
            "simulation minus the exact law."
        ),
        parameters=gh_fig5.PARAMETERS,
        cells=depth_laws.cells,
        compute=depth_laws.compute,
        plot=gh_fig5.plot,
    ),
    FigureRecord(
        id="gh-fig6",
        source="Gurbuzbalaban & Hu 2021, Fig. 6",
        title="Density of |x_100|: linear, ReLU, leaky ReLU",
        caption=(
            "Density of |x_100|/|x_0|, width 64, depth 100, weights that preserve s = 2 and 1. Solid: exact law. "
            "Dashed: the log-normal law that the central limit gives. Markers: networks whose units are drawn "
            "layer by layer given the norm below. The moment of order s is 1 in each, yet most of the mass is far "
            "below 1."
        ),
        parameters=gh_fig6.PARAMETERS,
        cells=depth_laws.cells,
        compute=depth_laws.compute,
        plot=gh_fig6.plot,
    ),
    FigureRecord(
        id="fm-layer-quantiles",
        source="Extension of Gurbuzbalaban & Hu 2021",
        title="Log-norm by layer under four weight variances, ReLU",
        caption=(
            "Quantiles of log(|x_k|/|x_0|) by layer k; ReLU, width 64; LeCun's variance 1/d, He's 2/d, the one "
            "that preserves E|x|, and the zero-drift one. Line and shades: exact median, middle 50 % and 90 %. "
            "Markers: quantiles of networks with every weight drawn. He's scheme keeps E|x|^2 while the median "
            "decays; zero drift keeps the median, and the spread grows as the square root of depth in all."
        ),
        parameters=fm_layer_quantiles.PARAMETERS,
        cells=fm_layer_quantiles.cells,
        compute=fm_layer_quantiles.compute,
        plot=fm_layer_quantiles.plot,
    ),
    FigureRecord(
        id="kl-bound-variance",
        source="Horii & Has 2026, (14) and (25), with extensions",
        title="Loss bound and divergences against the initial std",
        caption=(
            "Quadratic minimum of 20 parameters, isotropic (a) and anisotropic (b). Top: the bound (14) and the "
            "stationary loss, which is T/2 per parameter whatever the initial variance; markers: measured in "
            "overdamped Langevin chains started at that variance (the time step lowers it by about 0.1 % in (b), which "
            "the bars leave out). Bottom: both divergences. AM: the paper's optimum "
            "tr C/K; HM: that of the forward direction; Jeffreys: sqrt(AM HM). They coincide for isotropic C alone."
        ),
        parameters=kl_bound_variance.PARAMETERS,
        cells=kl_bound_variance.cells,
        compute=kl_bound_variance.compute,
        plot=kl_bound_variance.plot,
    ),
    FigureRecord(
        id="kl-tightness",
        source="Extension of Horii & Has 2026, (20)",
        title="Optimal bound over stationary loss, by condition number",
        caption=(
            "1 + log(AM/GM) of 100 stationary variances against the condition number of the Hessian, for four shapes "
            "of the spectrum; isotropic noise. Markers: the corrected (20) at the second moment measured in Langevin "
            "chains, over the measured loss. The bound is tight for isotropic curvature alone."
        ),
        parameters=kl_tightness.PARAMETERS,
        cells=kl_tightness.cells,
        compute=kl_tightness.compute,
        plot=kl_tightness.plot,
    ),
    FigureRecord(
        id="kl-optimal-scale",
        source="Extension of Horii & Has 2026",
        title="Optimal scale c* against depth and width",
        caption=(
            "Scale c* of the weight variances c*/(m1 n) that makes the transient bound least; ReLU, equal widths, "
            "|x|^2 = n, half-squared loss; dashed: He, c = 1. Markers: the bound minimised on a grid with the output "
            "power of networks whose weights are all drawn. c* tends to 1 with depth, yet the gain end to end, c*^L, "
            "does not change."
        ),
        parameters=kl_optimal_scale.PARAMETERS,
        cells=kl_optimal_scale.cells,
        compute=kl_optimal_scale.compute,
        plot=kl_optimal_scale.plot,
    ),
    FigureRecord(
        id="kl-transient",
        source="Extension of Horii & Has 2026",
        title="Loss and its bound at every time, no stationary law",
        caption=(
            "Expected loss of deep linear nets 3-4-4-2 without weight decay under overdamped Langevin dynamics, from "
            "three initial variances: markers simulated, lines the transient bound with the measured second moment "
            "(solid) and with the bound on it (dashed). The bound holds and is loose: it does not know how well the "
            "net can fit."
        ),
        parameters=kl_transient.PARAMETERS,
        cells=kl_transient.cells,
        compute=kl_transient.compute,
        plot=kl_transient.plot,
    ),
    FigureRecord(
        id="kl-variance-map",
        source="Horii & Has 2026, Gurbuzbalaban & Hu 2021 and extensions",
        title="Which weight variance each theory prescribes",
        caption=(
            "Weight variance times fan_in by layer of a ReLU network 8-16-12-3, and the gain E|f|^2/|x|^2 end to end. "
            "He; order s = 2 and 1 and zero drift (root mean square of the units, no activation on the output); "
            "orthogonal with gain sqrt(2); the forward KL optimum with one scale (fixed second moment) and by layer "
            "(weight decay); the paper's E_ss|W_l|^2/K_l measured in Langevin chains of the same temperature, loss and "
            "weight decay."
        ),
        parameters=kl_variance_map.PARAMETERS,
        cells=kl_variance_map.cells,
        compute=kl_variance_map.compute,
        plot=kl_variance_map.plot,
    ),
    FigureRecord(
        id="hxp-heat-maps",
        source="Hu, Xiao & Pennington 2020, section 6",
        title="Which depths and widths train: orthogonal, Gaussian",
        caption=(
            "log10 of l(t)/l(0) over depth and width, after 1258 and 10,000 steps of gradient descent from orthogonal "
            "and from Gaussian weights; X 1024 x 16, teacher 10 x 1024, entries N(0, 1). Steps and learning rate, one "
            "rule for both, are our choice; divergence and standstill are classes of their own. Orthogonal nets go "
            "through an exact reduction to at most 26 dimensions; where m < d_x their first layer has orthonormal rows "
            "times sqrt(d_x). Gaussian nets of many weights take hours and are hatched: python -m numerics.experiments "
            "--profile full --half gaussian trains them all. d_x = 1024 exceeds every width: no net meets the "
            "theorem's m >= d_x, so that the published experiment illustrates Theorem 4.1 and does not instantiate it "
            "(see dl-convergence)."
        ),
        parameters=hxp_heat_maps.PARAMETERS,
        cells=hxp_heat_maps.cells,
        compute=hxp_heat_maps.compute,
        plot=hxp_heat_maps.plot,
    ),
    FigureRecord(
        id="dl-convergence",
        source="Hu, Xiao & Pennington 2020, Theorem 4.1; Du & Hu 2019",
        title="Loss curves with both bounds, where m >= d_x",
        caption=(
            "Excess loss over its first value, by step; depths 8, 32, 128, widths 16, 64, 256; d_x = 16, so that m >= "
            "d_x holds, and the learning rate meets both theorems' conditions. Lines: medians over nets; shaded: 10 to "
            "90 %. Black: the bound of Theorem 4.1 (orthogonal); grey: Du & Hu's (Gaussian), which asks for a width in "
            "proportion to the depth. Dotted: ratio of the mean losses of orthogonal nets in the limit of infinite "
            "width. The width conditions hold up to constants that the papers do not give."
        ),
        parameters=dl_convergence.PARAMETERS,
        cells=dl_convergence.cells,
        compute=dl_convergence.compute,
        plot=dl_convergence.plot,
    ),
    FigureRecord(
        id="dl-contours",
        source="Extension of Hu, Xiao & Pennington 2020",
        title="Width needed to train against depth, with slopes",
        caption=(
            "(a) Width at which half of the nets have lost 99 % of their loss after 50 steps, against depth, with its "
            "power of the depth; intervals over groups of nets. (b, c) Shares of nets that did. m >= d_x throughout. "
            "Orthogonal nets need a width that barely depends on depth: that at which the minimum becomes stable at "
            "this learning rate (dotted). Gaussian ones need one nearly in proportion to the depth. Time, threshold "
            "and regression are a choice; another may give other slopes."
        ),
        parameters=dl_contours.PARAMETERS,
        cells=dl_contours.cells,
        compute=dl_contours.compute,
        plot=dl_contours_panels.plot,
    ),
)

FIGURES: Mapping[str, FigureRecord] = MappingProxyType({record.id: record for record in _RECORDS})
"""Every figure by its id."""
