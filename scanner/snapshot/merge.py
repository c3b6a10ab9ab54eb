"""Several manifests read as one: which read of a thing counts, and what has gone meanwhile."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence, Set
from functools import cache
from itertools import groupby
from operator import itemgetter

import msgspec

from scanner.errors import InputError
from scanner.facts import KINDS, UNSET, Fact
from scanner.facts.ledger import Gap, LedgerLine
from scanner.snapshot.manifest import Manifest, ScopeInfo, SourceInfo, TargetInfo
from scanner.snapshot.streams import combine, key_of

Parts = tuple[tuple[int, int], ...]
Listings = list[tuple[LedgerLine, frozenset[int]]]
"""Listings of one manifest, each with the manifests that repeated it later and to its end."""
_Place = tuple[str, str, str, str]


def _place(line: LedgerLine | Gap) -> _Place:
    """Where one source was asked: target, scope, region, source."""
    return line.target, line.scope, line.region or "", line.source


class Merged:
    """What several manifests say together, in whatever order they come."""

    def __init__(self, manifests: Sequence[Manifest]) -> None:
        self._lines = [{_place(line): line for line in m.ledger} for m in manifests]
        self._asked: dict[_Place, list[int]] = {}
        self._listed: dict[tuple[int, str, str], list[LedgerLine]] = {}
        several = enumerate(self._lines) if len(manifests) > 1 else ()
        for part, lines in several:  # one alone supersedes nothing, and may have 100,000 lines
            for place, line in lines.items():
                self._asked.setdefault(place, []).append(part)
                if line.lists:
                    self._listed.setdefault((part, line.kind, line.scope), []).append(line)
        self.ledger = self._best_lines()
        self.gaps = self._open_gaps(manifests)
        self.targets = _targets(manifests)
        self.providers = _providers(manifests)
        self._repeated = cache(self._listings)

    def _best_lines(self) -> tuple[LedgerLine, ...]:
        best: dict[_Place, LedgerLine] = {}
        for lines in self._lines:
            for place, line in lines.items():
                other = best.get(place)
                if other is None or (other.gap is None, other.at) < (line.gap is None, line.at):
                    best[place] = line
        return tuple(best[place] for place in sorted(best))

    def _open_gaps(self, manifests: Sequence[Manifest]) -> dict[str, Gap]:
        """The gaps that are left: a listing's or fields' until they were read later.

        A listing that was refused after it had once been read counts by what was read then, and is
        a gap all the same.
        """
        best = {_place(line): line for line in self.ledger}
        named = {
            line.gap
            for lines in self._lines
            for place, line in lines.items()
            if line.gap is not None and (line is best[place] or line.at > best[place].at)
        }
        refused: dict[tuple[int, _Place], set[str]] = {}
        for part, manifest in enumerate(manifests):
            for gap in manifest.gaps:
                if gap.reach == "fields":
                    refused.setdefault((part, _place(gap)), set()).update(gap.fields)

        def read_later(part: int, gap: Gap) -> bool:
            place, wanted = _place(gap), set(gap.fields)
            return any(
                wanted.issubset(self._lines[other][place].fields)
                and wanted.isdisjoint(refused.get((other, place), ()))
                for other in self._later(part, place)
            )

        found = {
            gap.id: gap
            for part, manifest in enumerate(manifests)
            for gap in manifest.gaps
            if (gap.id in named if gap.reach == "listing" else not read_later(part, gap))
        }
        return dict(sorted(found.items()))

    def _later(self, part: int, place: _Place) -> list[int]:
        """The manifests in which the same was asked later, and answered to the end."""
        own = self._lines[part].get(place)
        if own is None:
            return []
        asked = ((part, self._lines[part][place]) for part in self._asked.get(place, ()))
        return [part for part, line in asked if line.gap is None and line.at > own.at]

    def _gone(self, part: int, kind: str, fact: Fact, present: Set[int]) -> bool:
        """Whether a later manifest lacks what it would hold, were it still there.

        That is one in which each listing that can have told this one of it was repeated to its end.
        """
        later = [
            again
            for line, again in self._repeated(part, kind, fact.scope)
            if (fact.region is None or line.region in (None, fact.region))
            and all(getattr(fact, name) in (value, UNSET) for name, value in line.always.items())
        ]
        return bool(later) and not frozenset.intersection(*later) <= present

    def _listings(self, part: int, kind: str, scope: str) -> Listings:
        lines = self._listed.get((part, kind, scope), ())
        return [(line, frozenset(self._later(part, _place(line)))) for line in lines]

    def lines(self, streams: Iterable[tuple[int, Iterable[bytes]]], kind: str) -> Iterator[bytes]:
        """Sorted lines of a kind as one sorted stream, without what is gone.

        streams: (number of the manifest, its sorted lines). A fact that a later listing of the
        same place no longer has is gone; one that the later one was not asked for stays.
        """
        decoder = msgspec.json.Decoder(KINDS[kind])
        encoder = msgspec.json.Encoder(order="deterministic")

        def keyed(
            part: int, stream: Iterable[bytes]
        ) -> Iterator[tuple[tuple[str, str], int, bytes]]:
            return ((key_of(line), part, line) for line in stream)

        both = heapq.merge(*(keyed(*stream) for stream in streams), key=itemgetter(0))
        for _, group in groupby(both, key=itemgetter(0)):
            members = [(part, line, decoder.decode(line)) for _, part, line in group]
            present = {part for part, _, _ in members}
            left = [
                (line, fact)
                for part, line, fact in members
                if not self._gone(part, kind, fact, present)
            ]
            if len(left) == 1:
                yield left[0][0]
            elif left:
                yield encoder.encode(self._without_closed(combine([fact for _, fact in left])))

    def _without_closed(self, fact: Fact) -> Fact:
        unread = {name: gap for name, gap in fact.unread.items() if gap in self.gaps}
        return msgspec.structs.replace(fact, unread=unread)


def _providers(manifests: Sequence[Manifest]) -> dict[str, tuple[SourceInfo, ...]]:
    found: dict[str, dict[str, SourceInfo]] = {}
    for manifest in manifests:
        for provider, sources in manifest.providers.items():
            found.setdefault(provider, {}).update((s.id, s) for s in sources)
    return {p: tuple(known[key] for key in sorted(known)) for p, known in found.items()}


def _targets(manifests: Sequence[Manifest]) -> tuple[TargetInfo, ...]:
    found: dict[str, TargetInfo] = {}
    for manifest in manifests:
        for target in manifest.targets:
            other = found.get(target.id)
            if other is not None:
                if other.provider != target.provider:
                    raise InputError(
                        f"target {target.id!r} is {other.provider} in one snapshot and"
                        f" {target.provider} in another; give them different ids"
                    )
                target = msgspec.structs.replace(
                    target,
                    scopes=_scopes((*other.scopes, *target.scopes)),
                    parts=_parts(other.parts, target.parts),
                )
            found[target.id] = target
    return tuple(found[key] for key in sorted(found))


def _parts(one: Parts, other: Parts) -> Parts:
    """The parts of a target that two snapshots hold; empty once they are all of it."""
    if not one or not other:
        return ()
    both = {*one, *other}
    whole = any(all((n, of) in both for n in range(1, of + 1)) for _, of in both)
    return () if whole else tuple(sorted(both))


def _scopes(scopes: Sequence[ScopeInfo]) -> tuple[ScopeInfo, ...]:
    merged_: dict[str, ScopeInfo] = {}
    for scope in scopes:
        other = merged_.get(scope.id)
        if other is not None:
            regions = tuple(sorted({*other.regions, *scope.regions}))
            scope = msgspec.structs.replace(scope, regions=regions)
        merged_[scope.id] = scope
    return tuple(merged_[key] for key in sorted(merged_))
