"""The contractor's subscription."""

from __future__ import annotations

from scanner.demo.microsoft.tenant import Tenant


def add_subscription(tenant: Tenant, subscription: str) -> None:
    """Fill in what Resource Manager answers."""
