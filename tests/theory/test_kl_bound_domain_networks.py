"""theory.kl_bound of networks: the widths, activations, losses and weight decays that it refuses."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from theory.kl_bound import (
    expected_initial_loss,
    expected_output_power,
    optimal_scale,
    optimal_variances,
)

WIDTHS = (4, 3, 2)
GOOD = {
    expected_output_power: {"widths": WIDTHS, "variances": 0.5, "input_power": 1.0},
    expected_initial_loss: {
        "widths": WIDTHS,
        "variances": 0.5,
        "input_power": 1.0,
        "target_power": 1.0,
    },
    optimal_scale: {"widths": WIDTHS, "temperature": 1.0, "input_power": 1.0},
    optimal_variances: {
        "widths": WIDTHS,
        "temperature": 1.0,
        "weight_decay": 0.1,
        "input_power": 1.0,
    },
}
NETWORKS = [expected_output_power, expected_initial_loss, optimal_scale, optimal_variances]


def refused(function, **changed):
    """The message of the ValueError; without these changes there is none."""
    function(**GOOD[function])
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the caller reads the message
        function(**(GOOD[function] | changed))
    return str(caught.value)


# --- networks ---


@pytest.mark.parametrize("function", NETWORKS)
@pytest.mark.parametrize("widths", [(), (3,), [7], 5, None, "34"], ids=str)
def test_too_few_widths(function, widths):
    message = refused(function, widths=widths)
    assert message.startswith("widths must be ")
    assert repr(widths) in message or "got" in message


@pytest.mark.parametrize("function", NETWORKS)
@pytest.mark.parametrize("value", [0, -1, 2.5, math.nan, math.inf, 2.0**54])
def test_widths_outside_the_domain(function, value):
    message = refused(function, widths=(4, value, 2))
    assert message.startswith("widths must be ")
    assert "whole number" in message
    assert f"{float(value)}" in message


@pytest.mark.parametrize("function", NETWORKS)
@pytest.mark.parametrize("widths", [(1j, 2), ("3", 4), (True, False), [[1, 2], [3, 4]]], ids=str)
def test_widths_that_are_no_sequence_of_numbers(function, widths):
    assert refused(function, widths=widths).startswith("widths must be ")


@pytest.mark.parametrize("function", [expected_output_power, expected_initial_loss])
@pytest.mark.parametrize("count", [1, 3])
def test_variances_of_another_depth(function, count):
    message = refused(function, variances=[0.5] * count)
    assert message.startswith("variances must ")
    assert str(count) in message


@pytest.mark.parametrize("function", NETWORKS)
@pytest.mark.parametrize("activation", ["gelu", 3, None])
def test_unknown_activations(function, activation):
    message = refused(function, activation=activation)
    assert message.startswith("activation must be an Activation or one of ")
    assert message.endswith(f"got {activation!r}")


@pytest.mark.parametrize("function", NETWORKS[1:])
@pytest.mark.parametrize(
    "loss", ["mse", "Half_squared", "", None, 2, np.array(["mse", "mse"]), ["mse"]], ids=repr
)
def test_unknown_losses(function, loss):
    message = refused(function, loss=loss)
    assert re.match(r"loss must be .*'half_squared'.*'cross_entropy'", message)
    assert message.endswith(f"got {loss!r}")


@pytest.mark.parametrize("function", NETWORKS[1:])
def test_cross_entropy_of_one_class(function):
    """With one class the loss is 0 whatever the weights: nothing to bound."""
    message = refused(function, widths=(4, 3, 1), loss="cross_entropy")
    assert re.match(r"widths must .*two classes.*cross_entropy.*got", message)
    function(**(GOOD[function] | {"widths": (4, 3, 1)}))


@pytest.mark.parametrize("value", [0, 0.0, -1.0])
def test_no_weight_decay_no_optimum(value):
    message = refused(optimal_variances, weight_decay=value)
    assert re.match(rf"weight_decay must be .*> 0.*unbounded.*got {value}", message)
    refused(optimal_variances, weight_decay=value, widths=(3, 3, 3))
