"""How a ledger is shown: a table for the terminal, and one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from importlib.resources import files

from rich.table import Table
from sympy import mathml

from theory.catalogue import Result, results
from validation.budget import BUDGET
from validation.evidence import Decision, Evidence, Mutant
from validation.ledger import Ledger, Record, Verdict

__all__ = ["html_page", "summary_line", "terminal_table"]

_COLOUR = {
    Verdict.SUPPORTED: "green",
    Verdict.ERRATUM_CONFIRMED: "green",
    Verdict.REFUTED: "red",
    Verdict.INCONCLUSIVE: "yellow",
}
_EVIDENCE_COLUMNS = (
    "kind",
    "method",
    "decision",
    "expected",
    "estimate",
    "replicates",
    "p-value",
    "resolution (detectable)",
    "mutants",
    "seconds",
)


def terminal_table(ledger: Ledger) -> Table:
    """Return one row a claim; a verdict that was not expected is marked with an exclamation mark.

    Parameters
    ----------
    ledger : Ledger
        The run's result.

    Returns
    -------
    rich.table.Table

    Examples
    --------
    >>> terminal_table(Ledger("quick", 1, ())).row_count
    0
    """
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("claim", overflow="fold", ratio=4)
    table.add_column("verdict", ratio=2)
    table.add_column("evidence", ratio=4)
    table.add_column("mutants", justify="right")
    for record in ledger.records:
        mark = "" if record.as_expected else " !"
        colour = _COLOUR[record.verdict]
        verdict = f"[{colour}]{record.verdict}{mark}[/{colour}]"
        table.add_row(record.id, verdict, _kinds(record), _kills(record.evidence))
    return table


def summary_line(ledger: Ledger) -> str:
    """Return the run's result in one sentence.

    Parameters
    ----------
    ledger : Ledger
        The run's result.

    Returns
    -------
    str

    Examples
    --------
    >>> summary_line(Ledger("quick", 1, ()))
    '0 claims: 0 as expected, 0 not; 0 pieces of evidence, 0 of 0 planted errors refuted; 0 s'
    """
    counts = ledger.summary()
    good = counts["claims"] - counts["unexpected"]
    return (
        f"{counts['claims']} claims: {good} as expected, {counts['unexpected']} not; "
        f"{counts['evidence']} pieces of evidence, {counts['mutants_refuted']} of "
        f"{counts['mutants']} planted errors refuted; {ledger.seconds:.0f} s"
    )


def html_page(ledger: Ledger) -> str:
    """Return the report: summary, what "supported" means, every claim with its evidence, the kill table.

    Parameters
    ----------
    ledger : Ledger
        The run's result.

    Returns
    -------
    str
        One HTML document that loads nothing from elsewhere.

    Examples
    --------
    >>> html_page(Ledger("quick", 1, ())).startswith("<!doctype html>")
    True
    """
    contents = "".join(_contents_row(record) for record in ledger.records)
    sections = "".join(_section(record) for record in ledger.records)
    return "\n".join(
        (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>init-theory: {escape(ledger.profile)} run, seed {ledger.seed}</title>",
            f"<style>{_resource('report.css')}</style></head><body>",
            "<h1>init-theory: verification report</h1>",
            f"<p>{escape(summary_line(ledger))}. Profile {escape(ledger.profile)}, seed {ledger.seed}, "
            f"started {escape(ledger.started)}.</p>",
            f"<table><tr><th>claim<th>verdict<th>evidence<th>planted errors refuted</tr>{contents}</table>",
            _meaning(),
            f"<h2>Claims</h2>{sections}",
            f"<h2>Planted errors</h2>{_kill_table(ledger.records)}",
            f"<h2>Environment</h2>{_environment(ledger)}",
            "</body></html>\n",
        )
    )


def _resource(name: str) -> str:
    return files("validation").joinpath(name).read_text(encoding="utf-8")


def _meaning() -> str:
    """The page "what supported means, and what it does not": headings and paragraphs of a plain text file."""
    text = _resource("meaning.md").format(
        rate=f"{BUDGET.false_alarm_rate:g}", miss=f"{BUDGET.miss_rate:g}", slots=BUDGET.slots
    )
    blocks = (block.strip() for block in text.split("\n\n"))
    return "".join(
        f"<h2>{escape(b[2:])}</h2>" if b.startswith("# ") else f"<p>{escape(b)}</p>" for b in blocks
    )


def _contents_row(record: Record) -> str:
    link = f'<a href="#{escape(record.id)}">{escape(record.id)}</a>'
    return (
        f"<tr><td>{link}<td>{_badge(record.verdict, record.as_expected)}"
        f"<td>{escape(_kinds(record))}<td class=n>{_kills(record.evidence)}</tr>"
    )


def _badge(verdict: str, good: bool) -> str:
    return f'<span class="{"good" if good else "bad"}">{escape(verdict)}</span>'


def _section(record: Record) -> str:
    head = "".join(f"<th>{escape(name)}" for name in _EVIDENCE_COLUMNS)
    rows = "".join(_evidence_row(e) for e in record.evidence)
    return (
        f'<section id="{escape(record.id)}"><h3>{escape(record.id)} '
        f"{_badge(record.verdict, record.as_expected)}</h3><p>{escape(record.statement)}.</p>"
        f"{_result(results()[record.id]) if record.id in results() else ''}"
        f'<p class="source">{escape(record.source)}. Expected: {escape(record.expectation)}.</p>'
        f'<div class="wide"><table><tr>{head}</tr>{rows}</table></div></section>'
    )


def _result(result: Result) -> str:
    """The formula, what its symbols mean, what it assumes and what its derivation cites unchecked."""
    relation = result.derivation.relation
    math = mathml(result.expression, printer="presentation")
    meaning = "; ".join(f"{symbol}: {text}" for symbol, text in result.symbols.items())
    assumptions = "; ".join(result.assumptions)
    cited = "; ".join(result.derivation.assumptions) or "nothing"
    return (
        f'<p class="formula">{escape(result.derivation.meaning)} {escape(relation)} '
        f'<math display="block">{math}</math></p><p class="source">{escape(meaning)}.</p>'
        f'<p class="source">Assumes: {escape(assumptions)}.</p>'
        f'<p class="source">Its derivation takes as given: {escape(cited)}.</p>'
    )


def _evidence_row(evidence: Evidence) -> str:
    numbers = (
        _number(evidence.expected, 8),
        _with(_number(evidence.estimate, 8), " ± {}", evidence.standard_error),
        "" if evidence.replicates is None else f"{evidence.replicates:,}",
        _number(evidence.p_value, 2),
        _with(_number(evidence.resolution, 2), " ({})", evidence.detectable),
        _kills((evidence,)),
        f"{evidence.seconds:.2f}",
    )
    good = evidence.decision.supports or evidence.formula == "printed"
    text = f"<td>{escape(evidence.kind)}<td class=m>{escape(evidence.method)}<td>{_badge(evidence.decision, good)}"
    return f"<tr>{text}{''.join(f'<td class=n>{n}' for n in numbers)}</tr>"


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}g}"


def _with(text: str, form: str, value: float | None) -> str:
    """The text, and the value in this form if there is one."""
    return text if value is None else text + form.format(_number(value, 2))


def _kinds(record: Record) -> str:
    """Kinds of evidence with their counts, in order of appearance."""
    counts: dict[str, int] = {}
    for evidence in record.evidence:
        counts[evidence.kind] = counts.get(evidence.kind, 0) + 1
    return ", ".join(f"{kind} {n}" if n > 1 else str(kind) for kind, n in counts.items())


def _kills(evidence: Iterable[Evidence]) -> str:
    mutants = [m for e in evidence for m in e.mutants]
    return f"{sum(m.decision is Decision.REFUTED for m in mutants)}/{len(mutants)}"


def _kill_table(records: Iterable[Record]) -> str:
    """Every planted error, those that survived first."""
    rows = [(r, e, m) for r in records for e in r.evidence for m in e.mutants]
    rows.sort(key=lambda row: row[2].decision is Decision.REFUTED)
    body = "".join(_kill_row(*row) for row in rows)
    head = "<tr><th>claim<th>evidence<th>planted error<th>relative size<th>in<th>decision</tr>"
    return f'<div class="wide"><table>{head}{body}</table></div>'


def _kill_row(record: Record, evidence: Evidence, mutant: Mutant) -> str:
    return (
        f"<tr><td>{escape(record.id)}<td>{escape(evidence.kind)}<td>{escape(mutant.id)}"
        f"<td class=n>{_number(mutant.relative_size, 3)}<td>{escape(evidence.quantity)}"
        f"<td>{_badge(mutant.decision, mutant.decision is Decision.REFUTED)}</tr>"
    )


def _environment(ledger: Ledger) -> str:
    packages = ledger.environment["packages"]
    rows = {**ledger.environment, "packages": ", ".join(f"{k} {v}" for k, v in packages.items())}
    body = "".join(f"<tr><td>{escape(k)}<td>{escape(str(v))}</tr>" for k, v in rows.items())
    return f"<table>{body}</table>"
