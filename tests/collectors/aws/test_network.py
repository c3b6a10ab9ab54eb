"""Security groups, access lists, subnets and flow logs."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.collectors.aws.boundaries import _open_entries
from scanner.demo.aws import Emulator
from scanner.facts import UNSET

REGION = "us-gov-west-1"


@pytest.fixture
def vpc(empty: Emulator, client: Any) -> str:
    return str(client("ec2").create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"])


def _group(client: Any, vpc: str, name: str, *ports: tuple[str, int, int]) -> str:
    ec2 = client("ec2")
    made = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
    for protocol, low, high in ports:
        ec2.authorize_security_group_ingress(
            GroupId=made,
            IpPermissions=[
                {
                    "IpProtocol": protocol,
                    "FromPort": low,
                    "ToPort": high,
                    "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
                }
            ],
        )
    return str(made)


def test_rules_that_are_open_to_every_address(client: Any, vpc: str, read: Any) -> None:
    web = _group(client, vpc, "web", ("tcp", 443, 443))
    wide = _group(client, vpc, "wide", ("tcp", 20, 25), ("udp", 0, 65535))
    every = _group(client, vpc, "every", ("-1", -1, -1))
    found = read("security-groups")

    assert (found[web].open_rules, found[web].open_admin) == (("tcp/443",), False)
    assert (found[wide].open_rules, found[wide].open_admin) == (
        ("tcp/20-25", "udp/0-65535"),
        True,
    )
    assert found[every].open_rules == ("all",)
    assert (found[every].default_ingress, found[every].open_admin) == ("allow", True)
    # A fresh group lets everything out.
    assert (found[web].default_ingress, found[web].default_egress) == ("deny", "allow")
    assert found[web].attached is UNSET


def test_the_default_group_is_a_category_of_its_own(client: Any, vpc: str, read: Any) -> None:
    found = [g for g in read("security-groups").values() if g.name == "default"]
    assert {g.category for g in found} == {"default-security-group"}


def test_what_uses_a_group_and_whether_it_faces_the_internet(
    client: Any, vpc: str, read: Any
) -> None:
    ec2 = client("ec2")
    used, unused = _group(client, vpc, "used"), _group(client, vpc, "unused")
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    interface = ec2.create_network_interface(SubnetId=subnet, Groups=[used])
    found = read("security-group-use")
    assert (found[used].attached, found[used].faces_internet) == (True, False)
    assert found[unused].attached is False

    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.associate_address(
        AllocationId=address,
        NetworkInterfaceId=interface["NetworkInterface"]["NetworkInterfaceId"],
    )
    assert read("security-group-use")[used].faces_internet is True
    assert "machine" in read("subnet-members")[subnet].members


def test_a_subnet_is_public_by_its_route(client: Any, vpc: str, read: Any) -> None:
    ec2 = client("ec2")
    private = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    public = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.2.0/24")["Subnet"]["SubnetId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    ec2.associate_route_table(RouteTableId=table, SubnetId=public)
    found = read("subnets")

    assert found[public].public_route is True
    assert found[private].public_route is False


def test_flow_logs_of_the_vpc_record_its_subnets(client: Any, vpc: str, read: Any) -> None:
    ec2 = client("ec2")
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    assert read("subnet-recording")[subnet].flow_logged is False

    client("s3").create_bucket(
        Bucket="flows", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    ec2.create_flow_logs(
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="ALL",
        LogDestinationType="s3",
        LogDestination="arn:aws-us-gov:s3:::flows",
    )
    assert read("subnet-recording")[subnet].flow_logged is True
    (trail,) = read("flow-logs").values()
    assert (trail.enabled, trail.delivering, trail.last_error) == (True, True, None)
    assert trail.destination == "arn:aws-us-gov:s3:::flows"


def _entry(number: int, action: str, protocol: str = "-1", ports: Any = None) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "RuleNumber": number,
        "RuleAction": action,
        "Protocol": protocol,
        "CidrBlock": "0.0.0.0/0",
        "Egress": False,
    }
    if ports is not None:
        entry["PortRange"] = {"From": ports[0], "To": ports[1]}
    return entry


@pytest.mark.parametrize(
    ("entries", "opened"),
    [
        ([_entry(100, "allow"), _entry(32767, "deny")], [("all", None, None)]),
        ([_entry(50, "deny"), _entry(100, "allow")], []),
        (
            [_entry(50, "deny", "6", (22, 22)), _entry(100, "allow", "6", (22, 22))],
            [],
        ),
        (
            [_entry(50, "deny", "6", (22, 22)), _entry(100, "allow", "6", (20, 30))],
            [("tcp", 20, 30)],
        ),
        (
            [_entry(200, "deny", "6", (22, 22)), _entry(100, "allow", "6", (22, 22))],
            [("tcp", 22, 22)],
        ),
    ],
)
def test_entries_of_an_access_list_count_in_their_order(entries: Any, opened: Any) -> None:
    assert list(_open_entries(entries, egress=False)) == opened


def test_the_internet_block_of_a_region(empty: Emulator, read: Any) -> None:
    (block,) = read("internet-block").values()
    assert (block.enabled, block.default_ingress) == (False, "allow")
