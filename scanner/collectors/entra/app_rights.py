"""What applications may do over Microsoft Graph by themselves, without any directory role.

Only Graph's own permissions are read, not those of Exchange, SharePoint and other services.
Source: Graph "appRoleAssignment", "Permissions reference". Which of them administer is our own
reading: those that give rights, change how people sign in, or rule devices.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from scanner.collectors.base import Refused
from scanner.collectors.microsoft.permissions import GRAPH_APP
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.values import items

OFFERED = "GET /servicePrincipals/{id}"
GIVEN = "GET /servicePrincipals/{id}/appRoleAssignedTo"
RIGHTS_READ = {OFFERED: "Application.Read.All", GIVEN: "Application.Read.All"}

ADMINISTRATIVE = frozenset(
    {
        "Application.ReadWrite.All",
        "AppRoleAssignment.ReadWrite.All",
        "DelegatedPermissionGrant.ReadWrite.All",
        "DeviceManagementConfiguration.ReadWrite.All",
        "DeviceManagementManagedDevices.PrivilegedOperations.All",
        "DeviceManagementRBAC.ReadWrite.All",
        "DeviceManagementScripts.ReadWrite.All",
        "Directory.ReadWrite.All",
        "Domain.ReadWrite.All",
        "EntitlementManagement.ReadWrite.All",
        "Group.ReadWrite.All",
        "GroupMember.ReadWrite.All",
        "IdentityProvider.ReadWrite.All",
        "Organization.ReadWrite.All",
        "Policy.ReadWrite.AuthenticationMethod",
        "Policy.ReadWrite.Authorization",
        "Policy.ReadWrite.ConditionalAccess",
        "Policy.ReadWrite.CrossTenantAccess",
        "Policy.ReadWrite.PermissionGrant",
        "PrivilegedAccess.ReadWrite.AzureAD",
        "PrivilegedAccess.ReadWrite.AzureADGroup",
        "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup",
        "PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup",
        "RoleAssignmentSchedule.ReadWrite.Directory",
        "RoleEligibilitySchedule.ReadWrite.Directory",
        "RoleManagement.ReadWrite.Directory",
        "RoleManagementPolicy.ReadWrite.AzureADGroup",
        "RoleManagementPolicy.ReadWrite.Directory",
        "User.DeleteRestore.All",
        "User.EnableDisableAccount.All",
        "User.ReadWrite.All",
        "UserAuthenticationMethod.ReadWrite.All",
    }
)


def administrative_rights(
    place: Place, principals: Iterable[Mapping[str, Any]]
) -> Mapping[str, frozenset[str]]:
    """Service principal -> the administrative permissions that it was given. Raises Refused."""

    def read() -> dict[str, frozenset[str]]:
        graph = next(
            (str(p["id"]) for p in principals if str(p.get("appId")).lower() == GRAPH_APP), None
        )
        if graph is None:
            raise Refused("broken", OFFERED, "Microsoft Graph is not among the applications")
        offered = place.get(OFFERED, graph, query={"$select": "id,appRoles"}).get("appRoles")
        if not isinstance(offered, list):
            raise Refused("broken", OFFERED, "the answer lists no permissions")
        names = {str(one.get("id")).lower(): str(one.get("value")) for one in items(offered)}
        query = {"$select": "id,appRoleId,principalId", "$top": "999"}
        found: dict[str, set[str]] = {}
        for given in place.pages(GIVEN, graph, query=query):
            # What Graph no longer offers gives nothing either.
            name = names.get(str(given.get("appRoleId")).lower())
            if name in ADMINISTRATIVE and name is not None:
                found.setdefault(str(given.get("principalId", "")).lower(), set()).add(name)
        return {principal: frozenset(rights) for principal, rights in found.items()}

    return place.once(("graph-rights",), read)
