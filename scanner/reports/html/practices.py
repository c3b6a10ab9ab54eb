"""Every requirement with its objectives, determinations and the reasons for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner import frameworks
from scanner.assess.catalogue import Catalogue, load_catalogue
from scanner.assess.poam import eligibility
from scanner.assess.result import Assessment, Because, ObjectiveResult, PracticeResult
from scanner.assess.score import value_of
from scanner.reports.html.domains import grouped
from scanner.reports.html.elements import Html, el, join, many, number
from scanner.reports.html.words import DETERMINATIONS, badge, because, section
from scanner.reports.sarif_inputs import RuleInfo

REASONS = 12
"""Reasons shown for one objective; the findings have the rest."""


def practices(assessment: Assessment, rules: Mapping[str, RuleInfo]) -> Html:
    """The section."""
    catalogue = load_catalogue()
    using: dict[str, list[RuleInfo]] = {}
    for rule in sorted(rules.values(), key=lambda r: r.id):
        using.setdefault(rule.practice, []).append(rule)
    parts = [
        el(
            "section",
            el(
                "h3", el("b", results[0].domain), f" {title}", id=f"domain/{address}", tabindex="-1"
            ),
            [_practice(r, catalogue, using.get(r.id, ())) for r in results],
            class_="domain",
            data_domain=results[0].domain,
        )
        for address, title, results in grouped(assessment)
    ]
    return section(
        "practices",
        "Requirements and their objectives",
        _filters(assessment),
        el("div", parts, id="practice-list", class_="roving"),
        el("p", "No requirement fits.", id="practice-none", class_="nothing", hidden=True),
    )


def _filters(assessment: Assessment) -> Html:
    counts = {d: sum(p.determination == d for p in assessment.practices) for d in DETERMINATIONS}
    return el(
        "form",
        el(
            "fieldset",
            el("legend", "Determination"),
            [
                el(
                    "label",
                    el("input", type="checkbox", name="state", value=d),
                    f" {d} ",
                    el("span", counts[d], class_="n"),
                )
                for d in DETERMINATIONS
            ],
        ),
        el(
            "label",
            "Search requirements ",
            el("input", type="search", name="find", autocomplete="off", spellcheck="false"),
            class_="search",
        ),
        el(
            "p",
            el("span", many(len(assessment.practices), "requirement"), id="practice-count",
               role="status"),
            " ",
            el("button", "Open all", type="button", id="practice-open"),
            " ",
            el("button", "Close all", type="button", id="practice-close"),
        ),
        id="practice-filters",
        class_="filters",
        aria_label="Filter requirements",
    )  # fmt: skip


def _practice(result: PracticeResult, catalogue: Catalogue, rules: Sequence[RuleInfo]) -> Html:
    known = catalogue.practices.get(result.id)
    trap = frameworks.trap(known) if known is not None and known.level == 2 else None
    facts: list[tuple[str, Html | str]] = []
    if result.points is not None:
        facts.append(("points", _points(result)))
    if known is not None:
        judged = eligibility(known, value_of(result))
        word = {True: "yes", False: "no", None: "not decided yet"}[judged.allowed]
        facts.append(("may stand on a POA&M", f"{word}: {judged.reason}"))
    if result.iso:
        links = [join(el("a", c, href=f"#control/{c}"), " ") for c in result.iso]
        facts.append(("ISO/IEC 27001", el("span", links, class_="links")))
    if rules:
        links = [
            join(
                join(
                    "; " if n else "",
                    el("a", rule.title, href=f"#findings?class=any&rule={rule.id}"),
                )
            )
            for n, rule in enumerate(rules)
        ]
        facts.append(("rules", join(links)))
    return el(
        "details",
        el(
            "summary",
            el("span", result.id, class_="id"),
            el("span", result.title, class_="title"),
            badge(result.determination),
            el("span", _cost(result), class_="cost"),
        ),
        el(
            "div",
            el("p", known.about) if known is not None else None,
            el("p", el("b", "Beware: "), trap) if trap is not None else None,
            el("dl", [[el("dt", k), el("dd", v)] for k, v in facts], class_="facts"),
            el("ol", [_objective(o, catalogue) for o in result.objectives], class_="objectives"),
            class_="inside",
        ),
        class_="practice",
        id=f"practice/{result.id}",
        data_state=result.determination,
    )


def _points(result: PracticeResult) -> str:
    points = str(result.points)
    if result.points != result.points_least:
        points = f"{result.points_least} or {points}"
    return f"{points}: {result.points_why}" if result.points_why else points


def _cost(result: PracticeResult) -> str:
    least, most = result.lost_least, result.lost_most
    if not most:
        return ""
    if least == most:
        return number(-most)
    return f"{number(-least)} to {number(-most)}"


def _objective(result: ObjectiveResult, catalogue: Catalogue) -> Html:
    known = catalogue.objectives.get(result.id)
    return el(
        "li",
        el(
            "p",
            el("span", result.id, class_="id"),
            " ",
            badge(result.determination),
            " ",
            known.about if known is not None else "",
        ),
        _reasons(result.by),
        [
            el("p", "Seen, and not deciding", class_="dim small"),
            _reasons(result.notes),
        ]
        if result.notes
        else None,
        class_="objective",
        id=f"objective/{result.id}",
    )


def _reasons(reasons: Sequence[Because]) -> Html | None:
    if not reasons:
        return None
    lines = [because(b) for b in reasons[:REASONS]]
    if len(reasons) > REASONS:
        lines.append(el("li", f"and {many(len(reasons) - REASONS, 'more reason')}", class_="dim"))
    return el("ul", lines, class_="reasons")
