"""The filter of nftables, as `nft -j list ruleset` prints it."""

from __future__ import annotations

import json
from typing import Any

from scanner.collectors.linux.host import Unclear
from scanner.collectors.linux.network.filter import (
    FAMILIES,
    Direction,
    Filter,
    Match,
    Opened,
    dig,
    walk,
)


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
        chain, rule = dig(item, "chain"), dig(item, "rule")
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
    opened_of: dict[str, Opened] = {}
    open_rules: set[str] = set()
    for key, chain in sorted(chains.items()):
        if chain.get("hook") != hook or chain.get("type") != "filter":
            continue
        opened: list[str] = []
        vague: list[str] = []
        closed = walk(rules, key, Match(), opened, vague)
        if (closed or chain.get("policy") == "drop") and "all" not in opened:
            for family in FAMILIES if key[0] == "inet" else FAMILIES & {key[0]}:
                before = opened_of.get(family, Opened())
                opened_of[family] = Opened(before.rules | {*opened}, before.vague | {*vague})
            open_rules |= set(opened)
    deny = opened_of.keys() >= FAMILIES
    return Direction("deny" if deny else "allow", tuple(sorted(open_rules)), opened_of)
