"""Accounts as Conditional Access sees them, with their groups and roles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

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

GUESTS = ("b2bCollaborationMember", "b2bCollaborationGuest", "internalGuest", "otherExternalUser")
WORKLOADS = ("servicePrincipal", "managedIdentity")


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


class People:
    """Accounts as bits."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self.index = {person.id.lower(): n for n, person in enumerate(directory.people)}
        self.size = len(directory.people)
        self.users = self._where(lambda p: p.kind not in WORKLOADS)
        self.kinds = {kind: self._where(lambda p, k=kind: p.kind == k) for kind in GUESTS}
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
