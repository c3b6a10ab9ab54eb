"""The contractor's devices."""

from __future__ import annotations

from scanner.demo.microsoft.tenant import Tenant


def add_devices(tenant: Tenant) -> None:
    """Fill in what the device manager answers."""
    tenant.graph.setdefault("/devices", [])
