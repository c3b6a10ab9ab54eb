"""Rights that people of other tenants hold by a delegation; no role assignment shows them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.azure.common import ANYWHERE, parts
from scanner.collectors.azure.readers import reads_records
from scanner.collectors.azure.record_places import CALLS as RECORDS
from scanner.collectors.azure.rights import DEFINITIONS, role_permissions
from scanner.collectors.base import Refused, source
from scanner.collectors.microsoft.arm import listed, resource_id, subscription_of
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.values import items, part
from scanner.facts import Fact
from scanner.facts.sharing import Sharing

DELEGATIONS = f"GET {ANYWHERE}Microsoft.ManagedServices/registrationAssignments"
_EXPANDED = {"$expandRegistrationDefinition": "true"}


@source(
    Sharing,
    fields=["service"],
    calls={},
    always={"service": "records"},
)
def record_delegations(place: Place) -> Iterator[Fact]:
    """Records of the subscription, which people of other tenants may be let in to."""
    yield Sharing(
        subject=f"{place.job.scope.id}/record-delegations",
        name="delegated rights to records of the subscription",
        service="records",
        **place.here(DELEGATIONS),
    )


@record_delegations.detail(
    fields=["parties"],
    calls={
        DELEGATIONS: "Microsoft.ManagedServices/registrationAssignments/read",
        DEFINITIONS: "Microsoft.Authorization/roleDefinitions/read",
        **RECORDS,
    },
)
def delegated_parties(place: Place, shared: Sharing) -> dict[str, object]:
    """Tenants whose people hold a role that reads records, or may take one up, by id."""
    parties: set[str] = set()
    doubts: dict[str, Refused] = {}
    for delegation in _delegations(place):
        scope = resource_id(delegation).rpartition("/providers/microsoft.managedservices/")[0]
        terms = part(part(parts(delegation), "registrationDefinition"), "properties")
        tenant = terms.get("managedByTenantId")
        if not isinstance(tenant, str) or not tenant:
            raise Refused("broken", DELEGATIONS, "a delegation tells no tenant")
        grants = [*items(terms.get("authorizations")), *items(terms.get("eligibleAuthorizations"))]
        if not grants or not isinstance(terms.get("authorizations"), list):
            raise Refused("broken", DELEGATIONS, "a delegation tells no rights")
        for grant in grants:
            found = _reads(place, str(grant.get("roleDefinitionId") or ""), scope)
            if isinstance(found, Refused):
                doubts.setdefault(tenant.lower(), found)
            elif found:
                parties.add(tenant.lower())
    for tenant in sorted(doubts.keys() - parties):
        raise doubts[tenant]
    return {"parties": tuple(sorted(parties))}


def _delegations(place: Place) -> list[dict[str, Any]]:
    try:
        return list(listed(place, DELEGATIONS, subscription_of(place), query=_EXPANDED))
    except Refused as refused:
        # Whoever never registered the service has delegated nothing.
        if "MissingSubscriptionRegistration" in refused.detail:
            return []
        raise


def _reads(place: Place, role_id: str, scope: str) -> bool | Refused:
    role = role_permissions(place).get(role_id.lower().rpartition("/")[2])
    if role is None:
        return Refused("broken", DEFINITIONS, "a role that is delegated is not among the roles")
    return reads_records(place, role, scope, None, DELEGATIONS)
