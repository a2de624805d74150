"""The catalogue's KL bound: expression, closed form and enclosure agree, for every result that is promised."""

from __future__ import annotations

from fractions import Fraction

import pytest
from flint import arb

from theory.activations import leaky_relu, relu
from theory.catalogue import find, results
from theory.derivations.arb import enclose
from theory.derivations.kl_bound import DERIVATIONS

_BOUND = ("initial_variance", "second_moment", "log_prefactor", "temperature", "parameters")
_COMPONENT = ("hessian", "noise_component", "learning_rate", "batch_size")
_START = ("covariance", "initial_variance")
_SPECTRUM = ("covariance",)
_OUTPUT = ("widths", "variances", "input_power", "activation")
_OPTIMUM = ("widths", "temperature", "input_power", "activation", "loss")
# id -> arguments of its closed form, some under another name
ARGUMENTS = {
    "kl.loss-bound": _BOUND,
    "kl.loss-bound.small-variance": (*_BOUND[:2], *_BOUND[3:]),
    "kl.loss-bound.large-variance": ("initial_variance", "temperature"),
    "kl.optimal-variance": ("second_moment", "parameters"),
    "kl.layerwise-variance": ("second_moment", "parameters"),
    "kl.optimal-loss-bound": _BOUND[1:],
    "kl.equipartition": ("temperature",),
    "kl.stationary-covariance": _COMPONENT,
    "kl.stationary-covariance.discrete": _COMPONENT,
    "kl.divergence.to-initial": _START,
    "kl.divergence.from-initial": _START,
    "kl.optimal-variance.anisotropic": _SPECTRUM,
    "kl.minimum-divergence": _SPECTRUM,
    "kl.tightness": _SPECTRUM,
    "kl.jeffreys-variance": _SPECTRUM,
    "kl.equipartition.anisotropic": ("noise_covariance", "learning_rate", "batch_size"),
    "kl.relaxation": ("time", "hessian", "temperature", "initial_variance", "initial_mean"),
    "kl.free-energy": (
        "initial_loss",
        "initial_entropy",
        "stationary_entropy",
        "divergence",
        "temperature",
    ),
    "kl.forward-bound": (
        "initial_loss",
        "initial_variance",
        "temperature",
        "parameters",
        "stationary_entropy",
    ),
    "kl.virial-variance": ("hessian", "temperature"),
    "kl.transient-bound": ("initial_loss", *_BOUND[:2], *_BOUND[3:]),
    "kl.second-moment-bound": (
        "time",
        "initial_variance",
        "temperature",
        "parameters",
        "depth",
        "target_power",
    ),
    "kl.output-power": _OUTPUT,
    "kl.initial-loss.half-squared": (*_OUTPUT, "target_power"),
    "kl.initial-loss.cross-entropy": _OUTPUT,
    "kl.optimal-scale": _OPTIMUM,
    "kl.optimal-variances": ("layer", "weight_decay", *_OPTIMUM),
}
_KEYWORD = {"noise_component": "noise_covariance"}

# values of every argument that some closed form takes; exact in binary, so that all three see the same numbers
POINTS = (
    {
        "initial_variance": 0.375,
        "second_moment": 3.5,
        "log_prefactor": -1.25,
        "temperature": 0.75,
        "parameters": 5,
        "hessian": (0.5, 3.0),
        "noise_component": -0.375,
        "noise_covariance": (0.5, 2.0, 0.125),
        "learning_rate": 0.25,
        "batch_size": 3,
        "covariance": (0.25, 1.5, 4.0),
        "time": 0.5,
        "initial_mean": (0.5, -2.0),
        "initial_loss": 2.75,
        "initial_entropy": 1.5,
        "stationary_entropy": -0.25,
        "divergence": 0.125,
        "depth": 3,
        "target_power": 1.25,
        "widths": (3, 5, 4, 2),
        "variances": (0.5, 0.25, 1.5),
        "input_power": 2.5,
        "activation": relu(),
        "loss": "half_squared",
        "layer": 2,
        "weight_decay": 0.5,
    },
    {
        "initial_variance": 16.0,
        "second_moment": 0.03125,
        "log_prefactor": 40.5,
        "temperature": 2.0**-10,
        "parameters": 1000,
        "hessian": (2.0**-20, 7.5),
        "noise_component": 40.0,
        "noise_covariance": (8.0,),
        "learning_rate": 0.0625,
        "batch_size": 100,
        "covariance": (2.0**-30, 3.0, 3.5, 2.0**20, 1.0),
        "time": 12.0,
        "initial_mean": (0.0, 8.0),
        "initial_loss": 0.5,
        "initial_entropy": -30.0,
        "stationary_entropy": -35.5,
        "divergence": 7.0,
        "depth": 1,
        "target_power": 0.0,
        "widths": (7, 3),
        "variances": (8.0,),
        "input_power": 0.125,
        "activation": leaky_relu(0.25),
        "loss": "cross_entropy",
        "layer": 1,
        "weight_decay": 32.0,
    },
)


def keywords(id, point):
    return {_KEYWORD.get(name, name): point[name] for name in ARGUMENTS[id]}


def test_the_ids_are_exactly_those_promised():
    assert {id for id in results() if id.startswith("kl.")} == set(ARGUMENTS)
    assert set(ARGUMENTS) == set(DERIVATIONS)


@pytest.mark.parametrize("point", POINTS, ids=["first", "second"])
@pytest.mark.parametrize("id", ARGUMENTS)
def test_expression_closed_form_and_enclosure_agree(id, point):
    result, arguments = find(id), keywords(id, point)
    enclosure = result.enclosure(**arguments)
    assert enclosure.rad() <= enclosure.abs_lower() * 1e-25
    assert float(result.closed_form(**arguments)) == pytest.approx(float(enclosure), rel=1e-12)
    expression = enclose(result.expression, result.point(**arguments))
    assert expression.rad() <= expression.abs_lower() * 1e-12
    assert expression.overlaps(enclosure)


@pytest.mark.parametrize("id", ARGUMENTS)
def test_another_point_is_refused(id):
    """The expression depends on every symbol, so that the comparison above could fail in each."""
    result, arguments = find(id), keywords(id, POINTS[0])
    values = result.point(**arguments)
    for variable, value in values.items():
        assert not enclose(result.expression, {**values, variable: moved(value)}).overlaps(
            result.enclosure(**arguments)
        ), variable


def moved(value):
    """The number, one entry of the array, or every width changed; a whole number stays one."""
    if isinstance(value, dict):
        return {index: entry + 1 for index, entry in value.items()}
    if isinstance(value, tuple):
        return (moved(value[0]), *value[1:])
    if isinstance(value, arb):
        return value * arb(1.125)
    return value - 1 if value.denominator == 1 and value > 1 else value * Fraction(9, 8)


def test_points_are_exact():
    """A float counts as the binary number that it is; arrays as tuples, widths by index from 0."""
    values = find("kl.divergence.to-initial").point(covariance=(0.1, 3), initial_variance=0.5)
    by_name = {str(variable): value for variable, value in values.items()}
    assert by_name == {"K": 2, "c": (Fraction(0.1), 3), "s0": Fraction(1, 2)}
    power = find("kl.output-power").point(
        widths=(3, 2), variances=(0.5,), input_power=1, activation="relu"
    )
    assert {str(v): value for v, value in power.items()}["n"] == {0: 3, 1: 2}


def test_the_gain_of_the_optimal_variances_is_an_enclosure():
    arguments = keywords("kl.optimal-variances", POINTS[0])
    values = {str(v): x for v, x in find("kl.optimal-variances").point(**arguments).items()}
    assert isinstance(values["G"], arb)
    assert values["G"].rad() <= values["G"] * 1e-25
