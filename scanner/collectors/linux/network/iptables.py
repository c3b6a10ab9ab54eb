"""The filter table of the older iptables, as `iptables -S` prints it."""

from __future__ import annotations

import shlex
from typing import Any

from scanner.collectors.linux.host import Unclear
from scanner.collectors.linux.network.filter import Direction, Filter, Match, Opened, walk


def parse_iptables(text: str, family: str = "ip") -> Filter:
    """The filter table of `iptables -S`; family: ip or ip6. Raises Unclear."""
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
        vague: list[str] = []
        closed = walk(rules, ("ip", "filter", chain), Match(), opened, vague)
        deny = (closed or policies[chain] == "DROP") and "all" not in opened
        told = {family: Opened(frozenset(opened), frozenset(vague))} if deny else {}
        found.append(Direction("deny" if deny else "allow", tuple(sorted(set(opened))), told))
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
                if not low.isdecimal() or (colon and not high.isdecimal()):
                    raise Unclear("a port of an iptables rule is not understood")
                ports.append({"range": [int(low), int(high)]} if colon else int(low))
            left = {"payload": {"protocol": "", "field": "dport"}}
            found.append({"match": {"left": left, "right": {"set": ports}}})
        elif word in ("-i", "-s") and words[index - 1 : index] != ["!"]:
            field = (
                {"payload": {"field": "saddr"}} if word == "-s" else {"meta": {"key": "iifname"}}
            )
            found.append({"match": {"left": field, "right": value}})
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
