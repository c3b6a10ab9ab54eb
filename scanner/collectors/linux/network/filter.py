"""What a packet filter lets in from anybody: chains and rules in the terms of nftables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from scanner.collectors.linux.host import Unclear

FAMILIES = frozenset({"ip", "ip6"})
"""The address families, all of which have to be refused for a direction to be."""


@dataclass(frozen=True)
class Opened:
    """What is let through of one address family of which the rest is refused."""

    rules: frozenset[str] = frozenset()
    vague: frozenset[str] = frozenset()
    """Under a condition that need not leave anybody out: an interface, a rate, a mark."""


@dataclass(frozen=True)
class Direction:
    """One direction: what happens to what no rule names, and what is let through from anybody."""

    default: str
    open_rules: tuple[str, ...]
    opened: Mapping[str, Opened] = field(default_factory=dict, compare=False)
    """The same by address family, of those of which it refuses what no rule names."""
    unclear: str = field(default="", compare=False)
    """Why the open rules cannot be told."""


@dataclass(frozen=True)
class Filter:
    enabled: bool
    ingress: Direction
    egress: Direction
    rules: int


def dig(value: Any, *keys: str) -> Any:
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def _port_text(right: Any) -> list[str]:
    if isinstance(right, int):
        return [str(right)]
    if isinstance(right, str) and right.isdecimal():
        return [right]
    if isinstance(right, dict) and "set" in right and isinstance(right["set"], list):
        return [text for each in right["set"] for text in _port_text(each)]
    if (
        isinstance(right, dict)
        and isinstance(right.get("range"), list)
        and len(right["range"]) == 2
    ):
        low, high = right["range"]
        if isinstance(low, int) and isinstance(high, int):
            return [f"{low}-{high}"]
    raise Unclear("a port of a firewall rule is not understood")


@dataclass
class Match:
    """What the matches of one rule (and of the rules that led to it) amount to."""

    narrow: bool = False
    """It fits some sources, interfaces or states only."""
    apart: bool = False
    """It is narrow by what surely leaves others out: a sender's address, a state, loopback."""
    limited: bool = False
    """It fits so many packets a second only: it opens all the same, and refuses in part."""
    ports: tuple[str, ...] = ()
    protocol: str = ""


def _look(expressions: Sequence[Any], outer: Match) -> tuple[Match, str, str]:
    """(match, verdict, where it jumps) of one rule; verdict empty where it decides nothing."""
    match = replace(outer)
    verdict, target = "", ""
    for each in expressions:
        if not isinstance(each, dict) or len(each) != 1:
            raise Unclear("a firewall rule is not understood")
        ((kind, value),) = each.items()
        if kind == "match":
            _narrow(match, value)
        elif kind in ("accept", "drop", "reject", "return"):
            verdict = kind
        elif kind in ("jump", "goto"):
            verdict, target = kind, str(dig(value, "target"))
        elif kind in ("counter", "log", "comment", "notrack", "mangle", "meta", "ct timeout"):
            continue
        elif kind == "limit":
            match.limited = True
        elif kind == "xt":
            match.narrow = True  # a match of iptables that nft cannot say in its own words
        elif kind == "vmap":
            _map(value)
        else:
            raise Unclear(f"a firewall rule holds {kind!r}, which is not understood")
    return match, verdict, target


def _map(value: Any) -> None:
    """A verdict map: one over the state of connections that leaves new ones alone is passed."""
    entries = dig(value, "data", "set")
    states = [each[0] for each in entries if isinstance(each, list) and each] if entries else []
    if dig(value, "key", "ct", "key") != "state" or not states or "new" in states:
        raise Unclear("a firewall rule decides by a map")


_PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6"}


def _narrow(match: Match, value: Any) -> None:
    left, right, how = dig(value, "left"), dig(value, "right"), dig(value, "op")
    field = dig(left, "payload", "field")
    protocol = dig(left, "payload", "protocol")
    if field == "dport" and how in _EQUAL:
        match.ports = tuple(_port_text(right))
        match.protocol = protocol if protocol in ("tcp", "udp") else match.protocol or "tcp+udp"
    elif dig(left, "meta", "key") == "l4proto" or field in ("protocol", "nexthdr"):
        if isinstance(right, str) or (isinstance(right, int) and right in _PROTOCOLS):
            match.protocol = right if isinstance(right, str) else _PROTOCOLS[right]
        else:
            match.narrow = True
    elif dig(left, "ct", "key") == "state":
        states = right if isinstance(right, list) else dig(right, "set") or [right]
        if "new" not in states:
            match.narrow = True
            match.apart |= how in _EQUAL
    else:
        match.narrow = True
        match.apart |= how in _EQUAL and _leaves_out(left, right)


_EQUAL = ("==", "in", None)


def _leaves_out(left: Any, right: Any) -> bool:
    """Whether a match surely leaves out somebody else than this host."""
    if dig(left, "meta", "key") in ("iif", "iifname", "oif", "oifname"):
        return bool(right == "lo")
    if dig(left, "payload", "field") != "saddr":
        return False
    if isinstance(right, str):  # a named set may hold any address
        return not right.startswith("@") and not right.endswith("/0")
    length = dig(right, "prefix", "len")
    return isinstance(length, int) and length > 0


def _said(match: Match) -> list[str]:
    """What a rule lets in, whatever its conditions: `all`, or a protocol and a port."""
    if not match.ports and not match.protocol:
        return ["all"]
    protocol = match.protocol or "any"
    return [f"{protocol}/{port}" for port in match.ports or ("any",)]


def walk(
    rules: dict[tuple[str, str, str], list[Any]],
    key: tuple[str, str, str],
    outer: Match,
    opened: list[str],
    vague: list[str],
    depth: int = 0,
) -> bool:
    """Gather what a chain lets in from anybody, and what perhaps; whether it refuses the rest."""
    if depth > 16:
        raise Unclear("firewall chains lead into each other without end")
    for expressions in rules.get(key, []):
        match, verdict, target = _look(expressions, outer)
        everything = not match.narrow and not match.ports and not match.protocol
        if verdict in ("drop", "reject") and everything and not match.limited:
            return True
        if verdict == "accept" and not match.narrow:
            if everything:
                opened.append("all")
                return False
            opened.extend(_said(match))
        if verdict == "accept" and match.narrow and not match.apart:
            vague.extend(_said(match))
        if verdict in ("jump", "goto"):
            closed = walk(rules, (key[0], key[1], target), match, opened, vague, depth + 1)
            if closed and everything and not match.limited:
                return True
    return False
