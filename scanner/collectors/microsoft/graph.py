"""Readings of Microsoft Graph that several collectors share: tenant, groups and their members."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from scanner.collectors.base import Refused, Scope
from scanner.collectors.microsoft.session import MicrosoftSession, Place

GROUP_USERS = "GET /groups/{id}/transitiveMembers/microsoft.graph.user"
GROUP_DEVICES = "GET /groups/{id}/transitiveMembers/microsoft.graph.device"
GROUP_READ = {GROUP_USERS: "GroupMember.Read.All", GROUP_DEVICES: "GroupMember.Read.All"}

_ORGANIZATION = "GET /organization"


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


def group_users(place: Place, groups: Iterable[str]) -> dict[str, frozenset[str] | Refused]:
    """Ids of the users in each group, nested groups included; or why they are not known."""
    return _members(place, GROUP_USERS, groups, "id")


def group_devices(place: Place, groups: Iterable[str]) -> dict[str, frozenset[str] | Refused]:
    """Device ids (not object ids) of the devices in each group, nested groups included."""
    return _members(place, GROUP_DEVICES, groups, "deviceId")


def _members(
    place: Place, operation: str, groups: Iterable[str], key: str
) -> dict[str, frozenset[str] | Refused]:
    wanted = sorted({group.lower() for group in groups})
    query = {"$select": key, "$top": "999"}
    found = place.batch(operation, [(group,) for group in wanted], query)
    members: dict[str, frozenset[str] | Refused] = {}
    for (group,), body in found.items():
        if isinstance(body, Refused):
            # A group that was deleted has no members; a bare 404 says nothing.
            gone = body.reason == "broken" and "Request_ResourceNotFound" in body.detail
            members[group] = frozenset() if gone else body
        elif not isinstance(body.get("value"), list):
            members[group] = Refused("broken", operation, "the answer holds no list of members")
        else:
            members[group] = frozenset(
                str(item[key]).lower() for item in body["value"] if item.get(key)
            )
    return members


def text(item: dict[str, Any], key: str) -> str | None:
    """A string property; None where it is null, absent or something else."""
    value = item.get(key)
    return value if isinstance(value, str) else None


def items(value: Any) -> list[dict[str, Any]]:
    """The objects of a list property; none for null."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def words(value: Any) -> list[str]:
    """The strings of a list property, or of flags in one comma-joined string."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return [str(part) for part in value if isinstance(part, str)] if isinstance(value, list) else []
