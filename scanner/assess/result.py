"""What an assessment is: determinations with their reasons."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Determination = Literal["MET", "NOT MET", "NOT APPLICABLE", "NOT ASSESSED"]

BecauseKind = Literal[
    "finding", "pass", "attestation", "inheritance", "exception", "unknown", "missing", "conflict"
]


class Because(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One reason, with what it rests on."""

    kind: BecauseKind
    text: str
    ref: str = ""
    """A fingerprint, rule, attestation or exception id; empty where there is none to name."""
    rule: str = ""
    target: str = ""
    count: int = 1
    """How many findings this line stands for."""


class ObjectiveResult(msgspec.Struct, frozen=True, kw_only=True):
    """One objective's determination."""

    id: str
    determination: Determination
    by: tuple[Because, ...] = ()
    notes: tuple[Because, ...] = ()
    """What was seen and does not decide."""


class PracticeResult(msgspec.Struct, frozen=True, kw_only=True):
    """One practice's determination, and the points that it costs."""

    id: str
    domain: str
    title: str
    level: int
    determination: Determination
    points: int | None
    """Its value by 32 CFR 170.24, as decided so far (the worse one while open)."""
    points_least: int | None = None
    """The better one; differs only while a partial value is open."""
    points_why: str = ""
    """What a partial value turns on."""
    lost_least: int
    """Points that are surely lost."""
    lost_most: int
    """Points that are lost if everything open turns out NOT MET."""
    why: tuple[str, ...]
    objectives: tuple[ObjectiveResult, ...]
    iso: tuple[str, ...] = ()


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """The score as an interval; both ends are equal once nothing is open."""

    low: int
    high: int


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """How much of the denominator is decided at all."""

    practices: int
    practices_decided: int
    objectives: int
    objectives_decided: int
    by_evidence: int
    """Objectives that findings decided."""
    by_statement: int
    """Objectives that an attestation, inheritance or exception decided."""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The CMMC status that the determinations lead to; only an assessment confers one."""

    status: str
    why: tuple[str, ...]
    if_open_met: str
    if_open_not_met: str


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A CMMC status that the organisation states that it holds, and how long."""

    status: str
    level: int
    since: str
    """The CMMC Status Date."""
    until: str
    """The last day on which it is current."""
    expired: bool
    affirm_by: str | None
    """When the next yearly affirmation is due; null for a Conditional or expired status."""
    say: str


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """Everything decided about one organisation at one day."""

    schema: Literal[1] = 1
    level: int
    as_of: str
    score: Score | None
    why_no_score: str | None
    status: Status
    coverage: Coverage
    practices: tuple[PracticeResult, ...]
    prerequisite: str | None = None
    """Level 3: what stands of the Final Level 2 (C3PAO) that comes first."""
    statements: tuple[Because, ...] = ()
    """Statements that do not count, each with the reason."""
    held: tuple[Held, ...] = ()
    """What is held today, as far as its date is stated."""
    set_aside: dict[str, int] = {}
    """Findings outside the assessment, counted by the scoping category that says so."""

    def practice(self, practice_id: str) -> PracticeResult | None:
        """One practice's result, or null."""
        return next((p for p in self.practices if p.id == practice_id), None)

    def objective(self, objective_id: str) -> ObjectiveResult | None:
        """One objective's result, or null."""
        for practice in self.practices:
            for result in practice.objectives:
                if result.id == objective_id:
                    return result
        return None


def document(assessment: Assessment) -> dict[str, Any]:
    """assessment.json as plain data, keys in their published order (schema 1)."""
    data: dict[str, Any] = msgspec.to_builtins(assessment)
    score = data.pop("score")
    status = data.pop("status")
    why = data.pop("why_no_score")
    head = {
        "schema": 1,
        "level": data.pop("level"),
        "as_of": data.pop("as_of"),
        "score": score,
    }
    data.pop("schema")
    if score is None and why is not None:
        head["why_no_score"] = why
    return {
        **head,
        "status": status["status"],
        "status_detail": {k: v for k, v in status.items() if k != "status"},
        **data,
    }


def encode(assessment: Assessment) -> bytes:
    """assessment.json: two spaces of indentation, one newline at the end."""
    return msgspec.json.format(msgspec.json.encode(document(assessment)), indent=2) + b"\n"


def decode(data: bytes) -> Assessment:
    """What `encode` wrote. Raises msgspec.MsgspecError."""
    kept: dict[str, Any] = msgspec.json.decode(data, type=dict[str, Any])
    detail = kept.pop("status_detail", {})
    status = {"status": kept.pop("status", None), **detail}
    return msgspec.convert({"why_no_score": None, **kept, "status": status}, Assessment)
