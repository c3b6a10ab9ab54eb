"""How far a rule can see: which scopes answered for it, and where nothing was seen.

"Nothing found" is told from "never looked" by the ledger alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from scanner.facts import CONTEXT
from scanner.facts.ledger import Gap, LedgerLine
from scanner.snapshot.manifest import Observed, ScopeInfo, SourceInfo, TargetInfo

Possible = Callable[[Mapping[str, Any]], bool]
"""Whether a fact with at least these values could matter to the rule."""


@dataclass(frozen=True)
class Place:
    """One scope, and one of its regions where the source is asked by region."""

    scope: str
    region: str | None


@dataclass(frozen=True)
class Hole:
    """A listing that was not read, or that nobody asked for."""

    place: Place
    target: str
    provider: str
    source: str
    gap: Gap | None


@dataclass
class Reach:
    """The places that a rule is judged at."""

    served: set[str] = field(default_factory=set)
    """Providers that can tell what the rule asks."""
    answered: set[Place] = field(default_factory=set)
    """Places where every listing that concerns the rule answered."""
    holes: list[Hole] = field(default_factory=list)
    targets: dict[str, set[str]] = field(default_factory=dict)
    """scope -> the targets that lead to it."""
    providers: dict[str, set[str]] = field(default_factory=dict)
    """scope -> the providers of those targets."""

    def places(self) -> set[Place]:
        return self.answered | {hole.place for hole in self.holes}


class Ledgers:
    """The snapshot's ledger, arranged for questions."""

    def __init__(self, snapshot: Observed) -> None:
        self._snapshot = snapshot
        self._lines: dict[tuple[str, str, str | None, str], LedgerLine] = {
            (line.target, line.scope, line.region, line.source): line for line in snapshot.ledger
        }
        self._fills: dict[tuple[str, str], list[LedgerLine]] = {}
        for line in snapshot.ledger:
            self._fills.setdefault((line.scope, line.kind), []).append(line)
        self._whole: dict[str, set[str]] = {}
        """kind -> the scopes in which nothing of it can have been missed."""

    def reach(
        self, kind: str, needed: frozenset[str], possible: Possible, providers: tuple[str, ...]
    ) -> Reach:
        """Where a rule over `kind` that looks at the `needed` fields can be judged."""
        reach = Reach()
        found: dict[tuple[str, str | None, str], Hole | None] = {}
        own = needed - set(CONTEXT)
        for target in self._snapshot.targets:
            if providers and target.provider not in providers:
                continue
            sources = self._relevant(target.provider, kind, possible)
            serves = frozenset().union(*(s.fields for s in sources)) if sources else frozenset()
            listing = [s for s in sources if s.lists]
            if not listing or not own <= serves:
                continue
            reach.served.add(target.provider)
            for key, hole in self._ask(target, listing):
                reach.targets.setdefault(key[0], set()).add(target.id)
                reach.providers.setdefault(key[0], set()).add(target.provider)
                if key not in found or (found[key] is not None and hole is None):
                    found[key] = hole
        holes = [hole for _, hole in sorted(found.items(), key=_order) if hole is not None]
        reach.holes = holes
        blind = {hole.place for hole in holes}
        reach.answered = {Place(scope, region) for scope, region, _ in found} - blind
        return reach

    def _relevant(self, provider: str, kind: str, possible: Possible) -> list[SourceInfo]:
        return [
            source
            for source in self._snapshot.providers.get(provider, ())
            if source.kind == kind and possible({**source.always, "provider": provider})
        ]

    def _ask(
        self, target: TargetInfo, listing: list[SourceInfo]
    ) -> Iterator[tuple[tuple[str, str | None, str], Hole | None]]:
        nowhere = ScopeInfo(id=f"unresolved:{target.id}", name=target.id, regions=())
        unseen = (nowhere,) if target.parts or not target.scopes else ()
        for scope in (*target.scopes, *unseen):
            for source in listing:
                regions = scope.regions if source.per == "region" else ()
                for region in regions or (None,):
                    line = self._lines.get((target.id, scope.id, region, source.id))
                    gap = None
                    if line is not None and line.gap is None:
                        hole = None
                    else:
                        gap = self._snapshot.gaps.get(line.gap or "") if line else None
                        hole = Hole(
                            Place(scope.id, region), target.id, target.provider, source.id, gap
                        )
                    yield (scope.id, region, source.id), hole

    def gap_of_field(self, kind: str, scope: str, field_name: str) -> Gap | None:
        """The gap that left a field unread in a scope, where a source of its own was refused."""
        for line in self._fills.get((scope, kind), ()):
            if line.gap is not None and field_name in line.fields:
                return self._snapshot.gaps.get(line.gap)
        return None

    def gap_of_kind(self, kind: str, scope: str) -> Gap | None:
        """A gap of any listing of a kind in a scope."""
        for line in self._fills.get((scope, kind), ()):
            if line.gap is not None:
                return self._snapshot.gaps.get(line.gap)
        return None

    def complete(self, kind: str, scope: str) -> bool:
        """Every listing of a kind that there is answered in a scope."""
        if kind not in self._whole:
            reach = self.reach(kind, frozenset(), lambda known: True, ())
            blind = {hole.place.scope for hole in reach.holes}
            self._whole[kind] = {place.scope for place in reach.answered} - blind
        return scope in self._whole[kind]


def _order(item: tuple[tuple[str, str | None, str], Hole | None]) -> tuple[str, str, str]:
    scope, region, source = item[0]
    return scope, region or "", source
