"""Findings as SARIF results: plain structs, encoded one at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from scanner.findings import Finding, Missing
from scanner.reports.sarif_rules import LEVEL
from scanner.reports.sarif_text import Message, visible

LOCATION_HASH = "primaryLocationLineHash"
"""The only fingerprint that GitHub reads."""
IDENTITY = "cmmcFinding/v1"

KINDS = {"pass": "pass", "unknown": "open", "not-applicable": "notApplicable"}


class LogicalLocation(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the finding is about, in its provider's own terms (3.33)."""

    fullyQualifiedName: str
    name: str
    kind: str


class Location(msgspec.Struct, frozen=True, omit_defaults=True):
    physicalLocation: msgspec.Raw
    logicalLocations: tuple[LogicalLocation, ...] = ()


class Suppression(msgspec.Struct, frozen=True, omit_defaults=True):
    """3.35: an exception of the organisation, outside of the code."""

    kind: str
    status: str
    justification: str


class Details(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The result's property bag: what the finding knows beyond SARIF's own properties."""

    verdict: str
    severity: str
    strength: str
    refutes: str | UnsetType = UNSET
    product: str | None = None
    objectives: tuple[str, ...] = ()
    decides: tuple[str, ...] = ()
    target: str | None = None
    scope: str | UnsetType = UNSET
    provider: str | None = None
    region: str | None = None
    name: str | UnsetType = UNSET
    observed_at: str | None = None
    reason: str | None = None
    gap: Missing | None = None
    permission: str | None = None
    unread: tuple[str, ...] = ()
    evidence: dict[str, Any] = {}
    count: int | None = None
    made_by: str | None = None
    source: str | None = None
    last_seen: str | None = None
    """When a carried failure was last observed."""


class Result(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """3.27, as far as it is used."""

    ruleId: str
    ruleIndex: int
    kind: str | UnsetType = UNSET
    level: str | UnsetType = UNSET
    message: Message
    locations: tuple[Location, ...]
    fingerprints: dict[str, str] | UnsetType = UNSET
    partialFingerprints: dict[str, str]
    baselineState: str | UnsetType = UNSET
    suppressions: tuple[Suppression, ...] | UnsetType = UNSET
    taxa: msgspec.Raw | UnsetType = UNSET
    properties: Details


ENCODER = msgspec.json.Encoder(order="deterministic")


def kind_and_level(finding: Finding) -> tuple[str, str]:
    """3.27.9 and 3.27.10: only a `fail` has a level other than `none`.

    The failure of a rule that never refutes is a hint: a person has to look, so it is `review`.
    """
    if finding.verdict != "fail":
        return KINDS[finding.verdict], "none"
    if finding.refutes == "never":
        return "review", "none"
    return "fail", LEVEL[finding.severity]


def audited(
    finding: Finding,
    index: int,
    message: Message,
    place: msgspec.Raw,
    taxa: msgspec.Raw,
    *,
    state: str | None,
    suppression: Callable[[str], str] | None,
) -> Result:
    """A result of findings.sarif. `suppression` gives the words of an exception by its id; null
    where no finding of the file is suppressed (3.27.23: all results tell, or none)."""
    kind, level = kind_and_level(finding)
    suppressions: tuple[Suppression, ...] | UnsetType = UNSET
    if suppression is not None:
        by = finding.suppressed
        suppressions = (Suppression("external", "accepted", suppression(by)),) if by else ()
    logical: tuple[LogicalLocation, ...] = ()
    if finding.subject is not None:
        # it is shown to a person; the name as it is stands in the properties
        path = visible(f"{finding.scope}/{finding.subject}")
        logical = (LogicalLocation(path, visible(finding.name), "resource"),)
    return Result(
        ruleId=finding.rule,
        ruleIndex=index,
        kind=kind,
        level=level,
        message=message,
        locations=(Location(place, logical),),
        fingerprints={IDENTITY: finding.fingerprint},
        partialFingerprints={LOCATION_HASH: f"{finding.fingerprint}:1"},
        baselineState=state if state is not None else UNSET,
        suppressions=suppressions,
        taxa=taxa,
        properties=Details(
            verdict=finding.verdict,
            severity=finding.severity,
            strength=finding.strength,
            refutes=finding.refutes,
            product=finding.product,
            objectives=finding.objectives,
            decides=finding.decides,
            target=finding.target,
            scope=finding.scope,
            provider=finding.provider,
            region=finding.region,
            name=finding.name,
            observed_at=finding.observed_at,
            reason=finding.reason,
            gap=finding.gap,
            unread=finding.unread,
            evidence=finding.evidence,
            count=finding.count,
            made_by=finding.made_by,
            source=finding.source,
        ),
    )


def alert(
    finding: Finding,
    index: int,
    message: Message,
    place: msgspec.Raw,
    *,
    full: bool,
    last_seen: str | None = None,
) -> Result:
    """A result for GitHub, which knows no kinds: a failure, or an unknown as a warning.

    Without `full` it holds nothing that names or describes a resource of the assessed systems.
    """
    level = "warning" if finding.verdict == "unknown" else LEVEL[finding.severity]
    if finding.verdict == "fail" and finding.refutes == "never":
        level = "note"
    gap = finding.gap
    shown: dict[str, Any] = {}
    if full:
        shown = {
            "scope": finding.scope or UNSET,
            "region": finding.region,
            "name": finding.name,
            "observed_at": finding.observed_at,
            "evidence": finding.evidence,
            "made_by": finding.made_by,
        }
    return Result(
        ruleId=finding.rule,
        ruleIndex=index,
        kind="fail",
        level=level,
        message=message,
        locations=(Location(place),),
        partialFingerprints={
            IDENTITY: finding.fingerprint,
            LOCATION_HASH: f"{finding.fingerprint}:1",
        },
        properties=Details(
            verdict=finding.verdict,
            severity=finding.severity,
            strength=finding.strength,
            decides=finding.decides,
            provider=finding.provider,
            reason=finding.reason,
            permission=gap.permission if gap is not None else None,
            unread=finding.unread,
            last_seen=last_seen,
            **shown,
        ),
    )
