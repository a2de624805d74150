"""Every argument is checked at the door."""

from __future__ import annotations

import math

import numpy as np
import pytest

from numerics.activations import relu
from numerics.networks import Networks, one_of, positive_integer

GOOD = {"widths": (4, 5, 6), "variances": 0.5, "activation": relu()}
BAD = [
    ({"widths": (4,)}, "widths must hold at least two"),
    ({"widths": 4}, "widths must hold at least two"),
    ({"widths": np.ones((2, 2), dtype=int)}, r"widths must hold at least two widths .* in one row"),
    ({"widths": (np.ones((2, 2)), np.ones((2, 3)))}, r"widths must hold at least two widths"),
    ({"widths": np.ma.array([4, 5, 6], mask=[0, 1, 0])}, "widths must hold at least two widths"),
    ({"widths": None}, "widths must hold at least two widths"),
    ({"widths": (4, [5])}, r"widths must be an integer >= 1, got \[5\]"),
    ({"widths": (4, 0)}, r"widths must be an integer >= 1, got 0"),
    ({"widths": (4, 2.5)}, r"widths must be an integer >= 1, got 2\.5"),
    ({"widths": (4, True)}, "widths must be an integer >= 1, got True"),
    ({"widths": (4, math.nan)}, "widths must be an integer >= 1, got nan"),
    ({"widths": (4, "5")}, "widths must be an integer >= 1, got '5'"),
    ({"variances": 0.0}, "variances must be finite and > 0"),
    ({"variances": -1.0}, "variances must be finite and > 0"),
    ({"variances": math.inf}, "variances must be finite and > 0"),
    ({"variances": math.nan}, "variances must be finite and > 0"),
    ({"variances": (0.5, 0.0)}, "variances must be finite and > 0"),
    ({"variances": (0.5,)}, r"variances must be a number or one per layer \(2\)"),
    ({"variances": ((0.5, 0.5),)}, r"variances must be a number or one per layer \(2\)"),
    ({"variances": "he"}, "variances must be a number or one per layer, got 'he'"),
    ({"variances": True}, "variances must be a number or one per layer, got True"),
    ({"variances": (0.5, True)}, "variances must be a number or one per layer, got"),
    ({"variances": "0.5"}, "variances must be a number or one per layer, got '0.5'"),
    ({"variances": np.array(1 + 1j)}, "variances must be a number or one per layer, got array"),
    ({"variances": 0.5 + 0j}, "variances must be a number or one per layer, got"),
    ({"variances": np.ma.masked}, "variances must be a number or one per layer, got masked"),
    ({"variances": None}, "variances must be a number or one per layer, got None"),
    ({"variances": 10**400}, "variances must be finite and > 0, got 1000"),
    ({"bias_variance": -0.1}, "bias_variance must be finite and >= 0"),
    ({"bias_variance": math.nan}, "bias_variance must be finite and >= 0"),
    ({"bias_variance": (0.1, 0.1, 0.1)}, r"bias_variance must be a number or one per layer \(2\)"),
    ({"activation": "relu"}, "activation must be a numerics.activations.Activation, got 'relu'"),
    ({"weight_law": "cauchy"}, "weight_law must be one of 'normal', 'uniform', 'truncated_normal'"),
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_bad_input(change, message):
    with pytest.raises(ValueError, match=message):
        Networks.describe(**GOOD | change)


def test_layers():
    networks = Networks.describe((4, 5, 6), (0.25, 1.0), relu(), bias_variance=(0.0, 4.0))
    first, second = networks.layers
    assert (first.fan_in, first.fan_out, second.fan_in, second.fan_out) == (4, 5, 5, 6)
    assert first.log_std == pytest.approx(math.log(0.5))
    assert second.log_bias_std == pytest.approx(math.log(2.0))
    assert (first.has_bias, second.has_bias, networks.has_bias) == (False, True, True)
    assert networks.depth == 2


def test_one_variance_serves_all_layers():
    networks = Networks.describe((4,) * 9, 0.25, relu())
    assert {layer.log_std for layer in networks.layers} == {math.log(0.5)}


@pytest.mark.parametrize("widths", [(4, 8), [4.0, 8.0], np.array([4, 8]), np.array([4.0, 8.0])])
def test_integral_widths(widths):
    assert Networks.describe(widths, 1.0, relu()).layers[0].fan_out == 8


def test_positive_integer_takes_numpy_scalars():
    assert positive_integer("n", np.int32(3)) == 3


def test_one_of():
    one_of("method", "matrix", ("matrix",))
    with pytest.raises(ValueError, match="method must be one of 'a', 'b', got 'c'"):
        one_of("method", "c", ("a", "b"))
