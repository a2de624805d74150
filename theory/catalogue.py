"""The catalogue: every result with its statement, source, closed form, derivation and enclosure, under one id.

Loading it is light: SymPy and python-flint are imported when a derivation or an enclosure is first asked for. A subject
is one module that holds its records as data; `_SUBJECTS` lists them.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from functools import cache, cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from theory.derivations.steps import Derivation

__all__ = ["Result", "find", "results"]

_SUBJECTS = (
    "theory.catalogue_fractional_moments",
    "theory.catalogue_fractional_moments_drift",
    "theory.catalogue_fractional_moments_laws",
    "theory.catalogue_kl_bound",
    "theory.catalogue_kl_bound_gaussian",
    "theory.catalogue_kl_bound_forward",
    "theory.catalogue_kl_bound_networks",
    "theory.catalogue_deep_linear",
    "theory.catalogue_deep_linear_products",
)

_TABLES = ("symbols", "arguments")  # empty where the expression is a constant


@dataclass(frozen=True)
class Result:
    """One result: what is claimed, by whom, where it holds, and three independent ways to evaluate it.

    Parameters
    ----------
    id : str
        Permanent.
    statement : str
        The claim in one sentence.
    symbols : Mapping[str, str]
        Meaning of each free symbol or array of the expression.
    arguments : Mapping[str, callable]
        How to get each of these symbols' values from the keyword arguments of `closed_form`.
    assumptions : tuple of str
        Sufficient.
    domain : str
        For which arguments it is claimed.
    source : str
        Paper, version and statement; "extension" where it is ours.
    bibtex : str
        Entries of the cited papers.
    closed_form : callable
        float64 values; keyword arguments.
    enclosure : callable
        The same arguments, one at a time (exact numbers or balls); returns a `flint.arb` ball.
    derive : callable
        Builds the derivation.

    Raises
    ------
    ValueError
        If a field is empty or not of its kind: nothing may be missing, but the symbols of a constant.

    Examples
    --------
    >>> he = results()["fm.he"]
    >>> float(he.closed_form(fan_in=512)), he.enclosure(fan_in=512).contains(1 / 256)
    (0.00390625, True)
    >>> he.expression
    2/d_in
    """

    id: str
    statement: str
    symbols: Mapping[str, str]
    arguments: Mapping[str, Callable[[Mapping[str, Any]], Any]]
    assumptions: tuple[str, ...]
    domain: str
    source: str
    bibtex: str
    closed_form: Callable[..., Any]
    enclosure: Callable[..., Any]
    derive: Callable[[], Derivation]

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not value and not (field.name in _TABLES and isinstance(value, Mapping)):
                raise ValueError(f"{field.name} must not be missing, got {value!r} ({self.id!r})")
        for name in ("closed_form", "enclosure", "derive"):
            if not callable(getattr(self, name)):
                raise ValueError(f"{name} must be callable, got {getattr(self, name)!r}")
        if set(self.symbols) != set(self.arguments):
            raise ValueError(f"symbols must have an argument each, got {set(self.symbols)}")

    @cached_property
    def derivation(self) -> Derivation:
        """The derivation, whose last expression is this result's.

        Raises
        ------
        ValueError
            If it is the derivation of another result.

        Examples
        --------
        >>> results()["fm.laplace.linear"].derivation.id
        'fm.laplace.linear'
        """
        derivation = self.derive()
        if derivation.id != self.id:
            raise ValueError(f"derive must build {self.id!r}, got {derivation.id!r}")
        return derivation

    @property
    def expression(self) -> Any:
        """The SymPy expression that the derivation concludes.

        Examples
        --------
        >>> results()["fm.laplace.linear"].expression
        1/sqrt(2*t + 1)
        """
        return self.derivation.conclusion

    @property
    def latex(self) -> str:
        r"""The expression in LaTeX.

        Examples
        --------
        >>> print(results()["fm.lecun"].latex)
        \frac{1}{d_{in}}
        """
        import sympy

        return str(sympy.latex(self.expression))

    @property
    def variables(self) -> list[Any]:
        """The free symbols and arrays of the expression, by name.

        Examples
        --------
        >>> results()["fm.he"].variables
        [d_in]
        >>> results()["kl.optimal-variance.anisotropic"].variables
        [K, c]
        """
        import sympy

        arrays = {entry.base for entry in self.expression.atoms(sympy.Indexed)}
        labels = {array.label for array in arrays}
        symbols = self.expression.atoms(sympy.Symbol) & self.expression.free_symbols
        return sorted(arrays | (symbols - labels), key=lambda variable: str(variable))

    def point(self, **arguments: Any) -> dict[Any, Any]:
        """Return the values of the expression's `variables` at keyword arguments of `closed_form`.

        Parameters
        ----------
        **arguments
            Every keyword argument of `closed_form` that the expression depends on; exact numbers give exact values.

        Returns
        -------
        dict
            SymPy symbol or array -> exact number, or several by index; an enclosure where the value is not rational.

        Examples
        --------
        >>> results()["fm.norm-moment.linear"].point(order=1.5, width=3)
        {d: Fraction(3, 1), p: Fraction(3, 4)}
        """
        return {variable: self.arguments[str(variable)](arguments) for variable in self.variables}


@cache
def results() -> Mapping[str, Result]:
    """Return every result by id, in the order of the subjects.

    Returns
    -------
    Mapping[str, Result]
        Read-only.

    Examples
    --------
    >>> results()["fm.he"].statement
    'At order 2 the preserving weight variance of ReLU is 2/fan_in.'
    """
    records = [r for subject in _SUBJECTS for r in importlib.import_module(subject).RESULTS]
    table = {record.id: record for record in records}
    if len(table) != len(records):
        raise ValueError(f"ids must be unique, got {[r.id for r in records]}")
    return MappingProxyType(table)


def find(id: str) -> Result:
    """Return the result of that id.

    Raises
    ------
    ValueError
        For an unknown id, with the closest known ones.

    Examples
    --------
    >>> find("fm.lecunn")
    Traceback (most recent call last):
    ...
    ValueError: id must be one that `python -m theory list` shows, got 'fm.lecunn' (close: fm.lecun, fm.lyapunov)
    """
    known = results()
    if id in known:
        return known[id]
    close = ", ".join(get_close_matches(id, known, cutoff=0.6)) or "none"
    raise ValueError(
        f"id must be one that `python -m theory list` shows, got {id!r} (close: {close})"
    )
