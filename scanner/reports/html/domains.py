"""The domains as a picture: a cell for each requirement, as wide as its points."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.assess.catalogue import load_catalogue
from scanner.assess.result import Assessment, PracticeResult
from scanner.reports.html.elements import Html, el, join, many
from scanner.reports.html.words import DETERMINATIONS, MARKS, STYLES, section


def grouped(assessment: Assessment) -> list[tuple[str, str, list[PracticeResult]]]:
    """(address, name, results) of each domain and level, in the catalogue's order."""
    known = load_catalogue().practices
    found: dict[tuple[int, str], list[PracticeResult]] = {}
    for result in assessment.practices:
        found.setdefault((result.level, result.domain), []).append(result)
    several = len({level for level, _ in found}) > 1
    groups = []
    for (level, code), results in found.items():
        title = known[results[0].id].domain_name if results[0].id in known else code
        address = f"{code}-{level}" if several else code
        groups.append((address, f"{title}, Level {level}" if several else title, results))
    return groups


def domains(assessment: Assessment) -> Html:
    """The section."""
    groups = grouped(assessment)
    legend = el(
        "ul",
        [
            el("li", el("span", MARKS[d], class_=f"cell {STYLES[d]}", aria_hidden="true"), f" {d}")
            for d in DETERMINATIONS
        ],
        el("li", "a wider cell costs more points: 1, 3 or 5"),
        class_="legend",
    )
    return section(
        "domains",
        f"The {len(groups)} domains",
        legend,
        el("ul", [_row(*group) for group in groups], class_="picture"),
    )


def _row(address: str, title: str, results: Sequence[PracticeResult]) -> Html:
    counts = {d: sum(r.determination == d for r in results) for d in DETERMINATIONS}
    parts = [f"{n} {d}" for d, n in counts.items() if n]
    least = sum(r.lost_least for r in results)
    most = sum(r.lost_most for r in results)
    return el(
        "li",
        el(
            "a",
            el("b", results[0].domain),
            f" {title}",
            href=f"#domain/{address}",
        ),
        el("span", [_cell(r) for r in results], class_="cells", role="img",
           aria_label=f"{many(len(results), 'requirement')}: {', '.join(parts)}"),
        el(
            "span",
            [
                join(", " if n else "", el("span", part, class_="whole"))
                for n, part in enumerate(parts)
            ],
            class_="counts",
        ),
        el("span", _lost(least, most), class_="counts dim"),
    )  # fmt: skip


def _lost(least: int, most: int) -> str:
    if not most:
        return "no points lost"
    if least == most:
        return f"{many(least, 'point')} lost"
    return f"{least} to {many(most, 'point')} lost"


def _cell(result: PracticeResult) -> Html:
    return el(
        "span",
        MARKS[result.determination],
        class_=f"cell {STYLES[result.determination]} w{min(result.points or 1, 5)}",
        data_practice=result.id,
        title=f"{result.id} {result.title}: {result.determination}",
    )
