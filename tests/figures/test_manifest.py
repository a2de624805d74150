"""The manifest is complete, and a figure is one entry."""

import importlib
import json
import re

import pytest

from figures.manifest import FIGURES, PROFILES

RECORDS = pytest.mark.parametrize("record", FIGURES.values(), ids=FIGURES)


def test_issue_figures_are_there():
    assert {"gh-fig1b", "gh-fig4"} <= set(FIGURES)


@RECORDS
def test_record_is_complete(record):
    assert re.fullmatch(r"[a-z]+-fig[0-9a-z]+", record.id)
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
    assert quick.pop("replicates") < full.pop("replicates")
    assert quick == full


def test_erratum_names_the_artefact_and_spares_the_paper():
    caption = FIGURES["gh-fig4"].caption
    for part in ("commit 3af9cb40977d", "Figure 4.ipynb", "In [2]", "not of the paper's theorem"):
        assert part in caption
