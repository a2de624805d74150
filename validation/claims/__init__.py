"""The claims, one module per subject: each offers `claims(profile)`."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType

from validation.budget import BUDGET
from validation.claim import Claim, Profile
from validation.claims import (
    deep_linear,
    fractional_moments,
    fractional_moments_departures,
    fractional_moments_errata,
    fractional_moments_laws,
    fractional_moments_tails,
    kl_bound,
    kl_bound_errata,
)

__all__ = ["all_claims", "select"]

_SUBJECTS = (
    fractional_moments,
    fractional_moments_laws,
    fractional_moments_tails,
    fractional_moments_departures,
    fractional_moments_errata,
    kl_bound,
    kl_bound_errata,
    deep_linear,
)


@cache
def all_claims(profile: Profile) -> Mapping[str, Claim]:
    """Return every claim by id, in the order of the subjects.

    Parameters
    ----------
    profile : Profile
        How much to simulate.

    Returns
    -------
    mapping of str to Claim
        Made once for each profile: sizing the samples takes a while.

    Raises
    ------
    ValueError
        If they take more random decisions than the error budget has slots.

    Examples
    --------
    >>> from validation.claim import PROFILES
    >>> "fm.norm-moment.relu" in all_claims(PROFILES["quick"])
    True
    """
    found = [claim for subject in _SUBJECTS for claim in subject.claims(profile)]
    decisions = sum(bool(check.experiments) for claim in found for check in claim.checks)
    if decisions > BUDGET.slots:
        raise ValueError(
            f"claims must take at most {BUDGET.slots} random decisions, got {decisions}"
        )
    return MappingProxyType({claim.id: claim for claim in found})


def select(profile: Profile, ids: Sequence[str]) -> dict[str, Claim]:
    """Return the claims with these ids, or all of them if none is named.

    Parameters
    ----------
    profile : Profile
        How much to simulate.
    ids : sequence of str
        Claim ids.

    Returns
    -------
    dict

    Raises
    ------
    ValueError
        For an unknown id, naming the nearest known ones.

    Examples
    --------
    >>> from validation.claim import PROFILES
    >>> select(PROFILES["quick"], ["fm.hee"])
    Traceback (most recent call last):
    ...
    ValueError: claim id must be one of those that --list shows, got 'fm.hee'; did you mean 'fm.he'?
    """
    known = all_claims(profile)
    for name in ids:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"claim id must be one of those that --list shows, got {name!r}{hint}")
    return {name: known[name] for name in known if not ids or name in ids}
