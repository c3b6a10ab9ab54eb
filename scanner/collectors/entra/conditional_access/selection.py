"""Whom a policy names: users, groups, roles and guests, to include and to exclude."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from scanner.collectors.entra.conditional_access.people import GUESTS, People
from scanner.collectors.entra.conditional_access.policy import Compiled
from scanner.collectors.microsoft.values import words

_ANY_GUEST = "GuestsOrExternalUsers"


@dataclass(frozen=True)
class Applied:
    """A policy with the accounts that it certainly and possibly applies to."""

    policy: Compiled
    must: int
    may: int
    included: int
    doubts: tuple[str, ...]


def applied(raw: Mapping[str, Any], policy: Compiled, people: People) -> Applied:
    """The policy with the accounts that it names. raw: as Graph's conditionalAccessPolicy."""
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
    return Applied(policy, must, may, selected.include[0], tuple(doubts))


class _Selection:
    """The accounts that a policy names, certain and possible, to include and to exclude."""

    def __init__(self, people: People) -> None:
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
        for one in words(users.get(f"{way}Users")):
            if one == "All":
                found = _joined(found, (people.users, people.users))
            elif one == _ANY_GUEST:
                found = _joined(found, self._guests(GUESTS, None))
            elif one != "None":
                bits = people.bits([one]) & people.users
                found = _joined(found, (bits, bits))
        for group in words(users.get(f"{way}Groups")):
            must, may = people.group(group)
            if must != may:
                self.doubts.append(f"members of group {group}")
            found = _joined(found, (must & people.users, may & people.users))
        for role in words(users.get(f"{way}Roles")):
            found = _joined(found, self._role(role))
        guests = users.get(f"{way}GuestsOrExternalUsers")
        if isinstance(guests, Mapping):
            kinds = words(guests.get("guestOrExternalUserTypes"))
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
        if wanted & {kind.lower() for kind in GUESTS} and self.people.unknown:
            self.doubts.append("accounts whose user type is not known")
        may_extra = self.people.unknown if wanted else 0
        if isinstance(tenants, Mapping) and tenants.get("membershipKind") == "enumerated":
            listed = {t.lower() for t in words(tenants.get("members"))}
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

    def workloads(self, given: Mapping[str, Any]) -> None:
        people = self.people.directory.people
        singles = self.people.bits(p.id for p in people if p.kind == "servicePrincipal")
        named = words(given.get("includeServicePrincipals"))
        include = singles if "ServicePrincipalsInMyTenant" in named else self.people.bits(named)
        include &= singles
        exclude = self.people.bits(words(given.get("excludeServicePrincipals"))) & singles
        known = ("includeServicePrincipals", "excludeServicePrincipals")
        if any(value for key, value in given.items() if key not in known and "@odata" not in key):
            self.narrowed = True
            self.doubts.append("clientApplications")
        self.include = _joined(self.include, (include, include))
        self.exclude = _joined(self.exclude, (exclude, exclude))


def _joined(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return one[0] | other[0], one[1] | other[1]
