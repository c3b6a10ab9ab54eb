"""The host's own firewall as the kernel applies it: nftables, and the older iptables' tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.linux.host import Host, Unclear, clear, known, observe, settle
from scanner.collectors.linux.network.filter import FAMILIES, Direction, Filter
from scanner.collectors.linux.network.legacy import (
    LEGACY_CALLS,
    beside,
    is_legacy,
    legacy_filters,
    printed,
)
from scanner.collectors.linux.network.nft import parse_nft
from scanner.facts.network import Boundary

_NFT = "run:nft -j list ruleset"

ADMIN_PORTS = frozenset({22, 23, 2222, 3389, 5900, 5985, 5986, 9090})


def _admin(open_rules: Sequence[str]) -> bool:
    for rule in open_rules:
        protocol, _, port = rule.partition("/")
        if rule == "all" or (protocol in ("any", "tcp", "tcp+udp") and port == "any"):
            return True
        low, dash, high = port.partition("-")
        if low.isdecimal():
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
    calls={_NFT: "root", **LEGACY_CALLS},
    always={"category": "host-firewall"},
)
def host_firewall(here: Host) -> Iterator[Boundary | Partial]:
    """The firewall of the host itself: default for both directions, and what it lets in."""

    def base() -> tuple[Filter, bool]:
        """What nft prints, or iptables where it is not there; whether that is the older one."""
        try:
            return clear(
                _NFT, lambda: parse_nft(here.run_ok("nft", "-j", "list", "ruleset"))
            ), False
        except Refused as error:
            if error.reason != "not-supported" or not here.live:
                raise
        both = _both(printed(here, "iptables"), printed(here, "ip6tables"))
        return both, is_legacy(here, "iptables")

    def read() -> Filter:
        first, older = base()
        return first if older else beside(first, legacy_filters(here))

    found = settle(read)

    def open_rules() -> tuple[str, ...]:
        ingress = known(found).ingress
        if ingress.unclear:
            raise Unclear(ingress.unclear)
        return ingress.open_rules

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
            "open_rules": open_rules,
            "open_admin": lambda: known(found).ingress.default == "allow" or _admin(open_rules()),
            "open_egress": lambda: (
                known(found).egress.default == "allow" or "all" in known(found).egress.open_rules
            ),
            "rules_count": lambda: known(found).rules,
        },
    )


def _both(old: Filter, new: Filter) -> Filter:
    """The tables of IPv4 and IPv6, each as iptables prints it."""

    def join(a: Direction, b: Direction) -> Direction:
        opened = {**a.opened, **b.opened}
        rules = tuple(sorted({*a.open_rules, *b.open_rules}))
        return Direction("deny" if opened.keys() >= FAMILIES else "allow", rules, opened)

    return Filter(
        old.enabled and new.enabled,
        join(old.ingress, new.ingress),
        join(old.egress, new.egress),
        old.rules + new.rules,
    )
