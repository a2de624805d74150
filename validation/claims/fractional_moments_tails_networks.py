"""The simulated side of the Kesten recursion: networks with biases, every weight and bias drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from theory.activations import Activation
from validation.budget import BUDGET
from validation.chains import Chains
from validation.checks import kolmogorov
from validation.checks.planted_sample import PlantedSampleCheck
from validation.claim import Profile
from validation.claims.fractional_moments_tails_laws import BIAS_VARIANCE, beyond, stationary_law
from validation.experiment import Experiment

__all__ = ["kesten_check"]

_SHORT = 0.85  # a finite network's distance to its planted error over that of the stationary laws, in the sizes


def kesten_check(
    variance: float,
    width: int,
    activation: Activation,
    depth: int,
    resolution: float,
    profile: Profile,
) -> PlantedSampleCheck:
    """Return the check that networks with biases, every weight and bias drawn, follow the scalar recursion in law.

    Parameters
    ----------
    variance : float
        Of the weights.
    width, activation
        Of every layer.
    depth : int
        Layers; both start at |x_0| = 1, so that nothing need be stationary.
    resolution : float
        Relative error of the weight variance in the recursion that must be seen.
    profile : Profile
        Backend.

    Returns
    -------
    PlantedSampleCheck

    Examples
    --------
    >>> from theory.activations import linear
    >>> from validation.claim import PROFILES
    >>> len(kesten_check(0.25, 4, linear(), 30, 0.01, PROFILES["quick"]).experiments)
    5
    """
    law = stationary_law(variance, width, activation)
    grid = np.linspace(np.log(beyond(law, 0.999 - law.atom)), np.log(beyond(law, 1e-3)), 201)
    distance = _SHORT * min(
        float(
            np.max(
                np.abs(
                    stationary_law(f * variance, width, activation).sf(np.exp(grid))
                    - law.sf(np.exp(grid))
                )
            )
        )
        for f in (1 + resolution, 1 - resolution)
    )
    shared: dict[str, Any] = {
        "replicates": _planted_size(distance),
        "thresholds": tuple(float(t) for t in grid),
        "backend": profile.backend,
    }
    network = Experiment(
        (width,) * (depth + 1),
        (variance,) * depth,
        activation,
        bias_variance=BIAS_VARIANCE,
        **shared,
    )
    chains = Chains(width, variance, BIAS_VARIANCE, activation, depth, starts=(1.0,), **shared)
    planted = {
        f"variance x {1 + size:g}": (size, replace(chains, variance=variance * (1 + size)))
        for size in (resolution, -resolution)
    }
    rivals = {"bias variance x 1.1": replace(chains, bias_variance=1.1 * BIAS_VARIANCE)}
    return PlantedSampleCheck(network, chains, planted, resolution, "weight variance", rivals)


def _planted_size(distance: float) -> int:
    """Replicates at which two samples at this distance are surely seen, the distance itself estimated."""
    root = np.sqrt(2) * kolmogorov.min_discrepancy(1) + BUDGET.critical * np.sqrt(0.5)
    return int(np.ceil((root / distance) ** 2))
