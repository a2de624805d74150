"""Which backend one gets, and what one is told when there is none."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType, SimpleNamespace

import pytest

from numerics.backends import BackendUnavailableError, NumpyBackend, get_backend
from numerics.propagation import log_norms


def test_numpy_is_the_default():
    assert get_backend() == NumpyBackend()
    assert get_backend("numpy").name == "numpy"


def test_a_backend_is_returned_as_it_is():
    backend = NumpyBackend()
    assert get_backend(backend) is backend


@pytest.mark.parametrize("name", ["torch", "", "NumPy"])
def test_unknown_name(name):
    with pytest.raises(ValueError, match=rf"backend must be one of 'numpy', 'cupy', got '{name}'"):
        get_backend(name)


def test_cupy_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(BackendUnavailableError, match=r"init-theory\[cuda12\]"):
        get_backend("cupy")


def _fake_cupy(monkeypatch, count):
    """Install a CuPy that only counts devices."""
    cupy, special = ModuleType("cupy"), ModuleType("cupyx.scipy.special")
    cupy.cuda = SimpleNamespace(runtime=SimpleNamespace(getDeviceCount=count))
    special.ndtri = abs
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    monkeypatch.setitem(sys.modules, "cupyx.scipy.special", special)
    for parent in ("cupyx", "cupyx.scipy"):
        monkeypatch.setitem(sys.modules, parent, ModuleType(parent))


def test_cupy_without_a_device(monkeypatch):
    _fake_cupy(monkeypatch, lambda: 0)
    with pytest.raises(BackendUnavailableError, match="needs a CUDA device: none was found"):
        get_backend("cupy")


def test_cupy_with_a_broken_driver(monkeypatch):
    def count():
        raise OSError("cudaErrorInsufficientDriver")

    _fake_cupy(monkeypatch, count)
    with pytest.raises(BackendUnavailableError, match="cudaErrorInsufficientDriver"):
        get_backend("cupy")


def test_cupy_with_a_device(monkeypatch):
    _fake_cupy(monkeypatch, lambda: 1)
    assert get_backend("cupy").name == "cupy"


def test_cupy_is_never_replaced_silently(monkeypatch):
    import numpy as np

    from numerics.activations import relu

    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(BackendUnavailableError):
        log_norms(
            widths=(2, 2),
            variances=1.0,
            activation=relu(),
            replicates=1,
            rng=np.random.default_rng(0),
            backend="cupy",
        )


def test_importing_the_simulators_imports_no_cupy():
    code = "import sys, numerics.propagation; sys.exit('cupy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
