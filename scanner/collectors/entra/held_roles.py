"""Directory roles and who holds them, directly or by a group, now or as one who may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scanner.collectors.base import Refused
from scanner.collectors.entra.roles import action_classes
from scanner.collectors.microsoft.graph import GROUP_READ, group_members
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.values import items, text

ASSIGNMENTS = "GET /roleManagement/directory/roleAssignments"

DEFINITIONS = "GET /roleManagement/directory/roleDefinitions"

ELIGIBLE = "GET /roleManagement/directory/roleEligibilityScheduleInstances"

ASSIGNED_READ = {
    ASSIGNMENTS: "RoleManagement.Read.Directory",
    DEFINITIONS: "RoleManagement.Read.Directory",
    **GROUP_READ,
}

ROLES_READ = {**ASSIGNED_READ, ELIGIBLE: "RoleEligibilitySchedule.Read.Directory"}


@dataclass(frozen=True)
class Role:
    """One directory role."""

    id: str
    template: str
    name: str
    built_in: bool
    classes: tuple[str, ...]


@dataclass(frozen=True)
class Holding:
    """One principal that holds a role, actively or as one who may activate it."""

    id: str
    principal: str
    principal_kind: str
    """user, group or service."""
    principal_name: str
    role: Role
    scope: str
    """`/` for the tenant."""


def definitions(place: Place) -> dict[str, Role]:
    """Every role by the id of its definition (lower case). Raises Refused."""

    def read() -> dict[str, Role]:
        query = {"$select": "id,displayName,templateId,isBuiltIn,rolePermissions"}
        return {
            str(one.get("id", "")).lower(): _role(one)
            for one in place.pages(DEFINITIONS, query=query)
        }

    return place.once(("role-definitions",), read)


def _role(definition: Mapping[str, Any]) -> Role:
    template = str(definition.get("templateId") or definition.get("id", "")).lower()
    classes = action_classes(template)
    if not classes and any(not a.endswith("/read") for a in _actions(definition)):
        classes = ("admin",)
    return Role(
        id=str(definition.get("id", "")).lower(),
        template=template,
        name=str(definition.get("displayName") or template),
        built_in=definition.get("isBuiltIn") is True,
        classes=classes,
    )


def _actions(definition: Mapping[str, Any]) -> list[str]:
    return [
        str(action)
        for permission in items(definition.get("rolePermissions"))
        for action in permission.get("allowedResourceActions") or ()
    ]


def assigned(place: Place) -> list[Holding]:
    """Roles that are held actively. Raises Refused."""
    return place.once(("role-assignments",), lambda: _holdings(place, ASSIGNMENTS))


def eligible(place: Place) -> list[Holding]:
    """Roles that may be activated; none where the tenant has no licence for that.

    Raises Refused.
    """

    def read() -> list[Holding]:
        try:
            return _holdings(place, ELIGIBLE)
        except Refused as error:
            # Without the licence nobody is eligible: such assignments end with it.
            if error.reason == "unlicensed":
                return []
            raise

    return place.once(("role-eligibility",), read)


def _holdings(place: Place, operation: str) -> list[Holding]:
    roles = definitions(place)
    query = {
        "$select": "id,principalId,roleDefinitionId,directoryScopeId",
        "$expand": "principal",
    }
    found = []
    for item in place.pages(operation, query=query):
        role = roles.get(str(item.get("roleDefinitionId", "")).lower())
        principal = item.get("principal")
        if role is None or not isinstance(principal, dict):
            raise Refused("broken", operation, "an assignment names no role or no principal")
        found.append(
            Holding(
                id=str(item.get("id", "")),
                principal=str(item.get("principalId", "")).lower(),
                principal_kind=_principal_kind(principal),
                principal_name=text(principal, "userPrincipalName")
                or text(principal, "displayName")
                or str(item.get("principalId", "")),
                role=role,
                scope=str(item.get("directoryScopeId") or ""),
            )
        )
    return found


def _principal_kind(principal: Mapping[str, Any]) -> str:
    kind = str(principal.get("@odata.type", "")).rpartition(".")[2]
    return {"user": "user", "group": "group", "servicePrincipal": "service"}.get(kind, kind)


def holders(place: Place, held: list[Holding]) -> dict[str, list[Holding]]:
    """Account or service principal -> what it holds, directly or by a group. Raises Refused."""
    groups = {one.principal for one in held if one.principal_kind == "group"}
    members = group_members(place, groups)
    found: dict[str, list[Holding]] = {}
    for one in held:
        if one.principal_kind != "group":
            found.setdefault(one.principal, []).append(one)
            continue
        inside = members[one.principal]
        if isinstance(inside, Refused):
            raise inside
        for account in inside.users | inside.others:
            found.setdefault(account, []).append(one)
    return found


def role_holders(place: Place) -> dict[str, list[Holding]]:
    """Who holds which role, actively or as one who may activate it. Raises Refused."""

    def read() -> dict[str, list[Holding]]:
        return holders(place, [*assigned(place), *eligible(place)])

    return place.once(("role-holders",), read)
