"""Stand-ins for a GPU, and tests of laws whose thresholds come from an error budget."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import array_api_strict
import numpy as np
import pytest

from numerics.backends import BackendUnavailableError, NumpyBackend, get_backend

ALPHA = 1e-9  # false-alarm rate of one random assertion


def _locked(array: np.ndarray) -> np.ndarray:
    array = np.asarray(array)
    array.flags.writeable = False
    return array


class ReadOnlyBackend(NumpyBackend):
    """NumPy whose arrays cannot be written to, like those of immutable libraries."""

    name: ClassVar[str] = "read-only"

    def standard_normal(self, rng: Any, shape: Any, dtype: Any) -> Any:
        return _locked(super().standard_normal(rng, shape, dtype))

    def uniform(self, rng: Any, shape: Any, dtype: Any) -> Any:
        return _locked(super().uniform(rng, shape, dtype))

    def binomial(self, rng: Any, trials: Any, probability: float, shape: Any) -> Any:
        return _locked(super().binomial(rng, trials, probability, shape))

    def chisquare(self, rng: Any, df: Any, dtype: Any) -> Any:
        return _locked(super().chisquare(rng, df, dtype))

    def ndtri(self, probability: Any) -> Any:
        return _locked(super().ndtri(probability))


class StrictBackend(NumpyBackend):
    """array-api-strict: nothing beyond the standard works, no silent mixing with NumPy."""

    name: ClassVar[str] = "strict"

    @property
    def xp(self) -> Any:
        return array_api_strict

    def standard_normal(self, rng: Any, shape: Any, dtype: Any) -> Any:
        return self._wrap(super().standard_normal(rng, shape, self._plain(dtype)))

    def uniform(self, rng: Any, shape: Any, dtype: Any) -> Any:
        return self._wrap(super().uniform(rng, shape, self._plain(dtype)))

    def binomial(self, rng: Any, trials: Any, probability: float, shape: Any) -> Any:
        trials = trials if isinstance(trials, int) else self.to_numpy(trials)
        return self._wrap(super().binomial(rng, trials, probability, shape))

    def chisquare(self, rng: Any, df: Any, dtype: Any) -> Any:
        return self._wrap(super().chisquare(rng, self.to_numpy(df), self._plain(dtype)))

    def ndtri(self, probability: Any) -> Any:
        return self._wrap(super().ndtri(self.to_numpy(probability)))

    def asarray(self, values: Any, dtype: Any = None) -> Any:
        return array_api_strict.asarray(values, dtype=dtype)

    def to_numpy(self, array: Any) -> np.ndarray:
        return np.asarray(array)

    @staticmethod
    def _wrap(values: np.ndarray) -> Any:
        return array_api_strict.asarray(values)

    @staticmethod
    def _plain(dtype: Any) -> np.dtype:
        return np.dtype("float32" if dtype == array_api_strict.float32 else "float64")


def _cupy() -> Any:
    try:
        return get_backend("cupy")
    except BackendUnavailableError as error:
        pytest.skip(str(error))


_DEVICES = {
    "numpy": NumpyBackend,
    "read-only": ReadOnlyBackend,
    "strict": StrictBackend,
    "cupy": _cupy,
}


@pytest.fixture(
    params=[
        "numpy",
        "read-only",
        "strict",
        pytest.param("cupy", marks=pytest.mark.gpu),
    ]
)
def device(request: pytest.FixtureRequest) -> Any:
    """Every backend, real and stand-in."""
    return _DEVICES[request.param]()


@pytest.fixture(params=["read-only", "strict"])
def stand_in(request: pytest.FixtureRequest) -> Any:
    """The backends that must give NumPy's numbers."""
    return _DEVICES[request.param]()


class Laws:
    """Distances between laws and their finite-sample thresholds at level 1e-9."""

    @staticmethod
    def two_sample_threshold(n: int, m: int) -> float:
        """Wei & Dudley 2012: the DKW bound with constant 2 holds for equal sizes >= 458."""
        assert n == m >= 458
        return math.sqrt(0.5 * math.log(2.0 / ALPHA) * (n + m) / (n * m))

    @staticmethod
    def two_sample_distance(first: np.ndarray, second: np.ndarray) -> float:
        """Sup distance of the empirical cdfs; atoms (minus infinity too) are counted."""
        points = np.concatenate([first, second])
        below_first = np.searchsorted(np.sort(first), points, side="right") / first.size
        below_second = np.searchsorted(np.sort(second), points, side="right") / second.size
        return float(np.abs(below_first - below_second).max())

    def same(self, first: np.ndarray, second: np.ndarray) -> bool:
        """Whether two samples may come from one law."""
        threshold = self.two_sample_threshold(first.size, second.size)
        return self.two_sample_distance(first, second) <= threshold

    @staticmethod
    def follows(sample: np.ndarray, cdf: Any) -> bool:
        """Whether a sample may come from a law, by DKW-Massart; the law may have atoms."""
        values, counts = np.unique(sample, return_counts=True)
        above = np.cumsum(counts) / sample.size
        below = above - counts / sample.size
        just_below = np.nextafter(values, -np.inf)
        distance = max(np.abs(cdf(values) - above).max(), np.abs(cdf(just_below) - below).max())
        return bool(distance <= math.sqrt(0.5 * math.log(2.0 / ALPHA) / sample.size))

    @staticmethod
    def replicates_for(distance: float) -> int:
        """Sample size at which a distance is twice the two-sample threshold: misses are as rare."""
        return math.ceil(math.log(2.0 / ALPHA) * (2.0 / distance) ** 2)

    @staticmethod
    def replicates_against(cdf: Any, factor: float) -> int:
        """Sample size at which DKW-Massart, met twice over, tells a law from its `factor`-fold."""
        grid = np.geomspace(1e-3, 1e3, 10_000)
        distance = np.abs(cdf(grid) - cdf(grid / factor)).max()
        return math.ceil(0.5 * math.log(2.0 / ALPHA) * (2.0 / distance) ** 2)


@pytest.fixture
def laws() -> Laws:
    """Distances between laws and their thresholds."""
    return Laws()
