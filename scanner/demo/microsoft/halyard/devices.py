"""The contractor's device manager: devices, the policies that reach them, what they run."""

from __future__ import annotations

from scanner.demo.microsoft.halyard.catalog import add_catalog
from scanner.demo.microsoft.halyard.fleet import add_fleet, machines
from scanner.demo.microsoft.halyard.profiles import add_profiles
from scanner.demo.microsoft.halyard.programs import add_programs
from scanner.demo.microsoft.making import WORKSPACE, guid
from scanner.demo.microsoft.tenant import Tenant


def add_devices(tenant: Tenant) -> None:
    """Fill in what the device manager answers."""
    everything = machines()
    add_fleet(tenant, everything)
    add_catalog(tenant, everything)
    add_profiles(tenant, everything)
    add_programs(tenant, everything)
    tenant.graph["/deviceManagement"] = {
        "id": guid("device-management"),
        "settings": {
            "deviceComplianceCheckinThresholdDays": 30,
            "isScheduledActionEnabled": True,
            "secureByDefault": True,
        },
    }
    for store in ("intents", "groupPolicyConfigurations"):
        tenant.graph[f"/beta/deviceManagement/{store}"] = []
    tenant.arm["/providers/microsoft.intune/diagnosticsettings"] = [
        {
            "id": "/providers/microsoft.intune/diagnosticSettings/to-sentinel",
            "name": "to-sentinel",
            "type": "microsoft.intune/diagnosticSettings",
            "properties": {
                "workspaceId": WORKSPACE,
                "logs": [
                    {"category": "AuditLogs", "enabled": True},
                    {"category": "OperationalLogs", "enabled": True},
                ],
            },
        }
    ]
