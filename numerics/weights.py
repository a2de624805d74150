"""The laws from which frameworks draw weights, standardised to mean 0 and variance 1.

Every law here has exactly the variance asked for *after* any truncation. TensorFlow and JAX do the
same (``VarianceScaling`` and ``variance_scaling`` divide by the standard deviation of the truncated
normal); PyTorch's ``trunc_normal_`` does not: with std s and bounds +-2s its weights have variance
0.774 s^2.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from .backends import Array, Backend, Shape

__all__ = ["WEIGHT_LAWS", "standard_weights"]

_CUT = 2.0  # where the frameworks truncate, in standard deviations of the parent
_TAIL = 0.5 * math.erfc(_CUT / math.sqrt(2.0))  # P(N(0, 1) < -2)
_DENSITY = math.exp(-0.5 * _CUT**2) / math.sqrt(2.0 * math.pi)
_TRUNCATED_STD = math.sqrt(1.0 - 2.0 * _CUT * _DENSITY / (1.0 - 2.0 * _TAIL))


def standard_weights(law: str, backend: Backend, rng: Any, shape: Shape, dtype: Any) -> Array:
    """Draw independent weights of mean 0 and variance 1.

    Parameters
    ----------
    law : {"normal", "uniform", "truncated_normal"}
        N(0, 1); uniform on +-sqrt(3); N(0, 1) cut at +-2 and divided by its standard deviation
        0.8796, hence within +-2.2737.
    backend : Backend
        Where to draw.
    rng : object
        A generator of `backend`.
    shape : tuple of int
        Shape of the result.
    dtype : dtype
        Floating type of the result.

    Returns
    -------
    array

    Raises
    ------
    ValueError
        If `law` is unknown.

    Examples
    --------
    >>> import numpy as np
    >>> from numerics.backends import get_backend
    >>> weights = standard_weights(
    ...     "uniform", get_backend("numpy"), np.random.default_rng(0), (1000,), np.float64
    ... )
    >>> bool(np.abs(weights).max() <= np.sqrt(3.0))
    True
    """
    if law not in WEIGHT_LAWS:
        allowed = ", ".join(map(repr, WEIGHT_LAWS))
        raise ValueError(f"weight_law must be one of {allowed}, got {law!r}")
    return WEIGHT_LAWS[law](backend, rng, shape, dtype)


def _normal(backend: Backend, rng: Any, shape: Shape, dtype: Any) -> Array:
    return backend.standard_normal(rng, shape, dtype)


def _uniform(backend: Backend, rng: Any, shape: Shape, dtype: Any) -> Array:
    return 2.0 * math.sqrt(3.0) * (backend.uniform(rng, shape, dtype) - 0.5)


def _truncated_normal(backend: Backend, rng: Any, shape: Shape, dtype: Any) -> Array:
    """Invert the cdf: one uniform a weight, so a stream can be cut anywhere."""
    probability = _TAIL + (1.0 - 2.0 * _TAIL) * backend.uniform(rng, shape, dtype)
    return backend.ndtri(probability) / _TRUNCATED_STD


WEIGHT_LAWS: Mapping[str, Callable[[Backend, Any, Shape, Any], Array]] = MappingProxyType(
    {"normal": _normal, "uniform": _uniform, "truncated_normal": _truncated_normal}
)
