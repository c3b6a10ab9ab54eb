"""Azure Resource Manager: the version of each resource type's API, and listings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from scanner.collectors.base import Refused, Scope
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.session import MicrosoftSession
from scanner.errors import Defect

API_VERSIONS = {
    "": "2022-12-01",
    "microsoft.aadiam/diagnosticsettings": "2017-04-01",
    "microsoft.intune/diagnosticsettings": "2017-04-01-preview",
    "microsoft.authorization/locks": "2020-05-01",
    "microsoft.authorization/policyassignments": "2022-06-01",
    "microsoft.authorization/roleassignments": "2022-04-01",
    "microsoft.authorization/roleassignmentscheduleinstances": "2020-10-01",
    "microsoft.authorization/roledefinitions": "2022-04-01",
    "microsoft.compute/virtualmachines": "2024-03-01",
    "microsoft.compute/disks": "2023-10-02",
    "microsoft.containerservice/managedclusters": "2024-05-01",
    "microsoft.insights/diagnosticsettings": "2021-05-01-preview",
    "microsoft.insights/eventtypes": "2015-04-01",
    "microsoft.insights/actiongroups": "2023-01-01",
    "microsoft.insights/activitylogalerts": "2020-10-01",
    "microsoft.keyvault/vaults": "2023-07-01",
    "microsoft.keyvault/vaults/keys": "2023-07-01",
    "microsoft.managedservices/registrationassignments": "2022-10-01",
    "microsoft.network/networksecuritygroups": "2023-11-01",
    "microsoft.network/networkwatchers/flowlogs": "2023-11-01",
    "microsoft.network/networkwatchers": "2023-11-01",
    "microsoft.network/virtualnetworks": "2023-11-01",
    "microsoft.network/loadbalancers": "2023-11-01",
    "microsoft.network/networkinterfaces": "2023-11-01",
    "microsoft.network/bastionhosts": "2023-11-01",
    "microsoft.operationalinsights/workspaces": "2022-10-01",
    "microsoft.operationalinsights/workspaces/tables": "2022-10-01",
    "microsoft.policyinsights/policystates": "2019-10-01",
    "microsoft.recoveryservices/vaults": "2023-06-01",
    "microsoft.security/jitnetworkaccesspolicies": "2020-01-01",
    "microsoft.security/pricings": "2024-01-01",
    "microsoft.security/securitycontacts": "2023-12-01-preview",
    "microsoft.sql/servers": "2023-08-01-preview",
    "microsoft.sql/servers/firewallrules": "2023-08-01-preview",
    "microsoft.sql/servers/databases": "2023-08-01-preview",
    "microsoft.sql/servers/auditingsettings": "2023-08-01-preview",
    "microsoft.sql/servers/databases/transparentdataencryption": "2023-08-01-preview",
    "microsoft.storage/storageaccounts": "2023-05-01",
    "microsoft.storage/storageaccounts/blobservices": "2023-05-01",
}
"""Resource type (lower case) -> the version of its API that the collectors were written for."""

_SUBSCRIPTION = "GET /subscriptions/{subscription}"


def version_of(operation: str) -> dict[str, str]:
    """The api-version query of an operation. Raises Defect for a type without one."""
    path = operation.partition(" ")[2]
    _, _, after = path.rpartition("/providers/")
    parts = [] if "/providers/" not in path else after.split("/")
    kind = "/".join(
        part.lower() for n, part in enumerate(parts) if n == 0 or not part.startswith("{")
    )
    while kind and kind not in API_VERSIONS:
        kind = kind.rpartition("/")[0]
    if not kind and parts:
        raise Defect(f"no api-version is known for {operation}")
    return {"api-version": API_VERSIONS[kind]}


def listed(
    place: Place, operation: str, *ids: str, query: dict[str, str] | None = None
) -> Iterator[dict[str, Any]]:
    """Every item of an ARM listing. Raises Refused."""
    return place.pages(operation, *ids, query={**version_of(operation), **(query or {})})


def got(place: Place, operation: str, *ids: str) -> dict[str, Any]:
    """One ARM resource. Raises Refused."""
    body: dict[str, Any] = place.get(operation, *ids, query=version_of(operation))
    return body


def subscription_scopes(session: MicrosoftSession) -> Iterable[Scope]:
    """The scope of a subscription's target. Raises Refused where it cannot be read."""
    subscription = str(session.options.get("subscription", "")).lower()
    body = session.client("arm").get(
        _SUBSCRIPTION,
        f"/subscriptions/{subscription}",
        version_of(_SUBSCRIPTION),
        permission="Microsoft.Resources/subscriptions/read",
    )
    found = str(body.get("subscriptionId", "")).lower() if isinstance(body, dict) else ""
    if found != subscription:
        raise Refused("broken", _SUBSCRIPTION, "the answer is not this subscription")
    return [Scope(f"azure:{found}", str(body.get("displayName") or found))]


def subscription_of(place: Place) -> str:
    """The subscription's id that the job reads."""
    return place.job.scope.id.partition(":")[2]


def properties(resource: dict[str, Any]) -> dict[str, Any]:
    """A resource's `properties`. Raises Refused (broken) where it has none."""
    found = resource.get("properties")
    if not isinstance(found, dict):
        raise Refused("broken", "properties", "the resource has no properties")
    return found


_RESOURCE = re.compile(r"^/subscriptions/[^/]+/resourcegroups/([^/]+)/providers/.+$", re.I)


def resource_id(resource: dict[str, Any]) -> str:
    """The resource's id in lower case (ARM compares without case); '' where it has none."""
    found = resource.get("id")
    return found.lower() if isinstance(found, str) else ""


def group_of(resource: dict[str, Any]) -> str:
    """The name of the resource group that holds it."""
    matched = _RESOURCE.match(str(resource.get("id") or ""))
    return matched[1] if matched else ""


def labels(resource: dict[str, Any]) -> dict[str, str]:
    """The owner's tags."""
    found = resource.get("tags")
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}
