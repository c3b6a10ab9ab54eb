"""What Azure sources share: the subscription, and facts named after a resource."""

from __future__ import annotations

from typing import Any

from scanner.collectors.base import Refused
from scanner.collectors.microsoft.arm import (
    group_of,
    labels,
    listed,
    properties,
    resource_id,
    subscription_of,
)
from scanner.collectors.microsoft.place import Place

ANYWHERE = "/subscriptions/{subscription}/providers/"
IN_GROUP = "/subscriptions/{subscription}/resourceGroups/{group}/providers/"


def everywhere(place: Place, operation: str) -> list[dict[str, Any]]:
    """Every resource of a kind in the subscription, read once. Raises Refused."""

    def read() -> list[dict[str, Any]]:
        found = list(listed(place, operation, subscription_of(place)))
        for resource in found:
            if not resource_id(resource):
                raise Refused("broken", operation, "a resource has no id")
        return found

    return place.once((operation,), read)


def named(place: Place, resource: dict[str, Any], operation: str) -> dict[str, Any]:
    """The fields that tell which resource a fact is about."""
    return {
        "subject": resource_id(resource),
        "name": str(resource.get("name") or resource_id(resource)),
        "tags": labels(resource),
        **place.job.here(operation),
        "region": resource.get("location") if isinstance(resource.get("location"), str) else None,
    }


def where(place: Place, subject: str) -> tuple[str, str, str]:
    """(subscription, resource group, name) of a resource's id."""
    return subscription_of(place), group_of({"id": subject}), subject.rpartition("/")[2]


def parts(resource: dict[str, Any]) -> dict[str, Any]:
    """A resource's properties. Raises Refused."""
    return properties(resource)
