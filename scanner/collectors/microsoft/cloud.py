"""The one place of Microsoft hosts, authorities and scopes, for every national cloud.

GCC tenants live on the worldwide hosts; GCC High and DoD share the authority and Azure's
government management host, and have a Graph host each.
Source: Microsoft Graph "National cloud deployments"; Azure Government "Compare with global Azure".
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from scanner.errors import InputError


@dataclass(frozen=True)
class Cloud:
    """Where one Microsoft cloud answers."""

    name: str
    authority: str
    """Host that issues tokens."""
    graph: str
    """Base URL of Microsoft Graph, without a version."""
    arm: str
    """Base URL of Azure Resource Manager."""
    national: bool = False
    """A government cloud: what it does not know is not offered there, rather than broken."""
    lacks: frozenset[str] = frozenset()
    """Operations that this cloud does not offer."""
    emulated: bool = False
    """Another server stands in for both, by the target's `endpoint`."""

    @property
    def graph_scope(self) -> str:
        return f"{self.graph}/.default"

    @property
    def arm_scope(self) -> str:
        return f"{self.arm}/.default"

    def at(self, endpoint: str) -> Cloud:
        """The same cloud with another server in place of Graph and Resource Manager."""
        base = endpoint.rstrip("/")
        return replace(self, graph=base, arm=base, emulated=True)


_GOVERNMENT_LACKS = frozenset({"GET /security/auditLog/queries", "GET /security/attackSimulation"})

CLOUDS = {
    cloud.name: cloud
    for cloud in (
        Cloud(
            "commercial",
            "login.microsoftonline.com",
            "https://graph.microsoft.com",
            "https://management.azure.com",
        ),
        Cloud(
            "gcc",
            "login.microsoftonline.com",
            "https://graph.microsoft.com",
            "https://management.azure.com",
        ),
        Cloud(
            "gcc-high",
            "login.microsoftonline.us",
            "https://graph.microsoft.us",
            "https://management.usgovcloudapi.net",
            national=True,
            lacks=_GOVERNMENT_LACKS,
        ),
        Cloud(
            "dod",
            "login.microsoftonline.us",
            "https://dod-graph.microsoft.us",
            "https://management.usgovcloudapi.net",
            national=True,
            lacks=_GOVERNMENT_LACKS,
        ),
    )
}
"""Every cloud by the name that a target's `cloud` uses."""


def cloud_named(name: str, endpoint: str | None = None) -> Cloud:
    """The cloud of that name, moved to `endpoint` if given. Raises InputError for no such name."""
    try:
        cloud = CLOUDS[name]
    except KeyError:
        known = ", ".join(CLOUDS)
        raise InputError(f"there is no Microsoft cloud {name!r}; it is one of {known}") from None
    return cloud.at(endpoint) if endpoint else cloud
