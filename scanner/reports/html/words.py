"""Words and marks that every part of the page shares; none of them is told by colour alone."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from scanner.assess.result import Because
from scanner.reports.html.elements import Html, el, text

DETERMINATIONS = ("NOT MET", "NOT ASSESSED", "MET", "NOT APPLICABLE")
"""Worst first."""

MARKS = {"MET": "✓", "NOT MET": "✕", "NOT ASSESSED": "?", "NOT APPLICABLE": "–"}
STYLES = {"MET": "good", "NOT MET": "bad", "NOT ASSESSED": "open", "NOT APPLICABLE": "calm"}

STATE_STYLES = {
    "supported": "good",
    "closed": "good",
    "partly supported": "open",
    "partial": "open",
    "accepted": "calm",
    "none": "calm",
    "contradicted": "bad",
    "open": "open",
}
STATE_MARKS = {"good": "✓", "bad": "✕", "open": "?", "calm": "–"}

KINDS = {
    "finding": "finding",
    "pass": "shown",
    "attestation": "stated",
    "inheritance": "inherited",
    "exception": "excepted",
    "unknown": "not seen",
    "missing": "missing",
    "conflict": "conflict",
}


_CLASSES = {"finding": "fail", "pass": "pass", "unknown": "any"}
"""Which findings stand behind a reason that names a rule and no single one."""


def badge(determination: str) -> Html:
    """A determination with its mark."""
    return tag(STYLES[determination], determination, MARKS[determination])


def tag(style: str, words: str, mark: str | None = None) -> Html:
    """Words in a frame, with the mark of their style."""
    shown = mark or STATE_MARKS[style]
    return el("span", el("span", shown, aria_hidden="true"), f" {words}", class_=f"tag {style}")


def state(words: str) -> Html:
    """A state of a control or a gap."""
    return tag(STATE_STYLES.get(words, "calm"), words)


def is_fingerprint(ref: str) -> bool:
    """Whether a reason's reference is a finding."""
    return len(ref) == 16 and all(c in "0123456789abcdef" for c in ref)


def because(reason: Because) -> Html:
    """One reason of a determination; where findings stand behind it, a link to them."""
    said = text(reason.text, 240)
    if is_fingerprint(reason.ref):
        said = el("a", said, href=f"#finding/{reason.ref}")
    elif reason.rule and reason.kind in _CLASSES:
        where = {"class": _CLASSES[reason.kind], "rule": reason.rule, "target": reason.target}
        address = urlencode({k: v for k, v in where.items() if v})
        said = el("a", said, href=f"#findings?{address}")
    elif reason.ref and reason.ref not in reason.text:
        said = Html(said + el("span", f" ({reason.ref})", class_="dim"))
    return el("li", el("span", KINDS[reason.kind], class_="kind"), " ", el("span", said))


def practice_link(practice: str) -> Html:
    """A practice's id as a link to its entry."""
    return el("a", practice, href=f"#practice/{practice}", class_="id")


def moment(at: str) -> Html:
    """A UTC time of the snapshot for people: 2026-11-24 07:33 UTC."""
    words = f"{at[:10]} {at[11:16]} UTC" if len(at) >= 16 and at[10] == "T" else at
    return el("time", words, datetime=at)


def section(name: str, title: str, *children: Html | str | None, lead: str = "") -> Html:
    """A part of the page with its heading; `name` is its address."""
    return el(
        "section",
        el("h2", title, id=f"{name}-title", tabindex="-1"),
        el("p", lead, class_="lead") if lead else None,
        *children,
        id=name,
        aria_labelledby=f"{name}-title",
    )


def nothing(words: str) -> Html:
    """What stands where a list would be empty."""
    return el("p", words, class_="nothing")


def table(head: Sequence[Html | str], rows: list[list[Html | str | int]], caption: str) -> Html:
    """A table that scrolls sideways on a narrow screen; the first cell of a row heads it."""
    wrapped = el(
        "table",
        el("caption", caption, class_="unseen"),
        el("thead", el("tr", [el("th", word, scope="col") for word in head])),
        el(
            "tbody",
            [
                el("tr", el("th", row[0], scope="row"), [el("td", cell) for cell in row[1:]])
                for row in rows
            ],
        ),
    )
    return el("div", wrapped, class_="wide", tabindex="0", role="region", aria_label=caption)
