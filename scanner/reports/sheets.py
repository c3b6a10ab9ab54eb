"""The tables of the POA&M and the Statement of Applicability: what stands in each column.

A column has a plain heading and, where there is one, the name of the same column on eMASS's POA&M
sheet. The workbook and the CSV file are made from the same table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from scanner.assess.poam_items import Item
from scanner.assess.result import Assessment
from scanner.assess.soa import Row
from scanner.assess.summary import score_words
from scanner.findings import Finding
from scanner.reports.redact import LEFT_OUT, RuleText, redacted_item, redacted_row, redactor
from scanner.reports.sarif_text import shorten, visible

Cell = str | int | date | None
T = TypeVar("T")

TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""First characters that make a spreadsheet take a text for a formula."""
AFFECTED_SHOWN = 20


@dataclass(frozen=True)
class Column(Generic[T]):
    """One column. `width`: characters."""

    name: str
    value: Callable[[T], Cell]
    width: int = 16
    emass: str = ""


@dataclass(frozen=True)
class Sheet(Generic[T]):
    """One table."""

    name: str
    columns: tuple[Column[T], ...]
    rows: tuple[T, ...]

    @property
    def emass(self) -> bool:
        """Whether eMASS knows any of its columns."""
        return any(column.emass for column in self.columns)


def formula(text: str) -> bool:
    """Whether a spreadsheet may take this text for a formula, leading blanks or not."""
    return text.startswith(TRIGGERS) or text.lstrip().startswith(TRIGGERS)


def poam_sheets(
    items: Iterable[Item],
    assessment: Assessment,
    *,
    organization: str = "",
    affected: Mapping[str, str] | None = None,
    redact: bool = False,
) -> tuple[Sheet[Item], Sheet[Item], Sheet[tuple[Item, int]]]:
    """(the plan in plain words, eMASS's own columns, one line a milestone).

    `affected`: practice id -> the failing resources in words (`affected_by`).
    """
    rows = tuple(redacted_item(i) if redact else i for i in items)
    where = affected or {}
    steps = tuple((item, number) for item in rows for number in range(len(item.milestones)))
    return (
        Sheet("POA&M", _plan(where), rows),
        Sheet("eMASS", _emass(where, organization), rows),
        Sheet("Milestones", _MILESTONES, steps),
    )


def affected_by(
    findings: Iterable[Finding], rules: Iterable[RuleText] = (), *, redact: bool = False
) -> dict[str, str]:
    """Practice id -> names of what fails there, the first twenty and how many more; one pass."""
    changed = redactor(rules)
    names: dict[str, dict[str, None]] = {}
    more: dict[str, int] = {}
    for finding in findings:
        if finding.verdict != "fail" or finding.suppressed is not None:
            continue
        shown = names.setdefault(finding.practice, {})
        name = shorten(visible((changed(finding) if redact else finding).name), 200)
        if name in shown:
            continue
        if len(shown) < AFFECTED_SHOWN:
            shown[name] = None
        else:
            more[finding.practice] = more.get(finding.practice, 0) + 1
    return {
        practice: "; ".join(shown) + (f"; and {more[practice]} more" if practice in more else "")
        for practice, shown in names.items()
    }


def _plan(affected: Mapping[str, str]) -> tuple[Column[Item], ...]:
    return (
        Column("Item", lambda i: i.id, 16),
        Column("Requirement", lambda i: i.practice, 15, "Security Control Number"),
        Column("Title", lambda i: i.title, 26),
        Column("Weakness", lambda i: i.weakness, 56, "Control Vulnerability Description"),
        Column("Objectives not met", lambda i: ", ".join(i.objectives), 18, "Security Checks"),
        Column("Points", lambda i: i.points, 8),
        Column("May stand on a POA&M", _eligible, 12),
        Column("Why", lambda i: i.eligible_why, 44),
        Column("Point of contact", lambda i: i.point_of_contact, 22, "Office/Org"),
        Column("Resources required", lambda i: i.resources_required, 22, "Resources Required"),
        Column(
            "Scheduled completion",
            lambda i: day(i.scheduled_completion),
            13,
            "Scheduled Completion Date",
        ),
        Column("Milestones", _milestones, 44, "Milestone with Completion Dates"),
        Column("Status", lambda i: i.status, 12, "Status"),
        Column("Status since", lambda i: day(i.status_since), 12),
        Column("First detected", lambda i: day(i.first_detected), 12),
        Column("Close-out due", lambda i: day(i.close_out_due), 12),
        Column("Severity", lambda i: i.severity, 11, "Raw Severity"),
        Column("Affected", lambda i: affected.get(i.practice), 40, "Devices Affected"),
        Column(
            "Detected by",
            lambda i: ", ".join(i.source),
            24,
            "Source Identifying Vulnerability",
        ),
        Column("Comments", lambda i: i.comments, 32, "Comments"),
        Column("Still to be added", lambda i: "; ".join(i.lacks), 36),
    )


def _eligible(item: Item) -> str:
    return "open" if item.eligible is None else "yes" if item.eligible else "no"


def _milestones(item: Item) -> str:
    return "\n".join(
        f"{m.due}: {m.description}" + (f" (done {m.done})" if m.done is not None else "")
        for m in item.milestones
    )


def _emass(affected: Mapping[str, str], organization: str) -> tuple[Column[Item], ...]:
    """The 24 columns of eMASS's sheet, in its order; what the rule does not ask for stays empty."""
    known: dict[str, Callable[[Item], Cell]] = {c.emass: c.value for c in _plan(affected)}
    known["Office/Org"] = lambda i: i.point_of_contact or organization
    known["Comments"] = lambda i: "\n".join(
        t for t in (i.comments, f"POA&M allowed: {_eligible(i)}. {i.eligible_why}") if t
    )
    known["Severity"] = lambda i: i.severity
    wide = {"Control Vulnerability Description", "Milestone with Completion Dates", "Comments"}
    return tuple(
        Column(name, known.get(name, _nothing), 44 if name in wide else max(14, len(name) // 2 + 2))
        for name in EMASS
    )


def _nothing(_: Item) -> Cell:
    return None


EMASS = (
    "Control Vulnerability Description",
    "Security Control Number",
    "Office/Org",
    "Security Checks",
    "Resources Required",
    "Scheduled Completion Date",
    "Milestone with Completion Dates",
    "Milestone Changes",
    "Source Identifying Vulnerability",
    "Status",
    "Comments",
    "Raw Severity",
    "Devices Affected",
    "Mitigations",
    "Predisposing Conditions",
    "Severity",
    "Relevance of Threat",
    "Threat Description",
    "Likelihood",
    "Impact",
    "Impact Description",
    "Residual Risk Level",
    "Recommendations",
    "Resulting Residual Risk after Proposed Mitigations",
)

_MILESTONES: tuple[Column[tuple[Item, int]], ...] = (
    Column("Item", lambda r: r[0].id, 16),
    Column("Requirement", lambda r: r[0].practice, 15, "Security Control Number"),
    Column("Number", lambda r: r[1] + 1, 9),
    Column("Milestone", lambda r: r[0].milestones[r[1]].description, 60, "description"),
    Column("Due", lambda r: day(r[0].milestones[r[1]].due), 12, "scheduledCompletionDate"),
    Column("Done", lambda r: day(r[0].milestones[r[1]].done), 12),
)


def soa_sheet(rows: Iterable[Row], *, redact: bool = False) -> Sheet[Row]:
    """The Statement of Applicability, one line a control."""
    return Sheet(
        "Statement of Applicability",
        _SOA,
        tuple(redacted_row(r) if redact else r for r in rows),
    )


_SOA: tuple[Column[Row], ...] = (
    Column("Control", lambda r: r.id, 10),
    Column("Title", lambda r: r.title, 34),
    Column("Theme", lambda r: r.theme, 15),
    Column("Applicable", lambda r: _said(r.applicable), 12),
    Column("Justification", lambda r: r.justification, 48),
    Column("Stated by", lambda r: "proposed" if r.proposed else "organization", 13),
    Column("Implemented", lambda r: r.implemented or "not stated", 13),
    Column("Assessment shows", lambda r: r.state, 17),
    Column("CMMC practices", lambda r: ", ".join(r.practices), 30),
    Column("Treatment", lambda r: r.treatment, 12),
    Column("Accepted risks", lambda r: ", ".join(r.accepted), 18),
    Column("Owner", lambda r: r.owner, 20),
    Column("Review by", lambda r: day(r.review_by), 12),
    Column("Evidence", lambda r: "\n".join(r.evidence), 34),
    Column("Notes", lambda r: "; ".join(r.notes), 44),
)


def _said(applicable: bool | None) -> str:
    return "not stated" if applicable is None else "yes" if applicable else "no"


def day(text: str | None) -> Cell:
    """A year-month-day as a date; other words as they are."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def about(assessment: Assessment, organization: str, version: str, *, redact: bool) -> list[str]:
    """The lines that say what a workbook is, and from when."""
    lines = [
        f"{organization or 'Organization'}: CMMC Level {assessment.level} as of {assessment.as_of}",
        f"{'Score: ' if assessment.score is not None else ''}{score_words(assessment)}",
        f"Status: {assessment.status.status} (only an assessment confers one)",
        f"Decided: {assessment.coverage.objectives_decided} of {assessment.coverage.objectives} "
        "objectives",
        f"Made by cmmc-scan {version} from the scan's evidence and the organization's statements.",
    ]
    if redact:
        lines.append(f"Names of people are left out: {LEFT_OUT} or a label stands in their place.")
    return lines
