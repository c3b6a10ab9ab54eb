"""Directory roles and who holds them, directly or by a group, now or as one who may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from scanner.collectors.base import Refused
from scanner.collectors.entra.roles import action_classes
from scanner.collectors.microsoft.graph import GROUP_READ, group_members
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.values import items, part, text

ASSIGNMENTS = "GET /roleManagement/directory/roleAssignments"
DEFINITIONS = "GET /roleManagement/directory/roleDefinitions"
ELIGIBLE = "GET /roleManagement/directory/roleEligibilityScheduleInstances"
MAY_JOIN = "GET /identityGovernance/privilegedAccess/group/eligibilityScheduleInstances"

ASSIGNED_READ = {
    ASSIGNMENTS: "RoleManagement.Read.Directory",
    DEFINITIONS: "RoleManagement.Read.Directory",
    **GROUP_READ,
}

ROLES_READ = {
    **ASSIGNED_READ,
    ELIGIBLE: "RoleEligibilitySchedule.Read.Directory",
    MAY_JOIN: "PrivilegedEligibilitySchedule.Read.AzureADGroup",
}


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
    """Who holds which role, actively or as one who may take it. Raises Refused.

    A role may be taken by activating it, or by joining a group that holds it.
    """

    def read() -> dict[str, list[Holding]]:
        held = [*assigned(place), *eligible(place)]
        found = holders(place, held)
        joining = _may_join(place, {o.principal for o in held if o.principal_kind == "group"})
        for one in held:
            for account in joining.get(one.principal, ()):
                found.setdefault(account, []).append(one)
        return found

    return place.once(("role-holders",), read)


class Held(NamedTuple):
    """What one account or service principal holds or may take."""

    privileged: bool
    roles: tuple[str, ...]


def held_by(place: Place, principal: str) -> Held:
    """What an account or service principal holds or may take. Raises Refused."""
    held = role_holders(place).get(principal, [])
    names = tuple(sorted({one.role.name for one in held}))
    return Held(any(one.role.classes for one in held), names)


def _may_join(place: Place, groups: set[str]) -> dict[str, set[str]]:
    """Group -> accounts that may make themselves its members or owners. Raises Refused."""
    found: dict[str, set[str]] = {}
    nested: dict[str, set[str]] = {}
    for group in sorted(groups):
        query = {
            "$filter": f"groupId eq '{group}'",
            "$select": "id,groupId,principalId,accessId",
            "$expand": "principal",
        }
        try:
            schedules = list(place.pages(MAY_JOIN, query=query))
        except Refused as error:
            if error.reason == "unlicensed":  # as for roles: such rights end with the licence
                return {}
            raise
        for schedule in schedules:
            who = nested if _principal_kind(part(schedule, "principal")) == "group" else found
            who.setdefault(group, set()).add(str(schedule.get("principalId", "")).lower())
    members = group_members(place, {one for inner in nested.values() for one in inner})
    for group, inner in nested.items():
        for one in inner:
            known = members[one]
            if isinstance(known, Refused):
                raise known
            found.setdefault(group, set()).update(known.users | known.others)
    return found
