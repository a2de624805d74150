"""Every record of the catalogue is complete, cites what it names, and is found by its id."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys

import pytest

from theory import catalogue
from theory import catalogue_forms as tables
from theory.catalogue import Result, find, results

# beginning of an id -> what a source must name, and a key of the BibTeX entries
SUBJECTS = {
    "fm": (
        "Gurbuzbalaban & Hu 2021|He et al. 2015|LeCun et al. 1998",
        "gurbuzbalaban2021fractional",
    ),
    "kl": ("Horii & Has 2026", "horii2026optimal"),
    "dl": ("Hu, Xiao & Pennington 2020", "hu2020provable"),
}
_CITATION = re.compile(r"\b([A-Z][\w-]+)(?:(?:, | & )[A-Z][\w-]+| et al\.|')* (\d{4})\b(?!\.)")


def test_every_result_belongs_to_a_subject():
    assert {id.partition(".")[0] for id in results()} == set(SUBJECTS)


def test_the_table_is_read_only_and_computed_once():
    assert results() is results()
    with pytest.raises(TypeError):
        results()["fm.new"] = find("fm.he")


@pytest.mark.parametrize("id", list(results()))
def test_symbols_are_exactly_those_of_the_expression(id):
    result = find(id)
    assert {str(variable) for variable in result.variables} == set(result.symbols)
    assert result.expression == result.derivation.conclusion
    assert result.latex


@pytest.mark.parametrize("id", list(results()))
def test_records_read_as_sentences_with_a_source(id):
    result, (named, key) = find(id), SUBJECTS[id.partition(".")[0]]
    assert re.fullmatch(r"[A-Z].{20,119}\.", result.statement)
    assert re.search(named, result.source)
    assert f"{{{key}," in result.bibtex
    assert result.bibtex.count("{") == result.bibtex.count("}")
    assert all(result.assumptions)


@pytest.mark.parametrize("id", list(results()))
def test_what_a_source_names_is_in_its_bibtex(id):
    result = find(id)
    cited = [
        f"{name.lower().replace('-', '')}{year}" for name, year in _CITATION.findall(result.source)
    ]
    assert cited
    assert [key for key in cited if f"{{{key}" not in result.bibtex] == []


@pytest.mark.parametrize("field", [f.name for f in dataclasses.fields(Result)])
def test_nothing_may_be_missing(field):
    for missing in (None, "", ()):
        with pytest.raises(ValueError, match=f"{field} must not be missing, got"):
            dataclasses.replace(find("fm.he"), **{field: missing})


def test_other_incomplete_records():
    he = find("fm.he")
    with pytest.raises(ValueError, match="closed_form must be callable, got 3"):
        dataclasses.replace(he, closed_form=3)
    with pytest.raises(ValueError, match="symbols must have an argument each"):
        dataclasses.replace(he, symbols={"s": "order"})
    stranger = dataclasses.replace(he, derive=find("fm.lecun").derive)
    with pytest.raises(ValueError, match=r"derive must build 'fm.he', got 'fm.lecun'"):
        _ = stranger.derivation


def test_a_repeated_id_is_refused(monkeypatch):
    monkeypatch.setattr(catalogue, "_SUBJECTS", catalogue._SUBJECTS * 2)
    with pytest.raises(ValueError, match="ids must be unique"):
        results.__wrapped__()


@pytest.mark.parametrize(
    ("id", "close"),
    [("fm.heh", "fm.he"), ("fm.weight-variance.rleu", "fm.weight-variance.relu"), ("x", "none")],
)
def test_an_unknown_id_is_named_with_close_ones(id, close):
    with pytest.raises(ValueError, match=rf"got '{re.escape(id)}' \(close: .*{close}"):
        find(id)


def test_no_subject_takes_the_name_of_another_ones_quantity():
    subjects = [tables.FRACTIONAL_MOMENTS, tables.KL_BOUND, tables.DEEP_LINEAR]
    assert len(set().union(*subjects)) == sum(map(len, subjects))


def test_loading_the_records_imports_neither_sympy_nor_flint():
    code = (
        "import sys; from theory.catalogue import results; results()['fm.he'].closed_form(fan_in=3);"
        "assert not {'sympy', 'flint', 'mpmath', 'rich'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
