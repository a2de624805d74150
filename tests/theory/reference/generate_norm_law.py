"""Write norm_law.json: the cdf of the standardised log-norm to about 16 digits, from oracles_log_norm.py alone.

Run `python tests/theory/reference/generate_norm_law.py` (half an hour). Tests repeat the cheap cases.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

TARGET = Path(__file__).with_name("norm_law.json")

LAWS = {
    "linear": (1.0, 1.0, 1.0, True),
    "relu": (0.0, 0.0, 1.0, True),
    "relu, keep 0.5": (0.0, 0.0, 0.5, True),
    "leaky 0.01": (0.01, 0.01, 1.0, True),
    "rrelu 1/8 1/3": (1 / 8, 1 / 3, 1.0, True),
    "leaky 0.3, keep 0.8": (0.3, 0.3, 0.8, True),
}
FINITE_SUMS = {"linear", "relu", "relu, keep 0.5"}
CASES = [
    (name, width, depth)
    for name in LAWS
    for width in (1, 4, 64, 4096)
    for depth in (1, 10, 100, 1000)
    if name in FINITE_SUMS or (name == "leaky 0.01" and width < 4096) or (width > 1 and depth > 1)
]
POINTS = (-3.0, -1.0, 0.1, 1.2, 2.5)


def generate(oracles: Any, cases: list[tuple[str, int, int]]) -> list[dict[str, Any]]:
    """Return one record for each case."""
    records = []
    for name, width, depth in cases:
        values = oracles.log_cdf(LAWS[name], width, depth, list(POINTS))
        digits = [oracles.MP.nstr(value, 18) for value in values]
        records.append({"law": name, "width": width, "depth": depth, "cdf": digits})
        print(name, width, depth, flush=True)
    return records


def main() -> None:
    """Write the file."""
    path = Path(__file__).parents[1] / "oracles_log_norm.py"
    spec = importlib.util.spec_from_file_location("theory_oracles_log_norm", path)
    assert spec is not None
    assert spec.loader is not None
    oracles = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(oracles)
    TARGET.write_text(json.dumps(generate(oracles, CASES), indent=0) + "\n")


if __name__ == "__main__":
    main()
