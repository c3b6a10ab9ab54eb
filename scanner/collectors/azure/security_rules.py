"""Rules of network security groups: what they let through from everywhere.

Source: Azure "Network security groups": rules count in order of their priority, the first that
matches decides; application security groups and service tags name less than everybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Any

from scanner.collectors.base import Refused

GROUPS = "GET /subscriptions/{subscription}/providers/Microsoft.Network/networkSecurityGroups"
ADMIN = (22, 23, 3389, 5900, 5985, 5986)
"""SSH, Telnet, RDP, VNC and WinRM."""
ALL = (0, 65535)

Range = tuple[int, int]
_BOTH = frozenset({4, 6})
_WORDS = frozenset({"*", "internet", "any"})


def rules_of(group: Mapping[str, Any], *kinds: str) -> list[dict[str, Any]]:
    """The rules of these kinds (securityRules, defaultSecurityRules). Raises Refused."""
    found: list[dict[str, Any]] = []
    for kind in kinds:
        rules = group.get(kind)
        if not isinstance(rules, list):
            raise Refused("broken", GROUPS, f"a group does not tell its {kind}")
        for rule in rules:
            values = rule.get("properties") if isinstance(rule, dict) else None
            if not isinstance(values, dict):
                raise Refused("broken", GROUPS, "a rule has no properties")
            found.append({**values, "name": rule.get("name")})
    return found


def exposed(rules: Iterable[Mapping[str, Any]], direction: str) -> list[tuple[str, Range]]:
    """(protocol, ports) that the rules let through from (or to) every address.

    What an earlier rule denies to everybody is not open. Addresses of either version count: a rule
    that denies all of the one leaves the other open.
    """
    denied: dict[int, list[tuple[str, Range]]] = {4: [], 6: []}
    found: set[tuple[str, Range]] = set()
    side, other = ("source", "destination") if direction == "Inbound" else ("destination", "source")
    mine = [rule for rule in rules if rule.get("direction") == direction]
    for rule in sorted(mine, key=lambda r: int(r.get("priority") or 0)):
        deny = rule.get("access") == "Deny"
        versions = _everybody(rule, side, surely=deny)
        if deny:
            # Only a denial to every address behind it, and from every port, closes it for all.
            versions &= _everybody(rule, other, surely=True)
            versions = versions if _from_any_port(rule) else frozenset()
        protocol = _protocol(rule)
        for version in versions:
            for ports in _ports(rule):
                if deny:
                    denied[version].append((protocol, ports))
                else:
                    rest = _without(ports, protocol, denied[version])
                    found.update((protocol, piece) for piece in rest)
    return sorted(found)


def opens_administration(found: Iterable[tuple[str, Range]]) -> bool:
    """Whether a port of administration is among what is exposed."""
    return any(
        low <= port <= high
        for protocol, (low, high) in found
        if protocol in ("tcp", "all")
        for port in ADMIN
    )


def _everybody(rule: Mapping[str, Any], side: str, *, surely: bool) -> frozenset[int]:
    """The versions of IP of which the rule names every address.

    surely: what may mean one address only is left out.
    """
    one = rule.get(f"{side}AddressPrefix")
    many = rule.get(f"{side}AddressPrefixes") or ()
    named = {str(prefix).lower() for prefix in (one, *many) if prefix}
    if named & _WORDS:
        return _BOTH
    found = {4} if "0.0.0.0" in named and not surely else set()
    found |= {version for version in (4, 6) if _is_all(_networks(named, version))}
    return frozenset(found)


def _networks(named: Iterable[str], version: int) -> list[IPv4Network | IPv6Network]:
    found = []
    for text in named:
        try:
            network = ip_network(text, strict=False)
        except ValueError:
            continue  # a service tag
        if network.version == version:
            found.append(network)
    return found


def _is_all(networks: list[Any]) -> bool:
    # Two halves are as wide as the whole.
    return any(network.prefixlen == 0 for network in collapse_addresses(networks))


def _from_any_port(rule: Mapping[str, Any]) -> bool:
    ports = [rule.get("sourcePortRange"), *(rule.get("sourcePortRanges") or ())]
    named = {str(port) for port in ports if port}
    return not named or bool(named & {"*", "0-65535"})


def _protocol(rule: Mapping[str, Any]) -> str:
    found = str(rule.get("protocol") or "*").lower()
    return "all" if found == "*" else found


def _ports(rule: Mapping[str, Any]) -> list[Range]:
    one = rule.get("destinationPortRange")
    many = rule.get("destinationPortRanges") or ()
    found = []
    for text in (one, *many):
        if not text:
            continue
        if str(text) == "*":
            found.append(ALL)
            continue
        first, _, last = str(text).partition("-")
        if not first.isdecimal() or not (last or first).isdecimal():
            raise Refused("broken", GROUPS, f"a rule's ports are not understood: {text}")
        found.append((int(first), int(last or first)))
    return found


def _without(ports: Range, protocol: str, denied: list[tuple[str, Range]]) -> list[Range]:
    rest = [ports]
    for other, (low, high) in denied:
        if other not in ("all", protocol):
            continue
        rest = [
            piece
            for start, end in rest
            for piece in ((start, min(end, low - 1)), (max(start, high + 1), end))
            if piece[0] <= piece[1]
        ]
    return rest


def words_of(protocol: str, ports: Range) -> str:
    """`tcp/22`, `udp/1-99` or `all`."""
    if protocol == "all":
        return protocol
    return f"{protocol}/{ports[0]}" if ports[0] == ports[1] else f"{protocol}/{ports[0]}-{ports[1]}"
