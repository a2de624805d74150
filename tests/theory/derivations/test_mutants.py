"""No planted error of any derivation verifies.

All of the KL-bound and deep-linear ones are tried always; of the fractional moments, whose rigorous arithmetic takes
its time, a few of each derivation always and all by the slow tests.
"""

import zlib

import pytest

from theory.derivations import deep_linear, fractional_moments, kl_bound
from theory.derivations.domains import Domain
from theory.derivations.mutants import mutations

#: a bound has room: scaled a little, it is another true bound, so it is tested by itself
WITH_ROOM = {"fm.expansion.second-order.linear.bound"}


def listed(*subjects):
    tables = [table for subject in subjects for table in (subject.DERIVATIONS, subject.SUPPLEMENTS)]
    found = {name: build for table in tables for name, build in table.items()}
    return {name: build for name, build in found.items() if name not in WITH_ROOM}


CHEAP, DEAR = listed(kl_bound, deep_linear), listed(fractional_moments)
SAMPLE = 6
LEAST = 16
#: short statements, a step or two long: how many errors can be planted in them
FEW = {
    "dl.reduction.basis": 1,
    "kl.relaxation.mean": 2,
    "dl.rate.step-size": 2,
    "dl.du-hu.rate.step-size": 2,
    "kl.relaxation.rate": 3,
    "dl.reduction.hidden": 3,
    "dl.reduction.first": 3,
    "kl.stationary-variance": 4,
    "kl.initial-loss.quadratic": 4,
    "dl.reduction.first.narrow": 4,
    "dl.reduction.last-layer": 5,
    "dl.reduction.first-layer": 6,
    "dl.reduction.last": 6,
    "kl.relaxation.mean.equation": 8,
    "kl.equipartition.anisotropic": 10,
    "kl.virial-variance": 10,
    "dl.ntk.narrow.projection": 10,
    "kl.stationary-covariance": 11,
    "kl.equipartition.gaussian": 12,
    "dl.reduction.intertwining": 12,
    "kl.equipartition.trace": 13,
    "dl.reduction.last.rest": 14,
    "fm.lecun": 15,
}


def planted_in(name, derivation):
    """All planted errors, of which there must be enough for their refusal to say something."""
    planted = list(mutations(derivation))
    assert len(planted) >= FEW.get(name, LEAST)
    return planted


def survivors(derivation, chosen):
    domain = Domain(derivation.constraints)
    return [
        (x.index, x.step.rule.name, x.description)
        for x in chosen
        if x.step.verify(domain).verdict.passed
    ]


@pytest.mark.parametrize("name", CHEAP)
def test_every_mutant_fails(name):
    derivation = CHEAP[name]()
    assert survivors(derivation, planted_in(name, derivation)) == []


@pytest.mark.parametrize("name", DEAR)
def test_sampled_mutants_fail(name):
    derivation = DEAR[name]()
    planted = planted_in(name, derivation)
    stride = -(-len(planted) // SAMPLE)
    # The offset only spreads the sample over places of different kinds from one id to the next.
    chosen = planted[zlib.crc32(name.encode()) % stride :: stride]
    assert chosen
    assert survivors(derivation, chosen) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", DEAR)
def test_every_mutant_of_the_fractional_moments_fails(name):
    derivation = DEAR[name]()
    assert survivors(derivation, planted_in(name, derivation)) == []
