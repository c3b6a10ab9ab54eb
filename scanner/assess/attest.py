"""What still needs a statement, grouped so that one document covers many objectives, and stubs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

import msgspec

from scanner import frameworks
from scanner.assess.catalogue import Catalogue
from scanner.assess.result import Assessment, ObjectiveResult
from scanner.assess.statements import Attestation, Statements, objectives_of
from scanner.assess.validity import attestation_fault
from scanner.output import private_folder, whole_file

SOON_DAYS = 60


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """One objective that a document would settle."""

    objective: str
    practice: str
    about: str
    artifact: str


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of document, with every open objective that it covers."""

    document: str
    about: str
    objectives: tuple[Wanted, ...]
    points: int
    """Points that its practices may cost at worst."""


class Renewal(msgspec.Struct, frozen=True, kw_only=True):
    """A statement that does not count any more, or soon will not."""

    attestation: str
    where: str
    why: str
    objectives: tuple[str, ...]


class Wants(msgspec.Struct, frozen=True, kw_only=True):
    """What people have to do before everything is determined."""

    groups: tuple[Group, ...]
    """New statements, the document that covers most points first."""
    renewals: tuple[Renewal, ...]
    observe: tuple[ObjectiveResult, ...]
    """Open objectives that wait for a scan: to read more, or to be told what to compare with."""


def wants(assessment: Assessment, catalogue: Catalogue, statements: Statements) -> Wants:
    """What is open for the assessment's level. Pure."""
    spoken = {
        name
        for attestation in statements.attestations
        for name in objectives_of(attestation, catalogue)
    }
    grouped: dict[str, list[Wanted]] = {}
    cost: dict[str, dict[str, int]] = {}
    observe: dict[str, ObjectiveResult] = {}
    for practice in assessment.practices:
        if practice.level != assessment.level:
            continue
        for result in practice.objectives:
            objective = catalogue.objectives[result.id]
            if result.determination != "NOT ASSESSED":
                continue
            if objective.method == "observe" or any(b.kind == "unknown" for b in result.by):
                observe[result.id] = result
            if objective.method == "observe":
                continue
            if result.id in spoken:
                continue
            name = objective.document or "other"
            grouped.setdefault(name, []).append(
                Wanted(
                    objective=result.id,
                    practice=practice.id,
                    about=objective.about,
                    artifact=objective.artifact or "",
                )
            )
            cost.setdefault(name, {})[practice.id] = practice.lost_most
    documents = frameworks.catalogue_of_objectives().documents
    groups = [
        Group(
            document=name,
            about=documents[name].about if name in documents else "",
            objectives=tuple(found),
            points=sum(cost[name].values()),
        )
        for name, found in grouped.items()
    ]
    return Wants(
        groups=tuple(sorted(groups, key=lambda g: (-g.points, -len(g.objectives), g.document))),
        renewals=_renewals(assessment, catalogue, statements),
        observe=tuple(observe.values()),
    )


def _renewals(
    assessment: Assessment, catalogue: Catalogue, statements: Statements
) -> tuple[Renewal, ...]:
    as_of = assessment.as_of
    soon = (date.fromisoformat(as_of) + timedelta(days=SOON_DAYS)).isoformat()
    found: list[Renewal] = []
    for attestation in statements.attestations:
        fault = attestation_fault(attestation, as_of, statements, assessment.level)
        if fault is None and attestation.review_by <= soon:
            fault = f"its review is due on {attestation.review_by}"
        if fault is not None:
            found.append(
                Renewal(
                    attestation=attestation.id,
                    where=attestation.where,
                    why=fault,
                    objectives=objectives_of(attestation, catalogue),
                )
            )
    return tuple(found)


def unspoken(wanted: Wants, said: Iterable[Attestation], catalogue: Catalogue) -> Wants:
    """The same without the objectives that these statements speak of, stubs too. Pure."""
    spoken = {name for each in said for name in objectives_of(each, catalogue)}
    left = (
        msgspec.structs.replace(
            group, objectives=tuple(w for w in group.objectives if w.objective not in spoken)
        )
        for group in wanted.groups
    )
    return msgspec.structs.replace(wanted, groups=tuple(g for g in left if g.objectives))


def stubs(wanted: Wants, as_of: str) -> dict[str, str]:
    """The text of one file for each group, by the document's name. They count for nothing yet."""
    return {group.document: _stub(group, as_of) for group in wanted.groups}


def _stub(group: Group, as_of: str) -> str:
    review = (date.fromisoformat(as_of) + timedelta(days=365)).isoformat()
    lines = [
        f"# {group.document}: {group.about}",
        "# Say what is so, name the document under artifacts, and remove the line `proposed`.",
        "schema: 1",
        "attestations:",
        f"- id: {group.document}",
        "  proposed: true",
        "  objectives:",
    ]
    for each in group.objectives:
        lines.append(f"  - '{each.objective}'  # {each.practice}: {each.artifact or each.about}")
    lines += [
        "  statement: to be written",
        "  by: to be named",
        f"  on: {as_of}",
        f"  review_by: {review}",
        "  artifacts: []  # - {path: documents/name.pdf, title: its title}",
    ]
    return "\n".join(lines) + "\n"


def write_stubs(folder: Path, texts: dict[str, str]) -> list[Path]:
    """Write the stubs under names that are free; no file is ever replaced. Raises InputError."""
    private_folder(folder)
    written: list[Path] = []
    for name, text in sorted(texts.items()):
        number = 1
        path = folder / f"{name}.yaml"
        while path.exists():
            number += 1
            path = folder / f"{name}-{number}.yaml"
        if number > 1:
            text = text.replace(f"- id: {name}\n", f"- id: {name}-{number}\n", 1)
        with whole_file(path) as out:
            out.write(text.encode())
        written.append(path)
    return written


def lines(wanted: Wants) -> list[str]:
    """The list as a person reads it."""
    text = [
        f"{_count(len(wanted.groups), 'document')} would settle "
        f"{_count(sum(len(g.objectives) for g in wanted.groups), 'open objective')}"
    ]
    for group in wanted.groups:
        text += ["", f"{group.document}: {group.about} ({_points(group.points)})"]
        text += _rows(group.objectives)
    if wanted.renewals:
        text += ["", "To renew or mend"]
        text += [f"  {r.attestation}: {r.why} ({r.where or 'no file'})" for r in wanted.renewals]
    if wanted.observe:
        waits = "waits" if len(wanted.observe) == 1 else "wait"
        text += ["", f"{_count(len(wanted.observe), 'open objective')} {waits} for a scan"]
        for result in wanted.observe:
            reasons = [b.text for b in result.by]
            more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
            text.append(f"  {result.id}  {reasons[0] if reasons else ''}{more}")
    return text


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _points(points: int) -> str:
    return f"up to {points} points" if points != 1 else "1 point"


def _rows(objectives: Sequence[Wanted]) -> list[str]:
    return [f"  {w.objective:<12} {w.artifact or w.about}" for w in objectives]
