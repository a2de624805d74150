"""The catalogue's deep linear nets: expression, closed form and enclosure agree, for every result that is promised."""

from __future__ import annotations

import importlib
from fractions import Fraction
from pathlib import Path

import pytest

from theory import derivations
from theory.catalogue import find, results
from theory.derivations.arb import enclose
from theory.derivations.deep_linear import DERIVATIONS, SUPPLEMENTS

_RATE = ("learning_rate", "depth", "sigma_min", "out_dim")
_WIDTH = ("singular_values", "target_norm", "out_dim", "failure_probability", "constant")
_NET = ("width", "depth", "out_dim")
# id -> arguments of its closed form, some under another name
ARGUMENTS = {
    "dl.ntk": ("singular_value", "depth", "out_dim"),
    "dl.initial-loss": ("data_power", "target_power"),
    "dl.rate": _RATE,
    "dl.required-width": _WIDTH,
    "dl.du-hu.rate": _RATE,
    "dl.du-hu.required-width": (*_WIDTH, "depth"),
    "dl.weight-movement": ("initial_loss", "data_norm", "sigma_min", "depth", "out_dim"),
    "dl.modes": ("time", "initial", "target", "rate"),
    "dl.log-norm-mean": _NET,
    "dl.log-norm-variance": _NET,
    "dl.product-moment.first": _NET[:2],
    "dl.product-moment.second": _NET[:2],
    "dl.gamma-inequality": ("argument",),
    "dl.root-chi-mean": ("degrees",),
    "dl.chi-moment": ("order", "degrees"),
    "dl.scalar-law": ("order", "depth"),
}
_KEYWORD = {"singular_value": "singular_values"}

# values of every argument that some closed form takes; exact in binary, so that all three see the same numbers
POINTS = (
    {
        "width": 6,
        "depth": 5,
        "out_dim": 3,
        "learning_rate": 0.0625,
        "sigma_min": 0.75,
        "data_norm": 2.5,
        "initial_loss": 1.25,
        "singular_value": 1.5,
        "singular_values": (0.75, 2.5, 1.0),
        "target_norm": 0.625,
        "failure_probability": 0.125,
        "constant": 2.0,
        "data_power": 3.5,
        "target_power": 1.25,
        "order": 0.75,
        "degrees": 7,
        "argument": 1.75,
        "time": 0.375,
        "initial": 0.125,
        "target": 1.5,
        "rate": 0.75,
    },
    {
        "width": 1000,
        "depth": 700,
        "out_dim": 1,
        "learning_rate": 2.0**-12,
        "sigma_min": 0.0625,
        "data_norm": 32.0,
        "initial_loss": 2.0**-20,
        "singular_value": 2.0**-10,
        "singular_values": (4.0,),
        "target_norm": 0.0,
        "failure_probability": 2.0**-40,  # the largest of Du & Hu's terms is the logarithm
        "constant": 0.03125,
        "data_power": 0.0,
        "target_power": 2.0**20,
        "order": 1.5,
        "degrees": 512,
        "argument": 0.5,
        "time": 12.0,
        "initial": 8.0,
        "target": 0.25,
        "rate": 1.0,
    },
)


def keywords(id, point):
    return {_KEYWORD.get(name, name): point[name] for name in ARGUMENTS[id]}


def test_the_ids_are_exactly_those_promised():
    assert {id for id in results() if id.startswith("dl.")} == set(ARGUMENTS)
    assert set(ARGUMENTS) == set(DERIVATIONS)


def test_no_derivation_is_left_out():
    for path in Path(derivations.__file__).parent.glob("deep_linear_*.py"):
        part = importlib.import_module(f"theory.derivations.{path.stem}")
        assert set(getattr(part, "DERIVATIONS", ())) <= set(DERIVATIONS), path
        assert set(getattr(part, "SUPPLEMENTS", ())) <= set(SUPPLEMENTS), path
    assert not set(DERIVATIONS) & set(SUPPLEMENTS)


@pytest.mark.parametrize("point", POINTS, ids=["first", "second"])
@pytest.mark.parametrize("id", ARGUMENTS)
def test_expression_closed_form_and_enclosure_agree(id, point):
    result, arguments = find(id), keywords(id, point)
    enclosure = result.enclosure(**arguments)
    assert enclosure.rad() <= enclosure.abs_lower() * 1e-25
    assert float(result.closed_form(**arguments)) == pytest.approx(float(enclosure), rel=1e-12)
    expression = enclose(result.expression, result.point(**arguments))
    assert expression.rad() <= expression.abs_lower() * 1e-25
    assert expression.overlaps(enclosure)


@pytest.mark.parametrize("id", ARGUMENTS)
def test_another_point_is_refused(id):
    """The expression depends on every symbol at one of the points, so that the comparison above could fail in each."""
    result = find(id)
    for variable in result.variables:
        assert any(differs(result, keywords(id, point), variable) for point in POINTS), variable


def differs(result, arguments, variable):
    values = result.point(**arguments)
    changed = enclose(result.expression, {**values, variable: moved(values[variable])})
    return not changed.overlaps(result.enclosure(**arguments))


def moved(value):
    """The number changed; a whole number stays one."""
    return value + 1 if value.denominator == 1 else value * Fraction(9, 8)


def test_points_are_exact():
    """A float counts as the binary number that it is; the spectrum gives its invariants."""
    width = {"singular_values": (0.1, 3), "target_norm": 1, "out_dim": 2}
    values = find("dl.required-width").point(**width, failure_probability=0.25)
    by_name = {str(variable): value for variable, value in values.items()}
    small = Fraction(0.1)
    assert by_name == {
        "C": 1,
        "d_y": 2,
        "delta": Fraction(1, 4),
        "kappa": 9 / small**2,
        "r": 2,
        "r_stable": (9 + small**2) / 9,
        "w_norm": 1,
    }
    mode = find("dl.modes").point(time=1, initial=0.5, target=2)
    assert {str(variable): value for variable, value in mode.items()}["rho"] == 1


def test_a_constant_has_no_symbols():
    first = find("dl.product-moment.first")
    assert first.expression == 1
    assert first.point(width=3, depth=4) == {}
    assert not first.symbols
