"""What a packet filter lets in from anybody: chains and rules in the terms of nftables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from scanner.collectors.linux.host import Unclear

FAMILIES = frozenset({"ip", "ip6"})
"""The address families, all of which have to be refused for a direction to be."""


@dataclass(frozen=True)
class Direction:
    """One direction: what happens to what no rule names, and what is let through from anybody."""

    default: str
    open_rules: tuple[str, ...]
    refusing: frozenset[str] = field(default=frozenset(), compare=False)
    """The address families of which it refuses what no rule names, where that is told apart."""


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
    if isinstance(right, str) and right.isdigit():
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
    limited: bool = False
    """It fits so many packets a second only: it opens all the same, and refuses in part."""
    ports: tuple[str, ...] = ()
    protocol: str = ""


def _look(expressions: Sequence[Any], outer: Match) -> tuple[Match, str, str]:
    """(match, verdict, where it jumps) of one rule; verdict empty where it decides nothing."""
    match = Match(outer.narrow, outer.limited, outer.ports, outer.protocol)
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
    if field == "dport" and how in ("==", "in", None):
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
    else:
        match.narrow = True


def walk(
    rules: dict[tuple[str, str, str], list[Any]],
    key: tuple[str, str, str],
    outer: Match,
    opened: list[str],
    depth: int,
) -> bool:
    """Gather what a chain lets in from anybody; whether it refuses all that is left."""
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
            protocol = match.protocol or "any"
            opened.extend(f"{protocol}/{port}" for port in match.ports or ("any",))
        if verdict in ("jump", "goto"):
            closed = walk(rules, (key[0], key[1], target), match, opened, depth + 1)
            if closed and everything and not match.limited:
                return True
    return False
