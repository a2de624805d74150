"""A claim's derivations, by the id that the claim shares with the catalogue's result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType

from theory.catalogue import find, results
from theory.derivations import deep_linear, fractional_moments, kl_bound
from theory.derivations.steps import Derivation
from validation.checks.derivation import DerivationCheck

__all__ = ["SUPPLEMENTS", "derived"]

_SUBJECTS = (fractional_moments, kl_bound, deep_linear)

SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {id: build for subject in _SUBJECTS for id, build in subject.SUPPLEMENTS.items()}
)
"""The derivations beside the catalogue, of all subjects, by id."""

_KNOWN = MappingProxyType(
    {**SUPPLEMENTS, **{id: x for subject in _SUBJECTS for id, x in subject.DERIVATIONS.items()}}
)


def derived(name: str, *families: str) -> Iterator[DerivationCheck]:
    """Yield the checks of a result's derivation and of its supplements.

    Parameters
    ----------
    name : str
        Id of the result, or the beginning of the ids of a statement's parts. It is looked up when the check is judged;
        one that is neither in the catalogue nor among the derivations raises then.
    *families : str
        Ids, or their beginnings, of further derivations beside the catalogue that the claim rests on.

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
    beside = {
        key: build
        for key, build in SUPPLEMENTS.items()
        if (key.startswith(prefixes) or key in families) and not key.endswith(".bound")
    }
    if name in _KNOWN or not beside:
        yield DerivationCheck(partial(_build, name))
    yield from (DerivationCheck(build) for key, build in beside.items() if key != name)


def _build(name: str) -> Derivation:
    """Of a result; of a supplement; or of what is derived as a result is, but not catalogued."""
    uncatalogued = name in _KNOWN and name not in results()
    return _KNOWN[name]() if uncatalogued else find(name).derive()
