"""Diagnostic settings, which the directory, Intune and Azure share: what is sent, and where to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from scanner.collectors.microsoft.arm import listed, properties
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.values import items

_ALL = "alllogs"


@dataclass(frozen=True)
class Export:
    """One diagnostic setting; one without a resource stands for none at all."""

    resource: dict[str, Any] | None
    categories: frozenset[str]
    """Categories and category groups of records that it sends, in lower case."""
    destination: str | None

    @property
    def name(self) -> str:
        """Its name; empty where there is no setting."""
        return "" if self.resource is None else str(self.resource.get("name", "setting"))

    def sends_any(self, categories: Iterable[str]) -> bool:
        """Whether it sends one of them."""
        return bool(self.categories & {_ALL, *categories})

    def sends_all(self, categories: Iterable[str]) -> bool:
        """Whether it sends every one of them."""
        return _ALL in self.categories or self.categories >= set(categories)


def exports(place: Place, operation: str, *ids: str) -> list[Export]:
    """Every diagnostic setting; one empty export where there is none. Raises Refused."""
    found = []
    for setting in listed(place, operation, *ids):
        values = properties(setting)
        found.append(Export(setting, enabled_categories(values), destination_of(values)))
    return found or [Export(None, frozenset(), None)]


def enabled_categories(setting: dict[str, Any]) -> frozenset[str]:
    """Categories and category groups of records that it sends, in lower case."""
    return frozenset(
        str(log.get("category") or log.get("categoryGroup") or "").lower()
        for log in items(setting.get("logs"))
        if log.get("enabled") is True
    )


def destination_of(setting: dict[str, Any]) -> str | None:
    """The resource that a diagnostic setting sends to (lower case), the workspace first."""
    for key in ("workspaceId", "storageAccountId", "eventHubAuthorizationRuleId"):
        found = setting.get(key)
        if isinstance(found, str) and found:
            return found.lower()
    return None


def tenant_export(place: Place, export: Export, what: str) -> dict[str, Any]:
    """The fields that tell which export of a tenant's records a fact is about."""
    where = f"{place.job.scope.id}/diagnostics"
    if export.resource is None:
        return {"subject": where, "name": what}
    return {"subject": f"{where}/{export.name.lower()}", "name": f"{what}: {export.name}"}
