"""Findings as the page's script reads them: short rows, what repeats kept once in tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from scanner.evaluate.wording import value
from scanner.findings import Finding
from scanner.reports.html.tally import CLASSES, Group, class_of
from scanner.reports.sarif_text import shorten, visible

BLOCK = 2000
"""Rows of one script element: the page takes them up one by one and stays responsive."""

LONGEST = 4096
"""Characters of one text; what is longer loses its middle, visibly."""


class Table:
    """Values by number, each once."""

    def __init__(self) -> None:
        self._numbers: dict[Any, int] = {}

    def number(self, item: Any) -> int:
        """The item's number, given out in order of first use."""
        return self._numbers.setdefault(item, len(self._numbers))

    def values(self) -> list[Any]:
        """All items in the order of their numbers."""
        return list(self._numbers)


class Rows:
    """Turns findings into rows and keeps what they share."""

    def __init__(self, titles: Mapping[str, str]) -> None:
        self._titles = titles
        self._rules, self._places, self._times = Table(), Table(), Table()
        self._whys, self._sources = Table(), Table()

    def row(self, finding: Finding) -> list[Any]:
        """One row; the script's `Row` names its columns."""
        name = clean(finding.name)
        subject: str | int = 0
        if finding.subject is not None:
            subject = 1 if finding.subject == finding.name else clean(finding.subject)
        message: str | int = clean(finding.message)
        if message == f"{name}: {visible(self._titles.get(finding.rule, ''))}":
            message = 0
        return [
            self._rules.number(_rule(finding)),
            CLASSES.index(class_of(finding)),
            self._places.number(
                (
                    clean(finding.target or ""),
                    clean(finding.scope),
                    finding.provider or "",
                    clean(finding.region or ""),
                )
            ),
            name,
            subject,
            message,
            finding.fingerprint,
            self._times.number(finding.observed_at or ""),
            self._why(finding),
            [[clean(k), clean(value(v))] for k, v in finding.evidence.items()],
            self._sources.number(clean(finding.source or "")),
            clean(finding.made_by or ""),
            clean(finding.suppressed or ""),
            finding.count if finding.count is not None else -1,
        ]

    def _why(self, finding: Finding) -> int:
        """The number of why it is unknown, from 1; 0: it is known."""
        if finding.reason is None:
            return 0
        gap = finding.gap
        words = (gap.id, gap.operation, gap.permission, gap.detail) if gap is not None else ()
        key = (
            finding.reason,
            tuple(clean(w or "") for w in words) or ("", "", "", ""),
            tuple(clean(u) for u in finding.unread),
        )
        return self._whys.number(key) + 1

    def tables(self) -> dict[str, Any]:
        """What the rows point into, complete once every row was made."""
        return {
            "rules": self._rules.values(),
            "places": self._places.values(),
            "times": self._times.values(),
            "whys": self._whys.values(),
            "sources": self._sources.values(),
        }


def clean(text: str) -> str:
    """A text that shows literally, of bounded length."""
    return shorten(visible(text), LONGEST)


def _rule(finding: Finding) -> tuple[Any, ...]:
    return (
        finding.rule,
        finding.practice,
        finding.severity,
        finding.strength,
        finding.refutes,
        tuple(finding.decides),
        tuple(o for o in finding.objectives if o not in finding.decides),
        finding.iso,
    )


class Chosen:
    """The findings that are embedded; counts what is left out."""

    def __init__(self, share: Mapping[Group, int]) -> None:
        self._share = share
        self._taken: dict[Group, int] = {}
        self.left_out: dict[Group, int] = {}

    def pick(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """The first findings of each group, as many as its share."""
        for finding in findings:
            group = (class_of(finding), finding.rule, finding.target or "")
            taken = self._taken.get(group, 0)
            if taken < self._share.get(group, 0):
                self._taken[group] = taken + 1
                yield finding
            else:
                self.left_out[group] = self.left_out.get(group, 0) + 1


_ENCODER = msgspec.json.Encoder()


def script_json(data: Any) -> bytes:
    """JSON that can stand inside a script element: no `<` is left in it."""
    return _ENCODER.encode(data).replace(b"<", b"\\u003c")


def blocks(rows: Iterable[list[Any]]) -> Iterator[bytes]:
    """Rows as script elements of data, BLOCK at a time."""
    block: list[list[Any]] = []
    for row in rows:
        block.append(row)
        if len(block) == BLOCK:
            yield _element(block)
            block = []
    if block:
        yield _element(block)


def _element(block: list[list[Any]]) -> bytes:
    return b'<script type="application/json" class="rows">' + script_json(block) + b"</script>\n"
