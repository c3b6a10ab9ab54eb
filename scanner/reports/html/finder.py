"""The findings' section as it stands before the page's script fills it."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.reports.html.elements import Html, el, many
from scanner.reports.html.tally import CLASSES, Group, Tally
from scanner.reports.html.words import section
from scanner.reports.table import SEVERITIES

WORDS = {
    "fail": "fails",
    "blind": "not seen",
    "undeclared": "not stated",
    "no-target": "no target",
    "set-aside": "set aside",
    "pass": "passes",
    "none": "not applicable",
}


def finder(tally: Tally, left_out: Mapping[Group, int]) -> Html:
    """Filters and an empty list. `left_out`: findings that are counted and not embedded."""
    return section(
        "findings",
        "Findings by resource",
        _left_out(tally, left_out),
        el("noscript", el("p", _no_script(tally), class_="note")),
        _form(tally),
        el(
            "p",
            el("span", "Loading…", id="finding-count", role="status"),
            el("span", " Arrow keys move along the list, Enter opens.", class_="dim keys"),
        ),
        el("div", id="finding-list", class_="roving"),
        el("nav", id="finding-pages", aria_label="Pages of findings", class_="pages"),
    )


def _no_script(tally: Tally) -> str:
    return (
        f"The list of {many(tally.total, 'finding')} needs JavaScript; findings.jsonl has the same "
        "in plain lines."
    )


def _left_out(tally: Tally, left_out: Mapping[Group, int]) -> Html | None:
    if not left_out:
        return None
    count = sum(left_out.values())
    by_class = {c: sum(n for g, n in left_out.items() if g[0] == c) for c in CLASSES}
    words = ", ".join(f"{n:,} of {tally.counts[c]:,} {WORDS[c]}" for c, n in by_class.items() if n)
    return el(
        "p",
        f"Too many to list in one page: {many(count, 'finding')} are counted everywhere above and "
        f"not listed here ({words}). findings.jsonl has every one.",
        class_="note",
        id="left-out",
    )


def _form(tally: Tally) -> Html:
    classes = [
        _check("class", c, WORDS[c], tally.counts[c], "class-")
        for c in CLASSES
        if tally.counts[c] or c in ("fail", "blind")
    ]
    severities = [_check("severity", s, s, None, "severity-") for s in SEVERITIES]
    return el(
        "form",
        el(
            "label",
            "Search findings ",
            el("input", type="search", name="q", autocomplete="off", spellcheck="false"),
            class_="search",
        ),
        el("fieldset", el("legend", "Verdict"), classes),
        el("fieldset", el("legend", "Severity"), severities),
        el(
            "div",
            [_select(n, w) for n, w in (("domain", "Domain"), ("target", "Target"),
                                        ("rule", "Rule"))],
            el(
                "label",
                "Group by ",
                el(
                    "select",
                    el("option", "resource", value="resource"),
                    el("option", "rule", value="rule"),
                    name="by",
                ),
            ),
            el("button", "Clear filters", type="button", id="finding-clear"),
            class_="selects",
        ),
        id="finding-filters",
        class_="filters",
        aria_label="Filter findings",
    )  # fmt: skip


def _check(field: str, value: str, words: str, count: int | None, prefix: str) -> Html:
    return el(
        "label",
        el("input", type="checkbox", name=field, value=value),
        f" {words} ",
        el("span", f"{count:,}" if count is not None else "", class_="n", id=f"{prefix}{value}-n"),
    )


def _select(field: str, words: str) -> Html:
    return el("label", f"{words} ", el("select", el("option", "all", value=""), name=field))
