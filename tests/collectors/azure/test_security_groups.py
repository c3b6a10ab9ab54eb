"""What a network security group lets through from everywhere."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.collectors.azure.security_rules import exposed, rules_of
from scanner.collectors.base import Refused


def rule(
    priority: int,
    access: str,
    source: str = "*",
    ports: str | list[str] = "*",
    protocol: str = "Tcp",
    target: str = "*",
) -> dict[str, Any]:
    many = isinstance(ports, list)
    return {
        "priority": priority,
        "access": access,
        "direction": "Inbound",
        "protocol": protocol,
        "sourceAddressPrefix": source,
        "destinationAddressPrefix": target,
        "destinationPortRange": None if many else ports,
        "destinationPortRanges": ports if many else [],
    }


DENY_ALL = rule(65500, "Deny", protocol="*")


@pytest.mark.parametrize(
    ("rules", "open_"),
    [
        ([DENY_ALL], []),
        ([rule(100, "Allow", "Internet", "443"), DENY_ALL], [("tcp", (443, 443))]),
        ([rule(100, "Allow", "10.0.0.0/8", "22"), DENY_ALL], []),
        ([rule(100, "Allow", "0.0.0.0/0", ["22", "80-90"])],
         [("tcp", (22, 22)), ("tcp", (80, 90))]),
        # What an earlier rule denies to everybody is not open.
        ([rule(100, "Deny", ports="3389"), rule(200, "Allow", ports="3380-3400")],
         [("tcp", (3380, 3388)), ("tcp", (3390, 3400))]),
        ([rule(200, "Deny", ports="3389"), rule(100, "Allow", ports="3389")],
         [("tcp", (3389, 3389))]),
        # A denial for one address behind it closes nothing for the others.
        ([rule(100, "Deny", ports="22", target="10.0.0.4"), rule(200, "Allow", ports="22")],
         [("tcp", (22, 22))]),
        ([rule(100, "Deny", ports="22", protocol="Udp"), rule(200, "Allow", ports="22")],
         [("tcp", (22, 22))]),
        ([rule(100, "Allow", protocol="*")], [("all", (0, 65535))]),
        ([rule(100, "Deny", protocol="*"), rule(200, "Allow", protocol="*")], []),
        ([rule(100, "Allow", "1.2.3.4", "22")], []),
        # A denial of all of one version of IP leaves the other open.
        ([rule(100, "Deny", "::/0", "22"), rule(200, "Allow", ports="22")], [("tcp", (22, 22))]),
        ([rule(100, "Deny", "0.0.0.0/0", "22"), rule(200, "Allow", "::/0", "22")],
         [("tcp", (22, 22))]),
        ([rule(100, "Deny", "Internet", "22"), rule(200, "Allow", "0.0.0.0/0", "22")], []),
        # A denial to one address closes nothing for the others.
        ([rule(100, "Deny", "0.0.0.0", "22"), rule(200, "Allow", ports="22")],
         [("tcp", (22, 22))]),
        # A tag names less than everybody.
        ([rule(100, "Allow", "VirtualNetwork", "22"), DENY_ALL], []),
    ],
)  # fmt: skip
def test_exposed(rules: list[dict[str, Any]], open_: list[Any]) -> None:
    assert exposed(rules, "Inbound") == open_


def test_prefix_lists_count() -> None:
    one = {**rule(100, "Allow", "", "22"), "sourceAddressPrefixes": ["10.0.0.0/8", "::/0"]}
    assert exposed([one], "Inbound") == [("tcp", (22, 22))]


def test_ports_that_are_not_understood_are_no_answer() -> None:
    with pytest.raises(Refused, match="not understood"):
        exposed([rule(100, "Allow", "*", "http")], "Inbound")


def test_two_halves_are_everybody() -> None:
    halves = {**rule(100, "Allow", "", "22"), "sourceAddressPrefix": None,
              "sourceAddressPrefixes": ["0.0.0.0/1", "128.0.0.0/1"]}  # fmt: skip
    assert exposed([halves], "Inbound") == [("tcp", (22, 22))]


def test_a_denial_from_some_ports_closes_nothing() -> None:
    some = {**rule(100, "Deny", ports="22"), "sourcePortRange": "1024"}
    every = {**some, "sourcePortRange": "*"}
    allow = rule(200, "Allow", ports="22")
    assert exposed([some, allow], "Inbound") == [("tcp", (22, 22))]
    assert exposed([every, allow], "Inbound") == []


def test_a_denial_to_an_application_group_closes_nothing_for_the_others() -> None:
    group = {**rule(100, "Deny", ports="22"), "destinationAddressPrefix": None,
             "destinationApplicationSecurityGroups": [{"id": "/asg"}]}  # fmt: skip
    assert exposed([group, rule(200, "Allow", ports="22")], "Inbound") == [("tcp", (22, 22))]


def test_rules_that_are_not_told_are_not_none() -> None:
    with pytest.raises(Refused, match="securityRules"):
        rules_of({}, "securityRules")
