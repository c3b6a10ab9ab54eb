"""All rules over a snapshot: findings in order, in memory that does not grow with the facts."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import msgspec

from scanner.evaluate.judge import Judge, Judgement
from scanner.evaluate.lookups import Declared, Lookups
from scanner.evaluate.reach import Hole, Ledgers, Place, Reach
from scanner.evaluate.register import certify
from scanner.evaluate.sets import Count
from scanner.facts import Fact
from scanner.facts.ledger import NO_SOURCE, NOT_COLLECTED, NOT_DECLARED, Gap
from scanner.findings import Finding, Missing, encode, fingerprint
from scanner.rules.engine import UNKNOWN
from scanner.rules.model import Rule
from scanner.snapshot.read import Snapshot

_SPILL_BYTES = 256 * 1024
Params = Mapping[str, Mapping[str, Any]]
"""Rule id -> parameter -> its settled value, UNSET where the organisation has to state it."""


class Tally(msgspec.Struct):
    """How many findings of each verdict were made."""

    counts: dict[str, int] = {}

    def add(self, verdict: str) -> None:
        self.counts[verdict] = self.counts.get(verdict, 0) + 1


class _RuleRun:
    """One rule on its way through the facts; its findings go to a file once they are many."""

    def __init__(
        self,
        judge: Judge,
        reach: Reach,
        snapshot: Snapshot,
        ledgers: Ledgers,
        lookups: Lookups,
        controls: tuple[str, ...],
        tally: Tally,
    ) -> None:
        self.judge, self.rule, self.reach = judge, judge.rule, reach
        self._snapshot, self._ledgers, self._lookups = snapshot, ledgers, lookups
        self._controls, self._tally = controls, tally
        self._lines: list[bytes] = []
        self._size = 0
        self._file: IO[bytes] | None = None
        self._scope: str | None = None
        self._skipped = 0
        self._made = 0
        self._last: Fact | None = None
        self._counts: dict[Place, Count] = {}
        self._members: dict[Place, list[str]] = {}
        self._at: dict[Place, str] = {}
        holes: dict[str, list[Hole]] = {}
        for hole in reach.holes:
            holes.setdefault(hole.place.scope, []).append(hole)
        self._holes = holes
        self._pending = sorted({place.scope for place in reach.places()})

    # Facts

    def fact(self, fact: Fact) -> None:
        if fact.provider not in self.reach.served:
            return
        self._advance(fact.scope)
        judgement = self.judge.judge(fact)
        self._last = fact
        if self.rule.expect is not None:
            self._count(fact, judgement)
        elif judgement.verdict == "not-applicable":
            self._skipped += 1
        else:
            self._emit(self._finding(fact, judgement))

    def _count(self, fact: Fact, judgement: Judgement) -> None:
        place = self._group(Place(fact.scope, fact.region))
        count = self._counts.setdefault(place, Count())
        self._at[place] = max(self._at.get(place, ""), fact.observed_at)
        if judgement.verdict == "pass":
            count.satisfied += 1
            self._member(place, fact)
        elif judgement.verdict == "unknown":
            count.unknown += 1
        elif judgement.verdict == "fail":
            count.failed += 1

    def _member(self, place: Place, fact: Fact) -> None:
        names = self._members.setdefault(place, [])
        if len(names) < 5:
            names.append(fact.name)

    def _group(self, place: Place) -> Place:
        per = self.rule.per
        if per == "region":
            return place
        if per == "account":
            return Place(place.scope, None)
        if per == "target":
            return Place("target:" + min(self.reach.targets.get(place.scope, {"?"})), None)
        return Place("organization", None)

    def _finding(self, fact: Fact, judgement: Judgement) -> Finding:
        rule = self.rule
        reason, missing, unread = None, None, ()
        message = self.judge.message(fact, judgement.context)
        if judgement.verdict == "unknown":
            reason, missing, unread = self._why(fact, judgement)
            message = f"Could not tell for {fact.name}: {_why_words(reason, missing, unread)}"
        elif judgement.verdict == "pass":
            message = f"{fact.name}: {rule.title}"
        self._made += 1
        made_by = fact.made_by if isinstance(fact.made_by, str) else None
        return Finding(
            **self._common(fact.provider),
            verdict=judgement.verdict,
            subject=fact.subject,
            name=fact.name,
            target=fact.target,
            scope=fact.scope,
            provider=fact.provider,
            region=fact.region,
            message=message,
            fingerprint=fingerprint(rule.first_id, fact.scope, fact.subject),
            observed_at=fact.observed_at,
            reason=reason,
            gap=missing,
            unread=unread,
            evidence=self.judge.evidence(judgement.context),
            made_by=made_by,
            source=fact.source,
        )

    def _why(self, fact: Fact, judgement: Judgement) -> tuple[str, Missing | None, tuple[str, ...]]:
        unread = judgement.unread
        for name in unread:
            gap = self._snapshot.gaps.get(fact.unread.get(name, ""))
            if gap is None and name in self.judge.own:
                gap = self._ledgers.gap_of_field(self.rule.fact, fact.scope, name)
            if gap is not None:
                return gap.reason, _missing(gap), unread
        for name in unread:
            if name in self.rule.params:
                detail = f"params: {self.rule.id}: {name}"
                return NOT_DECLARED, Missing(detail=f"state it in {detail}"), unread
            look = self.rule.lookup_of(name)
            if (
                look is not None
                and look.declaration
                and not self._lookups.is_declared(look.declaration)
            ):
                detail = f"declare {look.declaration} in the declarations file"
                return NOT_DECLARED, Missing(detail=detail), unread
        return NOT_COLLECTED, Missing(detail="no read of this scan tells it"), unread

    # Scopes

    def _advance(self, scope: str | None) -> None:
        """Close every scope before this one: its holes and its not-applicable line."""
        while self._pending and (scope is None or self._pending[0] < scope):
            self._close(self._pending.pop(0))
        if scope is not None and self._pending and self._pending[0] == scope:
            self._scope = scope

    def _close(self, scope: str) -> None:
        if self.rule.expect is not None:
            return
        for hole, regions in _joined(self._holes.get(scope, [])):
            self._emit(self._unseen(hole, regions))
            self._made += 1
        if self._skipped or not self._made:
            self._emit(self._not_applicable(scope))
        self._skipped = self._made = 0
        self._last = None

    def _not_applicable(self, scope: str) -> Finding:
        rule = self.rule
        what = f"{self._skipped} looked at" if self._skipped else "none exists"
        at = self._last.observed_at if self._last else self._snapshot.finished_at
        provider = scope.split(":", 1)[0]
        return Finding(
            **self._common(provider),
            verdict="not-applicable",
            subject=None,
            name=scope,
            target=min(self.reach.targets.get(scope, {""})) or None,
            scope=scope,
            provider=provider,
            region=None,
            message=f"Nothing in {scope} that this rule concerns ({what})",
            fingerprint=fingerprint(rule.first_id, scope, None, "not-applicable"),
            observed_at=at,
            count=self._skipped,
        )

    def _unseen(self, hole: Hole, regions: tuple[str, ...]) -> Finding:
        rule = self.rule
        reason, missing = _hole_words(hole)
        where = f" ({', '.join(regions)})" if regions else ""
        message = (
            f"Could not look at {rule.fact} in {hole.place.scope}{where}:"
            f" {_why_words(reason, missing, ())}"
        )
        return Finding(
            **self._common(hole.provider),
            verdict="unknown",
            subject=None,
            name=hole.place.scope,
            target=hole.target,
            scope=hole.place.scope,
            provider=hole.provider,
            region=regions[0] if len(regions) == 1 else None,
            message=message,
            fingerprint=fingerprint(
                rule.first_id, hole.place.scope, None, f"listing:{hole.source}"
            ),
            observed_at=self._snapshot.finished_at,
            reason=reason,
            gap=missing,
            source=hole.source,
        )

    # Sets

    def _sets(self) -> None:
        expect = self.rule.expect
        assert expect is not None
        blind: dict[Place, Hole] = {}
        for hole in self.reach.holes:
            blind.setdefault(self._group(hole.place), hole)
        groups = {self._group(p) for p in self.reach.places()} | set(self._counts)
        for place in sorted(groups, key=lambda p: (p.scope, p.region or "")):
            hole = blind.get(place)
            count = self._counts.get(place, Count())
            count.more = hole is not None
            self._emit(self._set_finding(place, count, hole, expect.min, expect.max))

    def _set_finding(
        self, place: Place, count: Count, hole: Hole | None, least: int, most: int | None
    ) -> Finding:
        rule = self.rule
        verdict = count.verdict(least, most)
        where = place.scope + (f" {place.region}" if place.region else "")
        reason, missing = None, None
        if verdict == "unknown":
            reason, missing = _hole_words(hole) if hole else (NOT_COLLECTED, None)
            message = f"Could not tell for {where}: {_why_words(reason, missing, ())}"
        elif verdict == "pass":
            message = f"{where}: {rule.title}"
        else:
            values = {"scope": place.scope, "region": place.region or "", "name": where}
            message = _fill(rule.message, values)
        provider = place.scope.split(":", 1)[0]
        known = provider in self.reach.served
        scopes = {p.scope for p in self.reach.places() if self._group(p) == place}
        targets = sorted({t for scope in scopes for t in self.reach.targets.get(scope, ())})
        return Finding(
            **self._common(provider if known else None),
            verdict=verdict,
            subject=None,
            name=where,
            target=targets[0] if len(targets) == 1 else None,
            scope=place.scope,
            provider=provider if known else None,
            region=place.region,
            message=message,
            fingerprint=fingerprint(
                rule.first_id, place.scope, None, f"{rule.per}:{place.region or ''}"
            ),
            observed_at=self._at.get(place, self._snapshot.finished_at),
            reason=reason,
            gap=missing,
            evidence={
                "satisfied": count.satisfied,
                "unknown": count.unknown,
                "not_satisfied": count.failed,
                **({"examples": self._members[place]} if place in self._members else {}),
            },
        )

    # Lines

    def _common(self, provider: str | None) -> dict[str, Any]:
        rule = self.rule
        decides = () if provider in rule.informs_only else tuple(rule.decides)
        return {
            "rule": rule.id,
            "practice": rule.practice,
            "objectives": (*rule.decides, *rule.informs),
            "decides": decides,
            "iso": self._controls,
            "strength": rule.strength,
            "severity": rule.severity,
            "refutes": rule.refutes,
            "product": rule.product,
        }

    def _emit(self, finding: Finding) -> None:
        self._tally.add(finding.verdict)
        line = encode(finding)
        self._lines.append(line)
        self._size += len(line)
        if self._size > _SPILL_BYTES:
            if self._file is None:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `lines`
            self._file.writelines(each + b"\n" for each in self._lines)
            self._lines, self._size = [], 0

    def finish(self) -> None:
        """All facts were seen."""
        if not self.reach.served:
            self._emit(self._nobody())
            return
        self._advance(None)
        if self.rule.expect is not None:
            self._sets()

    def _nobody(self) -> Finding:
        rule = self.rule
        return Finding(
            **self._common(None),
            verdict="unknown",
            subject=None,
            name=rule.title,
            target=None,
            scope="",
            provider=None,
            region=None,
            message=f"No target of this scan can tell: {rule.title}",
            fingerprint=fingerprint(rule.first_id, "", None, NO_SOURCE),
            observed_at=self._snapshot.finished_at,
            reason=NO_SOURCE,
        )

    def lines(self) -> Iterator[bytes]:
        """The encoded findings, in order; can be read once."""
        if self._file is not None:
            self._file.seek(0)
            for line in self._file:
                yield line[:-1]
            self._file.close()
        yield from self._lines


def evaluate(
    snapshot: Snapshot,
    rules: Sequence[Rule],
    *,
    params: Params,
    declared: Declared,
    controls: Callable[[Rule], tuple[str, ...]],
    as_of: str,
) -> tuple[Iterator[bytes], Tally]:
    """Judge a snapshot: encoded findings sorted by rule, scope and subject, and their tally.

    controls: the ISO controls of a rule. as_of: the day (YYYY-MM-DD) at which certificates are
    judged. Raises RuleDefect. The tally is complete once this returns.
    """
    ledgers = Ledgers(snapshot)
    lookups = Lookups(snapshot, ledgers, declared)
    tally = Tally()
    runs: list[_RuleRun] = []
    by_kind: dict[str, list[_RuleRun]] = {}
    for rule in sorted(rules, key=lambda r: r.id):
        judge = Judge(rule, params.get(rule.id, {}), lookups)
        reach = ledgers.reach(rule.fact, judge.own, possible(rule), tuple(rule.providers))
        run = _RuleRun(judge, reach, snapshot, ledgers, lookups, controls(rule), tally)
        runs.append(run)
        by_kind.setdefault(rule.fact, []).append(run)
    lookups.load()
    for kind in sorted(by_kind):
        for fact in certify(snapshot.facts(kind), kind, as_of):
            for run in by_kind[kind]:
                run.fact(fact)
    for run in runs:
        run.finish()
    return (line for run in runs for line in run.lines()), tally


def possible(rule: Rule) -> Callable[[Mapping[str, Any]], bool]:
    """Whether a fact with (at least) some values could concern the rule."""

    def check(known: Mapping[str, Any]) -> bool:
        if rule.providers and known.get("provider") not in rule.providers:
            return False
        return rule.when is None or rule.when.evaluate(known) is not False

    return check


def _joined(holes: Sequence[Hole]) -> Iterator[tuple[Hole, tuple[str, ...]]]:
    groups: dict[tuple[str, str | None], list[Hole]] = {}
    for hole in holes:
        reason = hole.gap.reason if hole.gap else None
        groups.setdefault((hole.source, reason), []).append(hole)
    for group in groups.values():
        yield group[0], tuple(sorted(h.place.region for h in group if h.place.region))


def _hole_words(hole: Hole) -> tuple[str, Missing | None]:
    if hole.gap is None:
        return NOT_COLLECTED, Missing(detail=f"{hole.source} was not asked")
    return hole.gap.reason, _missing(hole.gap)


def _missing(gap: Gap) -> Missing:
    return Missing(id=gap.id, operation=gap.operation, permission=gap.permission, detail=gap.detail)


_REASONS = {
    "denied": "access was denied",
    "unlicensed": "the licence for it is missing",
    "not-in-this-cloud": "this cloud does not offer it",
    "not-supported": "this system cannot tell it",
    "throttled": "the service kept throttling",
    "timeout": "the read took too long",
    "truncated": "the listing broke off",
    "unreachable": "the service did not answer",
    "credentials": "the credentials are missing, wrong or expired",
    "broken": "the answer made no sense",
    "interrupted": "the scan was stopped",
    NOT_COLLECTED: "it was not collected",
    NOT_DECLARED: "the organisation has not stated what to compare with",
    NO_SOURCE: "no target can tell",
}


def _why_words(reason: str, missing: Missing | None, unread: tuple[str, ...]) -> str:
    words = _REASONS.get(reason, reason)
    if missing is not None and missing.permission:
        words += f"; it takes {missing.permission}"
    elif missing is not None and missing.detail:
        words += f" ({missing.detail})"
    if unread:
        words += f"; unread: {', '.join(unread)}"
    return words


def _fill(template: str, values: Mapping[str, str]) -> str:
    for key, value in values.items():
        template = template.replace("{" + key + "}", value)
    return template


def write_findings(path: Path, lines: Iterator[bytes]) -> int:
    """Write findings.jsonl; returns the number of lines."""
    from scanner.findings import write

    return write(path, lines)


__all__ = ["UNKNOWN", "Tally", "evaluate", "possible", "write_findings"]
