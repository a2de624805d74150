"""What the claims on deep linear nets share: sources, the regressions that are simulated."""

from __future__ import annotations

import numpy as np

from validation.deep_linear_problems import Problem

__all__ = ["DU_HU", "EXTENSION", "PAPER", "regression"]

PAPER = "Hu, Xiao & Pennington 2020 (ICLR; arXiv 2001.05992)"
"""Numbers of theorems and lemmas are those of the OpenReview submission."""

EXTENSION = f"extension of {PAPER}"
"""The source of what goes beyond it."""

DU_HU = f"Du & Hu 2019 (arXiv 1901.08572), as quoted by {PAPER}"
"""The upper bound for Gaussian nets."""


def regression(rank: int, out_dim: int, kappa: float, target_norm: float, in_dim: int) -> Problem:
    """Return a regression whose X^T X has eigenvalues from kappa to 1, and a teacher of full rank.

    Parameters
    ----------
    rank : int
        r.
    out_dim : int
        d_y.
    kappa : float
        Condition number of X^T X; 1 if r = 1.
    target_norm : float
        |W*|, spectral.
    in_dim : int
        d_x >= r.

    Returns
    -------
    Problem

    Examples
    --------
    >>> regression(2, 3, 2.0, 1.5, 4).description
    'd_x = 4, r = 2, d_y = 3, kappa = 2, |W*| = 1.5'
    """
    values = np.sqrt(np.linspace(kappa, 1.0, rank)) if rank > 1 else np.ones(1)
    grid = np.add.outer(np.arange(out_dim) + 0.5, np.arange(rank))
    teacher = np.cos(1.7 * grid**1.3)
    teacher *= target_norm / np.linalg.norm(teacher, 2)
    rows = tuple(tuple(float(x) for x in row) for row in teacher)
    return Problem(tuple(float(s) for s in values), rows, in_dim)
