"""Ids and dates for a described tenant: the same name gives the same id, ages count from now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5


def guid(*names: str) -> str:
    """An id for a name."""
    return str(uuid5(NAMESPACE_URL, "urn:halyard:" + ":".join(names)))


def ago(days: float | None, now: datetime | None = None) -> str | None:
    """The time so many days ago, as Graph writes it; None for None."""
    if days is None:
        return None
    # A little more than whole days, so that ages stay the same while a scan runs.
    at = (now or datetime.now(UTC)) - timedelta(days=days, hours=2)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def ahead(days: float | None) -> str | None:
    """The time so many days from now."""
    return None if days is None else ago(-days - 0.25)


def typed(kind: str, item: dict[str, Any]) -> dict[str, Any]:
    """The item with the type that Graph puts on members of mixed lists."""
    return {"@odata.type": f"#microsoft.graph.{kind}", **item}


SUBSCRIPTION = guid("subscription")
WORKSPACE = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/logging/providers"
    "/Microsoft.OperationalInsights/workspaces/halyard-security"
)
"""The workspace that the tenant's records are sent to."""
