"""Haar-distributed orthogonal matrices, square, tall and wide, many at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import lapack

from .backends import Array, Backend, get_backend
from .checks import checked_dtype
from .networks import positive_integer
from .streams import child_sequence

__all__ = ["haar"]

_BLOCK = 32  # columns LAPACK's orgqr treats together: the length of its workspace, per column
_ORGQR = {"float64": lapack.dorgqr, "float32": lapack.sorgqr}


def haar(
    *,
    rows: int,
    columns: int,
    batch: int,
    rng: np.random.Generator,
    backend: str | Backend = "numpy",
    dtype: Any = np.float64,
    corrected: bool = True,
) -> Array:
    """Draw independent matrices Q, Q^T Q = I (tall, square) or Q Q^T = I (wide), with the Haar law.

    The law is the one that no rotation of rows or of columns changes. It is that of the factor Q of
    a Gaussian matrix Z = Q R if R has a positive diagonal.

    Parameters
    ----------
    rows, columns : int
        Size of each matrix, >= 1.
    batch : int
        Number of matrices, >= 1.
    rng : numpy.random.Generator
        Source of the simulation's own stream; moves on by four words.
    backend : {"numpy", "cupy"} or Backend, default "numpy"
        Where to compute.
    dtype : dtype, default float64
        float64 or float32.
    corrected : bool, default True
        False leaves out the signs of the diagonal of R, as LAPACK's QR does: the matrices are
        orthogonal, but not Haar. For demonstrations only.

    Returns
    -------
    array of the backend, shape (batch, rows, columns)
        Orthonormal columns if rows >= columns, orthonormal rows if rows <= columns.

    Raises
    ------
    ValueError
        If an argument is outside its domain.
    TypeError
        If `rng` is not a Generator.
    BackendUnavailableError
        If the backend cannot run here.

    Notes
    -----
    Householder's QR of a Gaussian matrix meets in column k a vector of n - k independent normals,
    independent of all that came before [1]_. On NumPy those vectors are drawn and never the matrix:
    half the normals, and only the second half of the work of a QR, the product of the reflections
    (LAPACK's orgqr). Other backends factorise. Q^T Q = I holds to a few n eps.

    References
    ----------
    .. [1] G. W. Stewart, SIAM J. Numer. Anal. 17 (1980) 403-409, section 3.
    .. [2] F. Mezzadri, Notices AMS 54 (2007) 592-604, section 5.

    Examples
    --------
    >>> import numpy as np
    >>> [q] = haar(rows=5, columns=3, batch=1, rng=np.random.default_rng(0))
    >>> bool(np.allclose(q.T @ q, np.eye(3)))
    True
    """
    shape = (positive_integer("rows", rows), positive_integer("columns", columns))
    batch, dtype = positive_integer("batch", batch), checked_dtype(dtype)
    if not isinstance(corrected, bool):
        raise ValueError(f"corrected must be True or False, got {corrected!r}")
    device = get_backend(backend)
    [stream] = device.rngs(child_sequence(rng), 1)
    draw = _product_of_reflections if device.name == "numpy" else _qr
    tall = draw(device, stream, (batch, max(shape), min(shape)), dtype, corrected)
    return tall if rows > columns else device.xp.matrix_transpose(tall)


def _qr(
    device: Backend, rng: Any, shape: tuple[int, int, int], dtype: np.dtype, corrected: bool
) -> Array:
    """Factorise Gaussian matrices."""
    xp = device.xp
    q, r = xp.linalg.qr(device.standard_normal(rng, shape, getattr(xp, dtype.name)))
    return q * xp.sign(xp.linalg.diagonal(r))[:, None, :] if corrected else q


def _product_of_reflections(
    device: Backend, rng: Any, shape: tuple[int, int, int], dtype: np.dtype, corrected: bool
) -> np.ndarray:
    """Draw the reflections that the QR of a Gaussian matrix would find, and multiply them."""
    batch, length, columns = shape
    vectors = np.zeros((batch, columns, length), dtype)  # transposed: LAPACK goes by columns
    scales, signs = np.empty((2, batch, columns), dtype)
    for k in range(columns):
        drawn = device.standard_normal(rng, (batch, length - k), dtype)
        vectors[:, k, k:], scales[:, k], signs[:, k] = _reflections(drawn)
    product = _ORGQR[dtype.name]
    for each, scale in zip(vectors, scales, strict=True):
        each.T[...], _, _ = product(each.T, scale, lwork=_BLOCK * columns, overwrite_a=1)
    if corrected:
        vectors *= signs[:, :, None]
    return np.matrix_transpose(vectors)


def _reflections(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Reflections I - scale v v^T, v_0 = 1, that take each row x to R e_0, and the sign of R.

    LAPACK's convention (larfg): R = -sign(x_0) |x|, and a row of one number is left as it is.
    """
    first, signs = x[:, 0].copy(), np.copysign(1.0, x[:, 0])
    if x.shape[1] == 1:
        return np.ones_like(x), np.zeros_like(first), signs
    image = -signs * np.sqrt(np.einsum("ij,ij->i", x, x))
    vectors = x / (first - image)[:, None]
    vectors[:, 0] = 1.0
    return vectors, (image - first) / image, -signs
