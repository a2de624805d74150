"""No planted error of any derivation verifies: a few of each are tried always, all of them by the slow tests."""

import zlib

import pytest

from theory.derivations import deep_linear, fractional_moments, kl_bound
from theory.derivations.domains import Domain
from theory.derivations.mutants import mutations

SUBJECTS = (fractional_moments, kl_bound, deep_linear)
#: a bound has room: scaled a little, it is another true bound, so it is tested by itself
WITH_ROOM = {"fm.expansion.second-order.linear.bound"}
ALL = {
    name: build
    for subject in SUBJECTS
    for name, build in {**subject.DERIVATIONS, **subject.SUPPLEMENTS}.items()
    if name not in WITH_ROOM
}
SAMPLE = 6


def survivors(derivation, chosen):
    domain = Domain(derivation.constraints)
    return [
        (x.index, x.step.rule.name, x.description)
        for x in chosen
        if x.step.verify(domain).verdict.passed
    ]


@pytest.mark.parametrize("name", ALL)
def test_sampled_mutants_fail(name):
    derivation = ALL[name]()
    planted = list(mutations(derivation))
    stride = -(-len(planted) // SAMPLE)
    # The offset only spreads the sample over places of different kinds from one id to the next.
    chosen = planted[zlib.crc32(name.encode()) % stride :: stride]
    assert chosen
    assert survivors(derivation, chosen) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_every_mutant_fails(name):
    derivation = ALL[name]()
    assert survivors(derivation, mutations(derivation)) == []
