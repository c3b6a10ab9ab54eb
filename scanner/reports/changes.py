"""What changed between two scans, and what was open run by run, as lines of text or Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from scanner.history.ask import Point
from scanner.history.compare import Change, Diff
from scanner.reports.sarif_text import harmless, visible

SHOWN = 25
"""Changes of one kind that are named; the rest are counted."""

_TITLES = {
    "opened": "New failures",
    "fixed": "Fixed",
    "waived": "Set aside by an exception",
    "dark": "No longer known, since something could not be read",
    "seen": "Known again, and no failure",
}


class Scores(msgspec.Struct, frozen=True, kw_only=True):
    """The score before and after, in words; null where a side was not assessed."""

    before: str | None = None
    after: str | None = None


def headline(found: Diff) -> str:
    """`2 new, 1 fixed, 14 open as before`"""
    parts = [f"{len(found.opened)} new", f"{len(found.fixed)} fixed"]
    if found.waived:
        parts.append(f"{len(found.waived)} set aside")
    if found.dark:
        parts.append(f"{len(found.dark)} no longer known")
    return ", ".join([*parts, f"{found.unchanged} open as before"])


def text(found: Diff, scores: Scores, *, names: bool) -> Iterator[str]:
    """The difference as plain lines."""
    yield headline(found)
    if scores.before is not None or scores.after is not None:
        yield f"score: {scores.before or 'none'} -> {scores.after or 'none'}"
    for kind, title in _TITLES.items():
        changes: Sequence[Change] = getattr(found, kind)
        if not changes:
            continue
        yield ""
        yield f"{title}: {len(changes)}"
        for change in changes[:SHOWN]:
            who = f"  {visible(change.name)}" if names else f"  {change.fingerprint}"
            yield f"  {change.severity:<8} {change.rule}{who}{_where(change)}"
        if len(changes) > SHOWN:
            yield f"  and {len(changes) - SHOWN} more"


def markdown(found: Diff, scores: Scores, *, names: bool) -> Iterator[str]:
    """The difference as GitHub's Markdown. Without names, findings are told by fingerprint."""
    yield f"**{headline(found)}**"
    if scores.before is not None or scores.after is not None:
        before, after = (cell(s or "none") for s in (scores.before, scores.after))
        yield ""
        yield f"Score: {before} → {after}"
    for kind, title in _TITLES.items():
        changes: Sequence[Change] = getattr(found, kind)
        if not changes:
            continue
        yield ""
        yield f"### {title} ({len(changes)})"
        yield ""
        yield "| Severity | Rule | Target | Finding | Made at |"
        yield "| --- | --- | --- | --- | --- |"
        for change in changes[:SHOWN]:
            who = cell(change.name) if names else f"`{change.fingerprint}`"
            target = cell(change.target or "")
            made = cell(change.made_by or "")
            yield f"| {change.severity} | `{change.rule}` | {target} | {who} | {made} |"
        if len(changes) > SHOWN:
            yield ""
            yield f"And {len(changes) - SHOWN} more."


def trend_text(points: Sequence[Point]) -> Iterator[str]:
    """A line a run: what was open after it."""
    counted = "crit high  med  low info"
    yield f"run   ended                 failing   {counted}   unknown unread  new  fixed  score"
    for p in points:
        counts = f"{p.critical:>5}{p.high:>5}{p.medium:>5}{p.low:>5}{p.info:>5}"
        yield (
            f"{p.run:<5} {p.at:<21} {p.failing:>7}  {counts}  {p.unknown:>8} {p.unread:>6}"
            f" {p.opened:>4} {p.fixed:>6}  {score(p)}{'' if p.whole else '  (a part of the scan)'}"
        )


def trend_markdown(points: Sequence[Point]) -> Iterator[str]:
    """The same as GitHub's Markdown."""
    yield "| Run | Ended | Failing | Critical | High | Unknown | Unread | New | Fixed | Score |"
    yield "| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |"
    for p in points:
        yield (
            f"| {p.run} | {p.at} | {p.failing} | {p.critical} | {p.high} | {p.unknown}"
            f" | {p.unread} | {p.opened} | {p.fixed} | {score(p)} |"
        )


def score(point: Point) -> str:
    """`88`, `40 to 103`, or nothing."""
    if point.score_low is None or point.score_high is None:
        return "none"
    if point.score_low == point.score_high:
        return str(point.score_low)
    return f"{point.score_low} to {point.score_high}"


def _where(change: Change) -> str:
    known = [visible(each) for each in (change.target, change.made_by) if each]
    return f"  ({', '.join(known)})" if known else ""


def cell(words: str) -> str:
    """Somebody's name in a table: no link, no markup, and nobody is notified by it."""
    return harmless(words, "markdown").replace("@", "@\u200b").replace("#", "#\u200b")
