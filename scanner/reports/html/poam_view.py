"""The plan of action and milestones as a table of items."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.assess.poam_items import Item
from scanner.reports.html.elements import Html, el, join, many
from scanner.reports.html.words import is_fingerprint, nothing, practice_link, section, tag

_SOURCES = 5


def poam_view(items: Sequence[Item]) -> Html:
    """The section."""
    running = [i for i in items if i.status == "Ongoing"]
    barred = sum(i.eligible is False for i in running)
    lacking = sum(bool(i.lacks) for i in running)
    lead = (
        f"{many(len(running), 'item')} ongoing, {len(items) - len(running)} completed; "
        f"{barred} may not stand on a POA&M for a Conditional status; {lacking} lack fields."
    )
    return section(
        "poam",
        "Plan of action and milestones",
        el("div", [_item(item) for item in items]) if items else nothing("No item."),
        lead=lead if items else "",
    )


def _item(item: Item) -> Html:
    may = {
        True: tag("good", "may stand on a POA&M"),
        False: tag("bad", "may not stand on a POA&M"),
        None: tag("open", "not decided yet"),
    }[item.eligible]
    facts: list[tuple[str, Html | str | None]] = [
        ("weakness", item.weakness),
        ("objectives", ", ".join(item.objectives)),
        ("eligibility", item.eligible_why),
        ("point of contact", item.point_of_contact),
        ("resources required", item.resources_required),
        ("scheduled completion", item.scheduled_completion),
        ("close-out due", item.close_out_due),
        ("first detected", item.first_detected),
        ("status since", item.status_since),
        ("severity", item.severity),
        ("milestones", _milestones(item) if item.milestones else None),
        ("found by", _sources(item) if item.source else None),
        ("comments", item.comments),
        ("still to add", "; ".join(item.lacks) or None),
    ]
    points = many(item.points, "point") if item.points is not None else ""
    return el(
        "details",
        el(
            "summary",
            el("span", item.id, class_="id"),
            el("span", item.title, class_="title"),
            may,
            el("span", f"{item.status} {points}".strip(), class_="cost"),
        ),
        el(
            "div",
            el("p", practice_link(item.practice)),
            el("dl", [[el("dt", k), el("dd", v)] for k, v in facts if v], class_="facts"),
            class_="inside",
        ),
        class_="practice",
        id=f"item/{item.id}",
    )


def _milestones(item: Item) -> Html:
    return el(
        "ul",
        [
            el("li", f"{m.due} {m.description}", f" (done {m.done})" if m.done else "")
            for m in item.milestones
        ],
        class_="plain",
    )


def _sources(item: Item) -> Html:
    shown = [
        el("a", ref, href=f"#finding/{ref}") if is_fingerprint(ref) else el("span", ref)
        for ref in item.source[:_SOURCES]
    ]
    more = len(item.source) - len(shown)
    words = f"and {many(more, 'more finding')}" if more else ""
    return el("span", [join(s, " ") for s in shown], words, class_="links")
