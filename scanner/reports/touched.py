"""What the lines of a change fail, as text, as Markdown, and as GitHub's annotations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from scanner.origin.change import Touched
from scanner.reports.sarif_rules import LEVEL
from scanner.reports.sarif_text import harmless, visible

Titles = Mapping[str, str]
"""A rule's title by its id."""

_NONE = "Nothing that the last scan saw fail was made by the lines of this change."
_SHOWN = 3


def _who(one: Touched, names: bool) -> str:
    """`timesheets, billing and 4 more`, or how many."""
    if not names:
        return "1 resource" if len(one.names) == 1 else f"{len(one.names)} resources"
    shown = ", ".join(one.names[:_SHOWN])
    rest = len(one.names) - _SHOWN
    return f"{shown} and {rest} more" if rest > 0 else shown


def text(found: Sequence[Touched], titles: Titles, *, names: bool) -> Iterator[str]:
    """Lines for a terminal."""
    if not found:
        yield _NONE
    for one in found:
        yield visible(f"{one.file}:{one.line}  {one.practice}  {one.severity}  {one.rule}")
        yield visible(f"    {titles.get(one.rule, one.rule)}: {_who(one, names)}")


def markdown(found: Sequence[Touched], titles: Titles, *, names: bool) -> Iterator[str]:
    """A table for a comment."""
    if not found:
        yield _NONE
        return
    yield "| Line | Practice | Severity | What fails there | Made there |"
    yield "| --- | --- | --- | --- | --- |"
    for one in found:
        place, title, who = (
            harmless(words, "markdown").replace("@", "@\u200b").replace("#", "#\u200b")
            for words in (
                f"{one.file}:{one.line}",
                titles.get(one.rule, one.rule),
                _who(one, names),
            )
        )
        yield f"| {place} | {one.practice} | {one.severity} | {title} (`{one.rule}`) | {who} |"


def workflow_commands(found: Sequence[Touched], titles: Titles, *, names: bool) -> Iterator[str]:
    """Workflow commands (docs.github.com: Workflow commands, setting an error message).

    GitHub shows the first ten of each level of a step, so the severe ones come first.
    """
    order = ("critical", "high", "medium", "low", "info")
    for one in sorted(found, key=lambda each: order.index(each.severity)):
        level = {"error": "error", "warning": "warning", "note": "notice"}[LEVEL[one.severity]]
        where = f"file={_property(one.file)},line={one.line},endLine={one.end}"
        title = _property(f"{one.practice} {one.rule}")
        message = _data(f"{titles.get(one.rule, one.rule)}: {_who(one, names)} fails this")
        yield f"::{level} {where},title={title}::{message}"


def _data(words: str) -> str:
    return visible(words).replace("%", "%25")


def _property(words: str) -> str:
    return _data(words).replace(":", "%3A").replace(",", "%2C")
