"""The host's own firewall as the kernel applies it: nftables, or the older iptables."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.linux.host import Host, Unclear, clear, known, observe, settle
from scanner.facts.network import Boundary

_NFT = "run:nft -j list ruleset"
_IPT = "run:iptables -S"
_IP6T = "run:ip6tables -S"

ADMIN_PORTS = frozenset({22, 23, 2222, 3389, 5900, 5985, 5986, 9090})


@dataclass(frozen=True)
class Direction:
    """One direction: what happens to what no rule names, and what is let through from anybody."""

    default: str
    open_rules: tuple[str, ...]


@dataclass(frozen=True)
class Filter:
    enabled: bool
    ingress: Direction
    egress: Direction
    rules: int


def _dig(value: Any, *keys: str) -> Any:
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
class _Match:
    """What the matches of one rule (and of the rules that led to it) amount to."""

    narrow: bool = False
    """It fits some sources, interfaces or states only."""
    limited: bool = False
    """It fits so many packets a second only: it opens all the same, and refuses in part."""
    ports: tuple[str, ...] = ()
    protocol: str = ""


def _look(expressions: Sequence[Any], outer: _Match) -> tuple[_Match, str, str]:
    """(match, verdict, where it jumps) of one rule; verdict empty where it decides nothing."""
    match = _Match(outer.narrow, outer.limited, outer.ports, outer.protocol)
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
            verdict, target = kind, str(_dig(value, "target"))
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
    entries = _dig(value, "data", "set")
    states = [each[0] for each in entries if isinstance(each, list) and each] if entries else []
    if _dig(value, "key", "ct", "key") != "state" or not states or "new" in states:
        raise Unclear("a firewall rule decides by a map")


_PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6"}


def _narrow(match: _Match, value: Any) -> None:
    left, right, how = _dig(value, "left"), _dig(value, "right"), _dig(value, "op")
    field = _dig(left, "payload", "field")
    protocol = _dig(left, "payload", "protocol")
    if field == "dport" and how in ("==", "in", None):
        match.ports = tuple(_port_text(right))
        match.protocol = protocol if protocol in ("tcp", "udp") else match.protocol or "tcp+udp"
    elif _dig(left, "meta", "key") == "l4proto" or field in ("protocol", "nexthdr"):
        if isinstance(right, str) or (isinstance(right, int) and right in _PROTOCOLS):
            match.protocol = right if isinstance(right, str) else _PROTOCOLS[right]
        else:
            match.narrow = True
    elif _dig(left, "ct", "key") == "state":
        states = right if isinstance(right, list) else _dig(right, "set") or [right]
        if "new" not in states:
            match.narrow = True
    else:
        match.narrow = True


def parse_nft(text: str) -> Filter:
    """The filter of `nft -j list ruleset` (libnftables-json(5)). Raises Unclear."""
    try:
        items = json.loads(text)["nftables"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Unclear("nft does not print its rules as JSON") from None
    if not isinstance(items, list):
        raise Unclear("nft does not print a list of rules")
    chains: dict[tuple[str, str, str], dict[str, Any]] = {}
    rules: dict[tuple[str, str, str], list[Any]] = {}
    for item in items:
        chain, rule = _dig(item, "chain"), _dig(item, "rule")
        if isinstance(chain, dict):
            key = (str(chain.get("family")), str(chain.get("table")), str(chain.get("name")))
            chains[key] = chain
        if isinstance(rule, dict):
            key = (str(rule.get("family")), str(rule.get("table")), str(rule.get("chain")))
            rules.setdefault(key, []).append(rule.get("expr", []))
    directions = [_direction(chains, rules, hook) for hook in ("input", "output")]
    on = any(c.get("hook") == "input" and c.get("type") == "filter" for c in chains.values())
    return Filter(on, directions[0], directions[1], sum(len(r) for r in rules.values()))


def _direction(
    chains: dict[tuple[str, str, str], dict[str, Any]],
    rules: dict[tuple[str, str, str], list[Any]],
    hook: str,
) -> Direction:
    """A packet passes every base chain of its hook, so one that refuses is enough; both address
    families have to be covered for the direction to refuse."""
    refusing: set[str] = set()
    open_rules: set[str] = set()
    for key, chain in sorted(chains.items()):
        if chain.get("hook") != hook or chain.get("type") != "filter":
            continue
        opened: list[str] = []
        closed = _walk(rules, key, _Match(), opened, 0)
        if (closed or chain.get("policy") == "drop") and "all" not in opened:
            refusing |= {"ip", "ip6"} if key[0] == "inet" else {key[0]}
            open_rules |= set(opened)
    deny = {"ip", "ip6"} <= refusing
    return Direction("deny" if deny else "allow", tuple(sorted(open_rules)))


def _walk(
    rules: dict[tuple[str, str, str], list[Any]],
    key: tuple[str, str, str],
    outer: _Match,
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
            closed = _walk(rules, (key[0], key[1], target), match, opened, depth + 1)
            if closed and everything and not match.limited:
                return True
    return False


def parse_iptables(text: str) -> Filter:
    """The filter table of `iptables -S`. Raises Unclear."""
    policies: dict[str, str] = {}
    rules: dict[tuple[str, str, str], list[Any]] = {}
    count = 0
    for line in text.splitlines():
        try:
            words = shlex.split(line)
        except ValueError:
            raise Unclear("an iptables rule has an open quote") from None
        if not words:
            continue
        if words[0] == "-P" and len(words) >= 3:
            policies[words[1]] = words[2]
        elif words[0] == "-A" and len(words) >= 2:
            count += 1
            rules.setdefault(("ip", "filter", words[1]), []).append(_as_nft(words[2:]))
        elif words[0] != "-N":
            raise Unclear(f"the iptables line {line[:60]!r} is not understood")
    if not {"INPUT", "OUTPUT"} <= set(policies):
        raise Unclear("iptables does not print its policies")
    found = []
    for chain in ("INPUT", "OUTPUT"):
        opened: list[str] = []
        closed = _walk(rules, ("ip", "filter", chain), _Match(), opened, 0)
        deny = (closed or policies[chain] == "DROP") and "all" not in opened
        found.append(Direction("deny" if deny else "allow", tuple(sorted(set(opened)))))
    on = policies["INPUT"] == "DROP" or bool(rules.get(("ip", "filter", "INPUT")))
    return Filter(on, found[0], found[1], count)


def _as_nft(words: list[str]) -> list[dict[str, Any]]:
    """The rule in nft's terms, as far as a filter is judged by them."""
    found: list[dict[str, Any]] = []
    index = 0
    while index < len(words):
        word = words[index]
        value = words[index + 1] if index + 1 < len(words) else ""
        if word in ("-p", "--protocol"):
            found.append({"match": {"left": {"meta": {"key": "l4proto"}}, "right": value}})
        elif word in ("--dport", "--dports"):
            ports: list[Any] = []
            for port in value.split(","):
                low, colon, high = port.partition(":")
                if not low.isdigit() or (colon and not high.isdigit()):
                    raise Unclear("a port of an iptables rule is not understood")
                ports.append({"range": [int(low), int(high)]} if colon else int(low))
            left = {"payload": {"protocol": "", "field": "dport"}}
            found.append({"match": {"left": left, "right": {"set": ports}}})
        elif word in ("--ctstate", "--state"):
            states = value.lower().split(",")
            found.append({"match": {"left": {"ct": {"key": "state"}}, "right": states}})
        elif word in ("-j", "-g"):
            name = value
            known_word = {
                "ACCEPT": "accept",
                "DROP": "drop",
                "REJECT": "reject",
                "RETURN": "return",
            }
            if name in known_word:
                found.append({known_word[name]: None})
            elif name not in ("LOG", "NFLOG", "MARK", "CONNMARK", "AUDIT", "TRACE"):
                found.append({"jump": {"target": name}})
            index = len(words)
            continue
        elif word == "-m":
            if value not in ("tcp", "udp", "state", "conntrack", "multiport", "comment"):
                found.append({"limit" if value == "limit" else "xt": None})
        elif word == "--comment" or word in ("--limit", "--limit-burst"):
            pass
        else:
            found.append({"xt": None})
            if word == "!":
                index += 1
                continue
        index += 2
    return found


def _admin(open_rules: Sequence[str]) -> bool:
    for rule in open_rules:
        protocol, _, port = rule.partition("/")
        if rule == "all" or (protocol in ("any", "tcp", "tcp+udp") and port == "any"):
            return True
        low, dash, high = port.partition("-")
        if low.isdigit():
            top = int(high) if dash else int(low)
            if any(int(low) <= each <= top for each in ADMIN_PORTS):
                return True
    return False


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
        "attached",
    ],
    calls={_NFT: "root", _IPT: "root", _IP6T: "root"},
    always={"category": "host-firewall"},
)
def host_firewall(here: Host) -> Iterator[Boundary | Partial]:
    """The firewall of the host itself: default for both directions, and what it lets in."""

    def read() -> Filter:
        try:
            return clear(_NFT, lambda: parse_nft(here.run_ok("nft", "-j", "list", "ruleset")))
        except Refused as error:
            if error.reason != "not-supported" or not here.live:
                raise
        old = clear(_IPT, lambda: parse_iptables(here.run_ok("iptables", "-S")))
        new = clear(_IP6T, lambda: parse_iptables(here.run_ok("ip6tables", "-S")))
        return _both(old, new)

    found = settle(read)
    yield observe(
        Boundary(
            subject=f"{here.id}/firewall",
            name="host firewall",
            category="host-firewall",
            attached=True,
            **here.here(_NFT),
        ),
        _NFT,
        {
            "enabled": lambda: known(found).enabled,
            "default_ingress": lambda: known(found).ingress.default,
            "default_egress": lambda: known(found).egress.default,
            "open_rules": lambda: known(found).ingress.open_rules,
            "open_admin": lambda: (
                known(found).ingress.default == "allow" or _admin(known(found).ingress.open_rules)
            ),
            "open_egress": lambda: (
                known(found).egress.default == "allow" or "all" in known(found).egress.open_rules
            ),
            "rules_count": lambda: known(found).rules,
        },
    )


def _both(old: Filter, new: Filter) -> Filter:
    def join(a: Direction, b: Direction) -> Direction:
        deny = a.default == b.default == "deny"
        return Direction("deny" if deny else "allow", tuple(sorted({*a.open_rules, *b.open_rules})))

    return Filter(
        old.enabled and new.enabled,
        join(old.ingress, new.ingress),
        join(old.egress, new.egress),
        old.rules + new.rules,
    )
