"""A claim's derivations, by the id that the claim shares with the catalogue's result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType

from theory.catalogue import find, results
from theory.derivations import fractional_moments, kl_bound
from theory.derivations.steps import Derivation
from validation.checks.derivation import DerivationCheck

__all__ = ["SUPPLEMENTS", "derived"]

SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {**fractional_moments.SUPPLEMENTS, **kl_bound.SUPPLEMENTS}
)
"""The derivations beside the catalogue, of all subjects, by id."""


def derived(name: str, *families: str) -> Iterator[DerivationCheck]:
    """Yield the checks of a result's derivation and of its supplements.

    Parameters
    ----------
    name : str
        Id of the result. It is looked up when the check is judged; one that is neither in the catalogue nor among the
        derivations raises then.
    *families : str
        Beginnings of the ids of further derivations beside the catalogue that the claim rests on.

    Yields
    ------
    DerivationCheck
        A supplementary bound has room, and is left out: scaled by 1.01 it is still true, so no error could be planted.

    Examples
    --------
    >>> [check.build().id for check in derived("fm.he")]
    ['fm.he']
    """
    prefixes = tuple(f"{family}." for family in (name, *families))
    yield DerivationCheck(partial(_build, name))
    for key, build in SUPPLEMENTS.items():
        if key.startswith(prefixes) and not key.endswith(".bound"):
            yield DerivationCheck(build)


def _build(name: str) -> Derivation:
    """Of a result; of a supplement; or of what is derived as a result is, but not catalogued."""
    beside = {**kl_bound.DERIVATIONS, **SUPPLEMENTS}
    uncatalogued = name in beside and name not in results()
    return beside[name]() if uncatalogued else find(name).derive()
