"""What two filters let in together, where a packet passes both and each refuses by default."""

from __future__ import annotations

from scanner.collectors.linux.host import Unclear
from scanner.collectors.linux.network.filter import Opened

_EVERY_PORT = (0, 65535)
_NAMES = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6", "ipv6-icmp": "icmpv6"}


def meet(one: Opened, other: Opened) -> Opened:
    """What both let in. Raises Unclear where a condition decides whether that is from anybody."""
    rules = _shared(one.rules, other.rules)
    perhaps = _shared(one.rules, other.vague) | _shared(one.vague, other.rules)
    for rule in sorted(perhaps):
        if not any(_both(rule, known) == _plain(rule) for known in rules):
            raise Unclear(
                f"{rule} is open in nftables or in the older tables, and in the other under a"
                " condition that is not understood"
            )
    return Opened(rules, _shared(one.vague, other.vague))


def _shared(some: frozenset[str], others: frozenset[str]) -> frozenset[str]:
    return frozenset(both for one in some for other in others if (both := _both(one, other)))


def _read(rule: str) -> tuple[frozenset[str] | None, int, int]:
    """Protocols (None: any), and the first and the last port, of a rule as filters tell it."""
    protocol, _, port = ("any/any" if rule == "all" else rule).partition("/")
    low, dash, high = port.partition("-")
    try:
        first, last = _EVERY_PORT if port == "any" else (int(low), int(high if dash else low))
    except ValueError:
        raise Unclear(f"the port of {rule[:60]} is not understood") from None
    if protocol == "any":
        return None, first, last
    return frozenset(_NAMES.get(each, each) for each in protocol.split("+")), first, last


def _both(one: str, other: str) -> str | None:
    """The rule that says what two have in common; None for nothing."""
    (some, *ports), (others, *other_ports) = _read(one), _read(other)
    first, last = max(ports[0], other_ports[0]), min(ports[1], other_ports[1])
    if first > last:
        return None
    if some is None or others is None:
        return _written(others if some is None else some, first, last)
    if some != others and any(each.isdecimal() for each in some | others):
        raise Unclear(f"the protocols of {one} and {other} cannot be compared")
    return _written(some & others, first, last) if some & others else None


def _written(protocols: frozenset[str] | None, first: int, last: int) -> str:
    protocol = "any" if protocols is None else "+".join(sorted(protocols))
    if (first, last) == _EVERY_PORT:
        return "all" if protocols is None else f"{protocol}/any"
    return f"{protocol}/{first}" if first == last else f"{protocol}/{first}-{last}"


def _plain(rule: str) -> str:
    return _written(*_read(rule))
