"""Networks: security groups, subnets, the ways in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scanner.collectors.azure.common import ANYWHERE, everywhere, named, parts
from scanner.collectors.azure.log_stores import FLOW_LOGS_READ, all_flow_logs
from scanner.collectors.base import Refused, source
from scanner.collectors.microsoft.arm import listed, resource_id, subscription_of
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.values import items
from scanner.facts import Fact
from scanner.facts.network import Boundary, RemoteAccess, Segment

GROUPS = f"GET {ANYWHERE}Microsoft.Network/networkSecurityGroups"
NETWORKS = f"GET {ANYWHERE}Microsoft.Network/virtualNetworks"
INTERFACES = f"GET {ANYWHERE}Microsoft.Network/networkInterfaces"
BASTIONS = f"GET {ANYWHERE}Microsoft.Network/bastionHosts"
JUST_IN_TIME = f"GET {ANYWHERE}Microsoft.Security/jitNetworkAccessPolicies"

_ANY = frozenset({"*", "internet", "0.0.0.0/0", "0.0.0.0", "::/0", "any"})
_ADMIN = (22, 23, 3389, 5900, 5985, 5986)
"""SSH, Telnet, RDP, VNC and WinRM."""
_ALL = (0, 65535)

_GROUPS_READ = {GROUPS: "Microsoft.Network/networkSecurityGroups/read"}
_INTERFACES_READ = {INTERFACES: "Microsoft.Network/networkInterfaces/read"}

Range = tuple[int, int]


@source(
    Boundary,
    fields=["category", "default_ingress", "default_egress", "open_rules", "open_admin",
            "open_egress", "rules_count", "attached"],
    calls=_GROUPS_READ,
    always={"category": "security-group"},
)  # fmt: skip
def security_groups(place: Place) -> Iterator[Fact]:
    """Network security groups, with what they let in from everywhere."""
    for group in everywhere(place, GROUPS):
        found = parts(group)
        rules = [
            {**(rule.get("properties") or {}), "name": rule.get("name")}
            for rule in (*items(found.get("securityRules")),
                         *items(found.get("defaultSecurityRules")))
        ]  # fmt: skip
        open_in = exposed(rules, "Inbound")
        open_out = exposed(rules, "Outbound")
        everything = any(ports == _ALL and protocol == "all" for protocol, ports in open_in)
        yield Boundary(
            category="security-group",
            default_ingress="allow" if everything else "deny",
            default_egress="allow" if any(p == _ALL for _, p in open_out) else "deny",
            open_rules=tuple(sorted(_words(protocol, ports) for protocol, ports in open_in)),
            open_admin=any(
                ports[0] <= port <= ports[1]
                for protocol, ports in open_in
                if protocol in ("tcp", "all")
                for port in _ADMIN
            ),
            open_egress=any(ports == _ALL for _, ports in open_out),
            rules_count=len(items(found.get("securityRules"))),
            attached=bool(items(found.get("subnets")) or items(found.get("networkInterfaces"))),
            **named(place, group, GROUPS),
        )


@security_groups.detail(fields=["faces_internet"], calls={**_INTERFACES_READ, **_GROUPS_READ})
def facing(place: Place, group: Boundary) -> dict[str, object]:
    """Whether something that it protects has an address on the internet."""
    found = next(g for g in everywhere(place, GROUPS) if resource_id(g) == group.subject)
    subnets = {resource_id(s) for s in items(parts(found).get("subnets"))}
    for interface in everywhere(place, INTERFACES):
        own = (parts(interface).get("networkSecurityGroup") or {}).get("id")
        for subnet, public in _addresses(interface):
            if public and (subnet in subnets or str(own or "").lower() == group.subject):
                return {"faces_internet": True}
    return {"faces_internet": False}


@security_groups.detail(fields=["logged"], calls={**FLOW_LOGS_READ, **_GROUPS_READ})
def watched(place: Place, group: Boundary) -> dict[str, object]:
    """Whether a flow log records its traffic, or that of the networks that it protects."""
    found = next(g for g in everywhere(place, GROUPS) if resource_id(g) == group.subject)
    protects = {resource_id(s) for s in items(parts(found).get("subnets"))}
    targets = {
        str(parts(log).get("targetResourceId") or "").lower()
        for log in all_flow_logs(place)
        if parts(log).get("enabled") is True
    }
    covered = [
        any(subnet == one or subnet.startswith(f"{one}/") for one in targets) for subnet in protects
    ]
    return {"logged": group.subject in targets or (bool(covered) and all(covered))}


def _addresses(interface: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """(subnet, whether it has a public address) of each of an interface's configurations."""
    for configuration in items((interface.get("properties") or {}).get("ipConfigurations")):
        found = configuration.get("properties") or {}
        subnet = str((found.get("subnet") or {}).get("id") or "").lower()
        yield subnet, isinstance(found.get("publicIPAddress"), dict)


def exposed(rules: Iterable[Mapping[str, Any]], direction: str) -> list[tuple[str, Range]]:
    """(protocol, ports) that the rules let through from (or to) every address.

    Rules count in order of priority: what an earlier rule denies to everybody is not open.
    """
    denied: list[tuple[str, Range]] = []
    found: list[tuple[str, Range]] = []
    mine = [rule for rule in rules if rule.get("direction") == direction]
    for rule in sorted(mine, key=lambda r: int(r.get("priority") or 0)):
        side = "source" if direction == "Inbound" else "destination"
        if not _everybody(rule, side):
            continue
        other = "destination" if side == "source" else "source"
        protocol = _protocol(rule)
        for ports in _ports(rule):
            if rule.get("access") == "Deny":
                # Only a denial to every address behind it closes the port for all of them.
                if _everybody(rule, other):
                    denied.append((protocol, ports))
                continue
            found += [(protocol, rest) for rest in _without(ports, protocol, denied)]
    return sorted(set(found))


def _everybody(rule: Mapping[str, Any], side: str) -> bool:
    one = rule.get(f"{side}AddressPrefix")
    many = rule.get(f"{side}AddressPrefixes") or ()
    return any(str(prefix).lower() in _ANY for prefix in (one, *many) if prefix)


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
            found.append(_ALL)
            continue
        first, _, last = str(text).partition("-")
        if not first.isdigit() or not (last or first).isdigit():
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


def _words(protocol: str, ports: Range) -> str:
    if protocol == "all":
        return protocol
    return f"{protocol}/{ports[0]}" if ports[0] == ports[1] else f"{protocol}/{ports[0]}-{ports[1]}"


@source(
    Segment,
    fields=["category"],
    calls={NETWORKS: "Microsoft.Network/virtualNetworks/read"},
    always={"category": "subnet"},
)
def subnets(place: Place) -> Iterator[Fact]:
    """Subnets of virtual networks."""
    for network in everywhere(place, NETWORKS):
        for subnet in items(parts(network).get("subnets")):
            here = {**subnet, "location": network.get("location")}
            yield Segment(
                category="subnet",
                **{
                    **named(place, here, NETWORKS),
                    "name": f"{network.get('name')}/{subnet.get('name')}",
                },
            )


@subnets.detail(fields=["public_route", "members"], calls=_INTERFACES_READ)
def exposure(place: Place, subnet: Segment) -> dict[str, object]:
    """Whether something in the subnet has an address on the internet, and what lives there."""
    members, public = set(), False
    for interface in everywhere(place, INTERFACES):
        for where, address in _addresses(interface):
            if where == subnet.subject:
                owner = "instance" if parts(interface).get("virtualMachine") else "interface"
                members.add(owner)
                public = public or address
    return {"public_route": public, "members": tuple(sorted(members))}


@source(
    RemoteAccess,
    fields=["category", "enabled", "exposed_directly", "encryption", "split_tunnel"],
    calls={BASTIONS: "Microsoft.Network/bastionHosts/read"},
    always={"category": "bastion"},
)
def bastions(place: Place) -> Iterator[Fact]:
    """Bastion hosts: a managed way in over TLS."""
    for bastion in everywhere(place, BASTIONS):
        yield RemoteAccess(
            category="bastion",
            enabled=True,
            exposed_directly=False,
            encryption=("TLS",),
            split_tunnel=False,
            **named(place, bastion, BASTIONS),
        )


@source(
    RemoteAccess,
    fields=["category", "exposed_directly", "enabled"],
    calls={**_GROUPS_READ, **_INTERFACES_READ},
    always={"category": "direct"},
)
def direct_access(place: Place) -> Iterator[Fact]:
    """Security groups as ways in: an administration port that is open to everybody."""
    for group in everywhere(place, GROUPS):
        found = parts(group)
        rules = [(rule.get("properties") or {}) for rule in items(found.get("securityRules"))]
        ports = [
            port
            for protocol, (low, high) in exposed(rules, "Inbound")
            if protocol in ("tcp", "all")
            for port in _ADMIN
            if low <= port <= high
        ]
        attached = bool(items(found.get("subnets")) or items(found.get("networkInterfaces")))
        if ports and attached:
            yield RemoteAccess(
                category="direct",
                enabled=True,
                exposed_directly=True,
                **{**named(place, group, GROUPS), "subject": f"{resource_id(group)}/direct"},
            )


@source(
    RemoteAccess,
    fields=["category", "enabled", "exposed_directly", "approval_required", "max_minutes"],
    calls={JUST_IN_TIME: "Microsoft.Security/locations/jitNetworkAccessPolicies/read"},
    always={"category": "just-in-time"},
)
def just_in_time(place: Place) -> Iterator[Fact]:
    """Ports that open for a while, on request."""
    for policy in listed(place, JUST_IN_TIME, subscription_of(place)):
        for machine in items(parts(policy).get("virtualMachines")):
            longest = max(
                (_minutes(port.get("maxRequestAccessDuration")) for port in
                 items(machine.get("ports"))), default=0
            )  # fmt: skip
            owner = str(machine.get("id") or "").lower()
            yield RemoteAccess(
                category="just-in-time",
                enabled=True,
                exposed_directly=False,
                # A role's holder opens it by a request that is recorded; nobody else approves.
                approval_required=False,
                max_minutes=longest or None,
                **{
                    **named(place, policy, JUST_IN_TIME),
                    "subject": f"{owner}/just-in-time",
                    "name": owner.rpartition("/")[2],
                },
            )


def _minutes(duration: object) -> int:
    """Minutes of an ISO 8601 duration of hours and minutes, such as PT3H."""
    text, total, digits = str(duration or ""), 0, ""
    for sign in text.removeprefix("PT"):
        if sign.isdigit():
            digits += sign
        elif digits:
            total += int(digits) * {"H": 60, "M": 1}.get(sign, 0)
            digits = ""
    return total
