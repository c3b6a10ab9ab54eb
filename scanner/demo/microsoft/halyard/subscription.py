"""The contractor's subscription in Azure Government."""

from __future__ import annotations

from scanner.demo.microsoft.halyard.activity import add_activity
from scanner.demo.microsoft.halyard.machines import add_machines
from scanner.demo.microsoft.halyard.network import add_network
from scanner.demo.microsoft.halyard.rights import add_rights
from scanner.demo.microsoft.halyard.site import Site
from scanner.demo.microsoft.halyard.stores import add_stores
from scanner.demo.microsoft.tenant import Tenant


def add_subscription(tenant: Tenant, subscription: str) -> None:
    """Fill in what Resource Manager answers."""
    site = Site(tenant, subscription)
    tenant.arm[f"/subscriptions/{subscription}"] = {
        "id": f"/subscriptions/{subscription}",
        "subscriptionId": subscription,
        "tenantId": tenant.id,
        "displayName": "Halyard Engineering",
        "state": "Enabled",
    }
    add_stores(site)
    add_network(site)
    add_machines(site)
    add_activity(site)
    add_rights(site)
