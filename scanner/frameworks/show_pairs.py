"""How a pair of a practice and an ISO control reads, and what its sources disagree about."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from scanner.frameworks.controls import (
    NIST_ROUTES,
    Background,
    Mapping,
    background,
    controls,
    crosswalk,
)
from scanner.frameworks.layout import paragraph
from scanner.frameworks.practices import Practice

Naming = Callable[[Mapping], str]

ROUTES = {"derived-2022": "NIST Appendix D, carried to 2022", "nist-olir-2022": "NIST OLIR"}


def pair_lines(pairs: Sequence[Mapping], name: Naming, short: Naming) -> list[str]:
    """A practice's or control's own pairs one by one, those of neighbours in one line."""
    lines: list[str] = []
    for pair in pairs:
        if pair.focus:
            lines += [
                *paragraph(name(pair), 2, hang=4),
                *paragraph(f"{pair.strength}: {_why(pair)}", 6),
            ]
    others = [f"{short(pair)} ({pair.strength})" for pair in pairs if not pair.focus]
    if others:
        told = f"Only because NIST groups it with its neighbours: {', '.join(others)}"
        lines += paragraph(told, 2)
    return lines


def _why(pair: Mapping) -> str:
    """Who says so: `both of NIST's routes, via SC-12; the source article, for the domain`."""
    routes = [ROUTES[p] for p in pair.provenance if p in ROUTES]
    told = "both of NIST's routes" if len(routes) == 2 else "".join(routes)
    if "olir-base-control" in pair.provenance:
        told = "NIST OLIR has it for the base control only"
    if "analyst" in pair.provenance:
        told = "a suggestion of this project"
    if pair.via:
        told = f"{told}, via {', '.join(pair.via)}"
    if pair.relationship == "partial":
        told = f"{told}; NIST marks that ISO falls short here"
    if pair.doubt:
        told = f"{told}; in doubt"
    if "source-article" in pair.provenance:
        told = f"{told}; the source article, for the domain"
    return told


def title_of(iso: str) -> str:
    """A control's title; a sub-clause called General needs that of its clause."""
    own, parent = controls()[iso].title, controls().get(iso.rpartition(".")[0])
    return f"{parent.title}: {own}" if own == "General" and parent else own


def notes_on(practice: Practice) -> list[str]:
    says = crosswalk().flags
    lines: list[str] = []
    for rows in background(practice):
        told = [_with_controls(says[flag], flag, rows) for flag in rows.flags]
        told += [says[pair.doubt] for pair in rows.pairs if pair.doubt]
        told += _disagreement(rows.pairs)
        of = f"{rows.practice}: " if practice.level == 1 else ""
        for sentence in dict.fromkeys(told):
            lines += paragraph(f"- {of}{sentence}", 2, hang=2)
    return ["", "Notes on the mapping", *lines] if lines else []


def _with_controls(say: str, flag: str, rows: Background) -> str:
    """A template's flag goes on with the 2013 controls by which it differs."""
    ids = {"template-has-more": rows.template_more, "template-has-less": rows.template_less}
    return f"{say}: {', '.join(ids[flag])}." if flag in ids else say


def _disagreement(pairs: tuple[Mapping, ...]) -> list[str]:
    lone = {route: [p.iso for p in pairs if _only(p, route)] for route in NIST_ROUTES}
    return [
        f"Of NIST's two routes only one, {ROUTES[route]}, leads to {', '.join(ids)}."
        for route, ids in lone.items()
        if ids
    ]


def _only(pair: Mapping, route: str) -> bool:
    return [r for r in NIST_ROUTES if r in pair.provenance] == [route]
