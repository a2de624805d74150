"""What the results of one subject share: how their ids begin, where their derivations are, what their symbols mean."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from theory.catalogue import Result
from theory.catalogue_forms import Form

if TYPE_CHECKING:
    from theory.derivations.steps import Derivation

__all__ = ["Subject"]


@dataclass(frozen=True)
class _Builder:
    """Builds a derivation of a module's DERIVATIONS; SymPy is imported only then."""

    home: str
    id: str

    def __call__(self) -> Derivation:
        derivation: Derivation = importlib.import_module(self.home).DERIVATIONS[self.id]()
        return derivation


@dataclass(frozen=True)
class Subject:
    """A subject of the catalogue.

    Parameters
    ----------
    prefix : str
        How its ids begin.
    derivations : str
        The module whose DERIVATIONS holds its derivations by id.
    arguments : Mapping[str, tuple]
        Symbol -> its meaning, and its exact value from the keyword arguments of a closed form.
    bibtex : str
        The paper that its results cite unless they say otherwise.

    Examples
    --------
    >>> Subject("fm", "theory.derivations.fractional_moments", {}, "@misc{key}").prefix
    'fm'
    """

    prefix: str
    derivations: str
    arguments: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], Any]]]
    bibtex: str

    def record(
        self,
        id: str,
        statement: str,
        symbols: str,
        assumptions: tuple[str, ...],
        domain: str,
        source: str,
        both: Mapping[str, Form],
        bibtex: str | None = None,
    ) -> Result:
        """Return the record of one result.

        Parameters
        ----------
        id : str
            Without the subject's prefix.
        statement, source, domain, assumptions, bibtex
            As for Result.
        symbols : str
            Keys of the subject's arguments, separated by blanks.
        both : Mapping
            closed_form and enclosure, from `theory.catalogue_forms.forms`.

        Returns
        -------
        Result

        Examples
        --------
        >>> from theory.catalogue_forms import ARGUMENTS, forms
        >>> subject = Subject("fm", "theory.derivations.fractional_moments", ARGUMENTS, "@misc{key}")
        >>> both = forms("laplace", "relu")
        >>> subject.record("laplace.relu", "A sentence.", "t", ("z is normal",), "t >= 0", "a paper", both).id
        'fm.laplace.relu'
        """
        names, full = symbols.split(), f"{self.prefix}.{id}"
        return Result(
            full,
            statement,
            {name: self.arguments[name][0] for name in names},
            {name: self.arguments[name][1] for name in names},
            assumptions,
            domain,
            source,
            self.bibtex if bibtex is None else bibtex,
            derive=_Builder(self.derivations, full),
            **both,
        )
