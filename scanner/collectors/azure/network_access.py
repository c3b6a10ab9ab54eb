"""From which networks a store of data can be reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import collapse_addresses, ip_address, ip_network
from typing import Any

from scanner.collectors.base import Refused
from scanner.collectors.microsoft.values import items, part

_WIDEST = 2**24
"""Addresses of a range that still names a network; a wider one lets in whoever comes."""


def is_closed(found: Mapping[str, Any]) -> bool:
    """Whether the public network is shut out altogether."""
    return str(found.get("publicNetworkAccess") or "").lower() == "disabled"


def denies_by_default(found: Mapping[str, Any], operation: str) -> bool | Refused:
    """Whether networks that no rule names are refused, by `networkAcls`."""
    if is_closed(found):
        return True
    if str(found.get("publicNetworkAccess") or "").lower() == "securedbyperimeter":
        return Refused("not-supported", operation, "a network security perimeter decides on it")
    rules = part(found, "networkAcls")
    action = rules.get("defaultAction")
    if action not in ("Allow", "Deny"):
        return Refused("broken", operation, "networkAcls is absent, which is no answer")
    return action == "Deny" and not _is_everything(
        str(rule.get("value") or "") for rule in items(rules.get("ipRules"))
    )


def _is_everything(addresses: Iterable[str]) -> bool:
    networks = []
    for text in addresses:
        try:
            network = ip_network(text, strict=False)
        except ValueError:
            continue
        if network.version == 4:
            networks.append(network)
    return any(2 ** (32 - n.prefixlen) > _WIDEST for n in collapse_addresses(networks))


def opens_to_all(rule: Mapping[str, Any]) -> bool:
    """Whether a rule of a SQL server's firewall lets in more than a network.

    From 0.0.0.0 to 0.0.0.0 is every address of Azure, those of other customers too. A rule that is
    not understood counts as open.
    """
    try:
        first = ip_address(str(rule.get("startIpAddress")))
        last = ip_address(str(rule.get("endIpAddress")))
    except ValueError:
        return True
    return int(first) == int(last) == 0 or int(last) - int(first) + 1 > _WIDEST
