"""Devices as Conditional Access sees them, and its rules over their attributes.

The atoms are: a device that is not registered, and each join type with and without compliance,
split further by the comparisons that the policies make with other attributes.
Source: Entra "Conditional Access: Filter for devices" (an unregistered device has no attributes:
positive operators never match it, negative operators always do).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

_JOINS = {"workplace": "registered", "azuread": "joined", "serverad": "hybrid"}

UNREGISTERED = "unregistered device"

_TOKEN = re.compile(r"""\s*(?:(\()|(\))|"([^"]*)"|'([^']*)'|(\[[^\]]*\])|([A-Za-z0-9_.\-]+))""")

_OPERATORS = {
    "-eq": ("eq", False),
    "-ne": ("eq", True),
    "-startswith": ("startswith", False),
    "-notstartswith": ("startswith", True),
    "-endswith": ("endswith", False),
    "-notendswith": ("endswith", True),
    "-contains": ("contains", False),
    "-notcontains": ("contains", True),
    "-in": ("in", False),
    "-notin": ("in", True),
}

_MOST = 6


class Unreadable(Exception):
    """A rule that is not understood."""


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


Rule = Callable[[Device], bool]


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
                found = comparisons(rule)
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

    def where(self, test: Rule) -> int:
        """The mask of the atoms for which the test holds."""
        return sum(1 << n for n, device in enumerate(self.atoms) if test(device))

    def matching(self, rule: str) -> int:
        """The mask of the atoms that a filter's rule matches. Raises Unreadable."""
        opaque = comparisons(rule)
        known = frozenset().union(*(d.holds for d in self.atoms))
        if not opaque <= known:
            raise Unreadable("too many different comparisons")
        return self.where(compiled(rule))


def comparisons(rule: str) -> set[str]:
    """The comparisons of a rule that are not about join type or compliance, in positive form."""
    found: set[str] = set()
    _parse(rule, found)
    return found


def compiled(rule: str) -> Rule:
    """The rule as a test of a device atom. Raises Unreadable."""
    return _parse(rule, set())


def _parse(rule: str, opaque: set[str]) -> Rule:
    tokens = _tokens(rule)
    test = _either(tokens, opaque)
    if tokens:
        raise Unreadable(f"unexpected {tokens[0]}")
    return test


def _tokens(rule: str) -> list[str]:
    tokens, at, text = [], 0, rule.strip()
    while at < len(text):
        matched = _TOKEN.match(text, at)
        if matched is None:
            raise Unreadable("the rule holds an unknown sign")
        opening, closing, double, single, many, word = matched.groups()
        quoted = double if double is not None else single
        tokens.append(opening or closing or many or word or f'"{quoted}"')
        at = matched.end()
    return tokens


def _either(tokens: list[str], opaque: set[str]) -> Rule:
    tests = [_both(tokens, opaque)]
    while tokens and tokens[0].lower() in ("or", "-or"):
        tokens.pop(0)
        tests.append(_both(tokens, opaque))
    return tests[0] if len(tests) == 1 else lambda device: any(test(device) for test in tests)


def _both(tokens: list[str], opaque: set[str]) -> Rule:
    tests = [_one(tokens, opaque)]
    while tokens and tokens[0].lower() in ("and", "-and"):
        tokens.pop(0)
        tests.append(_one(tokens, opaque))
    return tests[0] if len(tests) == 1 else lambda device: all(test(device) for test in tests)


def _one(tokens: list[str], opaque: set[str]) -> Rule:
    if not tokens:
        raise Unreadable("the rule breaks off")
    head = tokens.pop(0)
    if head.lower() in ("not", "-not"):
        inner = _one(tokens, opaque)
        return lambda device: not inner(device)
    if head == "(":
        inner = _either(tokens, opaque)
        if not tokens or tokens.pop(0) != ")":
            raise Unreadable("a bracket is not closed")
        return inner
    if len(tokens) < 2 or tokens[0].lower() not in _OPERATORS:
        raise Unreadable("a comparison is not complete")
    operator, negated = _OPERATORS[tokens.pop(0).lower()]
    return _comparison(
        head.lower().removeprefix("device."), operator, negated, tokens.pop(0), opaque
    )


def _comparison(name: str, operator: str, negated: bool, value: str, opaque: set[str]) -> Rule:
    low = value.strip("\"'").lower()
    if name == "iscompliant" and operator == "eq" and low in ("true", "false"):
        wanted = (low == "true") is not negated
        # An unregistered device has no such attribute: only the negative form matches it.
        return lambda d: negated if d.join is None else d.compliant is wanted
    if name == "trusttype" and operator in ("eq", "in"):
        listed = [part.strip(" \"'[]").lower() for part in low.split(",")]
        joins = {_JOINS[part] for part in listed if part in _JOINS}
        return lambda d: negated if d.join is None else (d.join in joins) is not negated
    text = f"{name} {operator} {low}"
    opaque.add(text)
    return lambda d: negated if d.join is None else (text in d.holds) is not negated
