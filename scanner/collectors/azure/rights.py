"""Who holds which role at the subscription or in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scanner.collectors.azure.common import ANYWHERE, everywhere, named, parts
from scanner.collectors.base import Refused, source
from scanner.collectors.microsoft.arm import (
    resource_id,
)
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.values import items
from scanner.facts import Fact
from scanner.facts.identity import RoleGrant

ASSIGNMENTS = f"GET {ANYWHERE}Microsoft.Authorization/roleAssignments"

DEFINITIONS = f"GET {ANYWHERE}Microsoft.Authorization/roleDefinitions"

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
            "permanent", "external"],
    calls={
        ASSIGNMENTS: "Microsoft.Authorization/roleAssignments/read",
        DEFINITIONS: "Microsoft.Authorization/roleDefinitions/read",
    },
    always={"permanent": True},
)  # fmt: skip
def role_assignments(place: Place) -> Iterator[Fact]:
    """Who holds which role at the subscription or in it."""
    roles = {
        resource_id(role).rpartition("/")[2]: parts(role) for role in everywhere(place, DEFINITIONS)
    }
    for assignment in everywhere(place, ASSIGNMENTS):
        found = parts(assignment)
        role_id = str(found.get("roleDefinitionId", "")).lower().rpartition("/")[2]
        role = roles.get(role_id)
        if role is None:
            raise Refused("broken", ASSIGNMENTS, "an assignment names an unknown role")
        name = str(role.get("roleName") or role_id)
        classes = _ROLES.get(role_id) or _classes(role)
        principal = str(found.get("principalId", "")).lower()
        kind = _KINDS.get(str(found.get("principalType", "")).lower(), "user")
        scope = str(found.get("scope") or "")
        fields = named(place, assignment, ASSIGNMENTS)
        yield RoleGrant(
            principal=principal,
            principal_name=principal,
            principal_kind=kind,
            role=name,
            action_class=classes,
            privileged=bool(classes),
            permanent=True,
            external=str(found.get("principalType", "")).lower() == "foreigngroup",
            **{**fields, "name": f"{name} at {scope or '/'}: {kind} {principal}"},
        )


_KINDS = {
    "user": "user",
    "group": "group",
    "serviceprincipal": "service",
    "foreigngroup": "group",
}


def _classes(role: Mapping[str, Any]) -> tuple[str, ...]:
    """Classes of a role that the table does not know: whatever writes administers."""
    actions = [
        str(action).lower()
        for permission in items(role.get("permissions"))
        for action in permission.get("actions") or ()
    ]
    writes = [a for a in actions if not a.endswith(("/read", "*/read"))]
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
