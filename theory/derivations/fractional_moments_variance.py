"""Weight variances that preserve E |x|^s through a layer, from the layer's definition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations import fractional_moments_laplace as laplace
from theory.derivations import fractional_moments_mellin as mellin
from theory.derivations import fractional_moments_mixtures as mixtures
from theory.derivations import fractional_moments_sums as sums
from theory.derivations.formal import Bernoulli, Equation, Expectation, Gaussian, Uniform
from theory.derivations.fractional_moments_sums import INDEX, MASK, NORMAL, ONE_NORMAL, STANDARD
from theory.derivations.rules_arrays import ExponentialOfIidSum, GaussianLinearForm
from theory.derivations.rules_calculus import Algebra, EqualOnSigns, PullOut, Solve
from theory.derivations.rules_expectations import Linearity
from theory.derivations.rules_lemma import Lemma
from theory.derivations.steps import Derivation
from theory.derivations.symbols import a, d, d_in, d_out, g, l, p, q, s, sigma2, t, u

__all__ = ["MODELS", "Model", "layer_laplace", "weight_variance"]

_WEIGHTS = sp.IndexedBase("W", real=True)
_INPUTS = sp.IndexedBase("x", real=True)
_COLUMN = sp.Symbol("j", integer=True, positive=True)
_NORM = sp.Symbol("rho", positive=True)
_ROW = sp.Sum(_WEIGHTS[INDEX, _COLUMN] * _INPUTS[_COLUMN], (_COLUMN, 1, d_in))
_SQUARED_NORM = sp.Sum(_INPUTS[_COLUMN] ** 2, (_COLUMN, 1, d_in))
_SCALE = sp.sqrt(sigma2) * _NORM
_GAUSSIAN_ROWS = GaussianLinearForm(_WEIGHTS, _INPUTS, NORMAL, _NORM)


@dataclass(frozen=True)
class Model:
    """An activation: its squared output at preactivation z, further arrays, and its moment."""

    name: str
    square: Callable[[Any], Any]
    lemma: Callable[[], Derivation]
    before: tuple[Any, ...] = ()
    after: tuple[Any, ...] = ()
    constraints: tuple[Any, ...] = ()

    def output(self, z: Any) -> Any:
        """Return the squared output as one piecewise expression, as SymPy's sums hold it."""
        return sp.piecewise_fold(self.square(z))

    def pairs(self, array: Any, law: Any) -> tuple[Any, ...]:
        """Return all arrays with their laws; `array` holds weights or normal variables."""
        return (*self.before, (array, law), *self.after)


_SLOPES = mellin.SLOPES
#: activation -> model
MODELS = {
    "linear": Model("linear", lambda z: z**2, sums.linear),
    "relu": Model("relu", lambda z: laplace.phi(z, sp.Integer(0)) ** 2, sums.relu),
    "leaky-relu": Model("leaky-relu", lambda z: laplace.phi(z, a) ** 2, mixtures.leaky_relu),
    "rrelu": Model(
        "rrelu",
        lambda z: laplace.phi(z, _SLOPES[INDEX]) ** 2,
        mellin.randomised,
        after=((_SLOPES, Uniform(l, u)),),
        constraints=(sp.Lt(l, u), sp.Lt(s, 2)),
    ),
    "dropout": Model(
        "dropout",
        lambda z: (g * MASK[INDEX] * laplace.phi(z, a)) ** 2,
        mixtures.dropout,
        before=((MASK, Bernoulli(q)),),
        constraints=(sp.Le(q, 1),),
    ),
    "dropout.relu": Model(
        "dropout.relu",
        lambda z: (g * MASK[INDEX] * laplace.phi(z, sp.Integer(0))) ** 2,
        mixtures.relu_dropout,
        before=((MASK, Bernoulli(q)),),
        constraints=(sp.Le(q, 1),),
    ),
}


def _to_normal(start: Derivation, model: Model) -> tuple[Derivation, Any]:
    """Replace W x by |x| sigma z and take sigma^2 |x|^2 out of the sum of squares.

    Returns the derivation so far and the sum over standard normal variables.
    """
    square = model.output(_ROW)
    scaled = start.definition.xreplace({_ROW: _SCALE * NORMAL[INDEX]})
    named = start.definition.xreplace({square: model.output(_SCALE * NORMAL[INDEX])})
    (old,) = scaled.atoms(Expectation)
    body = next(iter(named.atoms(Expectation))).body
    fresh = Expectation(body, *model.pairs(NORMAL, STANDARD))
    replaced = scaled.xreplace({old: fresh}).xreplace({_SQUARED_NORM: _NORM**2})
    so_far = start.then(_GAUSSIAN_ROWS, start.definition, replaced, "W x is |x| sigma z in law")
    term = model.output(_SCALE * NORMAL[INDEX])
    gain = sp.piecewise_fold(sigma2 * _NORM**2 * model.square(NORMAL[INDEX]))
    if gain != term:
        rule = EqualOnSigns(NORMAL[INDEX])
        so_far = so_far.then(rule, term, gain, "phi is positively homogeneous")
    total = sp.Sum(model.output(NORMAL[INDEX]), (INDEX, 1, d_out))
    return so_far, total


_TRANSFORMS = {
    "linear": laplace.linear,
    "relu": laplace.relu,
    "leaky-relu": laplace.leaky_relu,
}


def layer_laplace(activation: str = "leaky-relu") -> Derivation:
    """Derive E exp(-t |x_1|^2/|x_0|^2) = psi(sigma^2 t)^d_out.

    Parameters
    ----------
    activation : str
        "linear", "relu" or "leaky-relu".

    Returns
    -------
    Derivation

    Examples
    --------
    >>> layer_laplace().verify().verdict.value
    'proved'
    """
    model, psi = MODELS[activation], _TRANSFORMS[activation]()
    total = sp.Sum(model.output(_ROW), (INDEX, 1, d_out))
    weights = model.pairs(_WEIGHTS, Gaussian(sigma2))
    definition = Expectation(sp.exp(-t * total / _SQUARED_NORM), *weights)
    meaning = f"E exp(-t |x_1|^2/|x_0|^2), x_1 = phi(W x_0), W_ij iid N(0, sigma2), {activation}"
    name = "fm.layer-laplace" + ("" if activation == "leaky-relu" else f".{activation}")
    so_far, plain = _to_normal(Derivation(name, definition, meaning), model)
    gained = sp.Sum(sp.piecewise_fold(sigma2 * _NORM**2 * plain.function), (INDEX, 1, d_out))
    one = Expectation(
        sp.exp(-sigma2 * t * plain.function).xreplace({NORMAL[INDEX]: ONE_NORMAL}),
        (ONE_NORMAL, STANDARD),
    )
    lemma, value = Lemma(psi, ((t, sigma2 * t),)), psi.conclusion.subs(t, sigma2 * t)
    moved = Expectation(sp.exp(-sigma2 * t * plain), *model.pairs(NORMAL, STANDARD))
    return (
        so_far.then(PullOut(), -t * gained / _NORM**2, -sigma2 * t * plain, "|x_0| cancels")
        .then(ExponentialOfIidSum(((NORMAL, ONE_NORMAL),)), moved, one**d_out, "iid rows")
        .then(lemma, one, value, "Laplace transform of one unit")
    )


def weight_variance(activation: str, preserve: str = "rms") -> Derivation:
    """Derive the weight variance that preserves the order-s moment of the rms or of the norm.

    Parameters
    ----------
    activation : str
        A key of MODELS.
    preserve : str
        "rms": E (|x_1|^2/d_out)^(s/2) = (|x_0|^2/d_in)^(s/2); "norm": the same without the widths.

    Returns
    -------
    Derivation
        From the equation for sigma2, over the weights W, to its root.

    Examples
    --------
    >>> weight_variance("linear").verify().verdict.value
    'proved'
    """
    model = MODELS[activation]
    fans = {"rms": (d_in, d_out), "norm": (sp.Integer(1), sp.Integer(1))}[preserve]
    total = sp.Sum(model.output(_ROW), (INDEX, 1, d_out))
    weights = model.pairs(_WEIGHTS, Gaussian(sigma2))
    left = Expectation((total / fans[1]) ** (s / 2), *weights)
    definition = Equation(left, (_SQUARED_NORM / fans[0]) ** (s / 2))
    suffix = "" if preserve == "rms" else ".norm"
    meaning = f"the variance sigma2 of W_ij that preserves the order-s moment of the {preserve}"
    start = Derivation(
        f"fm.weight-variance.{activation}{suffix}", definition, meaning, (), model.constraints
    )
    so_far, plain = _to_normal(start, model)
    return _solve(_pull_out(so_far, model, plain, fans[1]), model, plain, fans)


def _pull_out(so_far: Derivation, model: Model, plain: Any, fan_out: Any) -> Derivation:
    """Take (sigma^2 |x|^2 / fan_out)^(s/2) out of the expectation."""
    pairs = model.pairs(NORMAL, STANDARD)
    constant = sigma2 * _NORM**2
    gained = sp.Sum(sp.piecewise_fold(constant * model.square(NORMAL[INDEX])), *plain.limits)
    power = (constant * plain / fan_out) ** (s / 2)
    split = (constant / fan_out) ** (s / 2) * plain ** (s / 2)
    inner = Expectation(plain ** (s / 2), *pairs)
    return (
        so_far.then(PullOut(), gained, constant * plain, "constant factor of the sum")
        .then(Algebra(), power, split, "power of a product")
        .then(
            Linearity(),
            Expectation(split, *pairs),
            (constant / fan_out) ** (s / 2) * inner,
            "constant factor",
        )
    )


def _solve(so_far: Derivation, model: Model, plain: Any, fans: tuple[Any, Any]) -> Derivation:
    """Insert the moment and solve for the variance."""
    lemma = model.lemma()
    values = {d: d_out, p: s / 2}
    value = lemma.conclusion.subs(values, simultaneous=True)
    inner = Expectation(plain ** (s / 2), *model.pairs(NORMAL, STANDARD))
    rule = Lemma(lemma, tuple(values.items()))
    done = so_far.then(rule, inner, value, "moment of order s")
    root = fans[1] / fans[0] * value ** (-2 / s)
    return done.then(Solve(sigma2), done.conclusion, root, "solve for sigma2")
