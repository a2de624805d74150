"""The calls of BLAS that step a wide net: the arrays they can write to, and which library makes the products."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import blas

__all__ = ["GEMM", "Call", "Products", "products", "require_in_place"]

Call = Callable[[], Any]
"""A call with its arguments."""

GEMM = {"float64": blas.dgemm, "float32": blas.sgemm}
"""BLAS's A B + beta C for each precision."""

_SPLIT = 2**18  # multiplications beyond which OpenBLAS splits a product over its threads
_THREADS = ("OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS")  # as OpenBLAS asks


class Products(NamedTuple):
    """Makers of the calls out = V G and out = V^T B."""

    plain: Callable[[np.ndarray, np.ndarray, np.ndarray], Call]
    transposed: Callable[[np.ndarray, np.ndarray, np.ndarray], Call]


_NUMPY_PRODUCTS = Products(
    plain=lambda v, g, out: partial(np.dot, v, g, out),
    transposed=lambda v, b, out: partial(np.dot, v.T, b, out),
)


def products(multiplications: int, gemm: Callable[..., Any]) -> Products:
    """Take the products from NumPy, or from the library of the updates where both would use threads.

    NumPy and SciPy each bring a BLAS with threads of its own, which spin while they wait: taking
    turns they keep one another from the cores (measured on two: 5 to 60 times slower). On one
    thread NumPy's products are the faster ones, by a quarter.

    Parameters
    ----------
    multiplications : int
        Of one product.
    gemm : function
        From `GEMM`; the updates'.

    Returns
    -------
    Products

    Examples
    --------
    >>> out, v = np.empty((2, 1)), np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> call = products(4, GEMM["float64"]).transposed(v, np.ones((2, 1)), out)
    >>> call().tolist(), out.tolist()
    ([[4.0], [6.0]], [[4.0], [6.0]])
    """
    if multiplications <= _SPLIT or _one_thread():
        return _NUMPY_PRODUCTS
    return Products(
        plain=lambda v, g, out: partial(gemm, 1.0, g.T, v.T, 0.0, out.T, 0, 0, 1),
        transposed=lambda v, b, out: partial(gemm, 1.0, b.T, v.T, 0.0, out.T, 0, 1, 1),
    )


def _one_thread() -> bool:
    """Return whether BLAS was told to keep to one thread, as in every worker process.

    OpenBLAS takes the first of the variables that begins with a number above 0.
    """
    told = (re.match(r"\s*\+?0*([1-9]\d*)", os.environ.get(name, "")) for name in _THREADS)
    return next((found[1] for found in told if found), "") == "1"


def require_in_place(weights: Sequence[np.ndarray]) -> None:
    """Refuse arrays that f2py would copy on their way to BLAS: the updates would be lost.

    Parameters
    ----------
    weights : sequence of array
        The candidates.

    Raises
    ------
    ValueError
        If they are not C-contiguous and writeable, or not of one native precision.

    Examples
    --------
    >>> require_in_place([np.ones((2, 3, 2)), np.ones((2, 4, 3), dtype="float32")])
    Traceback (most recent call last):
    ...
    ValueError: weights must be C-contiguous and writeable, all float64 or all float32 in native byte order,
    got a matrix stack 1 of dtype <f4, c_contiguous=True, writeable=True
    """
    for k, each in enumerate(weights):
        flags, kind = each.flags, each.dtype
        fits = flags.c_contiguous and flags.writeable and kind.isnative and kind.name in GEMM
        if not fits or kind != weights[0].dtype:
            raise ValueError(
                "weights must be C-contiguous and writeable, all float64 or all float32 in native "
                f"byte order, got a matrix stack {k} of dtype {kind.str}, "
                f"c_contiguous={flags.c_contiguous}, writeable={flags.writeable}"
            )
