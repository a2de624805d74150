"""The catalogue's fractional moments: expression, closed form and enclosure agree for all that is promised."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from flint import acb, arb
from mpmath.ctx_mp import MPContext

from theory.activations import randomized_leaky_relu, relu
from theory.catalogue import find, results
from theory.derivations.arb import NotEvaluableError, enclose_complex
from theory.derivations.fractional_moments import DERIVATIONS

MP = MPContext()
MP.dps = 25

IDS = [
    "fm.laplace.linear",
    "fm.laplace.relu",
    "fm.laplace.leaky-relu",
    "fm.laplace.rrelu",
    "fm.laplace.dropout",
    "fm.layer-laplace",
    "fm.mellin",
    "fm.norm-moment.linear",
    "fm.norm-moment.relu",
    "fm.norm-moment.leaky-relu",
    "fm.norm-moment.rrelu",
    "fm.norm-moment.dropout",
    "fm.two-routes",
    "fm.weight-variance.linear",
    "fm.weight-variance.relu",
    "fm.weight-variance.leaky-relu",
    "fm.weight-variance.rrelu",
    "fm.weight-variance.dropout",
    "fm.lecun",
    "fm.he",
    "fm.he-leaky",
    "fm.expansion.second-order",
    "fm.expansion.third-order",
    "fm.monotone",
    "fm.log-norm-mean.linear",
    "fm.log-norm-mean.relu",
    "fm.log-norm-mean.leaky-relu",
    "fm.log-norm-mean.rrelu",
    "fm.log-norm-mean.dropout",
    "fm.log-norm-variance.linear",
    "fm.log-norm-variance.relu",
    "fm.log-norm-variance.leaky-relu",
    "fm.log-norm-variance.rrelu",
    "fm.log-norm-variance.dropout",
    "fm.lyapunov",
    "fm.zero-drift.linear",
    "fm.zero-drift.relu",
    "fm.zero-drift.leaky-relu",
    "fm.zero-drift.rrelu",
    "fm.zero-drift.dropout",
    "fm.zero-drift.limit",
    "fm.sussillo-abbott",
    "fm.extinction",
    "fm.almost-sure-decay",
    "fm.survivor-growth-order",
    "fm.norm-law.moment",
    "fm.norm-law.characteristic.linear",
    "fm.norm-law.characteristic.relu",
    "fm.norm-law.characteristic.leaky-relu",
    "fm.norm-law.cdf",
    "fm.norm-law.convolution",
    "fm.clt-rate",
    "fm.kesten",
    "fm.tail-index",
    "fm.tail-constant.two",
    "fm.tail-constant.four",
    "fm.stationary-moment.first",
    "fm.stationary-moment.second",
]

# values of every argument that some closed form takes; exact in binary, so that all three see the same numbers
POINTS = (
    {
        "t": 0.75,
        "variance": 0.5,
        "order": 0.75,
        "width": 3,
        "fan_in": 5,
        "fan_out": 3,
        "slope": 0.25,
        "lower": 0.125,
        "upper": 0.5,
        "keep_prob": 0.625,
        "rescale": True,
        "activation": relu(),
        "depth": 2,
        "depth_first": 1,
        "depth_second": 2,
        "frequency": 0.5,
        "point": 0.25,
        "input_norm": 1.5,
        "bias_variance": 2.0,
        "small_variance": 0.25,
    },
    {
        "t": 12.0,
        "variance": 2.0,
        "order": 1.5,
        "width": 2,
        "fan_in": 2,
        "fan_out": 4,
        "slope": -1.5,
        "lower": 0.0,
        "upper": 2.0,
        "keep_prob": 0.75,
        "rescale": False,
        "activation": randomized_leaky_relu(0.0, 0.5).with_dropout(0.5),
        "depth": 3,
        "depth_first": 2,
        "depth_second": 1,
        "frequency": 3.0,
        "point": -1.5,
        "input_norm": 0.25,
        "bias_variance": 0.5,
        "small_variance": 0.125,
    },
)
_WIDTH = ("width",)
_ORDER = ("order", "width")
_NETWORK = ("width", "depth", "variance")
_STATIONARY = ("small_variance", "bias_variance", "width")
# id, or what it begins with -> arguments of the closed form beside those of the activation
_QUANTITY = {
    "laplace": ("t",),
    "layer-laplace": ("t", "variance", "fan_out"),
    "mellin": _ORDER,
    "two-routes": _ORDER,
    "norm-moment": _ORDER,
    "weight-variance": ("order", "fan_in", "fan_out"),
    "lecun": ("fan_in",),
    "he": ("fan_in",),
    "he-leaky": ("fan_in",),
    "expansion": _ORDER,
    "monotone": _ORDER,
    "log-norm-mean": _WIDTH,
    "log-norm-variance": _WIDTH,
    "lyapunov": ("variance", "width"),
    "zero-drift": _WIDTH,
    "sussillo-abbott": _WIDTH,
    "extinction": ("width", "depth"),
    "almost-sure-decay": _ORDER,
    "survivor-growth-order": _ORDER,
    "norm-law.moment": ("order", *_NETWORK),
    "norm-law.characteristic": ("frequency", "width"),
    "norm-law.cdf": ("point", *_NETWORK),
    "norm-law.convolution": ("frequency", "width", "depth_first", "depth_second", "variance"),
    "clt-rate": _WIDTH,
    "kesten": ("t", "input_norm", "variance", "bias_variance", "fan_out"),
    "tail-index": _ORDER,
    "tail-constant": ("bias_variance", "width"),
    "stationary-moment": _STATIONARY,
}
_KEYWORD = {"small_variance": "variance"}  # for the second stationary moment to be finite


def keywords(result, point):
    """The arguments of one result's closed form: those of its quantity and of its family of activations."""
    name = result.id.removeprefix("fm.")
    while name not in _QUANTITY:
        name = name.rpartition(".")[0]
    names = (*_QUANTITY[name], *result.closed_form.keywords)
    return {_KEYWORD.get(name, name): point[name] for name in names}


def number(result, point):
    """The value of a result's expression by mpmath: where a tail has no rigorous bound, quadrature with t = exp(y)."""
    at = {symbol: sympy.Rational(value) for symbol, value in result.point(**point).items()}
    names = {i: sympy.Dummy() for i in result.expression.atoms(sympy.Integral)}
    values = {name: quadrature(integral.xreplace(at)) for integral, name in names.items()}
    return complex(result.expression.xreplace(names).evalf(20, subs={**at, **values}))


def rigorous(result, point):
    """An enclosure of a result's expression, or None where its integrals have none."""
    try:
        value = enclose_complex(result.expression, result.point(**point))
    except NotEvaluableError:
        return None
    return value if value.is_finite() else None


def quadrature(integral):
    """An integral over (0, oo) by the trapezoidal rule in y = log t."""
    variable, low, high = integral.limits[0]
    assert (low, high) == (0, sympy.oo)
    names = {"ImaginaryPart": lambda z: MP.im(z)}
    integrand = sympy.lambdify(variable, integral.function, [names, mpmath_functions()])
    step = MP.mpf(1) / 20
    nodes = (MP.exp(step * i) for i in range(-900, 2400))
    total = step * MP.fsum(t * integrand(t) for t in nodes)
    return sympy.Float(MP.re(total), 25) + sympy.I * sympy.Float(MP.im(total), 25)


def mpmath_functions():
    """The functions of mpmath at the precision of this module."""
    names = ("exp", "log", "sqrt", "gamma", "asinh", "binomial", "pi", "mpf", "euler")
    table = {name: getattr(MP, name) for name in names}
    return {**table, "mpc": MP.mpc, "I": MP.j, "sum": sum}


def test_the_ids_are_exactly_those_promised():
    assert [id for id in results() if id.startswith("fm.")] == IDS
    assert set(IDS) == set(DERIVATIONS)


@pytest.mark.parametrize("point", POINTS, ids=["first", "second"])
@pytest.mark.parametrize("id", IDS)
def test_expression_closed_form_and_enclosure_agree(id, point):
    result = find(id)
    arguments = keywords(result, point)
    enclosure = acb(result.enclosure(**arguments))
    assert enclosure.rad() <= enclosure.abs_lower() * 1e-25
    value = complex(enclosure.mid())
    assert complex(result.closed_form(**arguments)) == pytest.approx(value, rel=1e-12)
    expression = rigorous(result, arguments)
    if expression is None:
        assert number(result, arguments) == pytest.approx(value, rel=1e-13)
    else:
        assert expression.rad() <= expression.abs_lower() * 1e-12
        assert expression.overlaps(enclosure)


def test_enclosures_take_boxes_where_closed_forms_take_numbers():
    result = find("fm.weight-variance.dropout")
    wide = result.enclosure(
        order=arb(1, 0.1), fan_in=8, fan_out=4, slope=0.25, keep_prob=arb(0.5, 0.1)
    )
    assert wide.contains(result.enclosure(order=1, fan_in=8, fan_out=4, slope=0.25, keep_prob=0.5))


def test_point_is_exact():
    values = find("fm.norm-moment.dropout").point(order=0.5, width=2, slope=0.1, keep_prob=0.25)
    by_name = {symbol.name: value for symbol, value in values.items()}
    assert by_name == {
        "p": Fraction(1, 4),
        "d": 2,
        "a": Fraction(0.1),
        "q": Fraction(1, 4),
        "g": 4,
    }
