"""Makes the findings of one rule: of a fact, a set, an unseen listing, an empty scope."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from scanner.evaluate.reach import Hole, Place, Reach
from scanner.evaluate.sets import Count
from scanner.evaluate.wording import missing, value, why
from scanner.facts import UNSET, Fact
from scanner.facts.ledger import NO_SOURCE, NOT_COLLECTED, NOT_DECLARED
from scanner.findings import Finding, Missing, Verdict, fingerprint
from scanner.rules.model import Rule

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Composer:
    """Knows one rule and where it can see; gives finished findings."""

    def __init__(self, rule: Rule, reach: Reach, controls: tuple[str, ...], at: str) -> None:
        self._rule, self._reach, self._at = rule, reach, at
        self._same = {
            "rule": rule.id,
            "practice": rule.practice,
            "objectives": (*rule.decides, *rule.informs),
            "iso": controls,
            "strength": rule.strength,
            "severity": rule.severity,
            "refutes": rule.refutes,
            "product": rule.product,
        }

    def _common(self, *providers: str | None) -> dict[str, Any]:
        """What does not depend on what was found. providers: whose facts the finding rests on."""
        decides = () if set(providers) & set(self._rule.informs_only) else self._rule.decides
        one = providers[0] if len(providers) == 1 else None
        return {**self._same, "decides": decides, "provider": one}

    def _print(self, scope: str, subject: str | None, key: str = "") -> str:
        return fingerprint(self._rule.first_id, scope, subject, key)

    def of_fact(
        self,
        fact: Fact,
        verdict: Verdict,
        context: Mapping[str, Any],
        evidence: Mapping[str, Any],
    ) -> Finding:
        """A pass or a fail of one subject."""
        message = (
            f"{fact.name}: {self._rule.title}" if verdict == "pass" else self._filled(fact, context)
        )
        return Finding(
            **self._common(fact.provider),
            **_place_of(fact),
            verdict=verdict,
            message=message,
            fingerprint=self._print(fact.scope, fact.subject),
            evidence=dict(evidence),
        )

    def unknown_fact(
        self,
        fact: Fact,
        reason: str,
        gap: Missing | None,
        unread: tuple[str, ...],
        evidence: Mapping[str, Any],
    ) -> Finding:
        """A subject that exists and about which something that matters was not read."""
        return Finding(
            **self._common(fact.provider),
            **_place_of(fact),
            verdict="unknown",
            message=f"Could not tell for {fact.name}: {why(reason, gap, unread)}",
            fingerprint=self._print(fact.scope, fact.subject),
            reason=reason,
            gap=gap,
            unread=unread,
            evidence=dict(evidence),
        )

    def _filled(self, fact: Fact, context: Mapping[str, Any]) -> str:
        def fill(match: re.Match[str]) -> str:
            name = match.group(1)
            found = context.get(name, getattr(fact, name, UNSET))
            if found is not UNSET:
                return value(found)
            return "(not stated)" if name in self._rule.params else "(unread)"

        return _PLACEHOLDER.sub(fill, self._rule.message)

    def unseen(self, hole: Hole, regions: tuple[str, ...]) -> Finding:
        """A listing that was not read: its subjects are unknown."""
        reason, gap = hole_words(hole)
        where = f"{hole.place.scope} ({', '.join(regions)})" if regions else hole.place.scope
        return Finding(
            **self._common(hole.provider),
            verdict="unknown",
            subject=None,
            name=hole.place.scope,
            target=hole.target,
            scope=hole.place.scope,
            region=regions[0] if len(regions) == 1 else None,
            message=f"Could not look at {self._rule.fact} in {where}: {why(reason, gap)}",
            fingerprint=self._print(hole.place.scope, None, f"listing:{hole.source}"),
            observed_at=self._at,
            reason=reason,
            gap=gap,
            source=hole.source,
        )

    def not_applicable(
        self, scope: str, skipped: int, last: Fact | None, *, alone: bool
    ) -> Finding:
        """What was seen in a scope and does not concern the rule.

        alone: of the rule nothing else is said there. Beside other verdicts it stays a line, by
        which the assessment sees that a target answered, even where the scope sets aside every
        subject that the rule does concern.
        """
        if alone:
            what = f"{skipped} looked at" if skipped else "none exists"
            message = f"Nothing in {scope} that this rule concerns ({what})"
        else:
            were = "was" if skipped == 1 else "were"
            message = f"{skipped} {were} looked at in {scope} that this rule does not concern"
        return Finding(
            **self._common(*sorted(self._reach.providers.get(scope, ()))),
            verdict="not-applicable",
            subject=None,
            name=scope,
            target=min(self._reach.targets.get(scope, {""})) or None,
            scope=scope,
            region=None,
            message=message,
            fingerprint=self._print(scope, None, "not-applicable"),
            observed_at=last.observed_at if last else self._at,
            count=skipped,
        )

    def undeclared(self, last: Fact, gap: Missing, count: int) -> Finding:
        """All facts of a scope that wait for one statement of the organisation, as one finding."""
        what = f"{last.name}" if count == 1 else f"{count} of {self._rule.fact} in {last.scope}"
        return Finding(
            **self._common(last.provider),
            verdict="unknown",
            subject=None,
            name=last.name if count == 1 else last.scope,
            target=last.target,
            scope=last.scope,
            region=None,
            message=f"Could not tell for {what}: {why(NOT_DECLARED, gap)}",
            fingerprint=self._print(last.scope, None, f"{NOT_DECLARED}:{gap.detail}"),
            observed_at=last.observed_at,
            reason=NOT_DECLARED,
            gap=gap,
            count=count,
        )

    def of_set(
        self,
        place: Place,
        count: Count,
        hole: Hole | None,
        unknown: tuple[str, Missing | None] | None,
        verdict: Verdict,
        at: str | None,
    ) -> Finding:
        """A counting rule's verdict on one account, region, target or the organisation.

        hole: what was not seen of the set. unknown: why its first unknown member is.
        """
        where = f"{place.scope} {place.region}" if place.region else place.scope
        reason, gap = None, None
        if verdict == "unknown":
            reason, gap = hole_words(hole) if hole else unknown or (NOT_COLLECTED, None)
            message = f"Could not tell for {where}: {why(reason, gap)}"
        elif verdict == "pass":
            message = f"{where}: {self._rule.title}"
        else:
            values = {"scope": place.scope, "region": place.region or "", "name": where}
            message = _PLACEHOLDER.sub(lambda m: values.get(m.group(1), "?"), self._rule.message)
        scopes = {p.scope for p in self._reach.places() if self.group(p) == place}
        providers = {p for scope in scopes for p in self._reach.providers.get(scope, ())}
        targets = {t for scope in scopes for t in self._reach.targets.get(scope, ())}
        return Finding(
            **self._common(*sorted(providers)),
            verdict=verdict,
            subject=None,
            name=where,
            target=min(targets) if len(targets) == 1 else None,
            scope=place.scope,
            region=place.region,
            message=message,
            fingerprint=self._print(place.scope, None, f"{self._rule.per}:{place.region or ''}"),
            observed_at=at or self._at,
            reason=reason,
            gap=gap,
            evidence=count.evidence(),
        )

    def group(self, place: Place) -> Place:
        """The set that a place belongs to, by the rule's `per`."""
        per = self._rule.per
        if per == "region":
            return place
        if per == "account":
            return Place(place.scope, None)
        if per == "target":
            return Place("target:" + min(self._reach.targets.get(place.scope, {"?"})), None)
        return Place("organization", None)

    def nobody(self) -> Finding:
        """No target's provider can tell what the rule asks."""
        return Finding(
            **self._common(None),
            verdict="unknown",
            subject=None,
            name=self._rule.title,
            target=None,
            scope="",
            region=None,
            message=f"No target of this scan can tell: {self._rule.title}",
            fingerprint=self._print("", None, NO_SOURCE),
            observed_at=self._at,
            reason=NO_SOURCE,
        )


def hole_words(hole: Hole) -> tuple[str, Missing | None]:
    """The reason and the missing read of a hole."""
    if hole.gap is None:
        return NOT_COLLECTED, Missing(detail=f"{hole.source} was not asked")
    return hole.gap.reason, missing(hole.gap)


def _place_of(fact: Fact) -> dict[str, Any]:
    return {
        "subject": fact.subject,
        "name": fact.name,
        "target": fact.target,
        "scope": fact.scope,
        "region": fact.region,
        "observed_at": fact.observed_at,
        "made_by": fact.made_by if isinstance(fact.made_by, str) else None,
        "source": fact.source,
    }
