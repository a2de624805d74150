"""Verdicts from evidence, and the outputs written from them."""

import pytest

from validation.claim import Expectation
from validation.evidence import Decision, Evidence, Kind, Mutant
from validation.ledger import Ledger, Record, Verdict, comparable, verdict_of
from validation.output import require_writable, write_text
from validation.report import html_page, terminal_table

P, C, R, I = Decision.PROVED, Decision.CONSISTENT, Decision.REFUTED, Decision.INCONCLUSIVE  # noqa: E741
DERIVATION, MONTE_CARLO, ORACLE = Kind.DERIVATION, Kind.MONTE_CARLO, Kind.ORACLE


def evidence(*pieces):
    return [Evidence(kind, "<m>", decision, (), formula=f) for kind, decision, f in pieces]


@pytest.mark.parametrize(
    ("pieces", "verdict"),
    [
        ([(DERIVATION, P), (MONTE_CARLO, C)], Verdict.SUPPORTED),
        ([(DERIVATION, P)], Verdict.INCONCLUSIVE),
        ([(DERIVATION, P), (DERIVATION, P)], Verdict.INCONCLUSIVE),
        ([(DERIVATION, P), (MONTE_CARLO, I)], Verdict.INCONCLUSIVE),
        ([(DERIVATION, P), (MONTE_CARLO, R)], Verdict.REFUTED),
        ([(DERIVATION, I), (MONTE_CARLO, R)], Verdict.REFUTED),
        ([], Verdict.INCONCLUSIVE),
    ],
)
@pytest.mark.parametrize("expectation", [Expectation.HOLDS, Expectation.OPEN])
def test_verdict(pieces, verdict, expectation):
    assert verdict_of(expectation, evidence(*((*p, None) for p in pieces))) is verdict


@pytest.mark.parametrize(
    ("pieces", "verdict"),
    [
        (
            [(ORACLE, R, "printed"), (MONTE_CARLO, R, "printed"), (ORACLE, C, "corrected")],
            Verdict.ERRATUM_CONFIRMED,
        ),
        (
            [(ORACLE, R, "printed"), (ORACLE, R, "printed"), (ORACLE, C, "corrected")],
            Verdict.INCONCLUSIVE,
        ),
        ([(ORACLE, R, "printed"), (MONTE_CARLO, R, "printed")], Verdict.INCONCLUSIVE),
        (
            [(ORACLE, R, "printed"), (MONTE_CARLO, R, "printed"), (ORACLE, R, "corrected")],
            Verdict.REFUTED,
        ),
        ([(ORACLE, C, "printed"), (ORACLE, C, "corrected")], Verdict.INCONCLUSIVE),
    ],
)
def test_erratum(pieces, verdict):
    assert verdict_of(Expectation.ERRATUM, evidence(*pieces)) is verdict


@pytest.mark.parametrize(
    ("expectation", "decision", "expected"),
    [
        (Expectation.HOLDS, C, True),
        (Expectation.HOLDS, R, False),
        (Expectation.HOLDS, I, False),
        (Expectation.OPEN, R, True),
    ],
)
def test_only_an_open_question_may_come_out_either_way(expectation, decision, expected):
    record = Record(
        "a", "s", "x", expectation, tuple(evidence((ORACLE, decision, None), (DERIVATION, P, None)))
    )
    assert record.as_expected is expected
    assert bool(Ledger("quick", 1, (record,)).unexpected) is not expected


@pytest.fixture
def ledger():
    mutants = (Mutant("x <1>", 0.1, R), Mutant("y", None, C))
    piece = Evidence(Kind.ORACLE, "a < b", C, mutants, expected=1.0, estimate=1.5, seconds=3.0)
    return Ledger(
        "quick", 1, (Record("c.1", "E & F", "src", Expectation.HOLDS, (piece,)),), seconds=9.0
    )


def test_summary_counts_survivors(ledger):
    summary = ledger.summary()
    assert (summary["mutants"], summary["mutants_refuted"], summary["inconclusive"]) == (2, 1, 1)


def test_page_escapes_and_loads_nothing(ledger):
    page = html_page(ledger)
    assert "a &lt; b" in page
    assert "E &amp; F" in page
    assert "<script" not in page
    assert "http" not in page.replace('lang="en"', "")


def test_table_marks_the_unexpected(ledger):
    assert any(
        "!" in str(cell) for column in terminal_table(ledger).columns for cell in column.cells
    )


def test_comparable_forgets_times_only(ledger):
    stripped = comparable(ledger.to_json())
    assert stripped["claims"][0]["evidence"][0]["estimate"] == 1.5
    assert "seconds" not in stripped["claims"][0]["evidence"][0]
    assert not {"seconds", "started", "environment"} & set(stripped)


def test_write_text_replaces_in_one_step(tmp_path):
    path = tmp_path / "ledger.json"
    write_text(path, "one")
    write_text(path, "two")
    assert path.read_text() == "two"
    require_writable(path)
    assert path.read_text() == "two"
    assert list(tmp_path.iterdir()) == [path]
