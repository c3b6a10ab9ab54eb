# ruff: noqa: E501 - a rule stays one line
"""What a host firewall lets in, from the rules as nft and iptables print them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from linux_reading import read, said
from linux_rhel import RHEL, RHEL_ANSWERS

from scanner.collectors.linux.host import Unclear
from scanner.collectors.linux.network.filter import Direction
from scanner.collectors.linux.network.firewall import host_firewall
from scanner.collectors.linux.network.iptables import parse_iptables
from scanner.collectors.linux.network.nft import parse_nft


def nft(*rules: list[Any], policy: str = "drop", family: str = "inet", **chains: list[Any]) -> str:
    """A ruleset with the rules of an input chain, and of others by name."""
    table = {"family": family, "table": "filter"}
    base = {"type": "filter", "prio": 0}
    items: list[Any] = [{"metainfo": {"version": "1.0.6"}}]
    for name, hook, default in (("input", "input", policy), ("output", "output", "accept")):
        items.append({"chain": {**table, **base, "name": name, "hook": hook, "policy": default}})
    for name in chains:
        items.append({"chain": {**table, "name": name}})
    for name, exprs in {"input": list(rules), **chains}.items():
        items += [{"rule": {**table, "chain": name, "expr": expr}} for expr in exprs]
    return json.dumps({"nftables": items})


def dport(right: Any, protocol: str = "tcp") -> dict[str, Any]:
    left = {"payload": {"protocol": protocol, "field": "dport"}}
    return {"match": {"op": "==", "left": left, "right": right}}


ACCEPT, DROP = {"accept": None}, {"drop": None}
SADDR = {
    "match": {
        "op": "==",
        "left": {"payload": {"protocol": "ip", "field": "saddr"}},
        "right": {"prefix": {"addr": "10.0.0.0", "len": 8}},
    }
}
STATES = {
    "vmap": {
        "key": {"ct": {"key": "state"}},
        "data": {"set": [["invalid", DROP], ["established", ACCEPT]]},
    }
}
L4 = {"match": {"op": "==", "left": {"meta": {"key": "l4proto"}}, "right": 1}}


@pytest.mark.parametrize(
    ("text", "default", "open_rules"),
    [
        (nft(), "deny", ()),
        (nft(policy="accept"), "allow", ()),
        (nft([STATES], [dport(22), ACCEPT]), "deny", ("tcp/22",)),
        (nft([SADDR, dport(22), ACCEPT]), "deny", ()),
        (nft([dport({"set": [80, 443]}), ACCEPT]), "deny", ("tcp/443", "tcp/80")),
        (
            nft([dport({"range": [100, 200]}, "udp"), {"limit": {"rate": 3}}, ACCEPT]),
            "deny",
            ("udp/100-200",),
        ),
        (nft([L4, ACCEPT]), "deny", ("icmp/any",)),
        (nft([ACCEPT]), "allow", ()),
        (nft([{"counter": {}}, DROP], policy="accept"), "deny", ()),
        (nft([{"limit": {"rate": 1}}, DROP], policy="accept"), "allow", ()),
        # firewalld refuses in its last rule, after chains of its zones.
        (
            nft(
                [{"jump": {"target": "zones"}}],
                [{"reject": {"type": "icmpx"}}],
                policy="accept",
                zones=[[dport(22), ACCEPT], [{"return": None}]],
            ),
            "deny",
            ("tcp/22",),
        ),
        # One family of addresses alone is half a firewall.
        (nft(family="ip"), "allow", ()),
    ],
)
def test_nft(text: str, default: str, open_rules: tuple[str, ...]) -> None:
    assert parse_nft(text).ingress == Direction(default, open_rules)
    assert parse_nft(text).egress.default == "allow"


def test_what_is_not_understood_gives_no_verdict() -> None:
    for rule in (
        [{"vmap": {"key": {"meta": {"key": "iif"}}, "data": {"set": []}}}],
        [{"queue": {}}],
        ["accept"],
    ):
        with pytest.raises(Unclear):
            parse_nft(nft(rule))
    with pytest.raises(Unclear):
        parse_nft(nft([{"jump": {"target": "a"}}], a=[[{"jump": {"target": "a"}}]]))
    for text in ("", "{}", '{"nftables": 1}', "[]"):
        with pytest.raises(Unclear):
            parse_nft(text)


IPT = "-P INPUT DROP\n-P FORWARD DROP\n-P OUTPUT ACCEPT\n"


@pytest.mark.parametrize(
    ("rules", "default", "open_rules"),
    [
        (
            "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -i lo -j ACCEPT\n",
            "deny",
            (),
        ),
        ("-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n", "deny", ("tcp/22",)),
        ("-A INPUT -p tcp -m state --state NEW -m tcp --dport 22 -j ACCEPT\n", "deny", ("tcp/22",)),
        ("-A INPUT -s 10.0.0.0/8 -p tcp -m tcp --dport 22 -j ACCEPT\n", "deny", ()),
        (
            "-A INPUT -p tcp -m multiport --dports 80,8000:8010 -j ACCEPT\n",
            "deny",
            ("tcp/80", "tcp/8000-8010"),
        ),
        (
            "-N WEB\n-A INPUT -j WEB\n-A WEB -p tcp -m tcp --dport 443 -j ACCEPT\n",
            "deny",
            ("tcp/443",),
        ),
        ("-A INPUT -j ACCEPT\n", "allow", ("all",)),
    ],
)
def test_iptables(rules: str, default: str, open_rules: tuple[str, ...]) -> None:
    assert parse_iptables(IPT + rules).ingress == Direction(default, open_rules)


def test_both_families_of_iptables_count() -> None:
    answers = {k: v for k, v in RHEL_ANSWERS.items() if k[0] != "nft"}
    answers[("iptables", "-S")] = said(IPT + "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n")
    answers[("ip6tables", "-S")] = said("-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n")
    found = read(host_firewall, RHEL, answers).only
    assert found.enabled is False
    assert found.default_ingress == "allow"
    assert found.open_admin is True


def test_without_the_right_to_ask_nothing_is_said() -> None:
    answers = {
        **RHEL_ANSWERS,
        ("nft", "-j", "list", "ruleset"): said("", 1, "Operation not permitted (you must be root)"),
    }
    found = read(host_firewall, RHEL, answers)
    assert found.why("default_ingress").reason == "denied"
    assert (found.why("enabled").permission or "").startswith("root")
