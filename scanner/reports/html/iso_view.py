"""ISO/IEC 27001:2022 beside CMMC: controls as the evidence has them, and how far the two meet."""

from __future__ import annotations

from collections.abc import Sequence

from scanner import frameworks
from scanner.assess.gap_report import LABEL
from scanner.assess.iso import ControlView
from scanner.reports.html.elements import Html, el, join, many
from scanner.reports.html.inputs import Context
from scanner.reports.html.words import badge, practice_link, section, state, table

Cells = list[list[Html | str | int]]

_THEMES = {
    "clause": "Clauses 4 to 10",
    "organizational": "A.5 Organizational controls",
    "people": "A.6 People controls",
    "physical": "A.7 Physical controls",
    "technological": "A.8 Technological controls",
}
_STATES = ("contradicted", "open", "partly supported", "supported", "accepted", "none")


def iso_view(context: Context) -> Html:
    """The section."""
    return section(
        "iso",
        "ISO/IEC 27001:2022",
        _overlap(context),
        _five(context),
        _controls(context.controls) if context.controls else None,
        lead="A mapping says that two requirements meet, never that one contains the other: "
        "evidence for a CMMC requirement supports a control and does not prove it.",
    )


def _overlap(context: Context) -> Html:
    """Counted by NIST's mappings, beside the article's estimate, which is named as such."""
    practices = frameworks.practices(2)
    article = frameworks.crosswalk().article
    estimates = {d.domain: d.overlap for d in article.domains}
    report = {d.code: d for d in context.gap_report.domains} if context.gap_report else {}
    names = {p.domain: p.domain_name for p in practices}
    touched = {
        p.id for p in practices
        if any(m.focus and m.strength != "weak" for m in frameworks.controls_for(p))
    }  # fmt: skip
    rows: Cells = []
    for code, title in names.items():
        mine = [p.id for p in practices if p.domain == code]
        row: list[Html | str | int] = [
            f"{code} {title}", f"{sum(p in touched for p in mine)} of {len(mine)}"
        ]  # fmt: skip
        if report:
            found = report[code]
            row += [found.closed, found.partial, found.open]
        guess = estimates.get(code)
        row.append(_range(guess.low, guess.high) if guess is not None else "none given")
        rows.append(row)
    total: list[Html | str | int] = ["All domains", f"{len(touched)} of {len(practices)}"]
    if context.gap_report is not None:
        every = context.gap_report.overall
        total += [every.closed, every.partial, every.open]
    rows.append([*total, _range(article.overall.low, article.overall.high)])
    head = [
        "domain",
        "touched by a NIST mapping",
        *(["closed", "partial", "open"] if report else []),
    ]
    return join(
        el("h3", "Overlap"),
        el(
            "p",
            "The first figures are counted from NIST's published mappings",
            ", the next from the Statement of Applicability and the evidence" if report else "",
            f". The last column is {LABEL}: an article gives it without a method, and nothing here "
            "is computed from it.",
        ),
        table([*head, LABEL], rows, "Overlap of CMMC Level 2 and ISO/IEC 27001"),
    )


def _range(low: int, high: int) -> str:
    return f"{low} %" if low == high else f"{low} to {high} %"


def _five(context: Context) -> Html | None:
    if not context.five_gaps:
        return None
    rows: Cells = [
        [
            g.title,
            state(g.state),
            practice_link(g.practice),
            el("ul", [el("li", why) for why in g.why], class_="plain"),
        ]
        for g in context.five_gaps
    ]
    return join(
        el("h3", "Five gaps that an ISO certificate leaves"),
        table(["gap", "state", "requirement", "why"], rows, "Five gaps"),
    )


def _controls(views: Sequence[ControlView]) -> Html:
    counts = {s: sum(v.state == s for v in views) for s in _STATES}
    summary = el(
        "ul", [el("li", state(s), f" {n}") for s, n in counts.items() if n], class_="legend"
    )
    themes: dict[str, list[ControlView]] = {}
    for view in views:
        themes.setdefault(view.theme, []).append(view)
    return join(
        el("h3", "Controls"),
        summary,
        [
            el(
                "details",
                el(
                    "summary",
                    el("b", _THEMES.get(theme, theme)),
                    el("span", f" {_counted(mine)}", class_="dim"),
                ),
                [_control(view) for view in mine],
                class_="fold",
            )
            for theme, mine in themes.items()
        ],
    )


def _counted(views: Sequence[ControlView]) -> str:
    counts = [(s, sum(v.state == s for v in views)) for s in _STATES]
    return ", ".join(f"{n} {s}" for s, n in counts if n)


def _control(view: ControlView) -> Html:
    rows: Cells = [
        [
            practice_link(link.judged),
            badge(link.determination),
            link.strength if link.focus else f"{link.strength}, of its group",
            ", ".join(link.provenance),
        ]
        for link in view.links
    ]
    return el(
        "details",
        el(
            "summary",
            el("span", view.id, class_="id"),
            el("span", view.title, class_="title"),
            state(view.state),
        ),
        el(
            "div",
            el("p", view.why),
            [
                el("p", f"Risk accepted in {a.id} until {a.until}: {a.reason}")
                for a in view.accepted
            ],
            table(["requirement", "determination", "strength", "says who"], rows,
                  f"Requirements that touch {view.id}") if rows else el(
                      "p", f"{many(0, 'requirement')} touch it."),
            class_="inside",
        ),
        class_="practice",
        id=f"control/{view.id}",
    )  # fmt: skip
