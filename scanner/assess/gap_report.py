"""What an ISO certificate leaves open of the 110 practices, and why.

Given the Annex A controls that are in place, each practice is closed, partial or open. Evidence
beats the mapping: a practice that is NOT MET is open, whatever the certificate says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from scanner import frameworks
from scanner.assess.catalogue import Catalogue
from scanner.assess.result import Assessment, PracticeResult
from scanner.assess.soa import Soa

State = Literal["closed", "partial", "open"]
LABEL = "the source article's estimate"

ASKS_MORE = {
    "AC.L2-3.1.21": "It limits portable storage on the systems of others, which no control names.",
    "AT.L2-3.2.3": "It asks for training on the signs of an insider threat and how to report them.",
    "CM.L2-3.4.8": "It asks for a deny list or an allow list of programs, stated and enforced.",
    "RA.L2-3.11.2": "It asks for scans, at an interval that is stated and when new vulnerabilities "
    "become known.",
    "SI.L2-3.14.3": "It asks for the actions to take on an alert or advisory, and that they are "
    "taken.",
}
"""What objectives of SP 800-171A ask for that no mapped control does, beside the article's gaps."""


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """One practice."""

    practice: str
    domain: str
    title: str
    state: State
    by_iso: State
    """What the controls alone would give."""
    why: tuple[str, ...]
    in_place: tuple[str, ...]
    missing: tuple[str, ...]
    """Mapped controls that are not, or only partly, in place."""


class Domain(msgspec.Struct, frozen=True, kw_only=True):
    """One domain: what was found, beside the article's estimate."""

    code: str
    name: str
    closed: int
    partial: int
    open: int
    closed_percent: int
    touched_percent: int
    """Closed or partial."""
    article_low: int | None
    article_high: int | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The gap report."""

    gaps: tuple[Gap, ...]
    domains: tuple[Domain, ...]
    overall: Domain
    label: str = LABEL
    """What to call the article's figures wherever they are shown."""


def gap_report(soa: Soa, catalogue: Catalogue, assessment: Assessment | None = None) -> Report:
    """Judge all 110 practices. `assessment`: of Level 2, where there is one."""
    stated = _stated(soa)
    results = {r.id: r for r in assessment.practices} if assessment is not None else {}
    asks_more = _asks_more()
    practices = catalogue.of_level(2)
    gaps = tuple(
        _gap(p.id, p.domain, p.title, stated, asks_more, results.get(p.id)) for p in practices
    )
    article = frameworks.crosswalk().article
    estimates = {d.domain: (d.overlap.low, d.overlap.high) for d in article.domains}
    names = {p.domain: p.domain_name for p in practices}
    return Report(
        gaps=gaps,
        domains=tuple(
            _domain(code, name, [g for g in gaps if g.domain == code], estimates.get(code))
            for code, name in names.items()
        ),
        overall=_domain("", "all", gaps, (article.overall.low, article.overall.high)),
    )


def _stated(soa: Soa) -> dict[str, str]:
    """Control -> yes, partly or no. A control that is left out is not in place."""
    return {e.id: e.implemented if e.applicable is True else "no" for e in soa.controls}


def _asks_more() -> dict[str, str]:
    """Practices of which it is known that CMMC asks for more than the mapped controls."""
    return {**ASKS_MORE, **{g.practice: g.say for g in frameworks.crosswalk().article.gaps}}


def _gap(
    practice: str,
    domain: str,
    title: str,
    stated: Mapping[str, str],
    asks_more: Mapping[str, str],
    result: PracticeResult | None,
) -> Gap:
    pairs = [p for p in frameworks.controls_for(practice) if p.focus and p.strength != "weak"]
    full = [p.iso for p in pairs if stated.get(p.iso) == "yes"]
    partly = [p.iso for p in pairs if stated.get(p.iso) == "partly"]
    missing = tuple(p.iso for p in pairs if p.iso not in full)
    why: list[str] = []
    by_iso: State
    if not pairs:
        by_iso = "open"
        why.append("NIST maps no control of ISO/IEC 27001 to it")
    elif not full and not partly:
        by_iso = "open"
        why.append(f"not in place: {', '.join(missing)}")
    else:
        short = [p.iso for p in pairs if p.relationship == "partial"]
        if missing:
            why.append(f"not fully in place: {', '.join(missing)}")
        if short:
            why.append(f"NIST marks as falling short of its intent: {', '.join(short)}")
        if practice in asks_more:
            why.append(asks_more[practice])
        by_iso = "partial" if why else "closed"
        if not why:
            why.append(f"in place: {', '.join(full)}; its objectives still want their evidence")
    state, because = _with_evidence(by_iso, result)
    return Gap(
        practice=practice,
        domain=domain,
        title=title,
        state=state,
        by_iso=by_iso,
        why=(*because, *why),
        in_place=tuple(full),
        missing=missing,
    )


def _with_evidence(by_iso: State, result: PracticeResult | None) -> tuple[State, list[str]]:
    if result is None or result.determination == "NOT ASSESSED":
        return by_iso, []
    if result.determination == "NOT MET":
        return "open", [f"NOT MET: {result.why[0] if result.why else ''}"]
    return "closed", [f"{result.determination}: {result.why[0] if result.why else 'assessed'}"]


def _domain(code: str, name: str, gaps: Sequence[Gap], estimate: tuple[int, int] | None) -> Domain:
    states = [g.state for g in gaps]
    closed, partial = states.count("closed"), states.count("partial")
    total = max(len(states), 1)
    return Domain(
        code=code,
        name=name,
        closed=closed,
        partial=partial,
        open=states.count("open"),
        closed_percent=round(100 * closed / total),
        touched_percent=round(100 * (closed + partial) / total),
        article_low=estimate[0] if estimate is not None else None,
        article_high=estimate[1] if estimate is not None else None,
    )


def lines(report: Report) -> list[str]:
    """The report as a person reads it."""
    head = (
        f"{'domain':<46} {'closed':>6} {'partial':>7} {'open':>5} {'closed %':>8} {'touched %':>9}"
    )
    text = [f"{head}  {report.label}"]
    for each in (*report.domains, report.overall):
        estimate = (
            f"{each.article_low} to {each.article_high} %" if each.article_low is not None else ""
        )
        text.append(
            f"{(each.code + ' ' + each.name).strip():<46} {each.closed:>6} {each.partial:>7} "
            f"{each.open:>5} {each.closed_percent:>8} {each.touched_percent:>9}  {estimate}"
        )
    text += [
        "",
        "The estimate comes from an article that states no method; the counts are ours.",
        "Closed means that nothing but its evidence is known to be missing: a control of",
        "ISO/IEC 27001 and a practice intersect, and neither contains the other.",
    ]
    for state in ("open", "partial"):
        text += ["", state]
        text += [f"  {g.practice:<15} {g.why[0]}" for g in report.gaps if g.state == state]
    return text
