"""Network interfaces: where they are, and whether the internet reaches them.

An interface is reached by a public address of its own, or through a load balancer that has one and
hands something in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scanner.collectors.azure.common import ANYWHERE, everywhere, parts
from scanner.collectors.microsoft.arm import resource_id
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.values import items, part

_INTERFACES = f"GET {ANYWHERE}Microsoft.Network/networkInterfaces"
_BALANCERS = f"GET {ANYWHERE}Microsoft.Network/loadBalancers"
INTERFACES_READ = {
    _INTERFACES: "Microsoft.Network/networkInterfaces/read",
    _BALANCERS: "Microsoft.Network/loadBalancers/read",
}

_WAYS_IN = {
    "loadBalancerInboundNatRules": "inboundNatRules",
    "loadBalancerBackendAddressPools": "loadBalancingRules",
}
"""What ties an interface to a balancer -> what the balancer must have to hand something in."""


@dataclass(frozen=True)
class Interface:
    """One interface; ids in lower case."""

    id: str
    group: str
    """Its own security group; empty for none."""
    machine: str
    addresses: tuple[tuple[str, bool], ...]
    """(subnet, whether the internet reaches it), one for each of its configurations."""


def interfaces(place: Place) -> list[Interface]:
    """Every interface of the subscription, read once. Raises Refused."""
    return place.once(("interfaces",), lambda: list(_interfaces(place)))


def _interfaces(place: Place) -> Iterator[Interface]:
    public = {kind: _public_balancers(place, kind) for kind in _WAYS_IN.values()}
    for interface in everywhere(place, _INTERFACES):
        found = parts(interface)
        yield Interface(
            id=resource_id(interface),
            group=_id(found, "networkSecurityGroup"),
            machine=_id(found, "virtualMachine"),
            addresses=tuple(
                (_id(one, "subnet"), _is_reached(one, public))
                for one in (
                    part(configuration, "properties")
                    for configuration in items(found.get("ipConfigurations"))
                )
            ),
        )


def _id(found: Mapping[str, Any], key: str) -> str:
    return str(part(found, key).get("id") or "").lower()


def _is_reached(configuration: Mapping[str, Any], public: Mapping[str, frozenset[str]]) -> bool:
    if isinstance(configuration.get("publicIPAddress"), dict):
        return True
    return any(
        resource_id(tie).rpartition("/")[0].rpartition("/")[0] in public[kind]
        for ties, kind in _WAYS_IN.items()
        for tie in items(configuration.get(ties))
    )


def _public_balancers(place: Place, kind: str) -> frozenset[str]:
    """Balancers with a public address and rules of the kind."""
    return frozenset(
        resource_id(balancer)
        for balancer in everywhere(place, _BALANCERS)
        if items(parts(balancer).get(kind))
        and any(
            isinstance(part(front, "properties").get("publicIPAddress"), dict)
            for front in items(parts(balancer).get("frontendIPConfigurations"))
        )
    )
