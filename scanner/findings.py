"""A finding: one rule's verdict on one subject or set, and the file that holds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import msgspec

from scanner.errors import InputError
from scanner.facts.ledger import NO_SOURCE, NOT_DECLARED
from scanner.output import whole_file

COUNTED_APART = (NO_SOURCE, NOT_DECLARED)
"""Reasons of unknown verdicts that no read would settle; where unknowns are counted, these are
not among them."""

Verdict = Literal["pass", "fail", "unknown", "not-applicable"]


class Missing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The read whose failure left a verdict unknown."""

    id: str | None = None
    """The gap's id in the snapshot, or null where nobody looked."""
    operation: str | None = None
    permission: str | None = None
    """The permission that would have allowed it."""
    detail: str = ""


class Finding(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="schema", tag=1
):
    """One line of findings.jsonl. Null is written for a subject or region that does not exist."""

    rule: str
    practice: str
    objectives: tuple[str, ...]
    """Those that the rule decides, then those that it informs."""
    decides: tuple[str, ...] = ()
    iso: tuple[str, ...]
    verdict: Verdict
    strength: str
    severity: str
    refutes: str = "always"
    product: str | None = None
    """The job that the product does, for a rule that refutes only if it was declared for it."""
    subject: str | None
    """The fact's subject; null for a set, a listing or a not-applicable line."""
    name: str
    target: str | None
    scope: str
    provider: str | None
    region: str | None
    message: str
    fingerprint: str
    observed_at: str | None
    reason: str | None = None
    """Why it is unknown: a gap's reason, not-collected, not-declared or no-source."""
    gap: Missing | None = None
    unread: tuple[str, ...] = ()
    """What the rule asks for and could not have: field, lookup or parameter names."""
    evidence: dict[str, Any] = {}
    """The values that the rule looked at."""
    count: int | None = None
    """How many facts one line stands for: not applicable, or waiting for one statement."""
    made_by: str | None = None
    """The line of code that made the subject, as file:line."""
    source: str | None = None
    suppressed: str | None = None
    """The exception or baseline that sets it aside, by its id."""

    @property
    def settles(self) -> tuple[str, ...]:
        """The objectives that a pass of it can satisfy; what is only configured satisfies none."""
        return self.decides if self.strength != "configured" else ()

    @property
    def answers_for(self) -> tuple[str, ...]:
        """What its verdict speaks of: practice, objectives, controls; of a pass, what it settles.

        A requirement is MET when every objective of it is satisfied (32 CFR 170.24(b)(1)), which
        one rule's pass never shows.
        """
        if self.verdict == "pass":
            return self.settles
        return (self.practice, *self.objectives, *self.iso)


def fingerprint(first_rule_id: str, scope: str, subject: str | None, key: str = "") -> str:
    """Sixteen hex digits that stay while the finding stays the same.

    `first_rule_id` is the rule's oldest id, so that a renamed rule keeps its alerts. `key` stands
    in for the subject of a set or a listing. Target, region, name, message, line, severity and
    params never enter it.
    """
    text = "\x1f".join(
        ("v1", first_rule_id, scope, subject if subject is not None else f"\x1e{key}")
    )
    return sha256(text.encode()).hexdigest()[:16]


_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(Finding)


def encode(finding: Finding) -> bytes:
    """One line, without its newline."""
    return _ENCODER.encode(finding)


def write(path: Path, lines: Iterable[bytes]) -> int:
    """Write findings.jsonl from encoded lines; returns how many."""
    count = 0
    with whole_file(path) as out:
        for line in lines:
            out.write(line)
            out.write(b"\n")
            count += 1
    return count


def read(path: Path) -> Iterator[Finding]:
    """The findings of a findings.jsonl, one at a time. Raises InputError naming file and line."""
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    yield _DECODER.decode(line)
                except msgspec.MsgspecError as error:
                    raise InputError(
                        f"{path}:{number}: this is not a finding: {error}; evaluate again"
                    ) from error
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read: {(error.strerror or '').lower()}; run evaluate first"
        ) from error
