"""What the organisation has to say itself: values, documents, statements to renew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.assess.attest import Group, Wants
from scanner.assess.duties import DutyState
from scanner.assess.result import Assessment
from scanner.reports.html.elements import Html, el, join, many, name, number
from scanner.reports.html.inputs import Context
from scanner.reports.html.tally import Tally
from scanner.reports.html.words import nothing, practice_link, section, state, table
from scanner.reports.sarif_inputs import RuleInfo

Cells = list[list[Html | str | int]]


def stating(
    assessment: Assessment, context: Context, tally: Tally, rules: Mapping[str, RuleInfo]
) -> Html:
    """The section."""
    wants = context.wants
    parts = [
        _values(tally, rules),
        _documents(wants) if wants is not None else None,
        _renewals(wants) if wants is not None else None,
        _void(assessment),
        _duties(context.duties) if context.duties else None,
    ]
    shown = [part for part in parts if part is not None]
    return section(
        "stating",
        "What the organisation has to state",
        join(shown) if shown else nothing("Nothing is waiting for a statement."),
        lead="No interface tells these. Until they are stated the verdict stays unknown.",
    )


def _values(tally: Tally, rules: Mapping[str, RuleInfo]) -> Html | None:
    if not tally.undeclared:
        return None
    rows: Cells = []
    for detail, waiting in sorted(
        tally.undeclared.items(), key=lambda item: (-item[1].facts, item[0])
    ):
        titles = "; ".join(rules[r].title if r in rules else r for r in sorted(waiting.rules))
        rows.append([name(detail), number(waiting.facts), titles])
    return join(
        el("h3", "Values and lists to compare with"),
        table(["to state", "resources waiting", "asked by"], rows, "Values to state"),
    )


def _documents(wants: Wants) -> Html | None:
    if not wants.groups:
        return None
    count = sum(len(g.objectives) for g in wants.groups)
    return join(
        el("h3", "Documents to attest"),
        el("p", f"{many(len(wants.groups), 'document')} would settle {many(count, 'objective')}."),
        [_document(group) for group in wants.groups],
    )


def _document(group: Group) -> Html:
    rows: Cells = [
        [w.objective, practice_link(w.practice), w.artifact or w.about] for w in group.objectives
    ]
    points = f"up to {many(group.points, 'point')}" if group.points else "no points"
    return el(
        "details",
        el(
            "summary",
            el("b", group.about or group.document),
            el("span", f" {many(len(group.objectives), 'objective')}, {points}", class_="dim"),
        ),
        table(["objective", "requirement", "what shows it"], rows, group.about or group.document),
        class_="fold",
    )


def _renewals(wants: Wants) -> Html | None:
    if not wants.renewals:
        return None
    rows: Cells = [
        [r.attestation, r.why, ", ".join(r.objectives), r.where.rpartition("/")[2]]
        for r in wants.renewals
    ]
    return join(
        el("h3", "Statements to renew or mend"),
        table(["statement", "why", "objectives", "where"], rows, "Statements to renew"),
    )


def _void(assessment: Assessment) -> Html | None:
    if not assessment.statements:
        return None
    return join(
        el("h3", "Statements that do not count"),
        el("ul", [el("li", because.text) for because in assessment.statements], class_="plain"),
    )


def _duties(duties: Sequence[DutyState]) -> Html:
    rows: Cells = [
        [d.duty.title, state("closed" if d.ready else "open"), d.why, d.duty.cite] for d in duties
    ]
    return join(
        el("h3", "Reporting incidents to DoD"),
        table(["duty", "state", "why", "source"], rows, "Duties of reporting"),
    )
