"""A snapshot that only exists in memory: for in-rule tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scanner.facts import Fact, kind_of
from scanner.facts.ledger import Gap, LedgerLine
from scanner.snapshot.manifest import SourceInfo, TargetInfo

AT = "2026-01-01T00:00:00Z"


@dataclass(frozen=True)
class MemorySnapshot:
    """What evaluation asks of a snapshot, over facts given as a list."""

    targets: tuple[TargetInfo, ...]
    providers: dict[str, tuple[SourceInfo, ...]]
    ledger: tuple[LedgerLine, ...]
    gaps: dict[str, Gap]
    held: Sequence[Fact]
    finished_at: str = AT

    def facts(self, kind: str) -> Iterator[Fact]:
        """The facts of a kind, in order of (scope, subject)."""
        found = [fact for fact in self.held if kind_of(type(fact)) == kind]
        return iter(sorted(found, key=lambda fact: (fact.scope, fact.subject)))
