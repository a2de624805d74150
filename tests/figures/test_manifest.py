"""The manifest is complete, and a figure is one entry."""

import importlib
import json
import re

import numpy as np
import pytest

from figures.manifest import FIGURES, PROFILES

SIZES = (
    "replicates",
    "networks",
    "matrix",
    "gaussian",
    "chi2",
    "repetitions",
    "nets",
    "nets_of_group",
)
GRIDS = ("widths", "depths", "gaussian_weights")  # where a figure has a coarser quick one
RECORDS = pytest.mark.parametrize("record", FIGURES.values(), ids=FIGURES)


def test_issue_figures_are_there():
    published = {f"gh-fig{number}" for number in ("1a", "1b", "2", "4", "5", "6")}
    kl_bound = ("bound-variance", "tightness", "optimal-scale", "transient", "variance-map")
    ours = {"fm-layer-quantiles", *(f"kl-{name}" for name in kl_bound)}
    ours |= {"hxp-heat-maps", "dl-convergence", "dl-contours"}
    assert published | ours == set(FIGURES)


@RECORDS
def test_record_is_complete(record):
    assert re.fullmatch(r"gh-fig[0-9][a-z]?|(fm|kl|hxp|dl)(-[a-z]+)+", record.id)
    assert FIGURES[record.id] is record
    for words in (record.source, record.title, record.caption):
        assert words.strip()
    assert len(record.title) <= 60
    assert set(record.parameters) == set(PROFILES)


@RECORDS
@pytest.mark.parametrize("profile", PROFILES)
def test_parameters_and_cells_are_json(record, profile):
    json.dumps(dict(record.parameters[profile]), allow_nan=False)
    cells = record.cells(record.parameters[profile], "numpy")
    assert len({cell.key for cell in cells}) == len(cells) > 1
    assert record.seconds(profile) == pytest.approx(sum(cell.seconds for cell in cells))


@RECORDS
def test_compute_is_found_by_workers(record):
    module = importlib.import_module(record.compute.__module__)
    assert getattr(module, record.compute.__qualname__) is record.compute


@RECORDS
def test_profiles_differ_in_size_alone(record):
    quick, full = (dict(record.parameters[profile]) for profile in PROFILES)
    coarse = [name for name in GRIDS if name in quick and quick[name] != full[name]]
    names = [name for name in SIZES if name in quick] + coarse
    sizes = [(np.max(quick.pop(name)), np.max(full.pop(name))) for name in names]
    assert all(small <= large for small, large in sizes)
    assert any(small < large for small, large in sizes)
    assert quick == full


@pytest.mark.parametrize(("figure", "notebook"), [("gh-fig4", "4"), ("gh-fig1a", "1")])
def test_erratum_names_the_artefact_and_spares_the_paper(figure, notebook):
    caption = FIGURES[figure].caption
    artefact = ("commit 3af9cb40977d", f"Figure {notebook}.ipynb", "In [2]")
    for part in (*artefact, "not of the paper's theorem"):
        assert part in caption


@pytest.mark.parametrize(
    ("figure", "published"),
    {
        "gh-fig1a": {"orders": [2.0, 1.5, 1.0], "width": 64, "depth": 500, "networks": 500},
        "gh-fig2": {"width": 64, "depth": 100, "schemes": [["relu", 2.0], ["relu", 1.0]]},
        "gh-fig5": {"width": 64, "depth": 100},
        "gh-fig6": {"width": 64, "depth": 100},
    }.items(),
)
@pytest.mark.parametrize("profile", PROFILES)
def test_published_parameters_are_used(figure, published, profile):
    used = FIGURES[figure].parameters[profile]
    assert {name: used[name] for name in published} == published
