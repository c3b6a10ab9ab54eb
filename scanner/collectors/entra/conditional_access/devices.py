"""Devices as Conditional Access sees them, and its rules over their attributes.

The atoms are: a device that is not registered, and each join type with and without compliance,
split further by the comparisons that the policies make with other attributes.
Source: Entra "Conditional Access: Filter for devices" (an unregistered device has no attributes:
positive operators never match it, negative operators always do).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from scanner.collectors.microsoft.filter_rule import (
    Comparison,
    Unreadable,
    comparisons,
    holds,
    parsed,
)

_JOINS = {"workplace": "registered", "azuread": "joined", "serverad": "hybrid"}
UNREGISTERED = "unregistered device"
_MOST = 6


@dataclass(frozen=True)
class Device:
    """One atom: registered and how, compliant, and which other comparisons hold for it."""

    join: str | None
    compliant: bool
    holds: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        if self.join is None:
            return UNREGISTERED
        state = "compliant" if self.compliant else "non-compliant"
        extra = "".join(f" with {text}" for text in sorted(self.holds))
        return f"{state} {self.join} device{extra}"


@dataclass
class Devices:
    """The device atoms of one set of policies."""

    atoms: list[Device] = field(default_factory=list)

    @classmethod
    def of(cls, rules: Iterable[str]) -> Devices:
        """The atoms that these rules can tell apart; rules that are not understood add none."""
        texts: set[str] = set()
        for rule in rules:
            try:
                found = _opaque(rule)
            except Unreadable:
                continue
            if len(texts | found) <= _MOST:
                texts |= found
        names = sorted(texts)
        devices = [Device(None, False)]
        for join in _JOINS.values():
            for compliant in (False, True):
                for bits in range(1 << len(names)):
                    holds = frozenset(n for i, n in enumerate(names) if bits >> i & 1)
                    devices.append(Device(join, compliant, holds))
        return cls(devices)

    def where(self, test: Callable[[Device], bool]) -> int:
        """The mask of the atoms for which the test holds."""
        return sum(1 << n for n, device in enumerate(self.atoms) if test(device))

    def matching(self, rule: str) -> int:
        """The mask of the atoms that a filter's rule matches. Raises Unreadable."""
        known = frozenset().union(*(d.holds for d in self.atoms))
        if not _opaque(rule) <= known:
            raise Unreadable("too many different comparisons")
        tree = parsed(rule)
        return self.where(lambda d: holds(tree, lambda c: _matches(d, c)) is True)


def _opaque(rule: str) -> set[str]:
    """The comparisons that are not about join type or compliance, in positive form."""
    return {_words(c) for c in comparisons(parsed(rule)) if not _is_known(c)}


def _is_known(comparison: Comparison) -> bool:
    if comparison.attribute == "iscompliant":
        return comparison.operator == "eq" and comparison.values[0] in ("true", "false")
    return comparison.attribute == "trusttype" and comparison.operator in ("eq", "in")


def _words(comparison: Comparison) -> str:
    return f"{comparison.attribute} {comparison.operator} {', '.join(comparison.values)}"


def _matches(device: Device, comparison: Comparison) -> bool:
    if device.join is None:
        # An unregistered device has no attributes: only a negative form matches it.
        return comparison.negated
    if not _is_known(comparison):
        return (_words(comparison) in device.holds) is not comparison.negated
    if comparison.attribute == "iscompliant":
        wanted = (comparison.values[0] == "true") is not comparison.negated
        return device.compliant is wanted
    joins = {_JOINS[value] for value in comparison.values if value in _JOINS}
    return (device.join in joins) is not comparison.negated
