"""Who holds which role at the subscription or in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scanner.collectors.azure.common import ANYWHERE, everywhere, named, parts
from scanner.collectors.azure.permissions import Permissions, permissions_of
from scanner.collectors.azure.readers import reads_records
from scanner.collectors.azure.record_places import CALLS as RECORDS
from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.microsoft.arm import resource_id
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.values import items, part, text
from scanner.facts import UNSET, Fact
from scanner.facts.identity import RoleGrant

ASSIGNMENTS = f"GET {ANYWHERE}Microsoft.Authorization/roleAssignments"
SCHEDULED = f"GET {ANYWHERE}Microsoft.Authorization/roleAssignmentScheduleInstances"
DEFINITIONS = f"GET {ANYWHERE}Microsoft.Authorization/roleDefinitions"
_SCHEDULES = "Microsoft.Authorization/roleAssignmentScheduleInstances/read"
_READ = {
    ASSIGNMENTS: "Microsoft.Authorization/roleAssignments/read",
    DEFINITIONS: "Microsoft.Authorization/roleDefinitions/read",
}

_ROLES = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": ("admin", "audit", "change", "data", "iam", "keys",
                                             "network"),
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": ("iam",),
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": ("iam",),
    "b24988ac-6180-42a0-ab88-20f7382dd24c": ("admin", "audit", "change", "keys", "network"),
    "92aaf0da-9dab-42b6-94a3-d43ce8d16293": ("audit",),
    "749f88d5-cbae-40b8-bcfc-e573ddc772fa": ("audit",),
    "4d97b98b-1d4f-4787-a291-c67834d212e7": ("network",),
    "00482a5a-887f-4fb3-b363-3b7fe8e74483": ("keys",),
    "14b46e9e-c2b7-41b4-b07b-48a6ebf60603": ("keys",),
    "fb1c8493-542b-48eb-b624-b4c8fea62acd": ("audit",),
    "9980e02c-c2be-4d73-94e8-173b1dc7cf3c": ("change",),
}  # fmt: skip
"""Built-in roles by id: Owner, User Access Administrator, Role Based Access Control Administrator,
Contributor, Log Analytics Contributor, Monitoring Contributor, Network Contributor, Key Vault
Administrator, Key Vault Crypto Officer, Security Admin, Virtual Machine Contributor."""


@source(
    RoleGrant,
    fields=["principal", "principal_name", "principal_kind", "role", "action_class", "privileged",
            "external"],
    calls={**_READ, SCHEDULED: _SCHEDULES},
)  # fmt: skip
def role_assignments(place: Place) -> Iterator[Fact | Partial]:
    """Who holds which role at the subscription or in it."""
    roles = _definitions(place)
    names = _names(place)
    for assignment in everywhere(place, ASSIGNMENTS):
        found = parts(assignment)
        role_id = _role_id(found)
        role = roles.get(role_id)
        refused: dict[str, Refused] = {}
        classes = _ROLES.get(role_id) or (() if role is None else _classes(role))
        if role is None and not classes:
            unknown = Refused(
                "broken", DEFINITIONS, "the role that it gives is not among the roles"
            )
            refused |= {"action_class": unknown, "privileged": unknown}
        name = str((role or {}).get("roleName") or role_id)
        principal = str(found.get("principalId", "")).lower()
        told = str(found.get("principalType") or "").lower()
        kind = _KINDS.get(told)
        shown = principal if isinstance(names, Refused) else names.get(principal, principal)
        if isinstance(names, Refused):
            refused["principal_name"] = names
        if kind is None:
            detail = f"a principal of the type {told or 'that is not told'}"
            refused["principal_kind"] = Refused("broken", ASSIGNMENTS, detail)
        fact = RoleGrant(
            principal=principal,
            principal_name=UNSET if isinstance(names, Refused) else shown,
            principal_kind=UNSET if kind is None else kind,
            role=name,
            action_class=UNSET if "action_class" in refused else classes,
            privileged=UNSET if "privileged" in refused else bool(classes),
            external=told == "foreigngroup",
            **{
                **named(place, assignment, ASSIGNMENTS),
                "name": f"{name} at {found.get('scope') or '/'}: {kind or 'principal'} {shown}",
            },
        )
        yield Partial(fact, refused) if refused else fact


def _definitions(place: Place) -> dict[str, dict[str, Any]]:
    """Role id -> what defines it. Raises Refused."""
    return {
        resource_id(role).rpartition("/")[2]: parts(role) for role in everywhere(place, DEFINITIONS)
    }


def role_permissions(place: Place) -> dict[str, Permissions]:
    """Role id -> what it lets its holder do. Raises Refused."""

    def read() -> dict[str, Permissions]:
        roles = _definitions(place).items()
        return {role_id: permissions_of(role, DEFINITIONS) for role_id, role in roles}

    return place.once(("permissions-by-role",), read)


def _names(place: Place) -> dict[str, str] | Refused:
    """Principal -> its name, as schedules of roles show it; none where there is no licence.

    A person's mail address stands before the shown name, which need not be unique.
    """
    try:
        schedules = _schedules(place)
    except Refused as refused:
        # Without the licence nobody is named: an id stands for itself.
        return {} if refused.reason == "unlicensed" else refused
    found = {}
    for schedule in schedules:
        principal = part(part(schedule, "expandedProperties"), "principal")
        name = principal.get("email") or principal.get("displayName")
        if isinstance(name, str) and name:
            found[str(schedule.get("principalId", "")).lower()] = name
    return found


def _schedules(place: Place) -> list[dict[str, Any]]:
    return [parts(schedule) for schedule in everywhere(place, SCHEDULED)]


def _role_id(found: Mapping[str, Any]) -> str:
    return str(found.get("roleDefinitionId", "")).lower().rpartition("/")[2]


@role_assignments.detail(fields=["permanent", "expires_days"], calls={SCHEDULED: _SCHEDULES})
def duration(place: Place, grant: RoleGrant) -> dict[str, object]:
    """Whether the assignment ends by itself, or was activated for a while."""
    try:
        schedules = _schedules(place)
    except Refused as refused:
        # Without the licence no assignment can have an end.
        if refused.reason == "unlicensed":
            return {"permanent": True, "expires_days": None}
        raise
    for schedule in schedules:
        if str(schedule.get("originRoleAssignmentId") or "").lower() == grant.subject:
            ends = place.days_until(schedule.get("endDateTime"))
            activated = schedule.get("assignmentType") == "Activated"
            return {"permanent": ends is None and not activated, "expires_days": ends}
    raise Refused("not-supported", SCHEDULED, "no schedule of this assignment")


@role_assignments.detail(fields=["reads_records"], calls={**_READ, **RECORDS})
def reading(place: Place, grant: RoleGrant) -> dict[str, object]:
    """Whether the role, where it is held, opens the activity log, a workspace or an archive."""

    def index() -> dict[str, dict[str, Any]]:
        return {resource_id(one): parts(one) for one in everywhere(place, ASSIGNMENTS)}

    found = place.once(("assignments-by-id",), index)[grant.subject]
    role = role_permissions(place).get(_role_id(found))
    scope = text(found, "scope")
    if role is None:
        raise Refused("broken", DEFINITIONS, "the role that it gives is not among the roles")
    if scope is None:
        raise Refused("broken", ASSIGNMENTS, "an assignment tells no scope")
    condition = text(found, "condition")
    return {"reads_records": reads_records(place, role, scope, condition, ASSIGNMENTS)}


_KINDS = {
    "user": "user",
    "group": "group",
    "serviceprincipal": "service",
    "foreigngroup": "group",
}


_ASKS_FOR_HELP = "microsoft.support/"
"""Support requests, which most built-in roles of readers may open."""


def _classes(role: Mapping[str, Any]) -> tuple[str, ...]:
    """Classes of a role that the table does not know: whatever writes administers."""
    actions = [
        str(action).lower()
        for permission in items(role.get("permissions"))
        for action in permission.get("actions") or ()
    ]
    writes = [a for a in actions if not a.endswith("/read") and not a.startswith(_ASKS_FOR_HELP)]
    if not writes:
        return ()
    found = {"change"}
    for start, word in (
        ("microsoft.authorization", "iam"),
        ("microsoft.insights", "audit"),
        ("microsoft.operationalinsights", "audit"),
        ("microsoft.keyvault", "keys"),
        ("microsoft.network", "network"),
        ("*", "admin"),
    ):
        if any(action.startswith(start) for action in writes):
            found.add(word)
    return tuple(sorted(found))
