"""The language of Microsoft's filter rules: comparisons of attributes, joined by and, or, not.

Conditional Access's device filters and Intune's assignment filters share it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_TOKEN = re.compile(r"""\s*(?:(\()|(\))|"([^"]*)"|'([^']*)'|(\[[^\]]*\])|([A-Za-z0-9_.\-]+))""")
_LISTED = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([^,]+))\s*(?:,|$)""")

OPERATORS = {
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
"""Operator as written (lower case) -> its positive form, and whether it is negated."""

_MOST_DEEP = 20


class Unreadable(Exception):
    """A rule that is not understood."""


@dataclass(frozen=True)
class Comparison:
    """`device.model -ne "X"` as attribute `model`, operator `eq`, negated, values ("x",)."""

    attribute: str
    operator: str
    negated: bool
    values: tuple[str, ...]


@dataclass(frozen=True)
class Node:
    """A joined or negated rule; `how` is and, or, not."""

    how: str
    parts: tuple[Node | Comparison, ...]


Rule = Node | Comparison


def parsed(rule: str) -> Rule:
    """The rule as a tree; attributes and values in lower case. Raises Unreadable."""
    tokens = _tokens(rule)
    tree = _joined(tokens, "or", lambda t, d: _joined(t, "and", _one, d), 0)
    if tokens:
        raise Unreadable(f"unexpected {tokens[0]}")
    return tree


def comparisons(rule: Rule) -> list[Comparison]:
    """Every comparison of a rule."""
    if isinstance(rule, Comparison):
        return [rule]
    return [found for part in rule.parts for found in comparisons(part)]


def holds(rule: Rule, test: Callable[[Comparison], bool | None]) -> bool | None:
    """Whether the rule holds, given what each comparison says; None where that is not known."""
    if isinstance(rule, Comparison):
        return test(rule)
    answers = [holds(part, test) for part in rule.parts]
    if rule.how == "not":
        return None if answers[0] is None else not answers[0]
    decisive = rule.how == "or"
    if decisive in answers:
        return decisive
    return None if None in answers else not decisive


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


_Reader = Callable[[list[str], int], Rule]


def _joined(tokens: list[str], how: str, inner: _Reader, deep: int) -> Rule:
    parts = [inner(tokens, deep)]
    while tokens and tokens[0].lower() in (how, f"-{how}"):
        tokens.pop(0)
        parts.append(inner(tokens, deep))
    return parts[0] if len(parts) == 1 else Node(how, tuple(parts))


def _values(token: str) -> tuple[str, ...]:
    """The texts of a list, or the one text; a comma within quotes is part of the text."""
    if not token.startswith("["):
        return (token.strip("\"'").lower(),)
    found = _LISTED.findall(token[1:-1])
    return tuple((double or single or word).strip().lower() for double, single, word in found)


def _one(tokens: list[str], deep: int) -> Rule:
    if not tokens:
        raise Unreadable("the rule breaks off")
    if deep > _MOST_DEEP:
        raise Unreadable("the rule is nested too deep")
    head = tokens.pop(0)
    if head.lower() in ("not", "-not"):
        return Node("not", (_one(tokens, deep + 1),))
    if head == "(":
        inner = _joined(tokens, "or", lambda t, d: _joined(t, "and", _one, d), deep + 1)
        if not tokens or tokens.pop(0) != ")":
            raise Unreadable("a bracket is not closed")
        return inner
    if len(tokens) < 2 or tokens[0].lower() not in OPERATORS:
        raise Unreadable("a comparison is not complete")
    operator, negated = OPERATORS[tokens.pop(0).lower()]
    values = _values(tokens.pop(0))
    return Comparison(head.lower().removeprefix("device."), operator, negated, values)
