"""CuPy behind the interface of :mod:`numerics.backends`; imported only when it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from .backends import Array, BackendUnavailableError, Shape

__all__ = ["CupyBackend", "load"]


@dataclass(frozen=True)
class CupyBackend:
    """CuPy on one CUDA device.

    All draws of a job come from one device generator: CuPy seeds its generators with 32 bits, so
    that many small streams would meet by birthday. Agreement with NumPy is in law, not bit for
    bit, and the numbers depend on the batch size.

    Parameters
    ----------
    cupy : module
        The imported library (`get_backend` finds it).
    ndtri_function : callable
        ``cupyx.scipy.special.ndtri``.
    """

    cupy: Any
    ndtri_function: Callable[[Array], Array]
    name: ClassVar[str] = "cupy"
    batch_bytes: ClassVar[int] = 2**28
    block: ClassVar[int] = 2**17

    @property
    def xp(self) -> Any:
        """The array namespace (array-api-compat's view of CuPy)."""
        return importlib.import_module("array_api_compat.cupy")

    def rngs(self, sequence: np.random.SeedSequence, count: int) -> list[Any]:
        """Return one device generator, `count` times."""
        return [self.cupy.random.default_rng(sequence)] * count

    def standard_normal(self, rng: Any, shape: Shape, dtype: Any) -> Array:
        """Draw N(0, 1)."""
        return rng.standard_normal(shape, dtype=dtype)

    def uniform(self, rng: Any, shape: Shape, dtype: Any) -> Array:
        """Draw U[0, 1)."""
        return rng.random(shape, dtype=dtype)

    def binomial(self, rng: Any, trials: int | Array, probability: float, shape: Shape) -> Array:
        """Draw integer counts Bin(trials, probability); `trials` is an int or an array."""
        return rng.binomial(trials, float(probability), shape)

    def chisquare(self, rng: Any, df: Array, dtype: Any) -> Array:
        """Draw chi-square variates; CuPy's gamma needs a positive shape, so 0 is masked."""
        drawn = 2.0 * rng.standard_gamma(0.5 * self.cupy.maximum(df, 1))
        return self.cupy.where(df > 0, drawn, 0.0).astype(dtype, copy=False)

    def ndtri(self, probability: Array) -> Array:
        """Quantile function of N(0, 1)."""
        return self.ndtri_function(probability)

    def asarray(self, values: Any, dtype: Any = None) -> Array:
        """Copy host values to the device."""
        return self.cupy.asarray(values, dtype=dtype)

    def to_numpy(self, array: Array) -> np.ndarray:
        """Copy an array to the host."""
        return np.asarray(self.cupy.asnumpy(array))


def load() -> CupyBackend:
    """Import CuPy and look for a device, saying what to do where either is missing.

    Returns
    -------
    CupyBackend

    Raises
    ------
    BackendUnavailableError
        If CuPy or a CUDA device is missing.

    Examples
    --------
    >>> try:
    ...     name = load().name
    ... except BackendUnavailableError as error:
    ...     name, *_ = str(error).split(" needs ")
    >>> "cupy" in name
    True
    """
    try:
        cupy = importlib.import_module("cupy")
        special = importlib.import_module("cupyx.scipy.special")
    except ImportError as error:
        raise BackendUnavailableError(
            "backend 'cupy' needs CuPy: pip install 'init-theory[cuda12]' (or [cuda13]), "
            f"to match the CUDA driver ({error})"
        ) from error
    _require_device(cupy)
    return CupyBackend(cupy, special.ndtri)


def _require_device(cupy: Any) -> None:
    """Raise unless CuPy sees a CUDA device."""
    try:
        count, reason = cupy.cuda.runtime.getDeviceCount(), "none was found"
    except Exception as error:  # CUDARuntimeError, whose class cannot be named without CuPy
        count, reason = 0, str(error)
    if count < 1:
        raise BackendUnavailableError(f"backend 'cupy' needs a CUDA device: {reason}")
