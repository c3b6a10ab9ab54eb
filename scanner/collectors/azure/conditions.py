"""Conditions that an assignment or a role sets on its actions: whether they leave one be.

Only which actions a condition speaks of is weighed. What it asks of a resource, a request or a
person is not known here, so an answer that hangs on it is None.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from scanner.collectors.azure.patterns import covers, meet

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<names>ActionMatches\s*\{\s*'(?P<pattern>[^']*)'\s*\})
    | (?P<and>&&|AND\b)
    | (?P<or>\|\||OR\b)
    | (?P<not>!|NOT\b)
    | (?P<open>\()
    | (?P<close>\))
    | (?P<else>'(?:[^'\\]|\\.)*'|\{(?:'(?:[^'\\]|\\.)*'|[^'}])*\}|@\w+\[[^\]]*\]|[^\s()!&|{}'@]+)
    )""",
    re.VERBOSE | re.IGNORECASE,
)


class _Unclear(Exception):
    """The text is no condition as this module reads them."""


def allows(condition: str | None, action: str) -> bool | None:
    """Whether the condition lets the action through; None where that hangs on more than the action.

    action: in lower case; one with a star or a plus stands for many.
    """
    if condition is None or not condition.strip():
        return True
    try:
        reading = _Reading(condition, action)
        found = reading.whole()
        return found if reading.at_end() else None
    except (_Unclear, RecursionError):
        return None


def every(values: Iterable[bool | None]) -> bool | None:
    """False if one is, else None if one is, else True."""
    found = list(values)
    return False if False in found else None if None in found else True


def some(values: Iterable[bool | None]) -> bool | None:
    """True if one is, else None if one is, else False."""
    found = list(values)
    return True if True in found else None if None in found else False


class _Reading:
    """One pass over a condition's text."""

    def __init__(self, text: str, action: str) -> None:
        self._action = action
        self._tokens = list(_tokens(text))
        self._next = 0

    def at_end(self) -> bool:
        return self._next == len(self._tokens)

    def whole(self) -> bool | None:
        """A row of parts, joined by one word. Which of two words binds closer is not assumed."""
        parts = [self._part()]
        words = set()
        while self._kind() in ("and", "or"):
            words.add(self._take()[0])
            parts.append(self._part())
        if len(words) > 1:
            return None
        return some(parts) if words == {"or"} else every(parts)

    def _part(self) -> bool | None:
        kind = self._kind()
        if kind == "not":
            self._take()
            found = self._part()
            return None if found is None else not found
        if kind == "open":
            self._take()
            found = self.whole()
            if self._take()[0] != "close":
                raise _Unclear
            return found
        if kind == "names":
            pattern = self._take()[1]
            if covers(pattern, self._action):
                return True
            return None if meet(pattern, self._action) else False
        if kind != "else":
            raise _Unclear
        while self._kind() == "else":
            self._take()
        return None

    def _kind(self) -> str:
        return "" if self.at_end() else self._tokens[self._next][0]

    def _take(self) -> tuple[str, str]:
        if self.at_end():
            raise _Unclear
        self._next += 1
        return self._tokens[self._next - 1]


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    text = text.rstrip()
    place = 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise _Unclear
        place = found.end()
        pattern = found["pattern"]
        if pattern is not None:
            yield "names", pattern.lower()
        else:
            yield found.lastgroup or "", found[0]
