"""Networks: security groups, subnets, the ways in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from scanner.collectors.azure.common import ANYWHERE, everywhere, named, parts
from scanner.collectors.azure.interfaces import INTERFACES_READ, interfaces
from scanner.collectors.azure.log_stores import FLOW_LOGS_READ, all_flow_logs
from scanner.collectors.azure.security_rules import (
    ALL,
    GROUPS,
    exposed,
    opens_administration,
    rules_of,
    words_of,
)
from scanner.collectors.base import Refused, source
from scanner.collectors.microsoft.arm import listed, resource_id, subscription_of
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.values import items
from scanner.facts import Fact
from scanner.facts.network import Boundary, RemoteAccess, Segment

NETWORKS = f"GET {ANYWHERE}Microsoft.Network/virtualNetworks"
BASTIONS = f"GET {ANYWHERE}Microsoft.Network/bastionHosts"
JUST_IN_TIME = f"GET {ANYWHERE}Microsoft.Security/jitNetworkAccessPolicies"
_DURATION = re.compile(r"^P(?=.)(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$")
_GROUPS_READ = {GROUPS: "Microsoft.Network/networkSecurityGroups/read"}


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
        rules = rules_of(found, "securityRules", "defaultSecurityRules")
        open_in = exposed(rules, "Inbound")
        open_out = exposed(rules, "Outbound")
        everything = any(ports == ALL and protocol == "all" for protocol, ports in open_in)
        yield Boundary(
            category="security-group",
            default_ingress="allow" if everything else "deny",
            default_egress="allow" if any(p == ALL for _, p in open_out) else "deny",
            open_rules=tuple(sorted(words_of(protocol, ports) for protocol, ports in open_in)),
            open_admin=opens_administration(open_in),
            open_egress=any(ports == ALL for _, ports in open_out),
            rules_count=len(items(found.get("securityRules"))),
            attached=bool(items(found.get("subnets")) or items(found.get("networkInterfaces"))),
            **named(place, group, GROUPS),
        )


@security_groups.detail(fields=["faces_internet"], calls={**INTERFACES_READ, **_GROUPS_READ})
def facing(place: Place, group: Boundary) -> dict[str, object]:
    """Whether something that it protects has an address on the internet."""
    found = next(g for g in everywhere(place, GROUPS) if resource_id(g) == group.subject)
    subnets = {resource_id(s) for s in items(parts(found).get("subnets"))}
    for interface in interfaces(place):
        for subnet, public in interface.addresses:
            if public and (subnet in subnets or interface.group == group.subject):
                return {"faces_internet": True}
    return {"faces_internet": False}


@security_groups.detail(
    fields=["logged"], calls={**FLOW_LOGS_READ, **_GROUPS_READ, **INTERFACES_READ}
)
def watched(place: Place, group: Boundary) -> dict[str, object]:
    """Whether a flow log records its traffic, or that of the networks that it protects."""
    found = next(g for g in everywhere(place, GROUPS) if resource_id(g) == group.subject)
    targets = {
        str(parts(log).get("targetResourceId") or "").lower()
        for log in all_flow_logs(place)
        if parts(log).get("enabled") is True
    }
    protects: list[tuple[str, ...]] = [
        (resource_id(subnet),) for subnet in items(parts(found).get("subnets"))
    ]
    protects += [
        (interface.id, *(subnet for subnet, _ in interface.addresses))
        for interface in interfaces(place)
        if interface.group == group.subject
    ]
    covered = [any(_is_within(one, targets) for one in places) for places in protects]
    return {"logged": group.subject in targets or (bool(covered) and all(covered))}


def _is_within(resource: str, targets: Iterable[str]) -> bool:
    return any(resource == one or resource.startswith(f"{one}/") for one in targets)


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


@subnets.detail(fields=["public_route", "members"], calls=INTERFACES_READ)
def exposure(place: Place, subnet: Segment) -> dict[str, object]:
    """Whether something in the subnet has an address on the internet, and what lives there."""
    members, public = set(), False
    for interface in interfaces(place):
        for where, address in interface.addresses:
            if where == subnet.subject:
                members.add("instance" if interface.machine else "interface")
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
    calls=_GROUPS_READ,
    always={"category": "direct"},
)
def direct_access(place: Place) -> Iterator[Fact]:
    """Security groups as ways in: an administration port that is open to everybody."""
    for group in everywhere(place, GROUPS):
        found = parts(group)
        rules = rules_of(found, "securityRules")
        attached = bool(items(found.get("subnets")) or items(found.get("networkInterfaces")))
        if attached and opens_administration(exposed(rules, "Inbound")):
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
    """Minutes of an ISO 8601 duration such as PT3H or P1D. Raises Refused for another form."""
    matched = _DURATION.match(str(duration or ""))
    if matched is None:
        raise Refused("broken", JUST_IN_TIME, f"the time {duration} is not understood")
    days, hours, minutes = (int(part or 0) for part in matched.groups())
    return days * 1440 + hours * 60 + minutes
