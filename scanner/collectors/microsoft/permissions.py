"""What a registered application has to be granted to read, and the commands that grant it.

Derived from what the sources declare, never from a list: a selection of rules needs fewer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from scanner.collectors.base import Selection, Source
from scanner.collectors.microsoft.operations import is_arm, split

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


def grants(selected: Iterable[tuple[Source, frozenset[str]]]) -> Grants:
    """What reading these fields of these sources takes."""
    pairs = {pair for source, wanted in selected for pair in source.needs(wanted)}
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


def listing(selected: Selection) -> str:
    """The permissions with the reads that need them, as text."""
    found = grants(selected)
    lines = []
    if found.application:
        lines.append("Application permissions of Microsoft Graph:")
        lines += [f"  {name}\n" + _operations(ops) for name, ops in found.application.items()]
    if found.scopes:
        lines.append(f"Role Reader at: {', '.join(found.scopes)}")
        lines += [f"  {name}\n" + _operations(ops) for name, ops in found.actions.items()]
    return "\n".join(lines)


def _operations(operations: tuple[str, ...]) -> str:
    return "\n".join(f"      {operation}" for operation in operations)


def _script(cloud: str, selected: Selection) -> str:
    return "\n".join(commands(grants(selected), cloud))


FORMATS: Mapping[str, Callable[[Selection], str]] = {
    "list": listing,
    **{f"az-{cloud}": partial(_script, cloud) for cloud in _CLI_CLOUDS},
}
"""How a Microsoft collector's permissions are written: a list, or commands for one cloud."""
