"""Diagnostic settings, which the directory, Intune and Azure share: what is sent, and where to."""

from __future__ import annotations

from typing import Any

from scanner.collectors.microsoft.values import items


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
