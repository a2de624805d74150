"""Every closed form of deep linear nets has an enclosure with its name and arguments, in which its value lies."""

from __future__ import annotations

from inspect import signature

import pytest

from theory import deep_linear
from theory import enclosures_deep_linear_chi as chi
from theory import enclosures_deep_linear_kernel as kernel
from theory import enclosures_deep_linear_modes as modes
from theory import enclosures_deep_linear_products as products
from theory import enclosures_deep_linear_rates as rates
from theory import enclosures_deep_linear_widths as widths

ENCLOSURES = {
    name: getattr(module, name)
    for module in (chi, kernel, modes, products, rates, widths)
    for name in module.__all__
}
# one point for every argument, exact in binary; each inside its domain and where no value over- or underflows
VALUES = {
    "width": 12,
    "depth": 5,
    "out_dim": 3,
    "order": 0.75,
    "degrees": 7,
    "argument": 1.75,
    "power": 2,
    "learning_rate": 0.015625,
    "data_norm": 2.5,
    "sigma_min": 0.75,
    "initial_loss": 1.25,
    "data_power": 3.5,
    "target_power": 1.25,
    "singular_values": (0.75, 2.5, 1.0),
    "target_powers": (0.0, 4.0, 0.5),
    "target_norm": 0.625,
    "failure_probability": 0.125,
    "constant": 2.0,
    "steps": 12,
    "time": 0.375,
    "initial": 0.125,
    "target": 1.5,
    "rate": 0.75,
}
# where an argument has another meaning than elsewhere
SPECIAL = {"ntk_eigenvalues": {"singular_values": 1.5}, "mode_strength": {"depth": 1}}


@pytest.mark.parametrize("name", deep_linear.__all__)
def test_every_closed_form_has_its_enclosure(name):
    closed_form, enclosure = getattr(deep_linear, name), ENCLOSURES[name]
    parameters = list(signature(closed_form).parameters)
    assert list(signature(enclosure).parameters) == [*parameters, "rel_radius"]
    arguments = {key: {**VALUES, **SPECIAL.get(name, {})}[key] for key in parameters}
    ball = enclosure(**arguments)
    assert ball.rad() <= ball.abs_lower() * 1e-25
    assert float(closed_form(**arguments)) == pytest.approx(float(ball), rel=1e-13)
    wide = enclosure(**arguments, rel_radius=1e-9)
    assert wide.overlaps(ball)
    assert wide.rad() <= wide.abs_lower() * 1e-9
