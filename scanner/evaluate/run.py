"""All rules over a snapshot: findings in order, in memory that does not grow with the facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from scanner.evaluate.compose import Composer
from scanner.evaluate.judge import Judge, Judgement
from scanner.evaluate.lines import Lines
from scanner.evaluate.lookups import Declared, Lookups
from scanner.evaluate.possible import possible
from scanner.evaluate.reach import Hole, Ledgers, Place, Reach
from scanner.evaluate.register import UNSETTLED, certified
from scanner.evaluate.sets import Count
from scanner.evaluate.wording import missing, reading
from scanner.facts import Fact
from scanner.facts.ledger import NOT_COLLECTED, NOT_DECLARED
from scanner.findings import Finding, Missing, encode
from scanner.frameworks import cmvp
from scanner.rules.model import Rule
from scanner.snapshot.manifest import Observed

Params = Mapping[str, Mapping[str, Any]]
"""Rule id -> parameter -> its settled value, UNSET where the organisation has to state it."""


class _Run:
    """One rule on its way through the facts, which come in order of scope and subject."""

    def __init__(
        self,
        judge: Judge,
        reach: Reach,
        composer: Composer,
        world: _World,
        elsewhere: tuple[str, ...],
    ) -> None:
        self.judge, self.rule, self.reach, self._elsewhere = judge, judge.rule, reach, elsewhere
        self._compose, self._world = composer, world
        self.lines = Lines()
        self._open = sorted({place.scope for place in reach.places()})
        self._skipped = self._made = 0
        self._last: Fact | None = None
        self._undeclared: dict[Missing, tuple[Fact, int]] = {}
        self._counts: dict[Place, Count] = {}
        self._at: dict[Place, str] = {}
        self._why: dict[Place, tuple[str, Missing | None]] = {}

    def fact(self, fact: Fact) -> None:
        if fact.provider not in self.reach.served:
            return
        self._close_before(fact.scope)
        self._last = fact
        judgement = self.judge.judge(fact)
        if judgement.verdict == "not-applicable":
            self._skipped += 1
        elif self.rule.expect is not None:
            self._member(fact, judgement)
        elif judgement.verdict == "unknown":
            self._unknown(fact, judgement)
        else:
            evidence = self.judge.evidence(judgement.context)
            verdict, context = judgement.verdict, judgement.context
            self._emit(self._compose.of_fact(fact, verdict, context, evidence))

    def _member(self, fact: Fact, judgement: Judgement) -> None:
        place = self._compose.group(Place(fact.scope, fact.region))
        self._counts.setdefault(place, Count()).add(judgement.verdict, fact.name)
        self._at[place] = max(self._at.get(place, ""), fact.observed_at)
        if judgement.verdict == "unknown" and place not in self._why:
            self._why[place] = self._world.cause(self.judge, fact, judgement)

    def _unknown(self, fact: Fact, judgement: Judgement) -> None:
        reason, gap = self._world.cause(self.judge, fact, judgement)
        if reason == NOT_DECLARED and gap is not None:
            _, count = self._undeclared.get(gap, (fact, 0))
            self._undeclared[gap] = fact, count + 1
            return
        evidence = self.judge.evidence(judgement.context)
        unread = judgement.unread
        self._emit(self._compose.unknown_fact(fact, reason, gap, unread, evidence))

    def _emit(self, finding: Finding) -> None:
        self._made += 1
        self.lines.add(encode(finding))

    def finish(self) -> None:
        """All facts were seen."""
        if not self.reach.served:
            self._emit(self._compose.nobody())
        elif self.rule.expect is None:
            self._close_before(None)
        else:
            self._sets(self.rule.expect.min, self.rule.expect.max)

    def _close_before(self, scope: str | None) -> None:
        """End every scope before this one: what was not seen, not stated, or no concern there."""
        while self._open and (scope is None or self._open[0] < scope):
            ended = self._open.pop(0)
            if self.rule.expect is not None:
                continue
            for hole, regions in _joined(self.reach.holes, ended):
                self._emit(self._compose.unseen(hole, regions))
            for gap, (fact, count) in self._undeclared.items():
                self._emit(self._compose.undeclared(fact, gap, count))
            self._undeclared = {}
            if self._skipped or not self._made:
                alone = not self._made
                self._emit(
                    self._compose.not_applicable(ended, self._skipped, self._last, alone=alone)
                )
            self._skipped = self._made = 0
            self._last = None

    def _sets(self, least: int, most: int | None) -> None:
        blind: dict[Place, Hole] = {}
        for hole in self.reach.holes:
            blind.setdefault(self._compose.group(hole.place), hole)
        for place in self._groups():
            count = self._counts.get(place, Count())
            unseen = blind.get(place) or blind.get(Place(place.scope, None))
            why = self._why.get(place)
            if self.rule.per == "organization" and self._elsewhere and unseen is None:
                count.more = True
                names = ", ".join(self._elsewhere)
                why = why or (NOT_COLLECTED, Missing(detail=f"not scanned: {names}"))
            else:
                count.more = unseen is not None
            verdict, at = count.verdict(least, most), self._at.get(place)
            self._emit(self._compose.of_set(place, count, unseen, why, verdict, at))

    def _groups(self) -> list[Place]:
        """The sets to judge. A scope that has regions is no set of its own beside them."""
        groups = {self._compose.group(p) for p in self.reach.places()} | set(self._counts)
        divided = {place.scope for place in groups if place.region is not None}
        kept = [p for p in groups if p.region is not None or p.scope not in divided]
        return sorted(kept, key=lambda place: (place.scope, place.region or ""))


class _World:
    """The snapshot's gaps and the organisation's declarations, asked for causes."""

    def __init__(self, snapshot: Observed, ledgers: Ledgers, lookups: Lookups) -> None:
        self._snapshot, self._ledgers, self._lookups = snapshot, ledgers, lookups

    def cause(self, judge: Judge, fact: Fact, judgement: Judgement) -> tuple[str, Missing | None]:
        """Why a verdict is unknown: the reading settles nothing, a gap, or what is not stated."""
        rule, unread = judge.rule, judgement.unread
        if judgement.open:
            return UNSETTLED, Missing(detail=reading(judgement.open, judgement.context))
        for name in unread:
            look = rule.lookup_of(name)
            field = look.on if look is not None else name
            if fact.unread.get(field) == UNSETTLED:
                note = getattr(fact, "certificate_note", "")
                return UNSETTLED, Missing(detail=note)
            gap = self._snapshot.gaps.get(fact.unread.get(field, ""))
            if gap is None and field in judge.own:
                gap = self._ledgers.gap_of_field(rule.fact, fact.scope, field)
            if gap is None and look is not None and look.fact is not None:
                gap = self._ledgers.gap_of_kind(look.fact, fact.scope)
            if gap is not None:
                return gap.reason, missing(gap)
        for name in unread:
            if name in rule.params:
                return NOT_DECLARED, Missing(detail=f"params: {rule.id}: {name}")
            look = rule.lookup_of(name)
            if look is not None and look.declaration is not None:
                if self._lookups.states(look.declaration):
                    told = " or ".join(look.fits.values())
                    words = f"its {told} cannot be compared with declarations: {look.declaration}"
                    return UNSETTLED, Missing(detail=words)
                return NOT_DECLARED, Missing(detail=f"declarations: {look.declaration}")
        return NOT_COLLECTED, Missing(detail="no read of this scan tells it")


def evaluate(
    snapshot: Observed,
    rules: Sequence[Rule],
    *,
    params: Params,
    declared: Declared,
    controls: Callable[[Rule], tuple[str, ...]],
    as_of: str,
    register: cmvp.Register | None = None,
    elsewhere: Mapping[str, str] | None = None,
) -> Iterator[bytes]:
    """Judge a snapshot: encoded findings sorted by rule, scope and subject.

    controls: the ISO controls of a rule. as_of: the day (YYYY-MM-DD) at which certificates are
    judged, by the register (default: the shipped one). elsewhere: target -> provider of
    what belongs to the organisation and is not in the snapshot. Raises RuleDefect.
    """
    ledgers = Ledgers(snapshot)
    lookups = Lookups(snapshot, ledgers, declared)
    world = _World(snapshot, ledgers, lookups)
    runs: list[_Run] = []
    by_kind: dict[str, list[_Run]] = {}
    for rule in sorted(rules, key=lambda r: r.id):
        judge = Judge(rule, params.get(rule.id, {}), lookups)
        reach = ledgers.reach(rule.fact, judge.own, possible(rule), rule.providers)
        composer = Composer(rule, reach, controls(rule), snapshot.finished_at)
        away = [t for t, p in (elsewhere or {}).items() if p in (rule.providers or (p,))]
        run = _Run(judge, reach, composer, world, tuple(sorted(away)))
        runs.append(run)
        by_kind.setdefault(rule.fact, []).append(run)
    lookups.load()
    for kind in sorted(by_kind):
        for fact in certified(snapshot.facts(kind), as_of, register):
            for run in by_kind[kind]:
                run.fact(fact)
    for run in runs:
        run.finish()
    for run in runs:
        yield from run.lines


def _joined(holes: Sequence[Hole], scope: str) -> Iterator[tuple[Hole, tuple[str, ...]]]:
    """The holes of a scope, one for each source, with the regions that they cover."""
    groups: dict[str, list[Hole]] = {}
    for hole in holes:
        if hole.place.scope == scope:
            groups.setdefault(hole.source, []).append(hole)
    for group in groups.values():
        yield group[0], tuple(sorted(h.place.region for h in group if h.place.region))
