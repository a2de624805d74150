"""Claims on deep linear nets, orthogonal against Gaussian (Hu, Xiao & Pennington), of all its parts."""

from __future__ import annotations

from collections.abc import Iterator

from validation.claim import Claim, Profile
from validation.claims import deep_linear_haar as sampler
from validation.claims import deep_linear_plateaus as plateaus
from validation.claims import deep_linear_products as products
from validation.claims import deep_linear_spectra as spectra
from validation.claims import deep_linear_training as training

__all__ = ["claims"]


def claims(profile: Profile) -> Iterator[Claim]:
    """Yield the subject's claims.

    Parameters
    ----------
    profile : Profile
        Resolution of the Monte Carlo checks.

    Yields
    ------
    Claim

    Examples
    --------
    >>> from validation.claim import PROFILES
    >>> next(iter(claims(PROFILES["quick"]))).id
    'dl.partial-products'
    """
    for part in (spectra, training, products, sampler, plateaus):
        yield from part.claims(profile)
