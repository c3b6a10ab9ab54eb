"""What a registered application has to be granted to read, and the commands that grant it.

Derived from what the sources declare, never from a list: a selection of rules needs fewer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scanner.collect.plan import Planned
from scanner.collectors.base import Collector
from scanner.collectors.microsoft.session import is_arm, split

GRAPH_APP = "00000003-0000-0000-c000-000000000000"
"""Application id of Microsoft Graph in every cloud."""

_ALWAYS = {"Organization.Read.All": ("GET /organization",)}
_CLI_CLOUDS = {
    "commercial": "AzureCloud",
    "gcc": "AzureCloud",
    "gcc-high": "AzureUSGovernment",
    "dod": "AzureUSGovernment",
}
_TENANT_PROVIDERS = ("microsoft.aadiam", "microsoft.intune")


@dataclass(frozen=True)
class Grants:
    """Permissions with the operations that need them."""

    application: dict[str, tuple[str, ...]]
    """Application permissions of Microsoft Graph."""
    actions: dict[str, tuple[str, ...]]
    """Actions of Azure Resource Manager; the built-in role Reader holds all of them."""
    scopes: tuple[str, ...]
    """Where the role Reader is needed, with {subscription} to be filled in."""


def grants(collector: Collector, planned: Iterable[Planned] | None = None) -> Grants:
    """What a collector needs: for a plan, or for everything that it can read."""
    pairs: set[tuple[str, str]] = set()
    if planned is None:
        for source in collector.sources:
            pairs.update(source.needs(source.serves))
    else:
        for each in planned:
            pairs.update(each.source.needs(each.wanted))
    application: dict[str, list[str]] = {}
    actions: dict[str, list[str]] = {}
    scopes: set[str] = set()
    for operation, permission in sorted(pairs):
        path = split(operation)[1]
        where = actions if is_arm(path) else application
        where.setdefault(permission, []).append(operation)
        if is_arm(path):
            scopes.add(_scope(path))
    if application:
        for permission, operations in _ALWAYS.items():
            application.setdefault(permission, []).extend(operations)
    return Grants(
        {name: tuple(found) for name, found in sorted(application.items())},
        {name: tuple(found) for name, found in sorted(actions.items())},
        tuple(sorted(scopes)),
    )


def _scope(path: str) -> str:
    for provider in _TENANT_PROVIDERS:
        if path.startswith(f"/providers/{provider}/"):
            return f"/providers/{provider}"
    return "/subscriptions/{subscription}"


def commands(
    found: Grants, cloud: str, *, app: str = "APP_ID", subscription: str = "SUBSCRIPTION_ID"
) -> list[str]:
    """Azure CLI commands that grant it to the registered application, for one cloud.

    app: the application's (client) id. The permission's own id is looked up by its name, so that
    it is right in every cloud.
    """
    lines = [f"az cloud set --name {_CLI_CLOUDS[cloud]}", "az login"]
    for permission in found.application:
        lookup = (
            f"az ad sp show --id {GRAPH_APP} "
            f"--query \"appRoles[?value=='{permission}'].id | [0]\" --output tsv"
        )
        lines.append(
            f"az ad app permission add --id {app} --api {GRAPH_APP} "
            f'--api-permissions "$({lookup})=Role"'
        )
    if found.application:
        lines.append(f"az ad app permission admin-consent --id {app}")
    for scope in found.scopes:
        where = scope.replace("{subscription}", subscription)
        lines.append(f"az role assignment create --assignee {app} --role Reader --scope {where}")
    return lines


__all__ = ["GRAPH_APP", "Grants", "commands", "grants"]
