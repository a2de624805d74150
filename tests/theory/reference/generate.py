"""Write fractional_moments.json: log E Q^(order/2) to 30 digits, from tests/theory/oracles.py alone.

Run `python tests/theory/reference/generate.py` (two minutes). Each value is the tilted integral's, and every other
route that reaches the point must agree with it to 1e-27, or nothing is written.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

TARGET = Path(__file__).with_name("fractional_moments.json")

LAWS = {
    "linear": (1.0, 1.0, 1.0, True),
    "relu": (0.0, 0.0, 1.0, True),
    "leaky 0.01": (0.01, 0.01, 1.0, True),
    "leaky 0.3": (0.3, 0.3, 1.0, True),
    "leaky 1.7": (1.7, 1.7, 1.0, True),
    "rrelu 1/8 1/3": (1 / 8, 1 / 3, 1.0, True),
    "rrelu 0 1": (0.0, 1.0, 1.0, True),
    "linear, keep 0.9": (1.0, 1.0, 0.9, True),
    "relu, keep 0.5": (0.0, 0.0, 0.5, True),
    "relu, keep 0.9, not rescaled": (0.0, 0.0, 0.9, False),
    "leaky 0.3, keep 0.8": (0.3, 0.3, 0.8, True),
    "rrelu 1/8 1/3, keep 0.8": (1 / 8, 1 / 3, 0.8, True),
    "relu, keep 0.01": (0.0, 0.0, 0.01, True),
}
WIDTHS = (1, 2, 3, 5, 8, 16, 64, 340, 1000, 10**4, 10**5, 10**6, 10**7, 10**8, 10**9)
SMALL_ORDERS = (0.001, 0.01)
PAPER_ORDERS = (0.1, 0.3, 0.5, 0.8, 1.0, 1.5, 1.9, 1.999999, 2.0)
LARGE_ORDERS = (2.000001, 2.5, 3.0, 4.0, 5.0, 8.0, 15.0, 20.0, 40.0)
ORDERS = (*SMALL_ORDERS, *PAPER_ORDERS, *LARGE_ORDERS)
_AGREEMENT = 1e-27


def log_moments(oracles: Any, law: tuple[float, float, float, bool], width: int) -> dict[str, str]:
    """Each order's value by its main route, after the others have confirmed it."""
    whole = [order for order in ORDERS if order % 2 == 0]
    values = oracles.tilted(law, width, [order for order in ORDERS if order not in whole])
    values |= {order: oracles.whole_moment(law, width, int(order)) for order in whole}
    for order, value in values.items():
        for other in other_routes(oracles, law, width, order):
            assert abs(other - value) < _AGREEMENT * (1 + abs(value)), (law, width, order)
    return {repr(order): oracles.MP.nstr(values[order], 30) for order in ORDERS}


def other_routes(
    oracles: Any, law: tuple[float, float, float, bool], width: int, order: float
) -> list[Any]:
    """The values of the routes that apply besides the main one."""
    values = []
    if law[0] == law[1] and (width <= (10**4 if abs(law[0]) in (0, 1) else 8)):
        values.append(oracles.count_sum(law, width, order))
    if width >= 10**6 and order <= 20:
        values.append(oracles.central_series(law, width, order))
    return values


def generate(oracles: Any, widths: tuple[int, ...] = WIDTHS) -> dict[str, Any]:
    """Return the whole table: name -> width -> order -> digits."""
    return {
        name: {str(width): log_moments(oracles, law, width) for width in widths}
        for name, law in LAWS.items()
    }


def main() -> None:
    """Write the file."""
    path = Path(__file__).parents[1] / "oracles.py"
    spec = importlib.util.spec_from_file_location("theory_oracles", path)
    assert spec is not None
    assert spec.loader is not None
    oracles = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(oracles)
    TARGET.write_text(json.dumps(generate(oracles), indent=0) + "\n")


if __name__ == "__main__":
    main()
