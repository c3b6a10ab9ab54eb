"""The targets that have to answer for an objective; two that see the same accounts count once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from scanner.assess.catalogue import Catalogue


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One configured target, with the classes of objectives that it has to answer for."""

    id: str
    provider: str
    classes: tuple[str, ...] = ()
    in_scope: bool = True
    scopes: tuple[str, ...] = ()
    """The accounts, tenants or machines that it turned out to be; empty: it was not collected."""
    also: tuple[str, ...] = ()
    """Ids of other targets that are the same scopes."""

    @property
    def names(self) -> frozenset[str]:
        """Every id by which a statement may name it."""
        return frozenset((self.id, *self.also))


class Configured(Protocol):
    """A target of cmmc-scan.yaml."""

    @property
    def id(self) -> str: ...
    @property
    def provider(self) -> str: ...


class ScopeSays(Protocol):
    """Whether a level assesses a target (scope.Claims)."""

    def in_scope(self, target: str, provider: str, level: int) -> bool: ...


def targets(
    configured: Iterable[Configured],
    scopes: Mapping[str, Sequence[str]],
    catalogue: Catalogue,
    says: ScopeSays | None = None,
    level: int = 2,
) -> tuple[Target, ...]:
    """The targets of a configuration; one that was never collected has to answer all the same.

    `scopes`: target id -> the scopes that the snapshot found there. `says`: null without a
    scope.yaml: everything is in scope.
    """
    return tuple(
        Target(
            id=each.id,
            provider=each.provider,
            classes=catalogue.classes_of(each.provider),
            in_scope=says is None or says.in_scope(each.id, each.provider, level),
            scopes=tuple(scopes.get(each.id, ())),
        )
        for each in configured
    )


def distinct(given: Sequence[Target]) -> tuple[tuple[Target, ...], dict[str, str]]:
    """Targets with each scope at the first that has it; and scope -> that target's id.

    A target of which every scope belongs to others is folded into the first of those, unless only
    it is in scope.
    """
    owners: dict[str, str] = {}
    kept: dict[str, Target] = {}
    for target in sorted(given, key=lambda t: (not t.in_scope, t.id)):
        mine = [s for s in target.scopes if s not in owners]
        if target.scopes and not mine:
            first = owners[target.scopes[0]]
            also = (*kept[first].also, target.id)
            kept[first] = msgspec.structs.replace(kept[first], also=also)
            continue
        owners.update((s, target.id) for s in mine)
        kept[target.id] = target
    return tuple(kept[name] for name in sorted(kept)), owners
