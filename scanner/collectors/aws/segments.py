"""Segments of VPCs, what lives in them, and which of their traffic is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.compute import tags_of
from scanner.collectors.base import source
from scanner.facts.audit import Trail
from scanner.facts.network import Segment

INTERFACES = "ec2:DescribeNetworkInterfaces"
_SUBNETS = "ec2:DescribeSubnets"
_FLOW_LOGS = "ec2:DescribeFlowLogs"
_PAGE = 1000


def interfaces(aws: Aws) -> list[dict[str, Any]]:
    """Network interfaces, cut down to what is looked at."""
    return aws.shared(
        ("interfaces", aws.region),
        lambda: [
            {
                "groups": [g["GroupId"] for g in each.get("Groups") or ()],
                "subnet": each.get("SubnetId"),
                "public": "PublicIp" in (each.get("Association") or {}),
                "type": each.get("InterfaceType", "interface"),
                "about": each.get("Description", ""),
            }
            for page in aws.pages(INTERFACES, MaxResults=_PAGE)
            for each in page["NetworkInterfaces"]
        ],
    )


def _subnets(aws: Aws) -> list[dict[str, Any]]:
    return aws.shared(
        ("subnets", aws.region),
        lambda: [
            subnet for page in aws.pages(_SUBNETS, MaxResults=_PAGE) for subnet in page["Subnets"]
        ],
    )


_SUBNET_CALLS = {_SUBNETS: _SUBNETS}


def _subnet(aws: Aws, operation: str, subnet: dict[str, Any]) -> dict[str, Any]:
    return {
        **aws.here(operation),
        "subject": subnet["SubnetId"],
        "name": tags_of(subnet).get("Name") or subnet["SubnetId"],
    }


@source(
    Segment,
    fields=["category", "public_route", "auto_public_address", "tags"],
    calls={**_SUBNET_CALLS, "ec2:DescribeRouteTables": "ec2:DescribeRouteTables"},
    always={"category": "subnet"},
    per="region",
)
def subnets(aws: Aws) -> Iterator[Segment]:
    """Subnets, and whether their route table leads to an internet gateway."""
    by_subnet: dict[str, bool] = {}
    by_vpc: dict[str, bool] = {}
    for page in aws.pages("ec2:DescribeRouteTables", MaxResults=_PAGE):
        for table in page["RouteTables"]:
            public = any(_to_internet(route) for route in table["Routes"])
            for association in table["Associations"]:
                if association.get("Main"):
                    by_vpc[table["VpcId"]] = public
                elif "SubnetId" in association:
                    by_subnet[association["SubnetId"]] = public
    for subnet in _subnets(aws):
        mode = (subnet.get("BlockPublicAccessStates") or {}).get("InternetGatewayBlockMode", "off")
        routed = by_subnet.get(subnet["SubnetId"], by_vpc.get(subnet["VpcId"], False))
        yield Segment(
            **_subnet(aws, _SUBNETS, subnet),
            tags=tags_of(subnet),
            category="subnet",
            public_route=routed and mode == "off",
            auto_public_address=subnet["MapPublicIpOnLaunch"],
        )


def _to_internet(route: dict[str, Any]) -> bool:
    return (
        str(route.get("GatewayId", "")).startswith("igw-")
        and route.get("State") != "blackhole"
        and (
            route.get("DestinationCidrBlock") == "0.0.0.0/0"
            or route.get("DestinationIpv6CidrBlock") == "::/0"
        )
    )


@source(
    Segment,
    fields=["flow_logged"],
    calls={**_SUBNET_CALLS, _FLOW_LOGS: _FLOW_LOGS},
    lists=False,
    per="region",
)
def subnet_recording(aws: Aws) -> Iterator[Segment]:
    """Whether a working flow log of the subnet or its VPC records all of its traffic."""
    recorded = {
        log["ResourceId"]
        for log in flow_log_list(aws, aws.region)
        if _works(log) and log.get("TrafficType", "ALL") == "ALL"
    }
    for subnet in _subnets(aws):
        yield Segment(
            **_subnet(aws, _FLOW_LOGS, subnet),
            flow_logged=bool({subnet["SubnetId"], subnet["VpcId"]} & recorded),
        )


@source(
    Segment,
    fields=["members"],
    calls={**_SUBNET_CALLS, INTERFACES: INTERFACES},
    lists=False,
    per="region",
)
def subnet_members(aws: Aws) -> Iterator[Segment]:
    """What lives in each subnet, by its network interfaces."""
    members: dict[str, set[str]] = {}
    for interface in interfaces(aws):
        if interface["subnet"] is not None:
            members.setdefault(interface["subnet"], set()).add(_member(interface))
    for subnet in _subnets(aws):
        found = members.get(subnet["SubnetId"], set())
        yield Segment(**_subnet(aws, INTERFACES, subnet), members=tuple(sorted(found)))


_ABOUT = {
    "RDSNetworkInterface": "database",
    "ElastiCache": "cache",
    "EFS mount target": "share",
    "ES ": "search-domain",
    "RedshiftNetworkInterface": "database",
    "Amazon EKS": "cluster",
}


def _member(interface: dict[str, Any]) -> str:
    if interface["type"] != "interface":
        return str(interface["type"])
    about = interface["about"]
    return next((kind for start, kind in _ABOUT.items() if about.startswith(start)), "machine")


def flow_log_list(aws: Aws, region: str) -> list[dict[str, Any]]:
    """Flow logs of a region. Raises Refused."""

    def read() -> list[dict[str, Any]]:
        pages = aws.pages(_FLOW_LOGS, at=region, MaxResults=_PAGE)
        return [log for page in pages for log in page["FlowLogs"]]

    return aws.shared(("flow-logs", region), read)


def _works(log: dict[str, Any]) -> bool:
    # DeliverLogsStatus stands only in answers for logs that have tried to deliver.
    return log["FlowLogStatus"] == "ACTIVE" and log.get("DeliverLogsStatus") != "FAILED"


@source(
    Trail,
    fields=["system", "enabled", "delivering", "last_error", "destination"],
    calls=[_FLOW_LOGS],
    always={"system": "flow-log"},
    per="region",
)
def flow_logs(aws: Aws) -> Iterator[Trail]:
    """Flow logs of VPCs, subnets and interfaces."""
    for log in flow_log_list(aws, aws.region):
        yield Trail(
            **aws.here(_FLOW_LOGS),
            subject=log["FlowLogId"],
            name=f"flow log of {log['ResourceId']}",
            system="flow-log",
            enabled=log["FlowLogStatus"] == "ACTIVE",
            delivering=_works(log),
            last_error=log.get("DeliverLogsErrorMessage") or None,
            destination=log.get("LogDestination") or log.get("LogGroupName"),
        )
