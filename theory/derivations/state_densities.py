"""What counts as a density on R^K: laws of means must be given by one."""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from theory.derivations.domains import Domain
from theory.derivations.ensembles import STATE, gibbs, normal, squared_norm
from theory.derivations.field_calculus import depends
from theory.derivations.formal import Expectation
from theory.derivations.formal_fields import is_joint
from theory.derivations.symbols_kl_bound import K, tau

__all__ = ["density_fault", "is_density", "normal_variance"]


def normal_variance(density: Any) -> Any:
    """Return v if a density is that of N(0, v I), else None.

    Examples
    --------
    >>> normal_variance(normal(K / sp.Integer(2))), normal_variance(2 * normal()) is None
    (K/2, True)
    """
    exponents = [x.args[0] for x in sp.Mul.make_args(density) if isinstance(x, sp.exp)]
    if len(exponents) != 1:
        return None
    variance = -squared_norm() / (2 * exponents[0])
    return variance if density == normal(variance) else None


def is_density(expr: Any, domain: Domain) -> bool:
    """Whether an expression is a density on R^K: a field > 0, by its name, the Gibbs law's, or a normal one.

    Parameters
    ----------
    expr : Expr
        In the state.
    domain : Domain
        In which the variance of a normal law must be > 0.

    Returns
    -------
    bool

    Examples
    --------
    >>> [is_density(x, Domain()) for x in (normal(), 2 * normal(), gibbs(), -gibbs())]
    [True, False, True, False]
    """
    if isinstance(expr, AppliedUndef):
        fixed = all(x.is_number or x == tau for x in expr.args[1:])
        return expr.is_positive is True and expr.args[0] == STATE and fixed
    variance = normal_variance(expr)
    if variance is None:
        return bool(expr == gibbs())
    return domain.positive(variance) and not depends(variance, STATE)


def density_fault(domain: Domain, *sides: Any) -> str:
    """Say which law of a mean over a state is not given by a density on R^K.

    Parameters
    ----------
    domain : Domain
        Of the step.
    *sides : Expr
        Its target, its result, and what else it takes means of.

    Returns
    -------
    str
        Empty if all are.

    Examples
    --------
    >>> from theory.derivations.ensembles import mean
    >>> one = sp.Integer(1)
    >>> density_fault(Domain(), mean(one, gibbs())), density_fault(Domain(), mean(one, 2 * gibbs()))
    ('', '2*exp(log_C - loss(w)/T) is not a density on R^K')
    """
    for side in sides:
        for expectation in side.atoms(Expectation):
            if is_joint(expectation):
                ((state, law),) = expectation.pairs
                density = law.args[0](state)
                if state != STATE or law.args[1] != K or not is_density(density, domain):
                    return f"{density} is not a density on R^{law.args[1]}"
    return ""
