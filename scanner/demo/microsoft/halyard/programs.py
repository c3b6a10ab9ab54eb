"""Programs that Intune found on the contractor's devices."""

from __future__ import annotations

from scanner.demo.microsoft.halyard.fleet import Machine, managed_id
from scanner.demo.microsoft.making import guid
from scanner.demo.microsoft.tenant import Tenant

# program: (publisher, version, every how many-th Windows machine has it)
PROGRAMS = {
    "Microsoft 365 Apps for enterprise": ("Microsoft Corporation", "16.0.18129.20158", 1),
    "Microsoft Edge": ("Microsoft Corporation", "131.0.2903.51", 1),
    "7-Zip 24.08 (x64)": ("Igor Pavlov", "24.08", 3),
    "SOLIDWORKS 2024": ("Dassault Systemes", "32.3.0.0053", 4),
    "Spotify": ("Spotify AB", "1.2.50", 9),  # nobody allowed it
    "AnyDesk": ("AnyDesk Software GmbH", "8.1.0", 17),  # remote control, nobody allowed it
}


def add_programs(tenant: Tenant, everything: tuple[Machine, ...]) -> None:
    """Detected apps, with the devices that run them."""
    windows = [machine for machine in everything if machine.system == "Windows"]
    apps = []
    for name, (publisher, version, every) in PROGRAMS.items():
        one = guid("program", name)
        holders = windows[::every]
        apps.append(
            {
                "id": one,
                "displayName": name,
                "version": version,
                "publisher": publisher,
                "platform": "windows",
                "sizeInByte": 0,
                "deviceCount": len(holders),
            }
        )
        tenant.graph[f"/deviceManagement/detectedApps/{one}/managedDevices"] = [
            {"id": managed_id(machine), "deviceName": machine.name} for machine in holders
        ]
    tenant.graph["/deviceManagement/detectedApps"] = apps
