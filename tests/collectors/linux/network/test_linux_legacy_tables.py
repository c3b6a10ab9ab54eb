"""The older iptables' tables beside nftables: a packet passes both, and nft prints one of them."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from linux_common import NFT
from linux_reading import Answers, Read, read, said
from linux_trees import FAMILIES

from scanner.collectors.linux.network.firewall import host_firewall
from scanner.collectors.linux.ssh.script import _command

EMPTY = '{"nftables": [{"metainfo": {"version": "1.0.6"}}]}'
ASK_NFT = ("nft", "-j", "list", "ruleset")
V4, V6 = "/proc/net/ip_tables_names", "/proc/net/ip6_tables_names"
BOTH = {V4: "nat\nfilter\n", V6: "filter\n"}

CLOSED = (
    "-P INPUT DROP\n-P FORWARD DROP\n-P OUTPUT DROP\n-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT\n"
)
WIDE = "-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n"
SSH = (
    "-P INPUT DROP\n-P FORWARD DROP\n-P OUTPUT DROP\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n"
)


def asked(nft: str | None, v4: str | None, v6: str | None, end: str = "-legacy") -> Answers:
    answers = {
        ASK_NFT: nft,
        (f"iptables{end}", "-S"): v4,
        (f"ip6tables{end}", "-S"): v6,
    }
    return {argv: said(text) for argv, text in answers.items() if text is not None}


def judged(tree: dict[str, Any], answers: Answers) -> tuple[Any, ...]:
    found = read(host_firewall, tree, answers).only
    return found.enabled, found.default_ingress, found.default_egress, found.open_rules


def why(tree: dict[str, Any], answers: Answers) -> tuple[str, str]:
    found: Read = read(host_firewall, tree, answers)
    reasons = {(r.reason, r.detail) for r in found.refused["firewall"].values()}
    assert len(found.refused["firewall"]) == 7
    (only,) = reasons
    return only


@pytest.mark.parametrize("family", FAMILIES)
def test_a_host_with_the_older_tables_alone_is_not_called_open(family: str) -> None:
    tree, answers = FAMILIES[family]
    empty = {**answers, ASK_NFT: said(EMPTY)}
    assert judged(tree, empty)[:2] == (False, "allow")
    found = judged({**tree, **BOTH}, {**empty, **asked(None, CLOSED, CLOSED)})
    assert found == (True, "deny", "deny", ("tcp/443",))


@pytest.mark.parametrize(
    ("nft", "v4", "v6", "expected"),
    [
        (EMPTY, CLOSED, WIDE, (False, "allow", "allow", ("tcp/443",))),
        (EMPTY, WIDE, WIDE, (False, "allow", "allow", ())),
        (EMPTY, SSH, CLOSED, (True, "deny", "deny", ("tcp/22", "tcp/443"))),
        (NFT, WIDE, WIDE, (True, "deny", "deny", ("tcp/443",))),
        (NFT, WIDE + "-A INPUT -j ACCEPT\n", WIDE, (True, "deny", "deny", ("tcp/443",))),
        # Of IPv4 each refuses what the other lets in; of IPv6 nftables alone refuses.
        (NFT, SSH, WIDE, (True, "deny", "deny", ("tcp/443",))),
        (NFT, SSH, SSH, (True, "deny", "deny", ())),
        (NFT, CLOSED, SSH, (True, "deny", "deny", ("tcp/443",))),
        # nftables refuses IPv6, the older table IPv4: nothing is left open.
        (NFT.replace("inet", "ip6"), CLOSED, WIDE, (True, "deny", "deny", ("tcp/443",))),
        (NFT.replace("inet", "ip6"), WIDE, CLOSED, (True, "allow", "allow", ("tcp/443",))),
    ],
)
def test_either_may_refuse(nft: str, v4: str, v6: str, expected: tuple[Any, ...]) -> None:
    assert judged(dict(BOTH), asked(nft, v4, v6)) == expected


ACCEPT = "-A INPUT {} -j ACCEPT\n"


@pytest.mark.parametrize(
    ("old", "both"),
    [
        ("-p tcp -m multiport --dports 22,80,440:450", ("tcp/443",)),
        ("-p tcp", ("tcp/443",)),
        ("-p 6", ("tcp/443",)),
        ("-m multiport --dports 443", ("tcp/443",)),
        ("-p udp -m udp --dport 443", ()),
        ("-p tcp -m tcp --dport 444:600", ()),
        # Surely not from anybody:
        ("-i lo", ()),
        ("-s 10.0.0.0/8 -p tcp -m tcp --dport 443", ()),
        ("-s 10.0.0.0/8 -i eth0", ()),
        ("-m conntrack --ctstate RELATED,ESTABLISHED", ()),
    ],
)
def test_what_both_let_in_is_open(old: str, both: tuple[str, ...]) -> None:
    table = SSH + ACCEPT.format(old)
    assert judged(dict(BOTH), asked(NFT, table, table))[3] == both


@pytest.mark.parametrize(
    "old",
    [
        "-i eth0",
        "-p tcp -m tcp --dport 443 -m hashlimit --hashlimit-upto 9/sec --hashlimit-name a",
        "! -s 10.0.0.0/8 -p tcp -m tcp --dport 400:500",
        "! -i lo",
        "-s 0.0.0.0/0 -m mark --mark 0x1",
        "-p 132",
    ],
)
def test_what_a_condition_decides_is_unclear(old: str) -> None:
    table = SSH + ACCEPT.format(old)
    found = read(host_firewall, dict(BOTH), asked(NFT, table, table))
    assert (found.only.default_ingress, found.only.enabled) == ("deny", True)
    assert set(found.refused["firewall"]) == {"open_rules", "open_admin"}
    assert {each.reason for each in found.refused["firewall"].values()} == {"broken"}
    # Where the same is open without the condition too, that decides nothing.
    plain = table + ACCEPT.format("-p tcp -m tcp --dport 443")
    if "132" not in old:
        assert judged(dict(BOTH), asked(NFT, plain, plain))[3] == ("tcp/443",)


LOOPBACK = '{"meta": {"key": "iifname"}}, "right": "lo"'
SENDER = '{{"payload": {{"protocol": "ip", "field": "saddr"}}}}, "right": {}'


@pytest.mark.parametrize(
    ("condition", "clear"),
    [
        (LOOPBACK, True),
        (LOOPBACK.replace("lo", "eth0"), False),
        (SENDER.format('{"prefix": {"addr": "10.0.0.0", "len": 8}}'), True),
        (SENDER.format('{"prefix": {"addr": "0.0.0.0", "len": 0}}'), False),
        (SENDER.format('"10.1.2.3"'), True),
        (SENDER.format('"@friends"'), False),
    ],
)
def test_a_condition_of_nftables_is_weighed_too(condition: str, clear: bool) -> None:
    assert LOOPBACK in NFT
    found = read(host_firewall, dict(BOTH), asked(NFT.replace(LOOPBACK, condition), SSH, SSH))
    assert (not found.refused["firewall"]) is clear
    assert not clear or found.only.open_rules == ()


def test_an_older_table_that_lets_all_in_leaves_what_nftables_opens() -> None:
    docker = WIDE + "-A INPUT -i docker0 -j ACCEPT\n"
    assert judged(dict(BOTH), asked(NFT, docker, docker))[3] == ("tcp/443",)


def test_one_family_of_addresses_is_half_a_firewall() -> None:
    tree = {V4: "filter\n", V6: ""}
    assert judged(tree, asked(EMPTY, CLOSED, None)) == (False, "allow", "allow", ("tcp/443",))
    assert read(host_firewall, tree, asked(EMPTY, CLOSED, None)).only.open_admin is True


def test_where_no_filter_table_is_set_up_nothing_is_asked() -> None:
    for tree in ({}, {V4: "", V6: ""}, {V4: "nat\nmangle\n"}):
        assert judged(tree, asked(EMPTY, "nonsense", "nonsense"))[:2] == (False, "allow")


def test_tables_that_nothing_here_prints_are_a_gap() -> None:
    reason, detail = why(dict(BOTH), asked(EMPTY, None, None))
    assert reason == "not-supported"
    assert "iptables-legacy" in detail
    # the iptables that is there speaks of nftables only
    newer = {**BOTH, "/usr/sbin/iptables": "-> xtables-nft-multi"}
    assert why(newer, {**asked(EMPTY, None, None), **asked(None, CLOSED, CLOSED, "")})[0] == reason


@pytest.mark.parametrize(
    "links",
    [
        {"/sbin/iptables": "-> xtables-legacy-multi", "/sbin/ip6tables": "-> xtables-legacy-multi"},
        {"/usr/sbin/iptables": "-> xtables-multi", "/usr/sbin/ip6tables": "-> xtables-multi"},
    ],
)
def test_a_plain_iptables_that_is_the_older_one_prints_them(links: dict[str, str]) -> None:
    tree = {**BOTH, **links}
    answers = {**asked(EMPTY, None, None), **asked(None, CLOSED, CLOSED, "")}
    assert judged(tree, answers) == (True, "deny", "deny", ("tcp/443",))
    # Without nft its rules count once.
    del answers[ASK_NFT]
    found = read(host_firewall, tree, answers).only
    assert (found.default_ingress, found.rules_count) == ("deny", 2)


def test_without_nft_the_newer_iptables_is_read_with_the_older_tables() -> None:
    links = {
        "/usr/sbin/iptables": "-> /etc/alternatives/iptables",
        "/etc/alternatives/iptables": "-> /usr/sbin/iptables-nft",
    }
    answers = {**asked(None, WIDE, WIDE, ""), **asked(None, CLOSED, CLOSED)}
    assert judged({**BOTH, **links}, answers) == (True, "deny", "deny", ("tcp/443",))
    links["/etc/alternatives/iptables"] = "-> /usr/sbin/iptables-legacy"
    assert judged({**BOTH, **links}, answers)[:2] == (False, "allow")


def test_what_may_not_be_asked_or_is_not_understood_is_a_gap() -> None:
    denied = asked(EMPTY, None, CLOSED)
    denied["iptables-legacy", "-S"] = said("", 4, "Fatal: can't open lock file: Permission denied")
    assert why(dict(BOTH), denied)[0] == "denied"
    assert why(dict(BOTH), asked(EMPTY, "-X what\n", CLOSED))[0] == "broken"
    assert why(dict(BOTH), asked(EMPTY, "", CLOSED))[0] == "broken"


@pytest.mark.parametrize("names", [None, "", "nat\n", "filter\n"])
def test_the_script_of_remote_hosts_asks_only_where_the_table_is(
    names: str | None, tmp_path: Path
) -> None:
    listed = tmp_path / "names"
    if names is not None:
        listed.write_text(names)
    program = tmp_path / "iptables-legacy"
    program.write_text(f"#!/bin/sh\n: > {tmp_path}/asked\n")
    program.chmod(0o755)
    text = _command(0, "iptables-legacy -S").replace("/proc/net/ip_tables_names", str(listed))
    script = f"exec 3>&1\nPATH={tmp_path}:/usr/bin:/bin\nT=\n{text}\n"
    answer = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)
    ran = (tmp_path / "asked").exists()
    assert ran is (names == "filter\n")
    assert answer.stdout.startswith("X\t0\n!\n") is not ran
