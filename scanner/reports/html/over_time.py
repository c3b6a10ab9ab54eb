"""What was open after each run: a picture, and the same as a table for who cannot see it."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.history.ask import Point
from scanner.reports.changes import score
from scanner.reports.html.elements import Html, el, join, number
from scanner.reports.html.words import moment, table
from scanner.reports.trend_picture import LAYERS, picture

LAST_RUNS = 8
"""Rows of the table; the picture shows more."""


def over_time(points: Sequence[Point]) -> Html | None:
    """The trend, oldest run first; None without a history."""
    if not points:
        return None
    words = "Failures that were open after each run, the severest at the bottom."
    first = "This is the first run that was kept; the next one shows what changed."
    return el(
        "div",
        el("h2", "Over time"),
        el("p", words if len(points) > 1 else first, class_="dim"),
        el("div", Html(picture(points)), class_="trend") if len(points) > 1 else None,
        _table(points[-LAST_RUNS:]),
    )


def _table(points: Sequence[Point]) -> Html:
    severities = [join(_swatch(colour), name) for name, colour in LAYERS]
    rows: list[list[Html | str | int]] = [
        [
            join(moment(point.at), None if point.whole else ", in part"),
            *(number(getattr(point, name)) for name, _ in LAYERS),
            number(point.unknown),
            number(point.unread),
            number(point.opened),
            number(point.fixed),
            score(point),
        ]
        for point in reversed(points)
    ]
    head = ["Run ended", *severities, "unknown", "unread", "new", "fixed", "score"]
    return table(head, rows, "Open failures by severity after each of the last runs")


def _swatch(colour: str) -> Html:
    box = el("rect", width="10", height="10", fill=colour)
    return el("svg", box, width="10", height="10", aria_hidden="true", class_="swatch")
