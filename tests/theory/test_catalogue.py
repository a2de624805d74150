"""The catalogue is complete, and each result's expression, closed form and enclosure agree."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from fractions import Fraction

import pytest
from flint import arb

from theory import catalogue
from theory.activations import randomized_leaky_relu, relu
from theory.catalogue import Result, find, results
from theory.derivations.arb import enclose
from theory.derivations.fractional_moments import DERIVATIONS

IDS = [
    "fm.laplace.linear",
    "fm.laplace.relu",
    "fm.laplace.leaky-relu",
    "fm.laplace.rrelu",
    "fm.laplace.dropout",
    "fm.layer-laplace",
    "fm.mellin",
    "fm.norm-moment.linear",
    "fm.norm-moment.relu",
    "fm.norm-moment.leaky-relu",
    "fm.norm-moment.rrelu",
    "fm.norm-moment.dropout",
    "fm.two-routes",
    "fm.weight-variance.linear",
    "fm.weight-variance.relu",
    "fm.weight-variance.leaky-relu",
    "fm.weight-variance.rrelu",
    "fm.weight-variance.dropout",
    "fm.lecun",
    "fm.he",
    "fm.he-leaky",
    "fm.expansion.second-order",
    "fm.expansion.third-order",
    "fm.monotone",
]

# values of every argument that some closed form takes; exact in binary, so that all three see the same numbers
POINTS = (
    {
        "t": 0.75,
        "variance": 0.5,
        "order": 0.75,
        "width": 3,
        "fan_in": 5,
        "fan_out": 3,
        "slope": 0.25,
        "lower": 0.125,
        "upper": 0.5,
        "keep_prob": 0.625,
        "rescale": True,
        "activation": relu(),
    },
    {
        "t": 12.0,
        "variance": 2.0,
        "order": 1.5,
        "width": 2,
        "fan_in": 2,
        "fan_out": 4,
        "slope": -1.5,
        "lower": 0.0,
        "upper": 2.0,
        "keep_prob": 0.75,
        "rescale": False,
        "activation": randomized_leaky_relu(0.0, 0.5).with_dropout(0.5),
    },
)
_QUANTITY = {
    "laplace": ("t",),
    "layer-laplace": ("t", "variance", "fan_out"),
    "mellin": ("order", "width"),
    "two-routes": ("order", "width"),
    "norm-moment": ("order", "width"),
    "weight-variance": ("order", "fan_in", "fan_out"),
    "lecun": ("fan_in",),
    "he": ("fan_in",),
    "he-leaky": ("fan_in",),
    "expansion": ("order", "width"),
    "monotone": ("order", "width"),
}


def keywords(result, point):
    """The arguments of one result's closed form: those of its quantity and of its family of activations."""
    names = (*_QUANTITY[result.id.split(".")[1]], *result.closed_form.keywords)
    return {name: point[name] for name in names}


def test_the_ids_are_exactly_those_promised():
    assert list(results()) == IDS
    assert set(results()) == set(DERIVATIONS)


def test_the_table_is_read_only_and_computed_once():
    assert results() is results()
    with pytest.raises(TypeError):
        results()["fm.new"] = find("fm.he")


@pytest.mark.parametrize("point", POINTS, ids=["first", "second"])
@pytest.mark.parametrize("id", IDS)
def test_expression_closed_form_and_enclosure_agree(id, point):
    result = find(id)
    arguments = keywords(result, point)
    enclosure = result.enclosure(**arguments)
    assert enclosure.rad() <= abs(enclosure.mid()) * 1e-25
    assert float(result.closed_form(**arguments)) == pytest.approx(
        float(enclosure.mid()), rel=1e-13
    )
    expression = enclose(result.expression, result.point(**arguments))
    assert expression.rad() <= abs(expression.mid()) * 1e-12
    assert expression.overlaps(enclosure)


@pytest.mark.parametrize("id", IDS)
def test_symbols_are_exactly_those_of_the_expression(id):
    result = find(id)
    assert {symbol.name for symbol in result.expression.free_symbols} == set(result.symbols)
    assert result.expression == result.derivation.conclusion
    assert result.latex


@pytest.mark.parametrize("id", IDS)
def test_records_read_as_sentences_with_a_source(id):
    result = find(id)
    assert re.fullmatch(r"[A-Z].{20,119}\.", result.statement)
    assert re.search(r"Gurbuzbalaban & Hu 2021|He et al. 2015|LeCun et al. 1998", result.source)
    assert "gurbuzbalaban2021fractional" in result.bibtex
    assert result.bibtex.count("{") == result.bibtex.count("}")
    assert all(result.assumptions)


def test_enclosures_take_boxes_where_closed_forms_take_numbers():
    result = find("fm.weight-variance.dropout")
    wide = result.enclosure(
        order=arb(1, 0.1), fan_in=8, fan_out=4, slope=0.25, keep_prob=arb(0.5, 0.1)
    )
    assert wide.contains(result.enclosure(order=1, fan_in=8, fan_out=4, slope=0.25, keep_prob=0.5))


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


def test_point_is_exact():
    values = find("fm.norm-moment.dropout").point(order=0.5, width=2, slope=0.1, keep_prob=0.25)
    by_name = {symbol.name: value for symbol, value in values.items()}
    assert by_name == {
        "p": Fraction(1, 4),
        "d": 2,
        "a": Fraction(0.1),
        "q": Fraction(1, 4),
        "g": 4,
    }


def test_loading_the_records_imports_neither_sympy_nor_flint():
    code = (
        "import sys; from theory.catalogue import results; results()['fm.he'].closed_form(fan_in=3);"
        "assert not {'sympy', 'flint', 'mpmath', 'rich'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
