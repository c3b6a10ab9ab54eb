"""What the SARIF writers are given besides the findings."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from scanner.facts.ledger import Gap
from scanner.findings import Finding

PROGRAM_URI = "https://www.ecfr.gov/current/title-32/subtitle-A/chapter-I/subchapter-G/part-170"
"""32 CFR part 170, the regulation that every verdict is about: the tool's page by default."""


class RuleInfo(Protocol):
    """What SARIF needs to know of a rule; a loaded rule has it."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def practice(self) -> str: ...
    @property
    def decides(self) -> Sequence[str]: ...
    @property
    def informs(self) -> Sequence[str]: ...
    @property
    def iso(self) -> Sequence[str]: ...
    @property
    def severity(self) -> str: ...
    @property
    def strength(self) -> str: ...
    @property
    def fact(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def why(self) -> str: ...
    @property
    def limits(self) -> str: ...
    @property
    def fix(self) -> Mapping[str, str]: ...
    @property
    def references(self) -> Sequence[str]: ...
    @property
    def deprecated_ids(self) -> Sequence[str]: ...


class PlainRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule's description alone."""

    id: str
    title: str
    practice: str
    decides: tuple[str, ...] = ()
    informs: tuple[str, ...] = ()
    iso: tuple[str, ...] = ()
    severity: str = "medium"
    strength: str = "observed"
    fact: str = "resource"
    message: str = "{name}"
    why: str = ""
    limits: str = ""
    fix: Mapping[str, str] = {}
    references: tuple[str, ...] = ()
    deprecated_ids: tuple[str, ...] = ()


Title = Callable[[str], str | None]
"""The title or text of an id, or null where the catalogue does not have it."""


@dataclass(frozen=True)
class Titles:
    """How the ids of the three frameworks read."""

    practice: Title
    objective: Title
    control: Title


@dataclass(frozen=True)
class Place:
    """A line of a file in the repository."""

    uri: str
    """Path from the repository's root, with forward slashes."""
    line: int
    lines: Sequence[str] = ()
    """The file's lines without their ends; empty where the file cannot be read."""


NO_PLACE = Place("cmmc-scan.yaml", 1)
"""Where a finding is put when nothing says where its target is configured."""


def own_controls(rule: RuleInfo) -> Sequence[str]:
    """The controls that the rule itself names."""
    return rule.iso


def no_lines(uri: str) -> Sequence[str]:
    """The lines of a file that nobody can read."""
    return ()


@dataclass(frozen=True)
class Scan:
    """One scan, as far as every finding shares it."""

    version: str
    """Of cmmc-scan: `1.2.3`."""
    started: str
    """UTC, from the snapshot: `2026-11-24T07:33:41Z`."""
    ended: str
    rules: Sequence[RuleInfo]
    """Every rule that was judged."""
    titles: Titles
    controls: Callable[[RuleInfo], Sequence[str]] = own_controls
    """The ISO controls of a rule: those of its practice, as far as it does not narrow them."""
    gaps: Sequence[Gap] = ()
    places: Mapping[str, Place] = field(default_factory=dict)
    """Where each target stands in the configuration."""
    lines_of: Callable[[str], Sequence[str]] = no_lines
    """The lines of a source file by its path from the repository's root."""
    repository: str | None = None
    """The repository's absolute URI, and the commit that was checked out."""
    revision: str | None = None
    information_uri: str = PROGRAM_URI


def described(scan: Scan) -> tuple[PlainRule, ...]:
    """The rules of a scan by id, each with its controls: what the writers work on."""
    rules = (
        PlainRule(
            id=rule.id,
            title=rule.title,
            practice=rule.practice,
            decides=tuple(rule.decides),
            informs=tuple(rule.informs),
            iso=tuple(sorted(scan.controls(rule), key=natural)),
            severity=rule.severity,
            strength=rule.strength,
            fact=rule.fact,
            message=rule.message,
            why=rule.why,
            limits=rule.limits,
            fix=dict(rule.fix),
            references=tuple(rule.references),
            deprecated_ids=tuple(rule.deprecated_ids),
        )
        for rule in scan.rules
    )
    return tuple(sorted(rules, key=lambda rule: rule.id))


def stand_in(finding: Finding) -> PlainRule:
    """What a finding tells of a rule that is no longer there."""
    informs = tuple(o for o in finding.objectives if o not in finding.decides)
    return PlainRule(
        id=finding.rule,
        title=finding.rule,
        practice=finding.practice,
        decides=finding.decides,
        informs=informs,
        iso=finding.iso,
        severity=finding.severity,
        strength=finding.strength,
    )


def natural(text: str) -> list[tuple[int, int | str]]:
    """A sort key that puts 3.1.9 before 3.1.10."""
    parts = re.split(r"(\d+)", text)
    return [(0, int(p)) if p.isdecimal() and p.isascii() else (1, p) for p in parts]
