"""Functions of modules that are imported at the first call, so that loading the catalogue stays light."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

__all__ = ["Deferred", "quantities_in"]

_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Deferred:
    """A function of a module that is imported at the first call.

    Parameters
    ----------
    home, name : str
        Module and function.
    renamed : Mapping[str, str]
        Keyword argument -> the function's name for it.

    Examples
    --------
    >>> Deferred("math", "hypot").home
    'math'
    """

    home: str
    name: str
    renamed: Mapping[str, str] = field(default_factory=lambda: _NONE)

    def __call__(self, **arguments: Any) -> Any:
        """Call the function."""
        given = {self.renamed.get(key, key): value for key, value in arguments.items()}
        return getattr(importlib.import_module(self.home), self.name)(**given)


def quantities_in(
    home: str, **functions: Callable[..., Any] | str
) -> dict[str, tuple[Any, Deferred]]:
    """Return closed form and enclosure of quantities whose enclosures are in one module, under the same names.

    Parameters
    ----------
    home : str
        The module of the enclosures.
    **functions
        Name of a quantity -> its closed form, or the module in which it has that name.

    Returns
    -------
    dict

    Examples
    --------
    >>> closed_form, enclosure = quantities_in("cmath", sqrt="math")["sqrt"]
    >>> closed_form.home, enclosure.home
    ('math', 'cmath')
    """
    return {
        name: (Deferred(form, name) if isinstance(form, str) else form, Deferred(home, name))
        for name, form in functions.items()
    }
