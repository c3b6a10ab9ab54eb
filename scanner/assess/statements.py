"""What people state: attestations, exceptions and declarations, as they stand in their files."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, Literal

import msgspec

from scanner.assess.catalogue import Catalogue
from scanner.assess.services import Service


class Artifact(msgspec.Struct, frozen=True, kw_only=True):
    """One document that a statement points at, and what was found at that place."""

    path: str
    title: str | None = None
    sha256: str | None = None
    """The hash that the statement recorded."""
    actual: str | None = None
    """The SHA-256 at scan time; null: nothing readable lies there."""

    @property
    def fault(self) -> str | None:
        """Why it shows nothing, or null."""
        if self.actual is None:
            return f"the artifact {self.path} is missing"
        if self.sha256 is not None and self.sha256 != self.actual:
            return f"the artifact {self.path} has changed since it was attested"
        return None


class Inherited(msgspec.Struct, frozen=True, kw_only=True):
    """The provider that does all of it or a part."""

    provider: str
    authorization: str
    responsibility: Literal["full", "shared"]
    service: str | None = None
    covers: str | None = None


class Attestation(msgspec.Struct, frozen=True, kw_only=True):
    """One statement about objectives or duties, with who, when and what shows it."""

    id: str
    statement: str
    by: str
    on: str
    review_by: str
    objectives: tuple[str, ...] = ()
    practices: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    says: Literal["satisfied", "not-satisfied"] = "satisfied"
    form: Literal["final", "draft"] = "final"
    approver: str | None = None
    targets: tuple[str, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    proposed: bool = False
    inherited: Inherited | None = None
    status_date: str | None = None
    """The CMMC Status Date, of an item that is a status."""
    where: str = ""


ExceptionKind = Literal[
    "enduring-exception",
    "temporary-deficiency",
    "not-applicable",
    "dod-cio-adjudication",
    "risk-accepted",
]


class Exemption(msgspec.Struct, frozen=True, kw_only=True):
    """One exception, with who answers for it, who approved it and until when."""

    id: str
    kind: ExceptionKind
    reason: str
    owner: str
    approver: str
    approved: str
    expires: str
    objectives: tuple[str, ...] = ()
    practices: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    fingerprints: tuple[str, ...] = ()
    assets: tuple[str, ...] = ()
    ssp: Artifact | None = None
    mitigations: str | None = None
    plan_of_action: Artifact | None = None
    implemented: str | None = None
    arose: str | None = None
    reviewed: str | None = None
    rollout: bool = False
    """A temporary deficiency of single equipment while the requirement is rolled out."""
    adjudication: Artifact | None = None
    environment_unchanged: bool = False
    artifacts: tuple[Artifact, ...] = ()
    proposed: bool = False
    where: str = ""

    @property
    def selective(self) -> bool:
        """It names the findings that it is about."""
        return bool(self.rules or self.targets or self.subjects or self.fingerprints)

    @property
    def partial(self) -> bool:
        """It is about some assets or findings only, so that the rest has to be shown all the same.

        An exception is a special circumstance or system (32 CFR 170.4(b)); a requirement is MET
        when every applicable objective is satisfied on evidence (170.24(b)(1)).
        """
        return self.selective or bool(self.assets)


Record = Mapping[str, Any]


class Declarations(msgspec.Struct, frozen=True, kw_only=True):
    """Lists of records by name, as rules look in them; what nobody has confirmed is left out."""

    lists: Mapping[str, tuple[Record, ...]] = {}
    """A list that is not here was not declared; an empty one says that there is none."""
    proposed: Mapping[str, int] = {}
    """How many records of each list still wait for a person to confirm them."""

    def current(self, as_of: str) -> dict[str, dict[str, Record]]:
        """List -> id -> record, as rules look them up; a record past its `until` is gone."""
        return {
            name: {str(r["id"]): r for r in records if str(r.get("until", as_of)) >= as_of}
            for name, records in self.lists.items()
        }

    def product_for(
        self, job: str, provider: str | None, target: str | None, rule: str
    ) -> str | None:
        """The declared product that this rule reads for the job, or null."""
        for record in self.lists.get("products", ()):
            if (
                record["job"] == job
                and _names(record.get("providers"), provider)
                and _names(record.get("targets"), target)
                and _names(record.get("rules"), rule)
            ):
                return str(record["product"])
        return None

    def products(self, job: str) -> tuple[str, ...]:
        """Every product declared for a job."""
        return tuple(str(r["product"]) for r in self.lists.get("products", ()) if r["job"] == job)


def _names(wanted: Any, value: str | None) -> bool:
    return wanted is None or value in wanted


class Statements(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Everything that people state about one organisation."""

    attestations: tuple[Attestation, ...] = ()
    exceptions: tuple[Exemption, ...] = ()
    declarations: Declarations = Declarations()
    services: Mapping[str, Service] = {}
    """The external services of scope.yaml, by id."""

    @cached_property
    def artifact_list(self) -> tuple[Artifact, ...]:
        """Every artifact that any statement points at, once, by path."""
        found: dict[str, Artifact] = {}
        for attestation in self.attestations:
            for artifact in attestation.artifacts:
                found.setdefault(artifact.path, artifact)
        for exemption in self.exceptions:
            named = (exemption.ssp, exemption.plan_of_action, exemption.adjudication)
            for each in (*exemption.artifacts, *(a for a in named if a is not None)):
                found.setdefault(each.path, each)
        return tuple(found[path] for path in sorted(found))


def objectives_of(statement: Attestation | Exemption, catalogue: Catalogue) -> tuple[str, ...]:
    """The objectives that a statement speaks of, those of its practices included.

    A practice of Level 1 stands for the same objectives as its practices of Level 2.
    """
    found = dict.fromkeys(statement.objectives)
    for practice_id in statement.practices:
        practice = catalogue.practices.get(practice_id)
        if practice is not None:
            found.update(dict.fromkeys(practice.objectives))
    return tuple(found)


def matches(patterns: tuple[str, ...], *values: str | None) -> bool:
    """Whether any value fits any pattern; no pattern fits everything."""
    return not patterns or any(
        fnmatchcase(value, pattern) for value in values if value is not None for pattern in patterns
    )
