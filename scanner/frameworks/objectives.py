"""The assessment objectives of SP 800-171A, and how each can honestly be decided.

Facts and judgements: mappings/objectives.yaml.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import msgspec

from scanner.errors import InputError
from scanner.frameworks.practices import Practice, resolve
from scanner.frameworks.reading import catalogue

Method = Literal["observe", "support", "document"]
Strength = Literal["observed", "enforced", "configured"]
Refutes = Literal["always", "if-declared", "never"]


class Signal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one provider shows of an objective, and what that is worth for its part."""

    provider: str
    decides: Literal["yes", "partly"]
    strength: Strength
    refutes: Refutes
    facts: dict[str, tuple[str, ...]]
    """Fact kind -> the fields that carry it."""


class Objective(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that an assessor determines."""

    id: str
    practice: str = ""
    """The Level 2 practice that it belongs to."""
    about: str
    """A paraphrase, not NIST's text."""
    method: Method
    declared: str | None = None
    document: str | None = None
    artifact: str | None = None
    inherit: str | None = None
    concerns: tuple[str, ...]
    unlettered: bool = False
    note: str | None = None
    signals: tuple[Signal, ...] = ()

    @property
    def printed(self) -> str:
        """The id as SP 800-171A prints it: some objectives have no letter there."""
        return self.id.partition("[")[0] if self.unlettered else self.id

    def deciding(self, provider: str) -> tuple[Signal, ...]:
        """The signals by which a provider settles its part; none: it cannot."""
        return tuple(s for s in self.signals if s.provider == provider and s.decides == "yes")


class TargetClass(msgspec.Struct, frozen=True, rename={"name": "class"}):
    """A class of target; objectives say which classes they concern."""

    name: str
    providers: tuple[str, ...]
    about: str


class Document(msgspec.Struct, frozen=True, rename={"name": "document"}):
    """A kind of document that statements point at."""

    name: str
    about: str


class _Rows(msgspec.Struct, frozen=True):
    practice: str
    trap: str
    objectives: tuple[Objective, ...]


class _File(msgspec.Struct, frozen=True):
    classes: tuple[TargetClass, ...]
    documents: tuple[Document, ...]
    planned: dict[str, tuple[str, ...]]
    practices: tuple[_Rows, ...]


class Objectives(msgspec.Struct, frozen=True, kw_only=True):
    """The whole catalogue."""

    by_id: dict[str, Objective]
    traps: dict[str, str]
    """Level 2 practice -> how it gets overclaimed."""
    classes: dict[str, TargetClass]
    documents: dict[str, Document]
    planned: dict[str, tuple[str, ...]]
    """Fact kind -> fields that signals name and that no collector fills yet."""


@cache
def catalogue_of_objectives() -> Objectives:
    """The catalogue of objectives, read once."""
    file = catalogue("objectives.yaml", _File)
    return Objectives(
        by_id={
            objective.id: msgspec.structs.replace(objective, practice=rows.practice)
            for rows in file.practices
            for objective in rows.objectives
        },
        traps={rows.practice: rows.trap for rows in file.practices},
        classes={c.name: c for c in file.classes},
        documents={d.name: d for d in file.documents},
        planned=file.planned,
    )


def objectives(practice: Practice | str | None = None) -> tuple[Objective, ...]:
    """All 320 objectives in NIST's order, or those of one practice (Level 1 shares them)."""
    by_id = catalogue_of_objectives().by_id
    if practice is None:
        return tuple(by_id.values())
    if isinstance(practice, str):
        practice = resolve(practice)
    return tuple(by_id[id_] for id_ in practice.objectives)


def objective(text: str) -> Objective:
    """One objective: `3.5.3[c]`, `IA.L2-3.5.3[c]`, or `3.4.4` where NIST prints no letter.

    Raises InputError with the letters that exist, or with the nearest practices.
    """
    by_id = catalogue_of_objectives().by_id
    asked = text.strip()
    number, bracket, letter = asked.rpartition("-")[2].partition("[")
    found = by_id.get(f"{number}[{letter.lower()}") if bracket else by_id.get(f"{number}[a]")
    if found is not None and (bracket or found.unlettered):
        return found
    practice = resolve(asked.partition("[")[0])
    if not practice.objectives:
        raise InputError(f"{asked}: {practice.id} has no objectives in SP 800-171A")
    raise InputError(
        f"{asked}: no such objective; {practice.id} has {', '.join(practice.objectives)}"
    )


def trap(practice: Practice | str) -> str | None:
    """How a practice gets overclaimed; None at Level 3."""
    if isinstance(practice, str):
        practice = resolve(practice)
    traps = catalogue_of_objectives().traps
    twins = (practice.id, *practice.level2_ids)
    return " ".join(traps[id_] for id_ in twins if id_ in traps) or None
