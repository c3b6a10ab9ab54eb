"""The assessment scope: who claims which asset, and what of CUI leaves the boundary.

Categories are those of 32 CFR 170.19. The organisation writes them as selectors over facts; the
first that matches an asset claims it. What nothing claims stays in scope and is a finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

import msgspec

from scanner.assess.evidence import ASIDE
from scanner.assess.load import read
from scanner.assess.services import Service
from scanner.assess.statements import matches
from scanner.facts import Fact, kind_of
from scanner.findings import Finding

ASSET_KINDS = frozenset(
    {"host", "compute.instance", "device", "storage.store", "backup.vault", "log.store"}
)
"""Facts that are assets: they process, store, transmit or protect. Other facts describe them."""


class Select(msgspec.Struct, frozen=True, kw_only=True):
    """What an asset has to be like: all that is given holds, in a list any one."""

    targets: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    tags: Mapping[str, str] = {}

    @property
    def whole_targets(self) -> bool:
        """It chooses by target, provider or scope alone: it speaks of findings without a fact."""
        return not (self.kinds or self.regions or self.subjects or self.names or self.tags)


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """One group of assets of one category."""

    id: str
    category: str
    select: Select
    reason: str | None = None
    owner: str | None = None
    proposed: bool = False


class Flow(msgspec.Struct, frozen=True, kw_only=True, rename={"source": "from", "sink": "to"}):
    """One flow of data between two places."""

    id: str
    data: str
    source: str
    sink: str
    over: str | None = None
    authorized_by: str | None = None
    note: str | None = None


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """scope.yaml."""

    assets: tuple[Group, ...] = ()
    external_services: tuple[Service, ...] = ()
    flows: tuple[Flow, ...] = ()
    boundary: str | None = None
    without: tuple[str, ...] = ()
    """Classes of target that the scope does not have."""

    @property
    def services(self) -> dict[str, Service]:
        """The external services by id, for Statements."""
        return {s.id: s for s in self.external_services}


class Located(Protocol):
    """The part of a fact or finding that a selector looks at."""

    @property
    def target(self) -> str | None: ...
    @property
    def provider(self) -> str | None: ...
    @property
    def scope(self) -> str: ...


def load(path: Path) -> Scope:
    """scope.yaml, checked. Raises InputError."""
    doc = read(path, "scope")
    value: dict[str, Any] = {k: v for k, v in doc.value.items() if k != "schema"}
    return msgspec.convert(value, Scope)


def _chooses(select: Select, fact: Fact) -> bool:
    tags = fact.tags if isinstance(fact.tags, dict) else {}
    return (
        matches(select.kinds, kind_of(type(fact)))
        and matches(select.regions, fact.region)
        and matches(select.subjects, fact.subject)
        and matches(select.names, fact.name)
        and all(matches((wanted,), tags.get(key)) for key, wanted in select.tags.items())
        and _chooses_place(select, fact)
    )


def _chooses_place(select: Select, where: Located) -> bool:
    return (
        matches(select.targets, where.target)
        and matches(select.providers, where.provider)
        and matches(select.scopes, where.scope)
    )


class Asset(msgspec.Struct, frozen=True):
    """One asset as a scan saw it, with the group that claims it."""

    kind: str
    subject: str
    name: str
    provider: str
    target: str
    scope: str
    region: str | None
    observed_at: str
    group: str | None
    category: str | None


_RANK = {
    "cui-asset": 0,
    "fci-asset": 1,
    "security-protection-asset": 2,
    "contractor-risk-managed-asset": 3,
    "specialized-asset": 4,
    "out-of-scope": 5,
}


class Claims:
    """Which group claims each asset; the placer of evidence.py."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.assets: list[Asset] = []
        self._groups = [g for g in scope.assets if g.proposed is not True]
        self._wide = [g for g in self._groups if g.select.whole_targets]
        self._of_subject: dict[tuple[str, str], str | None] = {}

    def add(self, fact: Fact) -> None:
        """Place one fact."""
        kind = kind_of(type(fact))
        group = next((g for g in self._groups if _chooses(g.select, fact)), None)
        category = group.category if group is not None else None
        key = (fact.scope, fact.subject)
        known = self._of_subject.get(key)
        # several facts may describe one subject: the category that is assessed most stands
        if known is None or (category is not None and _RANK[category] < _RANK[known]):
            self._of_subject[key] = category
        if kind in ASSET_KINDS:
            self.assets.append(
                Asset(
                    kind,
                    fact.subject,
                    fact.name,
                    fact.provider,
                    fact.target,
                    fact.scope,
                    fact.region,
                    fact.observed_at,
                    group.id if group is not None else None,
                    category,
                )
            )

    def category(self, finding: Finding) -> str | None:
        """The category of a finding's subject; of its target where it has no subject."""
        if finding.subject is not None:
            known = self._of_subject.get((finding.scope, finding.subject))
            if known is not None:
                return known
        group = next((g for g in self._wide if _chooses_place(g.select, finding)), None)
        return group.category if group is not None else None

    def in_scope(self, target: str, provider: str, level: int) -> bool:
        """False for a target that is, as a whole, of a category that the level does not assess."""
        for group in self._wide:
            select = group.select
            if select.scopes or not (select.targets or select.providers):
                continue
            if matches(select.targets, target) and matches(select.providers, provider):
                return group.category not in ASIDE[level]
        return True


def claim(facts: Iterable[Fact], scope: Scope) -> Claims:
    """Place every fact of a snapshot."""
    claims = Claims(scope)
    for fact in facts:
        claims.add(fact)
    return claims
