"""Halyard Acoustics LLC, the demo's contractor, as a Microsoft tenant with a subscription.

Sixty people build sonar for the Navy. Mostly in order, here and there not, as such firms are: every
table says in its comments which of its rows fall short. Names are invented.
"""

from __future__ import annotations

from scanner.demo.microsoft.halyard.devices import add_devices
from scanner.demo.microsoft.halyard.directory import add_directory
from scanner.demo.microsoft.halyard.services import add_services
from scanner.demo.microsoft.halyard.subscription import add_subscription
from scanner.demo.microsoft.making import SUBSCRIPTION, guid
from scanner.demo.microsoft.tenant import Tenant

TENANT = guid("tenant")
FIRM = "Halyard Acoustics LLC"

__all__ = ["FIRM", "SUBSCRIPTION", "TENANT", "halyard"]


def halyard() -> Tenant:
    """The contractor's tenant: directory, devices, services and one Azure subscription."""
    tenant = Tenant(TENANT)
    tenant.graph["/organization"] = [
        {
            "id": TENANT,
            "displayName": FIRM,
            "verifiedDomains": [
                {
                    "capabilities": "Email, OfficeCommunicationsOnline",
                    "isDefault": True,
                    "isInitial": False,
                    "name": "halyard.example",
                    "type": "Managed",
                }
            ],
        }
    ]
    add_directory(tenant)
    add_devices(tenant)
    add_services(tenant)
    add_subscription(tenant, SUBSCRIPTION)
    return tenant
