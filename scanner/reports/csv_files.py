"""CSV (RFC 4180): findings, the POA&M and the Statement of Applicability.

Files are opened in spreadsheets, and every name in them may have been chosen by somebody else: a
text that would become a formula gets an apostrophe in front, control and bidirectional characters
are spelt out, and a cell stays below what spreadsheets hold.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TypeVar

import msgspec

from scanner.assess.poam_items import Item
from scanner.assess.result import Assessment
from scanner.assess.soa import Row
from scanner.findings import Finding
from scanner.output import whole_file
from scanner.reports.redact import redactor
from scanner.reports.sarif import Findings
from scanner.reports.sarif_inputs import Scan
from scanner.reports.sarif_text import shorten, visible
from scanner.reports.sheets import Cell, Sheet, formula, poam_sheets, soa_sheet

CELL_LIMIT = 32_767
"""Characters that a spreadsheet keeps of one cell."""
T = TypeVar("T")

_FINDINGS: Mapping[str, Callable[[Finding], Cell]] = {
    "verdict": lambda f: f.verdict,
    "severity": lambda f: f.severity,
    "practice": lambda f: f.practice,
    "rule": lambda f: f.rule,
    "name": lambda f: f.name,
    "message": lambda f: f.message,
    "target": lambda f: f.target,
    "provider": lambda f: f.provider,
    "scope": lambda f: f.scope,
    "region": lambda f: f.region,
    "subject": lambda f: f.subject,
    "objectives": lambda f: " ".join(f.objectives),
    "iso": lambda f: " ".join(f.iso),
    "strength": lambda f: f.strength,
    "reason": lambda f: f.reason,
    "permission": lambda f: f.gap.permission if f.gap is not None else None,
    "unread": lambda f: " ".join(f.unread),
    "evidence": lambda f: (
        msgspec.json.encode(f.evidence, order="sorted").decode() if f.evidence else None
    ),
    "count": lambda f: f.count,
    "made_by": lambda f: f.made_by,
    "suppressed": lambda f: f.suppressed,
    "observed_at": lambda f: f.observed_at,
    "fingerprint": lambda f: f.fingerprint,
}


def write_findings_csv(path: Path, findings: Findings, scan: Scan, *, redact: bool = False) -> int:
    """Write every finding as one line; returns how many. Raises InputError."""
    changed = redactor(scan.rules) if redact else _same
    count = 0

    def rows() -> Iterable[Sequence[Cell]]:
        nonlocal count
        for finding in findings():
            count += 1
            shown = changed(finding)
            yield [value(shown) for value in _FINDINGS.values()]

    _write(path, list(_FINDINGS), rows())
    return count


def write_poam_csv(
    path: Path,
    items: Iterable[Item],
    assessment: Assessment,
    *,
    organization: str = "",
    affected: Mapping[str, str] | None = None,
    redact: bool = False,
) -> None:
    """Write the plan in plain columns, each with its eMASS name in brackets. Raises InputError."""
    plan, _, _ = poam_sheets(
        items, assessment, organization=organization, affected=affected, redact=redact
    )
    _sheet(path, plan)


def write_soa_csv(path: Path, rows: Iterable[Row], *, redact: bool = False) -> None:
    """Write the Statement of Applicability, one control a line. Raises InputError."""
    _sheet(path, soa_sheet(rows, redact=redact))


def _sheet(path: Path, sheet: Sheet[T]) -> None:
    head = [f"{c.name} [{c.emass}]" if c.emass else c.name for c in sheet.columns]
    _write(path, head, ([c.value(row) for c in sheet.columns] for row in sheet.rows))


def _write(path: Path, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    with whole_file(path) as out:
        # the mark at the start makes Excel read UTF-8
        text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=False)
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(head)
        for row in rows:
            writer.writerow([_cell(value) for value in row])
        text.flush()
        text.detach()


def _cell(value: Cell) -> str | int:
    if value is None:
        return ""
    if isinstance(value, int):
        return value
    if isinstance(value, date):
        return value.isoformat()
    return safe(value)


def safe(text: str) -> str:
    """A text as a CSV cell that no spreadsheet takes for a formula; its own line breaks stay."""
    guard = "'" if formula(text) else ""
    shown = "\n".join(visible(line) for line in text.split("\n"))
    return guard + shorten(shown, CELL_LIMIT - 1)


def _same(finding: Finding) -> Finding:
    return finding
