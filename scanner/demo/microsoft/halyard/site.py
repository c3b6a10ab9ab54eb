"""One subscription: resources by path, with the fields that every resource has."""

from __future__ import annotations

from typing import Any

from scanner.demo.microsoft.tenant import Tenant

REGION = "usgovvirginia"


class Site:
    """A subscription that is being described."""

    def __init__(self, tenant: Tenant, subscription: str) -> None:
        self.tenant, self.subscription = tenant, subscription

    def id(self, group: str, kind: str, name: str) -> str:
        return f"/subscriptions/{self.subscription}/resourceGroups/{group}/providers/{kind}/{name}"

    def resource(self, group: str, kind: str, name: str, **properties: Any) -> dict[str, Any]:
        return {
            "id": self.id(group, kind, name),
            "name": name,
            "type": kind,
            "location": REGION,
            "tags": {"env": "prod"},
            "properties": properties,
        }

    def listing(self, kind: str, resources: list[dict[str, Any]]) -> None:
        self.tenant.arm[f"/subscriptions/{self.subscription}/providers/{kind}".lower()] = resources

    def under(self, resource: dict[str, Any], path: str, payload: Any) -> None:
        self.tenant.arm[f"{resource['id']}/{path}".lower()] = payload
