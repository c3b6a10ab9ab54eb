"""Readings of Microsoft Graph that several collectors share: tenant, groups and their members."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from scanner.collectors.base import Refused, Scope
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.session import MicrosoftSession
from scanner.collectors.microsoft.values import items

GROUP_MEMBERS = "GET /groups/{id}/transitiveMembers"
GROUP = "GET /groups/{id}"
GROUP_READ = {GROUP_MEMBERS: "GroupMember.Read.All", GROUP: "GroupMember.Read.All"}
_ORGANIZATION = "GET /organization"
_DEVICES = "Device.Read.All"
_HIDDEN = "Member.Read.Hidden"


def tenant_scopes(provider: str) -> Any:
    """The scopes of a tenant's target: the tenant itself, if the token is for it.

    The function that it returns raises Refused (credentials) where the token leads elsewhere.
    """

    def scopes(session: MicrosoftSession) -> Iterable[Scope]:
        asked = str(session.options.get("tenant", "")).lower()
        name = str(session.options.get("tenant", "tenant"))
        try:
            body = session.client("graph").get(
                _ORGANIZATION,
                "/v1.0/organization",
                {"$select": "id,displayName,verifiedDomains"},
                permission="Organization.Read.All",
            )
        except Refused as error:
            if error.fatal or error.reason not in ("denied", "unlicensed") or not is_id(asked):
                raise
            return [Scope(f"{provider}:{asked}", name)]
        items = body.get("value") if isinstance(body, dict) else None
        if not isinstance(items, list) or len(items) != 1 or not isinstance(items[0], dict):
            raise Refused("broken", _ORGANIZATION, "the answer holds no organization")
        found = str(items[0].get("id", "")).lower()
        domains = [str(d.get("name", "")).lower() for d in items[0].get("verifiedDomains") or ()]
        if not is_id(found):
            raise Refused("broken", _ORGANIZATION, "the organization has no id")
        if asked and asked != found and asked not in domains:
            raise Refused(
                "credentials",
                _ORGANIZATION,
                f"the token belongs to tenant {found}, the target names {asked}",
                fatal=True,
            )
        return [Scope(f"{provider}:{found}", str(items[0].get("displayName") or name))]

    return scopes


def is_id(text: str) -> bool:
    """Whether it is written as a GUID."""
    parts = text.split("-")
    return [len(p) for p in parts] == [8, 4, 4, 4, 12] and all(
        c in "0123456789abcdef" for c in "".join(parts).lower()
    )


@dataclass(frozen=True)
class Members:
    """Who is in a group, nested groups included."""

    users: frozenset[str]
    """Object ids of accounts."""
    others: frozenset[str]
    """Object ids of service principals and the like."""
    devices: frozenset[str] | Refused
    """Device ids (not object ids) of devices."""


_NOBODY = Members(frozenset(), frozenset(), frozenset())


def group_members(place: Place, groups: Iterable[str]) -> dict[str, Members | Refused]:
    """The members of each group by its id (lower case), or why they are not known.

    The source has to declare GROUP_READ.
    """
    wanted = sorted({group.lower() for group in groups})
    known: dict[str, Members | Refused] = place.once(("group-members",), dict)
    missing = [group for group in wanted if group not in known]
    query = {"$select": "id,deviceId", "$top": "999"}
    found = place.batch(GROUP_MEMBERS, [(group,) for group in missing], query)
    for (group,), body in found.items():
        known[group] = _members(body)
    empty = [(group,) for group in missing if known[group] == _NOBODY]
    for (group,), body in place.batch(GROUP, empty, {"$select": "id,visibility"}).items():
        known[group] = _emptiness(body)
    return {group: known[group] for group in wanted}


def _emptiness(group: dict[str, Any] | Refused) -> Members | Refused:
    """Whether a group that read as empty is so: members that are hidden read as none."""
    if isinstance(group, Refused):
        return _NOBODY if _is_gone(group) else group
    if group.get("visibility") == "HiddenMembership":
        return Refused("denied", GROUP, "its members are hidden", permission=_HIDDEN)
    return _NOBODY


def _is_gone(refused: Refused) -> bool:
    # A group that was deleted has no members; a bare 404 says nothing.
    return refused.reason == "broken" and "Request_ResourceNotFound" in refused.detail


def _members(body: dict[str, Any] | Refused) -> Members | Refused:
    if isinstance(body, Refused):
        return _NOBODY if _is_gone(body) else body
    if not isinstance(body.get("value"), list):
        return Refused("broken", GROUP_MEMBERS, "the answer holds no list of members")
    users, others, devices, hidden = set(), set(), set(), False
    for item in items(body["value"]):
        kind, one = str(item.get("@odata.type", "")), str(item.get("id", "")).lower()
        if kind == "#microsoft.graph.user":
            users.add(one)
        elif kind == "#microsoft.graph.device":
            device = item.get("deviceId")
            hidden = hidden or not isinstance(device, str)
            devices.add(str(device).lower())
        elif kind:
            others.add(one)
        else:
            return Refused("broken", GROUP_MEMBERS, "a member has no type")
    without = Refused("denied", GROUP_MEMBERS, "devices came without ids", permission=_DEVICES)
    return Members(frozenset(users), frozenset(others), without if hidden else frozenset(devices))
