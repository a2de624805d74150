"""Deciding equality and signs on a domain."""

import pytest
import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.identities import enclosed, identical, same

X, Y, P = sp.symbols("x y p", positive=True)
Z = sp.Symbol("z", real=True)
D = sp.Symbol("d", integer=True, positive=True)
N, M = sp.symbols("n m", integer=True, nonnegative=True)


def test_identities_are_proved_enclosed_or_unknown():
    assert identical(sp.gamma(X + 1), X * sp.gamma(X), Domain()).verdict == "proved"
    assert enclosed(sp.gamma(X + 1), X * sp.gamma(X), Domain()).verdict == "enclosed"
    assert identical(sp.sqrt(Z**2), Z, Domain()).verdict == "unknown"
    f = sp.Function("f")
    assert identical(f(X), f(Y), Domain()).verdict == "unknown"
    tiny = sp.Rational(1, 10**12)
    assert identical(sp.gamma(X), sp.gamma(X) * (1 + tiny), Domain()).verdict == "unknown"


def test_comparison_renames_bound_variables_and_checks_ranges():
    one, other = sp.Sum(X**N, (N, 0, D)), sp.Sum(X**M, (M, 0, D))
    assert same(one, other, Domain()).passed
    assert not same(one, sp.Sum(X**M, (M, 1, D)), Domain()).passed
    assert not same(sp.Sum(N**2, (N, 0, D)), sp.Sum(M * N, (M, 0, D)), Domain()).passed  # free N


@pytest.mark.parametrize(
    ("constraints", "positive", "not_positive"),
    [
        ((sp.Lt(P, 1),), 1 - P, P - 1),
        ((sp.Lt(X, Y),), Y - X, X - Y),
        ((sp.Lt(N, D),), D - N, D - N - 1),
        ((sp.Le(N, D),), D - N + 1, D - N),
        ((), X, Z),
        ((), 5 * Z**4 - 2 * Z**2 + 5, 5 * Z**4 - 20 * Z**2 + 5),
    ],
)
def test_domains_know_signs(constraints, positive, not_positive):
    domain = Domain(constraints)
    assert domain.positive(positive)
    assert not domain.positive(not_positive)


@pytest.mark.parametrize(
    "constraints", [(sp.Lt(P, 1),), (sp.Lt(X, Y),), (sp.Le(N, D - 1), sp.Le(1, N))]
)
def test_points_lie_in_the_domain(constraints):
    points = list(Domain(constraints).points({P}, 20, P))
    assert len(points) == 20
    assert all(relation.subs(point) == sp.true for point in points for relation in constraints)


def test_an_argument_of_a_maximum_that_never_wins_is_not_taken_on_trust():
    x = sp.Symbol("x", positive=True)
    tiny = sp.exp(-x) / 10**30
    assert not enclosed(sp.Max(x + 1, tiny), sp.Max(1 + x, 2 * tiny), Domain()).passed
    assert not identical(sp.Max(x + 1, tiny), sp.Max(1 + x, 2 * tiny), Domain()).passed
