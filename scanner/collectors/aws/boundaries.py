"""Boundaries of VPCs: security groups, access lists, and the block of the internet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.compute import tags_of
from scanner.collectors.aws.segments import INTERFACES, interfaces
from scanner.collectors.base import source
from scanner.facts.network import Boundary

ADMIN_PORTS = (22, 23, 3389, 5900, 5985, 5986)
"""SSH, Telnet, RDP, VNC and WinRM."""

_ANY = ("0.0.0.0/0", "::/0")
_PAGE = 1000
_LAST_PORT = 65535
_PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "-1": "all"}


def _groups(aws: Aws) -> list[dict[str, Any]]:
    return aws.shared(
        ("security-groups", aws.region),
        lambda: [
            group
            for page in aws.pages("ec2:DescribeSecurityGroups", MaxResults=_PAGE)
            for group in page["SecurityGroups"]
        ],
    )


def _protocol(name: Any) -> str:
    return _PROTOCOLS.get(str(name), str(name))


def _ports(low: int | None, high: int | None, protocol: str) -> str:
    if protocol == "all" or low is None or low < 0:
        return protocol
    return f"{protocol}/{low}" if low == high else f"{protocol}/{low}-{high}"


def _to_all(permission: dict[str, Any]) -> bool:
    ranges = [r.get("CidrIp") for r in permission.get("IpRanges") or ()]
    ranges += [r.get("CidrIpv6") for r in permission.get("Ipv6Ranges") or ()]
    return any(each in _ANY for each in ranges)


def _is_admin(protocol: str, low: int | None, high: int | None) -> bool:
    if protocol == "all":
        return True
    if protocol != "tcp":
        return False
    first, last = (0, _LAST_PORT) if low is None or high is None else (low, high)
    return any(first <= port <= last for port in ADMIN_PORTS)


_GROUP_CALLS = {"ec2:DescribeSecurityGroups": "ec2:DescribeSecurityGroups"}


@source(
    Boundary,
    fields=[
        "category",
        "enabled",
        "default_ingress",
        "default_egress",
        "open_rules",
        "open_admin",
        "open_egress",
        "rules_count",
        "tags",
    ],
    calls=_GROUP_CALLS,
    per="region",
)
def security_groups(aws: Aws) -> Iterator[Boundary]:
    """Security groups, the default one of each VPC by a category of its own."""
    for group in _groups(aws):
        ingress, egress = group["IpPermissions"], group["IpPermissionsEgress"]
        opened = [
            (_protocol(p["IpProtocol"]), p.get("FromPort"), p.get("ToPort"))
            for p in ingress
            if _to_all(p)
        ]
        out = [_protocol(p["IpProtocol"]) for p in egress if _to_all(p)]
        yield Boundary(
            **aws.here("ec2:DescribeSecurityGroups"),
            subject=group["GroupId"],
            name=group["GroupName"],
            tags=tags_of(group),
            category="default-security-group"
            if group["GroupName"] == "default"
            else "security-group",
            enabled=True,
            # What no rule names is refused; a rule for all traffic to all makes that the default.
            default_ingress="allow" if any(p == "all" for p, _, _ in opened) else "deny",
            default_egress="allow" if "all" in out else "deny",
            open_rules=tuple(sorted(_ports(low, high, p) for p, low, high in opened)),
            open_admin=any(_is_admin(*each) for each in opened),
            open_egress=bool(out),
            rules_count=len(ingress) + len(egress),
        )


@source(
    Boundary,
    fields=["attached", "faces_internet"],
    calls={**_GROUP_CALLS, INTERFACES: INTERFACES},
    lists=False,
    per="region",
)
def security_group_use(aws: Aws) -> Iterator[Boundary]:
    """Which security groups something uses, and whether it has a public address."""
    used: set[str] = set()
    facing: set[str] = set()
    for interface in interfaces(aws):
        used.update(interface["groups"])
        if interface["public"]:
            facing.update(interface["groups"])
    for group in _groups(aws):
        yield Boundary(
            **aws.here(INTERFACES),
            subject=group["GroupId"],
            name=group["GroupName"],
            attached=group["GroupId"] in used,
            faces_internet=group["GroupId"] in facing,
        )


@source(
    Boundary,
    fields=[
        "category",
        "enabled",
        "default_ingress",
        "open_rules",
        "open_admin",
        "open_egress",
        "attached",
        "rules_count",
    ],
    calls=["ec2:DescribeNetworkAcls"],
    always={"category": "nacl"},
    per="region",
)
def network_acls(aws: Aws) -> Iterator[Boundary]:
    """Network access lists of subnets; entries count in their order, the first match decides."""
    for page in aws.pages("ec2:DescribeNetworkAcls", MaxResults=_PAGE):
        for acl in page["NetworkAcls"]:
            opened = list(_open_entries(acl["Entries"], egress=False))
            yield Boundary(
                **aws.here("ec2:DescribeNetworkAcls"),
                subject=acl["NetworkAclId"],
                name=tags_of(acl).get("Name") or acl["NetworkAclId"],
                category="nacl",
                enabled=True,
                default_ingress="allow" if any(p == "all" for p, _, _ in opened) else "deny",
                open_rules=tuple(sorted(_ports(low, high, p) for p, low, high in opened)),
                open_admin=any(_is_admin(*each) for each in opened),
                open_egress=bool(list(_open_entries(acl["Entries"], egress=True))),
                attached=bool(acl["Associations"]),
                rules_count=len(acl["Entries"]),
            )


def _open_entries(
    entries: Iterable[dict[str, Any]], *, egress: bool
) -> Iterator[tuple[str, int | None, int | None]]:
    """Entries that let every address through and that no earlier entry denies as a whole."""
    denied: list[tuple[str, int | None, int | None]] = []
    for entry in sorted(entries, key=lambda e: e["RuleNumber"]):
        address = entry.get("CidrBlock") or entry.get("Ipv6CidrBlock")
        if entry["Egress"] is not egress or address not in _ANY:
            continue
        ports = entry.get("PortRange") or {}
        this = (_protocol(entry["Protocol"]), ports.get("From"), ports.get("To"))
        if entry["RuleAction"] == "deny":
            denied.append(this)
        elif not any(_covers(each, this) for each in denied):
            yield this


def _covers(
    wide: tuple[str, int | None, int | None], narrow: tuple[str, int | None, int | None]
) -> bool:
    if wide[0] == "all":
        return True
    if wide[0] != narrow[0] or wide[1] is None or wide[2] is None:
        return wide[0] == narrow[0] and wide[1] is None
    return (
        narrow[1] is not None
        and narrow[2] is not None
        and (wide[1] <= narrow[1] and narrow[2] <= wide[2])
    )


@source(
    Boundary,
    fields=["category", "enabled", "default_ingress"],
    calls=["ec2:DescribeVpcBlockPublicAccessOptions"],
    always={"category": "internet-block"},
    per="region",
)
def internet_block(aws: Aws) -> Iterator[Boundary]:
    """VPC Block Public Access: whether the region refuses traffic by internet gateways."""
    answer = aws.call("ec2:DescribeVpcBlockPublicAccessOptions")["VpcBlockPublicAccessOptions"]
    mode = answer["InternetGatewayBlockMode"]
    yield Boundary(
        **aws.here("ec2:DescribeVpcBlockPublicAccessOptions"),
        subject=f"{aws.account}/{aws.region}/vpc-block-public-access",
        name=f"VPC Block Public Access in {aws.region}",
        category="internet-block",
        enabled=mode != "off",
        default_ingress="allow" if mode == "off" else "deny",
    )
