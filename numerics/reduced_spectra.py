"""What the blocks C and G_1 of a net of width m leave to its two outer layers: eigenvalues, and which must vanish."""

from __future__ import annotations

import numpy as np

from .reduced_nets import ORTHOGONALITY

__all__ = ["kept_spectrum", "remainder"]


def kept_spectrum(gram: np.ndarray, block: np.ndarray, kept: int) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues of G_1 that are not 0, and their eigenvectors.

    Parameters
    ----------
    gram : numpy.ndarray, shape (nets, r, r)
        G_1.
    block : numpy.ndarray, shape (nets, d_y, r)
        C.
    kept : int
        Their number, min(m, r).

    Returns
    -------
    values : numpy.ndarray, shape (nets, kept)
        Increasing.
    vectors : numpy.ndarray, shape (nets, r, kept)

    Raises
    ------
    ValueError
        If G_1 is not symmetric, not positive semi-definite or of another rank, or C is not 0 where G_1 is.

    Examples
    --------
    >>> values, vectors = kept_spectrum(np.diag([3.0, 0.0])[None], np.array([[[0.5, 0.0]]]), 1)
    >>> values.tolist(), np.abs(vectors).tolist()
    ([[3.0]], [[[1.0], [0.0]]])
    """
    if (_largest(gram - gram.mT) > ORTHOGONALITY * _largest(gram)).any():
        raise ValueError(f"gram must be symmetric, got {gram.tolist()}")
    values, vectors = np.linalg.eigh(gram)
    null = values.shape[1] - kept
    top = np.maximum(values[:, -1:], 0.0)
    resolved = values[:, null:] > values.shape[1] * np.finfo(np.float64).eps * top
    if not (resolved.all() and (np.abs(values[:, :null]) <= ORTHOGONALITY * top).all()):
        raise ValueError(
            f"gram must be positive semi-definite of rank min(m, r), {kept}, "
            f"got eigenvalues {values.tolist()}"
        )
    if (_largest(block @ vectors[:, :, :null]) > ORTHOGONALITY).any():
        raise ValueError(f"block must be zero where gram is, got {block.tolist()}")
    return values[:, null:], vectors[:, :, null:]


def remainder(shared: np.ndarray, kept: int) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues of I - C C^T that may differ from 0, and their eigenvectors.

    Parameters
    ----------
    shared : numpy.ndarray, shape (nets, d_y, n)
        C in the eigenvectors of G_1; no singular value above 1.
    kept : int
        Their number, min(d_y, max(m - r, 0)).

    Returns
    -------
    values : numpy.ndarray, shape (nets, kept)
        Increasing, >= 0.
    vectors : numpy.ndarray, shape (nets, d_y, kept)

    Raises
    ------
    ValueError
        If C has too few singular values of 1.

    Examples
    --------
    >>> values, _ = remainder(np.array([[[0.6], [0.8]]]), 1)  # a unit column
    >>> values.round(12).tolist()
    [[1.0]]
    """
    values, vectors = np.linalg.eigh(np.eye(shared.shape[1]) - shared @ shared.mT)
    null = values.shape[1] - kept
    if (values[:, :null] > ORTHOGONALITY).any():
        raise ValueError(
            f"block must leave I - C C^T of rank at most {kept} at this width, "
            f"got eigenvalues {values.tolist()}"
        )
    return np.maximum(values[:, null:], 0.0), vectors[:, :, null:]


def _largest(matrices: np.ndarray) -> np.ndarray:
    """Largest entry of each matrix, 0 if it has none."""
    found: np.ndarray = np.abs(matrices).max(axis=(1, 2), initial=0.0)
    return found
