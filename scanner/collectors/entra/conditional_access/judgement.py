"""Conditional Access as a set: what the union of a tenant's policies enforces for each account.

A requirement is enforced for an account in a sign-in if some enabled policy applies to both and
refuses one who does not meet it; it is enforced for the account if that holds in every sign-in.
Adding a policy never removes a requirement, so what could not be read gives bounds, not guesses:
the certain policies tell what is enforced at least, the possible ones what is at most.
Source: Entra "Conditional Access policies", "users and groups", "grant controls".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from scanner.collectors.entra.conditional_access.cells import (
    Box,
    TooManyPieces,
    meet,
    uncovered,
    widest_first,
)
from scanner.collectors.entra.conditional_access.cover import Cover, cover_of, transposed
from scanner.collectors.entra.conditional_access.people import WORKLOADS, Directory, People, Person
from scanner.collectors.entra.conditional_access.policy import compile_policy
from scanner.collectors.entra.conditional_access.requirements import (
    BLOCKED,
    LEGACY_BLOCKED,
    MFA,
    MODERN,
    Requirement,
)
from scanner.collectors.entra.conditional_access.security_defaults import ADMINS
from scanner.collectors.entra.conditional_access.selection import Applied, applied
from scanner.collectors.entra.conditional_access.space import Space, space_of

Answer = Literal["yes", "no", "partial", "unknown", "n/a"]

_GAPS_SHOWN = 3
_SESSION = Requirement("session", frozenset(), clients=MODERN)


@dataclass(frozen=True)
class Verdict:
    """Whether a requirement is enforced for one account."""

    answer: Answer
    open: tuple[str, ...] = ()
    """Sign-ins in which it is not (partial)."""
    why: tuple[str, ...] = ()
    """What would have to be known (unknown)."""
    left_out_by: tuple[str, ...] = ()
    """Names of policies that would cover the account, were it not excluded."""
    would_be: Answer | None = None
    """For an account that cannot sign in: what would hold if it could."""


class Judgement:
    """The verdicts of one tenant. Made by `judge`; answers are worked out when asked for."""

    def __init__(
        self,
        directory: Directory,
        policies: Sequence[Mapping[str, Any]],
        locations: Sequence[Mapping[str, Any]] | None,
        strengths: Mapping[str, Mapping[str, Any]] | None,
        security_defaults: bool | None,
        complete: bool,
    ) -> None:
        self.people = People(directory)
        self.directory = directory
        self.defaults, self.complete = security_defaults, complete
        live = sorted(
            (p for p in policies if str(p.get("state")) not in _WITHOUT_EFFECT),
            key=lambda p: str(p.get("id", "")).lower(),
        )
        self.space: Space = space_of(live, locations)
        self.applied: list[Applied] = []
        for raw in live:
            compiled = compile_policy(raw, self.space, strengths, locations)
            if compiled.members or compiled.interval_minutes is not None:
                self.applied.append(applied(raw, compiled, self.people))
        self._boxes: dict[tuple[str, bool, bool], list[list[Box]]] = {}
        self._left_out: dict[str, tuple[list[str], list[int]]] = {}
        self._covers: dict[tuple[str, bool, bool], Cover] = {}
        self._known: dict[Any, tuple[Answer, tuple[str, ...]]] = {}

    @cached_property
    def signatures(self) -> list[tuple[int, int]]:
        """For each account, the policies that certainly and possibly apply, as two masks."""
        return list(
            zip(
                transposed([a.must for a in self.applied], self.people.size),
                transposed([a.may for a in self.applied], self.people.size),
                strict=True,
            )
        )

    @cached_property
    def _default_admins(self) -> int:
        roles = self.directory.roles or {}
        holders: set[str] = set()
        for template in ADMINS:
            holders |= roles.get(template, frozenset())
        return self.people.bits(holders)

    def verdict(self, person_id: str, requirement: Requirement = MFA) -> Verdict:
        """Whether the requirement is enforced for the account. KeyError for an unknown account."""
        n = self.people.index[person_id.lower()]
        person = self.directory.people[n]
        workload = person.kind in WORKLOADS
        if person.kind == "managedIdentity" or (workload and requirement is not BLOCKED):
            return Verdict("n/a")
        found = self._verdict(n, person, requirement)
        if not person.enabled:
            return Verdict("n/a", found.open, found.why, found.left_out_by, found.answer)
        return found

    def _verdict(self, n: int, person: Person, requirement: Requirement) -> Verdict:
        if self.defaults is True and self.applied:
            why = "security defaults and enabled policies, which exclude each other, were both read"
            return Verdict("unknown", why=(why,))
        if self.defaults is True and person.kind not in WORKLOADS:
            return self._by_defaults(n, requirement)
        answer, detail = self._answer(n, requirement, person.entra_home)
        if answer == "yes":
            return Verdict("yes")
        if answer in ("no", "partial") and not self.complete:
            return Verdict("unknown", why=("the list of policies is not complete",))
        if answer in ("no", "partial") and self.defaults is None and not self.applied:
            return Verdict("unknown", why=("security defaults could not be read",))
        if answer == "unknown":
            return Verdict("unknown", why=detail or self._doubts(n))
        if answer == "no" and requirement is MFA and person.per_user_mfa in ("enforced", "enabled"):
            rest = ("trusted addresses", "remembered devices", "app passwords")
            answer, detail = "partial", rest
        return Verdict(answer, detail, left_out_by=self._left_out_by(n, requirement))

    def _by_defaults(self, n: int, requirement: Requirement) -> Verdict:
        if requirement is LEGACY_BLOCKED:
            return Verdict("yes")
        if requirement is not MFA:
            return Verdict("no")
        if self.directory.roles is None:
            return Verdict("unknown", why=("the directory roles could not be read",))
        if self._default_admins >> n & 1:
            return Verdict("yes")
        return Verdict("partial", ("sign-ins that Microsoft does not find risky",))

    def _answer(
        self, n: int, requirement: Requirement, strengths: bool
    ) -> tuple[Answer, tuple[str, ...]]:
        certain = self._cover(requirement, True, strengths)
        possible = self._cover(requirement, False, strengths)
        # Accounts for which the same boxes count are alike, whichever policies those are from.
        key = (requirement.name, strengths, certain.rows[n], possible.rows[n])
        if key not in self._known:
            self._known[key] = self._work_out(requirement, certain.of(n), possible.of(n))
        return self._known[key]

    def _cover(self, requirement: Requirement, certain: bool, strengths: bool) -> Cover:
        key = (requirement.name, certain, strengths)
        if key not in self._covers:
            by_box: dict[Box, int] = {}
            boxes = self._policy_boxes(requirement, certain, strengths)
            for each, found in zip(self.applied, boxes, strict=True):
                who = each.must if certain else each.may
                for box in found:
                    by_box[box] = by_box.get(box, 0) | who
            self._covers[key] = cover_of(by_box, self.people.size)
        return self._covers[key]

    def _work_out(
        self, requirement: Requirement, certain: list[Box], possible: list[Box]
    ) -> tuple[Answer, tuple[str, ...]]:
        space = self.space
        widest = space.target(requirement, certain=False)
        try:
            if not uncovered(widest, certain):
                return "yes", ()
            sure = space.target(requirement, certain=True)
            left = uncovered(sure, possible)
        except TooManyPieces:
            return "unknown", ("the policies overlap in too many ways to tell",)
        if not left:
            return "unknown", ()
        ordinary = space.ordinary(sure)
        if not any(meet(box, ordinary) for box in possible):
            return "no", ()
        return "partial", tuple(space.words(box, sure) for box in left[:_GAPS_SHOWN])

    def _policy_boxes(
        self, requirement: Requirement, certain: bool, strengths: bool
    ) -> list[list[Box]]:
        key = (requirement.name, certain, strengths)
        if key not in self._boxes:
            self._boxes[key] = [
                a.policy.refused(requirement, self.space, certain=certain, strengths=strengths)
                for a in self.applied
            ]
        return self._boxes[key]

    def _doubts(self, n: int) -> tuple[str, ...]:
        must, may = self.signatures[n]
        found: list[str] = []
        for p, each in enumerate(self.applied):
            if may >> p & 1:
                differs = not must >> p & 1
                found += each.doubts if differs else ()
                found += [f"{each.policy.name}: {doubt}" for doubt in each.policy.doubts]
                if "strength:unknown" in each.policy.members:
                    found.append(f"{each.policy.name}: its authentication strength")
        for atoms in self.space.atoms:
            found += sorted(atoms.maybe)
        return tuple(dict.fromkeys(found))[:_GAPS_SHOWN] or ("what the policies apply to",)

    def _left_out_by(self, n: int, requirement: Requirement) -> tuple[str, ...]:
        if requirement.name not in self._left_out:
            ordinary = self.space.ordinary(self.space.target(requirement, certain=True))
            boxes = self._policy_boxes(requirement, True, True)
            wanted = {"block", *requirement.controls}
            asking = [
                each
                for each, found in zip(self.applied, boxes, strict=True)
                if wanted.intersection(each.policy.members)
                and any(meet(box, ordinary) for box in found)
            ]
            columns = [each.included & ~each.must for each in asking]
            rows = transposed(columns, self.people.size)
            self._left_out[requirement.name] = ([a.policy.name for a in asking], rows)
        names, rows = self._left_out[requirement.name]
        row, found_names = rows[n], []
        while row:
            low = row & -row
            found_names.append(names[low.bit_length() - 1])
            row ^= low
        return tuple(sorted(found_names))

    def session_minutes(self, person_id: str) -> int | Literal["unknown"] | None:
        """Minutes after which the account has to sign in again, everywhere; None: no limit."""
        n = self.people.index[person_id.lower()]
        must, may = self.signatures[n]
        if self.defaults is True and not self.applied:
            return None
        least = self._least_interval(must, certain=True)
        most = self._least_interval(may, certain=False)
        if least != most or (least is None and not self.complete):
            return "unknown"
        return least

    def _least_interval(self, mask: int, *, certain: bool) -> int | None:
        timed = [
            (a.policy.interval_minutes, a.policy.must if certain else a.policy.may)
            for n, a in enumerate(self.applied)
            if mask >> n & 1 and a.policy.interval_minutes is not None
        ]
        key = ("session", certain, tuple(sorted((m or 0, b or ()) for m, b in timed)))
        if key not in self._known:
            target = self.space.target(_SESSION, certain=not certain)
            answer: tuple[str, ...] = ()
            for minutes in sorted({m for m, _ in timed if m is not None}):
                boxes = widest_first(b for m, b in timed if b and m is not None and m <= minutes)
                try:
                    if not uncovered(target, boxes):
                        answer = (str(minutes),)
                        break
                except TooManyPieces:
                    break
            self._known[key] = ("yes", answer)
        found = self._known[key][1]
        return int(found[0]) if found else None


_WITHOUT_EFFECT = frozenset({"disabled", "enabledForReportingButNotEnforced"})


def judge(
    directory: Directory,
    policies: Sequence[Mapping[str, Any]],
    *,
    locations: Sequence[Mapping[str, Any]] | None = (),
    strengths: Mapping[str, Mapping[str, Any]] | None = None,
    security_defaults: bool | None = False,
    complete: bool = True,
) -> Judgement:
    """What the policies enforce.

    policies: as Graph's conditionalAccessPolicy; complete: all of them were read. locations: named
    locations; strengths: authentication strengths by id (lower case); either None: not read.
    """
    return Judgement(directory, policies, locations, strengths, security_defaults, complete)
