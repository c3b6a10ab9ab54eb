"""The Statement of Applicability, with the CMMC practices that each control serves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from scanner import frameworks
from scanner.assess.iso import ControlView
from scanner.assess.load import read
from scanner.documents import written
from scanner.errors import InputError

Implemented = Literal["yes", "partly", "no"]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One control as the organisation states it."""

    id: str
    applicable: bool
    justification: str
    implemented: Implemented = "no"
    owner: str | None = None
    evidence: tuple[str, ...] = ()
    treatment: Literal["mitigate", "accept", "transfer", "avoid"] | None = None
    risk: str | None = None
    review_by: str | None = None


class Soa(msgspec.Struct, frozen=True, kw_only=True):
    """soa.yaml."""

    controls: tuple[Entry, ...] = ()
    organization: str | None = None
    certificate: Mapping[str, str] = {}

    def entry(self, control: str) -> Entry | None:
        """The entry of a control, or null."""
        return next((e for e in self.controls if e.id == control), None)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One control of Annex A in the document."""

    id: str
    title: str
    theme: str
    applicable: bool | None
    """Null: the organisation has not said."""
    implemented: Implemented | None
    justification: str
    """The organisation's own, or one drawn from the practices, marked by `proposed`."""
    proposed: bool
    treatment: str | None
    owner: str | None
    review_by: str | None
    evidence: tuple[str, ...]
    practices: tuple[str, ...]
    """CMMC practices that touch it by a NIST mapping and have it for their own subject."""
    state: str
    """What the assessment says of it: iso.ControlState."""
    accepted: tuple[str, ...]
    """Accepted risks that concern it."""
    notes: tuple[str, ...]


def load(path: Path) -> Soa:
    """soa.yaml, checked: every control exists, once. Raises InputError."""
    doc = read(path, "soa")
    faults = []
    seen: set[str] = set()
    for index, record in enumerate(doc.value["controls"]):
        where = doc.where(("controls", index, "id"))
        if record["id"] not in frameworks.controls():
            try:
                frameworks.control(record["id"])
            except InputError as error:
                faults.append(f"{where}: {error}")
        elif record["id"] in seen:
            faults.append(f"{where}: {record['id']} stands here twice; keep one")
        seen.add(record["id"])
    if faults:
        raise InputError(faults)
    value = {k: v for k, v in doc.value.items() if k != "schema"}
    return msgspec.convert(value, Soa)


def statement(soa: Soa, views: Sequence[ControlView], as_of: str) -> tuple[Row, ...]:
    """The document: all 93 controls of Annex A in ISO's order, stated or not."""
    return tuple(_row(v, soa.entry(v.id), as_of) for v in views if v.theme != "clause")


def _row(view: ControlView, entry: Entry | None, as_of: str) -> Row:
    practices = tuple(
        dict.fromkeys(x.practice for x in view.links if x.focus and x.strength != "weak")
    )
    notes = []
    if entry is None:
        notes.append("the organisation has not stated it")
    else:
        notes += _notes(view, entry, practices, as_of)
    return Row(
        id=view.id,
        title=view.title,
        theme=view.theme,
        applicable=entry.applicable if entry is not None else None,
        implemented=entry.implemented if entry is not None else None,
        justification=entry.justification if entry is not None else _proposal(practices),
        proposed=entry is None,
        treatment=entry.treatment if entry is not None else None,
        owner=entry.owner if entry is not None else None,
        review_by=entry.review_by if entry is not None else None,
        evidence=entry.evidence if entry is not None else (),
        practices=practices,
        state=view.state,
        accepted=tuple(a.id for a in view.accepted),
        notes=tuple(notes),
    )


def _notes(view: ControlView, entry: Entry, practices: Sequence[str], as_of: str) -> list[str]:
    notes = []
    if entry.applicable is not True and practices:
        notes.append(f"left out, yet CMMC asks for {', '.join(practices)}")
    if entry.implemented == "yes" and view.state == "contradicted":
        notes.append(f"stated as in place, but {view.why}")
    if entry.treatment == "accept":
        if entry.review_by is not None and entry.review_by < as_of:
            notes.append(f"the acceptance of its risk was to be reviewed by {entry.review_by}")
        if practices:
            notes.append("its risk is accepted for ISO; CMMC knows no accepted risk (170.24(b))")
    elif entry.review_by is not None and entry.review_by < as_of:
        notes.append(f"its review was due on {entry.review_by}")
    return notes


def _proposal(practices: Sequence[str]) -> str:
    if practices:
        return f"needed for CUI: {', '.join(practices)}"
    return "to be justified from the risk assessment (6.1.3 d)"


def stub(views: Sequence[ControlView]) -> str:
    """A soa.yaml to fill in: every control, justified by the practices that it serves."""
    lines = [
        "# Statement of Applicability. Set implemented to yes, partly or no, and make each",
        "# justification your own; what stands here was drawn from the CMMC mapping.",
        "schema: 1",
        "controls:",
    ]
    for row in statement(Soa(), views, "9999-12-31"):
        lines += [
            f"- id: {row.id}  # {row.title}",
            "  applicable: true\n  implemented: 'no'",
            f"  justification: {written(row.justification)}",
        ]
    return "\n".join(lines) + "\n"
