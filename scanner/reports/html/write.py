"""Findings, assessment and snapshot to report.html: one file, private, the same bytes each time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import msgspec

from scanner.assess.result import Assessment
from scanner.findings import Finding
from scanner.output import whole_file
from scanner.reports.html.answer import answer
from scanner.reports.html.domains import domains
from scanner.reports.html.elements import Html
from scanner.reports.html.evidence_list import evidence_list
from scanner.reports.html.finder import finder
from scanner.reports.html.inputs import SCOPE_RULES, Context
from scanner.reports.html.iso_view import iso_view
from scanner.reports.html.page import closing, ending, opening
from scanner.reports.html.poam_view import poam_view
from scanner.reports.html.practices import practices
from scanner.reports.html.rows import Chosen, Rows, blocks, script_json
from scanner.reports.html.stating import stating
from scanner.reports.html.tally import (
    BYTE_LIMIT,
    CLASSES,
    ROW_LIMIT,
    Group,
    Tally,
    shares,
    tally,
)
from scanner.reports.html.unseen import unseen
from scanner.reports.redact import redacted_assessment, redacted_gap, redacted_item, redactor
from scanner.reports.sarif_inputs import RuleInfo

Findings = Callable[[], Iterator[Finding]]


def write_html(
    path: Path,
    findings: Findings,
    assessment: Assessment,
    context: Context,
    *,
    redact: bool = False,
    row_limit: int = ROW_LIMIT,
    byte_limit: int = BYTE_LIMIT,
) -> None:
    """Write the report. `findings` is called twice: counted first, then streamed into the file.

    redact: leave out what facts mark as personal. row_limit, byte_limit: how much of the findings
    one page embeds; what is beyond is counted in the page and said to be. Raises InputError where
    the file cannot be written.
    """
    rules = {rule.id: rule for rule in (*SCOPE_RULES, *context.rules)}
    if redact:
        findings, assessment, context = _redacted(findings, assessment, context)
    counted = tally(findings())
    share = shares(counted, row_limit, byte_limit)
    with whole_file(path) as out:
        for part in _visible(assessment, context, counted, rules, share):
            out.write(part.encode("utf-8", "backslashreplace"))
            out.write(b"\n")
        _data(out, findings, share, rules)
        out.write(ending())


def _redacted(
    findings: Findings, assessment: Assessment, context: Context
) -> tuple[Findings, Assessment, Context]:
    """The same without what is personal."""
    redact = redactor(context.rules)
    gaps = {key: redacted_gap(gap) for key, gap in context.snapshot.gaps.items()}
    # what stands behind the first colon may quote a finding's message
    five = [
        msgspec.structs.replace(g, why=tuple(w.partition(": ")[0] for w in g.why))
        for g in context.five_gaps
    ]
    return (
        lambda: map(redact, findings()),
        redacted_assessment(assessment, findings(), redact),
        replace(context, gaps=gaps, five_gaps=five, items=tuple(map(redacted_item, context.items))),
    )


def _visible(
    assessment: Assessment,
    context: Context,
    counted: Tally,
    rules: dict[str, RuleInfo],
    share: dict[Group, int],
) -> Iterator[Html]:
    """The page's sections, one after another."""
    left_out = {
        group: rows - share.get(group, 0)
        for group, (rows, _) in counted.groups.items()
        if rows > share.get(group, 0)
    }
    title = f"CMMC Level {assessment.level}: {context.organization or 'report'}"
    yield opening(title, context.version)
    yield answer(assessment, context, counted, rules)
    yield domains(assessment)
    yield unseen(context, counted, rules)
    yield finder(counted, left_out)
    yield practices(assessment, rules)
    yield stating(assessment, context, counted, rules)
    yield iso_view(context)
    yield poam_view(context.items)
    yield evidence_list(context, assessment.level)
    yield closing(context.version, assessment.as_of)


def _data(
    out: BinaryIO, findings: Findings, share: dict[Group, int], rules: dict[str, RuleInfo]
) -> None:
    """Rows, then the tables that they point into, then the rules' own texts."""
    rows = Rows({rule.id: rule.title for rule in rules.values()})
    chosen = Chosen(share)
    for block in blocks(rows.row(finding) for finding in chosen.pick(findings())):
        out.write(block)
    shown = {entry[0] for entry in rows.tables()["rules"]}
    texts = {
        rule.id: {
            "title": rule.title,
            "why": _folded(rule.why),
            "limits": _folded(rule.limits),
            "fix": {provider: rule.fix[provider].strip() for provider in sorted(rule.fix)},
        }
        for rule in sorted(rules.values(), key=lambda r: r.id)
        if rule.id in shown
    }
    data = {"classes": CLASSES, "texts": texts, **rows.tables()}
    out.write(b'<script type="application/json" id="tables">')
    out.write(script_json(data))
    out.write(b"</script>\n")


def _folded(text: str) -> str:
    return " ".join(text.split())
