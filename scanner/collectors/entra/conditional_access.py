"""Conditional Access as a set: what the union of a tenant's policies enforces for each account.

A requirement is enforced for an account in a sign-in if some enabled policy applies to both and
refuses one who does not meet it; it is enforced for the account if that holds in every sign-in.
Adding a policy never removes a requirement, so what could not be read gives bounds, not guesses:
the certain policies tell what is enforced at least, the possible ones what is at most.
Source: Entra "Conditional Access policies", "users and groups", "grant controls".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from scanner.collectors.entra.ca_cells import (
    Box,
    TooManyPieces,
    contains,
    meet,
    uncovered,
    widest_first,
)
from scanner.collectors.entra.ca_policy import (
    BLOCKED,
    COMPLIANT_DEVICE,
    LEGACY_BLOCKED,
    MANAGED_DEVICE,
    MFA,
    MODERN,
    PHISHING_RESISTANT,
    RISKY_SIGN_IN,
    RISKY_USER,
    TERMS,
    Compiled,
    Requirement,
    Space,
    compile_policy,
    space_of,
)

Kind = Literal[
    "member",
    "unknown",
    "b2bCollaborationMember",
    "b2bCollaborationGuest",
    "internalGuest",
    "otherExternalUser",
    "servicePrincipal",
    "managedIdentity",
]
Answer = Literal["yes", "no", "partial", "unknown", "n/a"]

_GUESTS = ("b2bCollaborationMember", "b2bCollaborationGuest", "internalGuest", "otherExternalUser")
_ANY_GUEST = "GuestsOrExternalUsers"
_WORKLOADS = ("servicePrincipal", "managedIdentity")
_GAPS_SHOWN = 3
_SESSION = Requirement("session", frozenset(), clients=MODERN)

DEFAULTS_ADMINS = frozenset(
    {
        "62e90394-69f5-4237-9190-012177145e10",
        "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
        "c4e39bd9-1100-46d3-8c65-fb160da0071f",
        "0526716b-113d-4c15-b2c8-68e3c22b9f80",
        "b0f54661-2d74-4c50-afa3-1ec803f12efe",
        "158c047a-c907-4556-b7ef-446551a6b5f7",
        "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9",
        "29232cdf-9323-42fd-ade2-1d097af3e4de",
        "729827e3-9c14-49f7-bb1b-9608f156bbb8",
        "966707d0-3269-4727-9be2-8c3a10f19b9d",
        "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
        "e8611ab8-c189-46e8-94e1-60213ab1f814",
        "194ae4cb-b126-40b2-bd5b-6091b380977d",
        "f28a1f50-f6e7-4571-818b-6a12f2af6b6c",
        "fe930be7-5e62-47db-91af-98c3a49a38b1",
    }
)
"""Templates of the roles that security defaults ask for a second factor at every sign-in."""


@dataclass(frozen=True)
class Person:
    """One account that policies may name."""

    id: str
    kind: Kind = "member"
    entra_home: bool = True
    """Signs in at an Entra tenant; authentication strengths do not bind other guests."""
    enabled: bool = True
    home_tenant: str | None = None
    """The guest's own tenant, where it is known."""
    per_user_mfa: str | None = None
    """The old setting: disabled, enabled or enforced; None: not read."""


@dataclass(frozen=True)
class Directory:
    """The accounts, and what groups and roles they are in."""

    people: Sequence[Person]
    groups: Mapping[str, frozenset[str] | None] = field(default_factory=dict)
    """Group -> its accounts, nested groups included; None or absent: not read."""
    memberships: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Accounts whose own complete list of groups was read."""
    roles: Mapping[str, frozenset[str]] | None = None
    """Built-in role's template -> accounts that hold it actively, tenant-wide; None: not read."""


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


def closed(
    users: Mapping[str, Iterable[str]], groups: Mapping[str, Iterable[str]]
) -> dict[str, frozenset[str]]:
    """Members of every group, those of nested groups included. Cycles end."""
    found = {group: set(members) for group, members in users.items()}
    for group in groups:
        found.setdefault(group, set())
    changed = True
    while changed:
        changed = False
        for group, inner in groups.items():
            before = len(found[group])
            for one in inner:
                found[group] |= found.get(one, set())
            changed = changed or len(found[group]) != before
    return {group: frozenset(members) for group, members in found.items()}


class _People:
    """Accounts as bits."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self.index = {person.id.lower(): n for n, person in enumerate(directory.people)}
        self.size = len(directory.people)
        self.users = self._where(lambda p: p.kind not in _WORKLOADS)
        self.kinds = {kind: self._where(lambda p, k=kind: p.kind == k) for kind in _GUESTS}
        self.unknown = self._where(lambda p: p.kind == "unknown")
        self._memberships: dict[str, int] = {}
        self._groups: dict[str, tuple[int, int]] = {}

    def bits(self, ids: Iterable[str]) -> int:
        raw = bytearray(self.size // 8 + 1)
        index = self.index
        for one in ids:
            n = index.get(one.lower())
            if n is not None:
                raw[n >> 3] |= 1 << (n & 7)
        return int.from_bytes(raw, "little")

    def _where(self, test: Callable[..., bool]) -> int:
        return self.bits(p.id for p in self.directory.people if test(p))

    def group(self, group: str) -> tuple[int, int]:
        """The accounts that are certainly, and possibly, in the group."""
        key = group.lower()
        if key not in self._groups:
            members = self.directory.groups.get(key)
            if members is not None:
                found = self.bits(members)
                self._groups[key] = (found, found)
            else:
                known = self.directory.memberships
                inside = self.bits(one for one, groups in known.items() if key in groups)
                outside = self.bits(one for one, groups in known.items() if key not in groups)
                self._groups[key] = (inside, self.users & ~outside)
        return self._groups[key]


@dataclass(frozen=True)
class _Applied:
    """A policy with the accounts that it certainly and possibly applies to."""

    policy: Compiled
    must: int
    may: int
    included: int
    doubts: tuple[str, ...]


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
        self.people = _People(directory)
        self.directory = directory
        self.defaults, self.complete = security_defaults, complete
        live = sorted(
            (p for p in policies if str(p.get("state")) not in _WITHOUT_EFFECT),
            key=lambda p: str(p.get("id", "")).lower(),
        )
        self.space: Space = space_of(live, locations)
        self.applied: list[_Applied] = []
        for raw in live:
            compiled = compile_policy(raw, self.space, strengths, locations)
            if compiled.members or compiled.interval_minutes is not None:
                self.applied.append(_apply(raw, compiled, self.people))
        self._boxes: dict[tuple[str, bool, bool], list[list[Box]]] = {}
        self._left_out: dict[str, tuple[list[str], list[int]]] = {}
        self._covers: dict[tuple[str, bool, bool], _Cover] = {}
        self._known: dict[Any, tuple[Answer, tuple[str, ...]]] = {}

    @cached_property
    def signatures(self) -> list[tuple[int, int]]:
        """For each account, the policies that certainly and possibly apply, as two masks."""
        return list(
            zip(
                _transposed([a.must for a in self.applied], self.people.size),
                _transposed([a.may for a in self.applied], self.people.size),
                strict=True,
            )
        )

    @cached_property
    def _default_admins(self) -> int:
        roles = self.directory.roles or {}
        holders: set[str] = set()
        for template in DEFAULTS_ADMINS:
            holders |= roles.get(template, frozenset())
        return self.people.bits(holders)

    def verdict(self, person_id: str, requirement: Requirement = MFA) -> Verdict:
        """Whether the requirement is enforced for the account. KeyError for an unknown account."""
        n = self.people.index[person_id.lower()]
        person = self.directory.people[n]
        workload = person.kind in _WORKLOADS
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
        if self.defaults is True and person.kind not in _WORKLOADS:
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

    def _cover(self, requirement: Requirement, certain: bool, strengths: bool) -> _Cover:
        key = (requirement.name, certain, strengths)
        if key not in self._covers:
            by_box: dict[Box, int] = {}
            boxes = self._policy_boxes(requirement, certain, strengths)
            for applied, found in zip(self.applied, boxes, strict=True):
                who = applied.must if certain else applied.may
                for box in found:
                    by_box[box] = by_box.get(box, 0) | who
            self._covers[key] = _cover_of(by_box, self.people.size)
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
        for p, applied in enumerate(self.applied):
            if may >> p & 1:
                differs = not must >> p & 1
                found += applied.doubts if differs else ()
                found += [f"{applied.policy.name}: {doubt}" for doubt in applied.policy.doubts]
                if "strength:unknown" in applied.policy.members:
                    found.append(f"{applied.policy.name}: its authentication strength")
        for atoms in self.space.atoms:
            found += sorted(atoms.maybe)
        return tuple(dict.fromkeys(found))[:_GAPS_SHOWN] or ("what the policies apply to",)

    def _left_out_by(self, n: int, requirement: Requirement) -> tuple[str, ...]:
        if requirement.name not in self._left_out:
            ordinary = self.space.ordinary(self.space.target(requirement, certain=True))
            boxes = self._policy_boxes(requirement, True, True)
            wanted = {"block", *requirement.controls}
            asking = [
                applied
                for applied, found in zip(self.applied, boxes, strict=True)
                if wanted.intersection(applied.policy.members)
                and any(meet(box, ordinary) for box in found)
            ]
            columns = [applied.included & ~applied.must for applied in asking]
            rows = _transposed(columns, self.people.size)
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


@dataclass(frozen=True)
class _Cover:
    """Distinct boxes, and for each account the mask of those that count for it."""

    boxes: list[Box]
    rows: list[int]

    def of(self, n: int) -> list[Box]:
        row = self.rows[n]
        return [box for b, box in enumerate(self.boxes) if row >> b & 1]


def _cover_of(by_box: Mapping[Box, int], size: int) -> _Cover:
    """Boxes with the accounts that they count for; none counts beside one that holds it."""
    boxes = sorted(by_box, key=lambda b: (-sum(m.bit_count() for m in b), b))
    columns: list[int] = []
    for n, box in enumerate(boxes):
        who = by_box[box]
        for wider, others in zip(boxes[:n], columns, strict=True):
            if who and others & who and contains(wider, box):
                who &= ~others
        columns.append(who)
    kept = [(box, who) for box, who in zip(boxes, columns, strict=True) if who]
    return _Cover([box for box, _ in kept], _transposed([who for _, who in kept], size))


def _transposed(columns: list[int], size: int) -> list[int]:
    """For each of `size` accounts, which columns have its bit, as a mask with column 0 lowest."""
    if not columns:
        return [0] * size
    if size == 0:
        return []
    texts = [format(column, f"0{size}b")[-size:] for column in reversed(columns)]
    rows = [int("".join(row), 2) for row in zip(*texts, strict=True)]
    rows.reverse()
    return rows


def _apply(raw: Mapping[str, Any], policy: Compiled, people: _People) -> _Applied:
    conditions = raw.get("conditions")
    conditions = conditions if isinstance(conditions, Mapping) else {}
    users = conditions.get("users")
    workloads = conditions.get("clientApplications")
    selected = _Selection(people)
    if isinstance(workloads, Mapping) and any(workloads.values()):
        selected.workloads(workloads)
    if isinstance(users, Mapping):
        selected.users(users)
    doubts = [f"{policy.name}: {what}" for what in selected.doubts]
    must = selected.include[0] & ~selected.exclude[1]
    may = selected.include[1] & ~selected.exclude[0]
    if str(raw.get("state")) != "enabled":
        must = 0
        doubts.append(f"{policy.name}: its state {raw.get('state')!r}")
    if selected.narrowed:
        must = 0
    return _Applied(policy, must, may, selected.include[0], tuple(doubts))


class _Selection:
    """The accounts that a policy names, certain and possible, to include and to exclude."""

    def __init__(self, people: _People) -> None:
        self.people = people
        self.include, self.exclude = (0, 0), (0, 0)
        self.doubts: list[str] = []
        self.narrowed = False

    def users(self, users: Mapping[str, Any]) -> None:
        known = {
            f"{way}{what}"
            for way in ("include", "exclude")
            for what in ("Users", "Groups", "Roles", "GuestsOrExternalUsers")
        }
        for key, value in users.items():
            if key not in known and "@odata" not in key and value not in (None, "", [], {}):
                self.doubts.append(f"users.{key}")
                self.narrowed = True
        self.include = _joined(self.include, self._side(users, "include"))
        self.exclude = _joined(self.exclude, self._side(users, "exclude"))

    def _side(self, users: Mapping[str, Any], way: str) -> tuple[int, int]:
        people = self.people
        found = (0, 0)
        for one in _strings(users.get(f"{way}Users")):
            if one == "All":
                found = _joined(found, (people.users, people.users))
            elif one == _ANY_GUEST:
                found = _joined(found, self._guests(_GUESTS, None))
            elif one != "None":
                bits = people.bits([one]) & people.users
                found = _joined(found, (bits, bits))
        for group in _strings(users.get(f"{way}Groups")):
            must, may = people.group(group)
            if must != may:
                self.doubts.append(f"members of group {group}")
            found = _joined(found, (must & people.users, may & people.users))
        for role in _strings(users.get(f"{way}Roles")):
            found = _joined(found, self._role(role))
        guests = users.get(f"{way}GuestsOrExternalUsers")
        if isinstance(guests, Mapping):
            kinds = _strings(guests.get("guestOrExternalUserTypes"))
            found = _joined(found, self._guests(kinds, guests.get("externalTenants")))
        return found

    def _role(self, role: str) -> tuple[int, int]:
        roles = self.people.directory.roles
        if roles is None:
            self.doubts.append("holders of directory roles")
            return 0, self.people.users
        bits = self.people.bits(roles.get(role.lower(), frozenset())) & self.people.users
        return bits, bits

    def _guests(self, kinds: Iterable[str], tenants: Any) -> tuple[int, int]:
        wanted = {kind.lower() for kind in kinds}
        bits = 0
        for kind, found in self.people.kinds.items():
            if kind.lower() in wanted:
                bits |= found
        if wanted & {kind.lower() for kind in _GUESTS} and self.people.unknown:
            self.doubts.append("accounts whose user type is not known")
        may_extra = self.people.unknown if wanted else 0
        if isinstance(tenants, Mapping) and tenants.get("membershipKind") == "enumerated":
            listed = {t.lower() for t in _strings(tenants.get("members"))}
            return self._of_tenants(bits, listed, may_extra)
        return bits, bits | may_extra

    def _of_tenants(self, bits: int, listed: set[str], extra: int) -> tuple[int, int]:
        must, may = 0, extra
        for n, person in enumerate(self.people.directory.people):
            if not bits >> n & 1 or not person.entra_home:
                continue
            if person.home_tenant is None:
                may |= 1 << n
            elif person.home_tenant.lower() in listed:
                must, may = must | 1 << n, may | 1 << n
        if may != must:
            self.doubts.append("home tenants of guests")
        return must, may

    def workloads(self, part: Mapping[str, Any]) -> None:
        people = self.people.directory.people
        singles = self.people.bits(p.id for p in people if p.kind == "servicePrincipal")
        named = _strings(part.get("includeServicePrincipals"))
        include = singles if "ServicePrincipalsInMyTenant" in named else self.people.bits(named)
        include &= singles
        exclude = self.people.bits(_strings(part.get("excludeServicePrincipals"))) & singles
        known = ("includeServicePrincipals", "excludeServicePrincipals")
        if any(value for key, value in part.items() if key not in known and "@odata" not in key):
            self.narrowed = True
            self.doubts.append("clientApplications")
        self.include = _joined(self.include, (include, include))
        self.exclude = _joined(self.exclude, (exclude, exclude))


def _joined(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return one[0] | other[0], one[1] | other[1]


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return [str(v) for v in value if isinstance(v, str)] if isinstance(value, list) else []


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


__all__ = [
    "BLOCKED",
    "COMPLIANT_DEVICE",
    "LEGACY_BLOCKED",
    "MANAGED_DEVICE",
    "MFA",
    "PHISHING_RESISTANT",
    "RISKY_SIGN_IN",
    "RISKY_USER",
    "TERMS",
    "Directory",
    "Judgement",
    "Person",
    "Verdict",
    "closed",
    "judge",
]
